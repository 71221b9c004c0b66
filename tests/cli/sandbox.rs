//! `sandbox`: says how to be reached, and is strict about who may.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

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

/// A server that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a sandbox; gives its host and port and all that it printed.
fn start(home: &Home, arguments: &[&str]) -> (Running, String, String) {
    let mut running = Running(home.command(arguments).spawn().unwrap());
    let mut output = BufReader::new(running.0.stdout.take().unwrap());
    let mut text = String::new();
    while !text.ends_with("Interrupt to stop it.\n") {
        assert_ne!(output.read_line(&mut text).unwrap(), 0, "it ended: {text}");
    }
    let address = text
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    (running, address, text)
}

fn ask(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /cs?id=1 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn it_serves_the_accounts_it_was_told_of() {
    let home = Home::new();
    let arguments = [
        "sandbox",
        "--account",
        "Old@example.com:se:cret:v1",
        "--faults",
        "cs:-3@2",
    ];
    let (_running, address, text) = start(&home, &arguments);
    assert!(
        text.contains("Account Old@example.com, version 1\n"),
        "{text}"
    );
    assert!(
        !text.contains("se:cret"),
        "the password stands there in clear: {text}"
    );
    let us0 = "[{\"a\":\"us0\",\"user\":\"old@example.com\"}]";
    assert_eq!(ask(&address, us0), "[{\"v\":1}]");
    assert_eq!(ask(&address, us0), "-3", "the fault asked for");
}

#[test]
fn the_state_survives_the_server() {
    let home = Home::new();
    let arguments = [
        "sandbox",
        "--dir",
        "@ROOT@/state",
        "--account",
        "a@example.com:x:v2",
    ];
    let us0 = "[{\"a\":\"us0\",\"user\":\"a@example.com\"}]";
    let (running, address, _) = start(&home, &arguments);
    let salt = ask(&address, us0);
    assert!(
        salt.starts_with("[{\"v\":2,\"s\":") || salt.starts_with("[{\"s\":"),
        "{salt}"
    );
    drop(running);
    let (_running, address, _) = start(&home, &arguments);
    assert_eq!(ask(&address, us0), salt);
}

#[test]
fn the_state_can_be_checked() {
    let home = Home::new();
    let check = ["sandbox", "--check", "--dir", "@ROOT@/state"];
    let missing = home.run(&check);
    assert_eq!(missing.code, 1, "{}", missing.stderr);
    assert!(missing.stderr.contains("there is no state"));
    assert!(!home.path("state").exists(), "it was made");
    assert_ne!(home.run(&["sandbox", "--check"]).code, 0);
    let (running, ..) = start(&home, &["sandbox", "--dir", "@ROOT@/state"]);
    let busy = home.run(&check);
    assert_eq!(busy.code, 1, "a server has it open");
    drop(running);
    let sound = home.run(&check);
    assert_eq!((sound.code, sound.stdout.as_str()), (0, ""));
}
