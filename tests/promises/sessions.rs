//! One login, then never again.

use std::fs;

use crate::account::Account;

#[test]
fn ten_commands_log_in_once() {
    let account = Account::new();
    fs::write(account.home().join("a.txt"), "one").unwrap();
    let commands: [&[&str]; 10] = [
        &["mkdir", "m:dir"],
        &["copy", "a.txt", "m:dir"],
        &["ls", "m:"],
        &["lsl", "m:"],
        &["lsd", "m:"],
        &["cat", "m:dir/a.txt"],
        &["about", "m:"],
        &["copyto", "m:dir/a.txt", "back.txt"],
        &["deletefile", "m:dir/a.txt"],
        &["rmdir", "m:dir"],
    ];
    for command in commands {
        account.ok(command);
    }
    assert_eq!(account.stats().logins, 1);
    assert_eq!(fs::read(account.home().join("back.txt")).unwrap(), b"one");
}

#[test]
fn ten_processes_at_once_log_in_once() {
    let account = Account::new();
    let running: Vec<_> = (0..10)
        .map(|_| account.command(["lsd", "m:"]).spawn().unwrap())
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(account.stats().logins, 1);
}

#[test]
fn a_session_that_ended_is_renewed_once() {
    let account = Account::new();
    account.ok(["lsd", "m:"]);
    account.set_faults("cs:-15@1");
    account.ok(["lsd", "m:", "--mega-no-tree-cache"]);
    assert_eq!(account.stats().logins, 2);
    // The kept tree is brought up to date by a channel of its own.
    account.set_faults("sc:-15@1");
    account.ok(["lsd", "m:"]);
    assert_eq!(account.stats().logins, 3);
}

#[test]
fn logout_ends_the_session() {
    let account = Account::new();
    account.ok(["lsd", "m:"]);
    account.ok(["logout", "m:"]);
    assert_eq!(account.stats().commands.get("sml"), Some(&1));
    account.ok(["lsd", "m:"]);
    assert_eq!(account.stats().logins, 2);
}
