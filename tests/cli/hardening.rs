//! Secrets stay in the process: not in core dumps, not in what it starts.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::support::Home;

/// A server that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a sandbox and returns its URL.
fn sandbox(home: &Home, account: &str) -> (Running, String) {
    let mut command = home.command(&["sandbox", "--account", account]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let url = line.trim().rsplit(' ').next().unwrap().to_owned();
    (Running(child), url)
}

#[test]
fn no_core_is_dumped() {
    let home = Home::new();
    let (server, _) = sandbox(&home, "a@example.com:secret");
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.0.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let soft = core.unwrap().split_whitespace().nth(4).unwrap();
    assert!(matches!(soft, "0" | "1"), "{limits}");
}

#[test]
fn what_is_started_sees_no_password_of_ours() {
    let home = Home::new();
    let (_server, url) = sandbox(&home, "a@example.com:secret:2fa=123456");
    let script = home.path("code");
    fs::write(&script, "env > seen\necho 123456\n").unwrap();
    let remote = format!(
        ":mega,user=a@example.com,api_url='{url}',otp_command='sh {}':",
        script.display()
    );
    let password = home.run(&["obscure", "secret"]).stdout;
    let status = home
        .command(&["lsd", &remote])
        .env("MEGARC_MEGA_PASS", password.trim())
        .env("OF_OTHERS", "kept")
        .status()
        .unwrap();
    assert!(status.success());
    let seen = home.read("seen");
    assert!(seen.contains("OF_OTHERS=kept"), "{seen}");
    assert!(!seen.contains("MEGARC_"), "{seen}");
    assert!(!seen.contains(password.trim()), "{seen}");
}
