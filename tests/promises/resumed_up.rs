//! The upload of a large file goes on where it stopped, and never sends two
//! contents under one key.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::account::{Account, content};

const SIZE: usize = 20 << 20;
const LONG: usize = 40 << 20;
/// A piece for each of four connections.
const AGAIN: u64 = 4 * (4 << 20);

fn with_source(seed: u32, size: usize) -> Account {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    write(&account, seed, size);
    account
}

fn write(account: &Account, seed: u32, size: usize) {
    fs::write(account.home().join("src/large.bin"), content(seed, size)).unwrap();
}

/// Kills an upload as soon as `reached` says so.
fn kill_when(account: &Account, reached: impl Fn() -> bool) {
    let mut child = account.command(["copy", "src", "m:dst"]).spawn().unwrap();
    while !reached() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn kill_at(account: &Account, bytes: u64) {
    kill_when(account, || account.stats().bytes_up >= bytes);
}

fn journals(account: &Account) -> Vec<PathBuf> {
    let dir = account.home().join(".local/state/megarc/uploads");
    let found = fs::read_dir(dir).into_iter().flatten();
    found.map(|entry| entry.unwrap().path()).collect()
}

/// One file of that content is there, and the server has found nothing odd.
fn arrived(account: &Account, seed: u32, size: usize) {
    assert_eq!(
        account.ok(["lsf", "-R", "m:dst"]),
        "large.bin\n",
        "one file"
    );
    account.ok(["copy", "m:dst", "back"]);
    let back = fs::read(account.home().join("back/large.bin")).unwrap();
    assert!(back == content(seed, size));
    let refusals = account.stats().refusals;
    assert!(refusals.is_empty(), "{refusals:?}");
    assert_eq!(journals(account), Vec::<PathBuf>::new());
}

#[test]
fn an_upload_that_was_killed_goes_on() {
    let account = with_source(1, LONG);
    kill_at(&account, 32 << 20);
    let journals = journals(&account);
    assert_eq!(journals.len(), 1);
    let mode = journals[0].metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = account.stats().bytes_up;
    account.ok(["copy", "src", "m:dst"]);
    let sent = account.stats().bytes_up - before;
    assert!(sent <= (8 << 20) + AGAIN, "{sent} bytes were sent");
    arrived(&account, 1, LONG);
}

#[test]
fn a_source_that_changed_is_sent_anew() {
    let account = with_source(2, SIZE);
    let source = account.home().join("src/large.bin");
    let time = source.metadata().unwrap().modified().unwrap();
    kill_at(&account, 12 << 20);
    write(&account, 3, SIZE);
    // Even when it was made to look as old as before.
    let file = File::options().write(true).open(source).unwrap();
    file.set_times(fs::FileTimes::new().set_modified(time))
        .unwrap();
    let before = account.stats().bytes_up;
    account.ok(["copy", "src", "m:dst"]);
    assert!(account.stats().bytes_up - before >= SIZE as u64);
    arrived(&account, 3, SIZE);
}

#[test]
fn an_address_that_has_died_is_replaced() {
    let account = with_source(4, SIZE);
    kill_at(&account, 12 << 20);
    account.set_faults("up:expired@1");
    account.ok(["copy", "src", "m:dst"]);
    account.set_faults("");
    arrived(&account, 4, SIZE);
}

/// What the statistics have counted for an upload that is lost they take back,
/// and not what an earlier run had brought.
#[test]
fn an_upload_that_is_lost_takes_nothing_from_others() {
    let account = with_source(7, SIZE);
    kill_at(&account, 12 << 20);
    let other = content(8, 6 << 20);
    fs::write(account.home().join("src/other.bin"), other).unwrap();
    // Both are lost once, the smaller one first.
    account.set_faults("cs.p:[-9]*2");
    let output = account.run(["copy", "src", "m:dst", "-v"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("26 MiB / 26 MiB, 100%"), "{said}");
}

#[test]
fn a_node_that_was_made_just_before_is_not_made_twice() {
    let account = with_source(5, SIZE);
    account.set_faults("cs.p:lose");
    let made = || account.stats().commands.contains_key("p");
    kill_when(&account, made);
    account.set_faults("");
    account.ok(["copy", "src", "m:dst"]);
    assert_eq!(account.ok(["lsf", "-R", "m:dst"]), "large.bin\n");
}

#[test]
fn a_damaged_journal_costs_an_upload() {
    let account = with_source(6, SIZE);
    kill_at(&account, 12 << 20);
    for journal in journals(&account) {
        let mut bytes = fs::read(&journal).unwrap();
        bytes[40] ^= 1;
        fs::write(&journal, bytes).unwrap();
    }
    account.ok(["copy", "src", "m:dst"]);
    arrived(&account, 6, SIZE);
}
