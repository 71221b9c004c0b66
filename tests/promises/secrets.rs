//! Secrets are in no log, however much is logged, and in no process list.

use std::fs;
use std::process::Stdio;

use megarc::config::obscure;
use megarc::mega::crypto::base64;

use crate::account::{Account, PASSWORD, content};

/// Letters of the longest handle, and more than any name in these tests has.
const LONGEST: usize = 24;

/// The longest run of characters that base64url text has.
fn longest_token(text: &str) -> &str {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let runs = text.split(|c| !is_token(c));
    runs.max_by_key(|run| run.len()).unwrap_or_default()
}

fn master_key(account: &Account) -> String {
    account.wait_for(async {
        let key = account.client().await.master_key().unwrap();
        base64::encode(key.as_bytes())
    })
}

#[test]
fn no_log_holds_one() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    for (name, size) in [("small", 10), ("large", 9_000_000)] {
        let bytes = content(1, size);
        fs::write(account.home().join("src").join(name), bytes).unwrap();
    }
    let key = master_key(&account);
    let mut log = String::new();
    for (faults, args) in [
        ("", &["copy", "src", "m:dst"][..]),
        ("cs:-15@1;up:-4@1", &["copy", "src", "m:again"]),
        ("cs.p:[-9]", &["copy", "src", "m:never"]),
        ("down:expired@1;down:flip@2", &["copy", "m:dst", "back"]),
        ("cs.g:[-11]", &["cat", "m:dst/small"]),
        ("sc:garbage@1;cs:garbage@1", &["lsjson", "-R", "m:dst"]),
        ("cs:-16", &["about", "m:"]),
        ("", &["link", "m:dst"]),
        ("cs:402=255@1;cs:-15@2", &["check", "src", "m:dst"]),
    ] {
        account.set_faults(faults);
        let many = ["-vv", "--mega-debug", "--retries", "1"];
        let few = ["--low-level-retries", "3"];
        let output = account.run(args.iter().chain(&many).chain(&few));
        log.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert!(log.lines().count() > 100, "{log}");
    let obscured = obscure::obscure(PASSWORD).unwrap();
    for secret in [PASSWORD, &key, &obscured] {
        assert!(!log.contains(secret), "{log}");
    }
    // Session ids have 58 characters, keys 22, 32 or 43, upload tokens 36.
    let longest = longest_token(&log);
    assert!(longest.len() < LONGEST, "{longest} in {log}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_process_list_shows_one() {
    let account = Account::with_faults("cs.f:delay=2000");
    let mut command = account.command(["lsf", "m:"]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    while !account.stats().commands.contains_key("f") {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    let read = |file: &str| fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
    let shown = [read("cmdline"), read("comm")].concat();
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let names = tasks.flat_map(|task| fs::read(task.unwrap().path().join("comm")));
    let shown = [shown, names.flatten().collect()].concat();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    let key = master_key(&account);
    for secret in [PASSWORD, &key] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.starts_with(env!("CARGO_BIN_EXE_megarc")), "{shown}");
    child.kill().unwrap();
    child.wait().unwrap();
}
