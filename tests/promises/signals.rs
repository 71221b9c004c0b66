//! Signals: an end that was asked for, and a machine that slept.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::account::{Account, content};

const SIZE: usize = 24 << 20;

fn send(child: &Child, signal: i32) {
    let id = i32::try_from(child.id()).unwrap();
    #[expect(unsafe_code, reason = "a signal to our own child")]
    let sent = unsafe { libc::kill(id, signal) };
    assert_eq!(sent, 0);
}

fn with_source(faults: &str) -> Account {
    let account = Account::with_faults(faults);
    fs::create_dir(account.home().join("src")).unwrap();
    for (name, size) in [("large.bin", SIZE), ("small", 1000)] {
        fs::write(account.home().join("src").join(name), content(9, size)).unwrap();
    }
    account
}

/// Starts a command; returns when so many bytes have passed the server.
fn start(account: &Account, args: &[&str], bytes: u64) -> Child {
    let passed = || account.stats().bytes_up + account.stats().bytes_down;
    let before = passed();
    let mut command = account.command(args);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while passed() < before + bytes {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    child
}

fn assert_back(account: &Account) {
    account.set_faults("");
    account.ok(["copy", "m:dst", "back"]);
    for name in ["large.bin", "small"] {
        let read = |dir: &str| fs::read(account.home().join(dir).join(name)).unwrap();
        assert!(read("back") == read("src"), "{name}");
    }
    assert_eq!(account.ok(["lsf", "m:dst"]).lines().count(), 2);
    assert_eq!(account.check(), Vec::<String>::new());
}

#[test]
fn an_interrupted_upload_goes_on_where_it_stopped() {
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
        let account = with_source("up:delay=10");
        let child = start(&account, &["copy", "src", "m:dst"], 16 << 20);
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let before = account.stats().bytes_up;
        account.ok(["copy", "src", "m:dst"]);
        let sent = account.stats().bytes_up - before;
        // The rest, and a piece of 4 MiB for each of four connections.
        assert!(sent < (8 << 20) + (16 << 20), "{sent} bytes were sent");
        assert_back(&account);
    }
}

/// Both arrive before anything can end.
#[test]
fn two_signals_at_once_end_it() {
    // Nothing else ends soon: the server does not answer.
    let account = with_source("up:delay=10");
    let child = start(&account, &["copy", "src", "m:dst"], 4 << 20);
    account.set_faults("any:stall=60000");
    let begun = Instant::now();
    send(&child, libc::SIGSTOP);
    send(&child, libc::SIGINT);
    send(&child, libc::SIGTERM);
    send(&child, libc::SIGCONT);
    let output = child.wait_with_output().unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(130 | 143)), "{output:?}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

/// The first one has been heard, and what it started waits for a server that
/// does not answer: the second one waits for nothing, and nothing more is said.
#[test]
fn the_second_signal_ends_it_at_once() {
    for (first, second, code) in [
        (libc::SIGINT, libc::SIGINT, 130),
        (libc::SIGTERM, libc::SIGTERM, 143),
        (libc::SIGINT, libc::SIGTERM, 143),
    ] {
        // doctor tries whether a file can be written, and removes it again
        // whatever ends it.
        let account = Account::with_faults("up:delay=3600000");
        let mut command = account.command(["doctor", "m:", "-v"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        while !account.stats().commands.contains_key("u") {
            assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
            std::thread::yield_now();
        }
        account.set_faults("any:delay=3600000");
        send(&child, first);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains("Signal received") {
            assert!(said.read_line(&mut log).unwrap() > 0, "{log}");
        }
        send(&child, second);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{log}");
        said.read_to_string(&mut log).unwrap();
        // Else it would have said so after some seconds.
        assert!(!log.contains("Exiting"), "{log}");
    }
}

fn state(child: &Child) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// While the machine slept the network changed: connections are dead, and the
/// addresses of content are not known any more.
#[test]
fn a_copy_goes_on_after_a_sleep() {
    let account = with_source("up:delay=10;down:delay=10");
    for args in [["copy", "src", "m:dst"], ["copy", "m:dst", "back"]] {
        let child = start(&account, &args, 8 << 20);
        send(&child, libc::SIGSTOP);
        while state(&child) != Some('T') {
            std::thread::yield_now();
        }
        account.set_faults("up:expired@1;down:expired@1;any:refuse@2;any:reset%20;seed=5");
        send(&child, libc::SIGCONT);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        account.set_faults("up:delay=10;down:delay=10");
    }
    assert_back(&account);
}
