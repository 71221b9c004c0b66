//! A file of 5 GiB goes up and comes back identical, in little memory.
//!
//! It takes a release build and some 10 GiB of disk, so it runs only when
//! `MEGARC_LARGE` is set, as it is in CI; a smaller one runs always.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use crate::account::{Account, content};

/// What every transfer may take, and what each of its connections.
const TRANSFER: u64 = 32 << 20;
const CONNECTION: u64 = 2 << 20;

/// Runs a command and watches how much memory of its own it takes: the pages of
/// the program's file, which a debug build has many of, are not counted.
pub(crate) fn peak_memory(command: &mut Command) -> u64 {
    let mut child = command.spawn().unwrap();
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(status) = fs::read_to_string(&status_file) {
            let own = status
                .lines()
                .find_map(|line| line.strip_prefix("RssAnon:"));
            let kib = own.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak = peak.max(kib.unwrap_or(0) * 1024);
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}");
            return peak;
        }
        std::thread::yield_now();
    }
}

fn same(a: &Path, b: &Path) {
    let (mut a, mut b) = (File::open(a).unwrap(), File::open(b).unwrap());
    let mut left = vec![0; 1 << 20];
    let mut right = vec![0; 1 << 20];
    for offset in 0.. {
        let read = a.read(&mut left).unwrap();
        b.read_exact(&mut right[..read]).unwrap();
        assert!(left[..read] == right[..read], "differs near {offset} MiB");
        if read == 0 {
            assert_eq!(b.read(&mut right).unwrap(), 0);
            return;
        }
    }
}

fn there_and_back(size: u64, connections: u64) {
    let account = Account::new();
    let source = account.home().join("large.bin");
    let file = File::create(&source).unwrap();
    file.set_len(size).unwrap();
    // Islands of data in a sparse file, the last bytes among them.
    for (seed, offset) in [0, size / 3 + 1, size - 50_000].into_iter().enumerate() {
        file.write_all_at(&content(seed as u32 + 1, 50_000), offset)
            .unwrap();
    }
    let count = connections.to_string();
    let run = |from: &str, to: &str, flag: &str| {
        peak_memory(&mut account.command(["copyto", from, to, flag, &count]))
    };
    let up = run("large.bin", "m:large.bin", "--mega-upload-connections");
    let down = run("m:large.bin", "back.bin", "--mega-download-connections");
    same(&source, &account.home().join("back.bin"));
    let limit = TRANSFER + CONNECTION * connections;
    let least = 4 << 20;
    assert!(
        (least..limit).contains(&up) && (least..limit).contains(&down),
        "peak memory {up} up, {down} down, in bytes, over {connections} connections"
    );
}

#[test]
fn two_hundred_mebibytes() {
    there_and_back(200 << 20, 4);
}

#[test]
fn five_gibibytes() {
    if std::env::var_os("MEGARC_LARGE").is_some() {
        there_and_back((5 << 30) + 12_345, 8);
    }
}
