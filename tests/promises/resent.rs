//! Whatever the moment at which a transfer is killed: what it moved and what
//! the next run moves are together the file, and at most a piece for each of the
//! four connections. The bytes are those that the server has counted.

use std::fs;
use std::path::Path;

use crate::account::{Account, content};

const SIZE: usize = 28 << 20;
/// A piece for each connection.
const AGAIN: u64 = 4 * (4 << 20);
/// When it is killed, in bytes that have passed.
const MOMENTS: [u64; 3] = [9 << 20, 17 << 20, 25 << 20];

fn passed(account: &Account) -> u64 {
    let stats = account.stats();
    stats.bytes_up + stats.bytes_down
}

/// Runs a command, kills it after so many bytes, and runs it again; returns
/// what has passed in both runs.
fn twice(account: &Account, args: &[&str], bytes: u64) -> u64 {
    let before = passed(account);
    let mut child = account.command(args).spawn().unwrap();
    while passed(account) < before + bytes {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    account.ok(args);
    passed(account) - before
}

fn assert_bounded(moved: u64, what: &str) {
    let size = SIZE as u64;
    assert!(moved >= size, "{what}: {moved} bytes cannot be all");
    assert!(moved <= size + AGAIN, "{what}: {moved} bytes for {size}");
}

#[test]
fn a_killed_transfer_costs_a_piece_a_connection() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    let source = account.home().join("src/large.bin");
    // Contents differ from one odd seed to the next.
    for (seed, moment) in [1, 3, 5].into_iter().zip(MOMENTS) {
        fs::write(&source, content(seed, SIZE)).unwrap();
        let (dst, back) = (format!("m:dst{moment}"), format!("back{moment}"));
        let moved = twice(&account, &["copy", "src", &dst], moment);
        assert_bounded(moved, &format!("up, killed at {moment}"));
        let moved = twice(&account, &["copy", &dst, &back], moment);
        assert_bounded(moved, &format!("down, killed at {moment}"));
        let there = account.home().join(back).join("large.bin");
        assert!(fs::read(there).unwrap() == fs::read(&source).unwrap());
    }
}

/// The room that was asked for and is not used.
fn room(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().unwrap().blocks() * 512
}

/// A failure leaves what has arrived, wherever in the file it belongs, and not
/// the room of the rest.
#[test]
fn a_failed_download_keeps_what_came_in_any_order() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    fs::write(account.home().join("src/large.bin"), content(9, SIZE)).unwrap();
    account.ok(["copy", "src", "m:dst"]);
    // Eight pieces are sent, and then none any more.
    account.set_faults("down:500@9+");
    let args = ["copy", "m:dst", "back"];
    let few = ["--retries", "1", "--low-level-retries", "1"];
    let before = passed(&account);
    assert!(!account.run(args.iter().chain(&few)).status.success());
    account.set_faults("");
    let left: Vec<_> = fs::read_dir(account.home().join("back"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left.len(), 1);
    let kept = passed(&account) - before;
    assert!(kept >= 8 << 20, "{kept} bytes came");
    if cfg!(target_os = "linux") {
        // Of what came some may not have been written.
        assert!(room(&left[0]) <= kept + (1 << 20), "{}", room(&left[0]));
    }
    account.ok(args);
    let moved = passed(&account) - before;
    assert_bounded(moved, "after a failure");
    let back = fs::read(account.home().join("back/large.bin")).unwrap();
    assert!(back == content(9, SIZE));
}
