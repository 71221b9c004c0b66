//! `sandbox`: says how to be reached, and is strict about who may.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::Home;

#[test]
fn prints_how_to_use_it_and_runs_until_killed() {
    let home = Home::new();
    let mut server = home
        .command(&["sandbox", "--account", "old@example.com:secret:v1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("Interrupt"))
        .collect();
    server.kill().unwrap();
    server.wait().unwrap();
    let text = lines.join("\n");
    assert!(text.starts_with("Sandbox listening on http://127.0.0.1:"));
    assert!(text.contains("Account old@example.com, version 1"));
    assert!(text.contains("X_MEGA_API_URL=http://127.0.0.1:"));
    assert!(!text.contains("secret"), "the password is shown obscured");
}

#[test]
fn strangers_are_let_in_only_when_told_twice() {
    let home = Home::new();
    let refused = home.run(&["sandbox", "--addr", "0.0.0.0:0"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("--allow-remote-clients"),
        "{}",
        refused.stderr
    );
    let refused = home.run(&["sandbox", "--addr", "0.0.0.0:0", "--allow-remote-clients"]);
    assert!(refused.stderr.contains("--account"), "{}", refused.stderr);
}

#[test]
fn wrong_faults_and_accounts_are_refused() {
    let home = Home::new();
    assert_ne!(home.run(&["sandbox", "--faults", "nonsense"]).code, 0);
    assert_ne!(home.run(&["sandbox", "--account", "nobody"]).code, 0);
}
