//! A clock that jumps between two runs, and a network that changes between two
//! requests.
//!
//! That the clock went back looks like files from the future; that it went
//! forward, like files from long ago. (While a command runs no wait is measured
//! by the clock on the wall: `tests/architecture.rs`.)

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::account::{Account, content};
use crate::proxy;

const SIZE: usize = 20 << 20;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Gives everything that the program keeps, and what stands half made, this time.
fn date_all(dir: &Path, time: SystemTime) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            date_all(&path, time);
        } else {
            let file = File::options().write(true).open(&path).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
    }
}

fn count(account: &Account, command: &str) -> u64 {
    let stats = account.stats();
    stats.commands.get(command).copied().unwrap_or(0)
}

#[test]
fn a_session_and_a_tree_are_used_whatever_the_clock_shows() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    fs::write(account.home().join("src/a"), "one").unwrap();
    account.ok(["copy", "src", "m:dst"]);
    let (logins, fetched) = (account.stats().logins, count(&account, "f"));
    let now = SystemTime::now();
    for time in [now + 10 * YEAR, now - 10 * YEAR, SystemTime::UNIX_EPOCH] {
        date_all(&account.home().join(".local"), time);
        date_all(&account.home().join(".cache"), time);
        date_all(&account.home().join(".config"), time);
        assert_eq!(account.ok(["lsf", "-R", "m:"]), "dst/\ndst/a\n");
        account.ok(["copyto", "src/a", "m:dst/a"]);
    }
    assert_eq!(
        (account.stats().logins, count(&account, "f")),
        (logins, fetched)
    );
    assert_eq!(account.ok(["lsf", "-R", "m:dst"]), "a\n");
}

/// Kills a command after so many bytes.
fn kill_at(account: &Account, args: &[&str], bytes: u64) {
    let passed = || account.stats().bytes_up + account.stats().bytes_down;
    let before = passed();
    let mut child = account.command(args).spawn().unwrap();
    while passed() < before + bytes {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_was_begun_goes_on_after_the_clock_went_back() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    let source = account.home().join("src/large.bin");
    fs::write(&source, content(31, SIZE)).unwrap();
    let passed = || account.stats().bytes_up + account.stats().bytes_down;
    for args in [["copy", "src", "m:dst"], ["copy", "m:dst", "back"]] {
        kill_at(&account, &args, 18 << 20);
        let later = SystemTime::now() + 10 * YEAR;
        date_all(&account.home().join(".local"), later);
        date_all(&account.home().join("back"), later);
        let before = passed();
        account.ok(args);
        // The rest, and a piece of 4 MiB for each of four connections.
        let moved = passed() - before;
        assert!(moved <= (2 << 20) + (16 << 20), "{args:?}: {moved} bytes");
    }
    let back = fs::read(account.home().join("back/large.bin")).unwrap();
    assert!(back == content(31, SIZE));
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let second = |path: &Path| {
        let since = time(path).duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap().as_secs()
    };
    let back = account.home().join("back/large.bin");
    assert_eq!(second(&back), second(&source));
}

/// As after a sleep, or on another network: each connection that was kept is
/// dead when it is to be used again.
#[test]
fn every_connection_dies_between_two_requests() {
    let account = Account::new();
    for index in 0..20 {
        let dir = account.home().join(format!("src/d{}", index % 3));
        fs::create_dir_all(&dir).unwrap();
        let bytes = content(index + 40, index as usize * 30_000);
        fs::write(dir.join(format!("f{index}")), bytes).unwrap();
    }
    let url = proxy::start(&account, proxy::End::Sudden, |reply| reply);
    for args in [
        &["copy", "src", "m:dst"][..],
        &["copy", "m:dst", "back"],
        &["check", "src", "m:dst"],
        &["move", "m:dst", "m:moved"],
        &["delete", "m:moved"],
    ] {
        let mut command = account.command(args);
        let output = command.env("MEGARC_CONFIG_M_API_URL", &url).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
    }
    crate::killed::assert_same(
        &account.home().join("back"),
        &account.home().join("src"),
        "after the network changed",
    );
    assert_eq!(account.stats().logins, 1);
}
