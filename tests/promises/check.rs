//! `check` between a disk and MEGA is exact, and downloads nothing.

use std::fs;

use crate::account::{Account, content};

/// Makes a tree of `files` files of `size` bytes, 100 a directory.
fn make(account: &Account, files: usize, size: usize) {
    for file in 0..files {
        let dir = account.home().join(format!("tree/{}", file / 100));
        fs::create_dir_all(&dir).unwrap();
        fs::write(
            dir.join(format!("{file}.bin")),
            content(file as u32 + 1, size),
        )
        .unwrap();
    }
}

/// Flips one bit of a file, which keeps its size and its time.
fn flip(account: &Account, file: &str, byte: usize) {
    let path = account.home().join(file);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[byte] ^= 1;
    fs::write(&path, bytes).unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
}

fn finds_one_bit(files: usize, size: usize) {
    let account = Account::new();
    make(&account, files, size);
    account.ok(["copy", "tree", "m:tree"]);
    let before = account.stats();

    let same = account.run(["check", "tree", "m:tree", "--combined", "-"]);
    let report = String::from_utf8_lossy(&same.stdout);
    assert!(same.status.success(), "{report}");
    assert_eq!(
        report.lines().filter(|l| l.starts_with("= ")).count(),
        files
    );

    // A byte that no fingerprint looks at: between two of its windows.
    let victim = format!("tree/{}/{}.bin", files / 2 / 100, files / 2);
    flip(&account, &victim, size / 2 + 77);
    for (from, to) in [("tree", "m:tree"), ("m:tree", "tree")] {
        let other = account.run(["check", from, to, "--differ", "-"]);
        let stderr = String::from_utf8_lossy(&other.stderr).into_owned();
        assert_eq!(other.status.code(), Some(1), "{stderr}");
        assert_eq!(
            format!("tree/{}", String::from_utf8_lossy(&other.stdout).trim()),
            victim
        );
        assert!(stderr.contains("MACs of the contents differ"), "{stderr}");
        assert!(stderr.contains("1 differences found"), "{stderr}");
    }
    let down = account.stats().bytes_down - before.bytes_down;
    assert_eq!(down, 0, "check has downloaded content");
}

#[test]
fn one_flipped_bit_among_many_files() {
    finds_one_bit(150, 40_000);
}

/// 1 GiB in 2000 files takes a release build; see large.rs.
#[test]
fn one_flipped_bit_in_a_gibibyte() {
    if std::env::var_os("MEGARC_LARGE").is_some() {
        finds_one_bit(2000, (1 << 30) / 2000);
    }
}

/// Copies made by the server have the keys of what they were made of; what
/// was sent twice has not, and is compared by its fingerprint.
#[test]
fn two_places_on_mega_are_compared_as_exactly_as_can_be() {
    let account = Account::new();
    make(&account, 3, 40_000);
    account.ok(["copy", "tree", "m:tree"]);
    account.ok(["copy", "m:tree", "m:copied"]);
    account.ok(["copy", "--no-dedupe-upload", "tree", "m:sent"]);
    let before = account.stats();
    let said = |to: &str| {
        let output = account.run(["check", "m:tree", to]);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(!said("m:copied").contains("could not be checked"));
    assert!(said("m:sent").contains("3 hashes could not be checked"));
    // The first byte is one that the fingerprint looks at.
    flip(&account, "tree/0/1.bin", 0);
    account.ok(["copy", "-I", "tree", "m:sent"]);
    let output = account.run(["check", "m:tree", "m:sent", "--differ", "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0/1.bin\n");
    assert_eq!(account.stats().bytes_down, before.bytes_down);
}

#[test]
fn the_distrustful_download() {
    let account = Account::new();
    make(&account, 3, 40_000);
    account.ok(["copy", "tree", "m:tree"]);
    let before = account.stats();
    account.ok(["check", "tree", "m:tree", "--download"]);
    let down = account.stats().bytes_down - before.bytes_down;
    assert_eq!(down, 120_000);
}
