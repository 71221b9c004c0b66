//! A tree that stands elsewhere in the account already goes up without a byte
//! of its content.
//!
//! Ten gibibytes of it take a release build and as much of disk for the server,
//! so that runs only when `MEGARC_LARGE` is set; a smaller tree goes always.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use crate::account::{Account, content};
use crate::large::peak_memory;

/// A tree of sparse files: most of each is a hole, and no two are the same.
fn make(account: &Account, files: u64, size: u64) -> u64 {
    for number in 0..files {
        let dir = account.home().join(format!("tree/{}", number % 7));
        fs::create_dir_all(&dir).unwrap();
        let file = File::create(dir.join(format!("{number}.bin"))).unwrap();
        let size = size + number;
        file.set_len(size).unwrap();
        let seed = u32::try_from(number).unwrap() + 1;
        for offset in [0, size / 3, size - 1000] {
            let island = content(seed, 1000);
            file.write_all_at(&island, offset).unwrap();
        }
    }
    (0..files).map(|number| size + number).sum()
}

fn nothing_is_sent(files: u64, size: u64, limit: u64) {
    let account = Account::new();
    let total = make(&account, files, size);
    account.ok(["copy", "tree", "m:first"]);
    let before = account.stats();
    assert_eq!(before.bytes_up, total);
    let peak = peak_memory(&mut account.command(["copy", "tree", "m:some/where/else"]));
    let after = account.stats();
    assert_eq!(after.bytes_up, before.bytes_up, "bytes went up");
    assert_eq!(after.bytes_down, before.bytes_down, "bytes came down");
    let listed = |dir| account.ok(["lsl", dir]);
    assert_eq!(listed("m:first"), listed("m:some/where/else"));
    let name = "3/3.bin";
    account.ok(["copyto", &format!("m:some/where/else/{name}"), "back.bin"]);
    let same = fs::read(account.home().join("back.bin")).unwrap()
        == fs::read(account.home().join("tree").join(name)).unwrap();
    assert!(same, "the copy is another file");
    assert!(peak < limit, "peak memory {peak} bytes");
}

#[test]
fn twenty_four_mebibytes_in_forty_files() {
    nothing_is_sent(40, 600 << 10, 100 << 20);
}

#[test]
fn ten_gibibytes_in_eighty_files() {
    if std::env::var_os("MEGARC_LARGE").is_some() {
        nothing_is_sent(80, 128 << 20, 100 << 20);
    }
}
