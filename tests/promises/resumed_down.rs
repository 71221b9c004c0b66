//! The download of a large file goes on where it stopped.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::account::{Account, content};

const SIZE: usize = 20 << 20;
const LONG: usize = 44 << 20;
/// What may have to be moved again: a piece for each of four connections.
const AGAIN: u64 = 4 * (4 << 20);

/// An account with `m:dst/large.bin`.
fn with_large(seed: u32, size: usize) -> Account {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    let source = account.home().join("src/large.bin");
    fs::write(source, content(seed, size)).unwrap();
    account.ok(["copy", "src", "m:dst"]);
    account
}

fn partials(account: &Account) -> Vec<PathBuf> {
    let found = fs::read_dir(account.home().join("back")).into_iter();
    let mut found: Vec<PathBuf> = found
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".partial"))
        .collect();
    found.sort();
    found
}

/// Kills a download when so many bytes have left the server.
fn kill_at(account: &Account, bytes: u64) {
    let before = account.stats().bytes_down;
    let args = ["copy", "m:dst", "back"];
    let mut child = account.command(args).spawn().unwrap();
    while account.stats().bytes_down < before + bytes {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn back(account: &Account) -> Vec<u8> {
    fs::read(account.home().join("back/large.bin")).unwrap()
}

#[test]
fn a_download_that_was_killed_goes_on() {
    let account = with_large(1, LONG);
    kill_at(&account, 36 << 20);
    let left = partials(&account);
    assert_eq!(left.len(), 1, "{left:?}");
    let kept = left[0].metadata().unwrap();
    assert_eq!(kept.mode() & 0o777, 0o600);
    let before = account.stats().bytes_down;
    account.ok(["copy", "m:dst", "back"]);
    let moved = account.stats().bytes_down - before;
    assert!(moved <= (8 << 20) + AGAIN, "{moved} bytes were moved");
    assert!(back(&account) == content(1, LONG));
    assert_eq!(partials(&account), Vec::<PathBuf>::new());
    // An ordinary file in the end, for others as the umask says.
    let source = account.home().join("src/large.bin").metadata().unwrap();
    let mode = account.home().join("back/large.bin").metadata().unwrap();
    assert_eq!(mode.mode(), source.mode());
}

#[test]
fn what_was_left_is_not_believed() {
    let account = with_large(2, SIZE);
    kill_at(&account, 16 << 20);
    let left = partials(&account).remove(0);
    let mut bytes = fs::read(&left).unwrap();
    bytes[500_000] ^= 1;
    fs::write(&left, bytes).unwrap();
    let before = account.stats().bytes_down;
    account.ok(["copy", "m:dst", "back"]);
    assert!(back(&account) == content(2, SIZE));
    // The chunk, of 384 KiB, and what had not arrived.
    let moved = account.stats().bytes_down - before;
    assert!(moved <= (4 << 20) + AGAIN + 393_216, "{moved} bytes");
    assert_eq!(partials(&account), Vec::<PathBuf>::new());
}

#[test]
fn what_was_left_of_another_content_goes() {
    let account = with_large(3, SIZE);
    kill_at(&account, 16 << 20);
    let left = partials(&account);
    fs::write(account.home().join("src/large.bin"), content(4, SIZE)).unwrap();
    account.ok(["copy", "src", "m:dst", "--ignore-times"]);
    account.ok(["copy", "m:dst", "back"]);
    assert_eq!(left.len(), 1);
    assert!(back(&account) == content(4, SIZE));
    assert_eq!(partials(&account), Vec::<PathBuf>::new());
}

#[test]
fn a_link_in_its_place_is_not_followed() {
    let account = with_large(5, SIZE);
    kill_at(&account, 16 << 20);
    let left = partials(&account).remove(0);
    fs::remove_file(&left).unwrap();
    let victim = account.home().join("victim");
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, &left).unwrap();
    account.ok(["copy", "m:dst", "back"]);
    assert!(back(&account) == content(5, SIZE));
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
}

#[test]
fn two_processes_into_one_folder_do_no_harm() {
    let account = with_large(6, SIZE);
    let running: Vec<_> = (0..2)
        .map(|_| account.command(["copy", "m:dst", "back"]).spawn().unwrap())
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert!(back(&account) == content(6, SIZE));
    assert_eq!(partials(&account), Vec::<PathBuf>::new());
}
