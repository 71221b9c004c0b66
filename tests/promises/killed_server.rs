//! `kill -9` of the server in the middle of a busy copy: what it has
//! acknowledged is there when it runs again, and its state fits together.
//!
//! The moments are numbers of files that the client has reported as copied;
//! dozens of others are on their way then. `MEGARC_LARGE` makes 30 of the 5.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use megarc::config::obscure;

use crate::account::{EMAIL, PASSWORD, content};
use crate::killed::{assert_same, names, random};

const FILES: u32 = 120;

/// The server process, and clients of it.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(home: &Path) -> Self {
        let account = format!("{EMAIL}:{PASSWORD}");
        let mut command = megarc(home, &["sandbox", "--dir", "state", "--account", &account]);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap().to_owned();
        // It goes on writing; nobody reads.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self { process, url }
    }

    fn client(&self, home: &Path, args: &[&str]) -> Command {
        let mut command = megarc(home, args);
        command
            .env("MEGARC_CONFIG_M_TYPE", "mega")
            .env("MEGARC_CONFIG_M_API_URL", &self.url)
            .env("MEGARC_CONFIG_M_USER", EMAIL)
            .env("MEGARC_CONFIG_M_PASS", obscure::obscure(PASSWORD).unwrap());
        command
    }

    fn ok(&self, home: &Path, args: &[&str]) -> String {
        let output = self.client(home, args).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// With `SIGKILL`.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn megarc(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_megarc"));
    command
        .args(args)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("TZ", "UTC");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn check(home: &Path) -> Output {
    let args = ["sandbox", "--check", "--dir", "state"];
    megarc(home, &args).output().unwrap()
}

/// Files of every kind to the server: the largest stand beside its database.
fn make_tree(root: &Path) {
    for index in 0..FILES {
        let dir = root.join(format!("d{}", index % 6));
        fs::create_dir_all(&dir).unwrap();
        let size = [10, 3_000, 40_000, 270_000][index as usize % 4] + index as usize;
        fs::write(dir.join(format!("f{index}")), content(index + 1, size)).unwrap();
    }
}

/// Copies until so many files were reported as copied, then kills the server;
/// the files that were reported, before and after.
fn copy_and_kill(server: Server, home: &Path, to: &str, count: u64) -> BTreeSet<String> {
    let patience = ["--retries", "1", "--low-level-retries", "1"];
    let args = [
        "copy",
        "src",
        to,
        "--no-dedupe-upload",
        "-v",
        "--stats",
        "0",
    ];
    let mut client = server.client(home, &[&args[..], &patience].concat());
    let mut client = client.stderr(Stdio::piped()).spawn().unwrap();
    let mut server = Some(server);
    let (mut reported, mut log) = (BTreeSet::new(), String::new());
    for line in BufReader::new(client.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let name = line.split_once(": Copied (new)");
        reported.extend(name.and_then(|(before, _)| Some(before.rsplit_once(' ')?.1.to_owned())));
        log.push_str(&line);
        log.push('\n');
        if reported.len() as u64 >= count
            && let Some(server) = server.take()
        {
            drop(server);
        }
    }
    let status = client.wait().unwrap();
    assert!(server.is_none(), "it ended too soon: {log}");
    assert!(!status.success() && log.contains("ERROR"), "{log}");
    reported
}

#[test]
fn nothing_acknowledged_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let source = home.join("src");
    make_tree(&source);
    let rounds = if std::env::var_os("MEGARC_LARGE").is_some() {
        30
    } else {
        5
    };
    let mut seed = 0x5EED_0003;
    let mut server = Server::start(home);
    for round in 0..rounds {
        let to = format!("m:dst{round}");
        let count = random(&mut seed) % u64::from(FILES - 40);
        let reported = copy_and_kill(server, home, &to, count);
        let what = format!("round {round}, killed after {count} files");

        let judged = check(home);
        assert!(judged.status.success(), "{what}: {judged:?}");
        server = Server::start(home);
        let listed = server.ok(home, &["lsf", "-R", "--files-only", &to]);
        let listed: Vec<&str> = listed.lines().collect();
        for name in &reported {
            let there = listed.iter().filter(|there| **there == name).count();
            assert_eq!(there, 1, "{name}: {what}");
        }
        server.ok(home, &["copy", "src", &to]);
        server.ok(home, &["copy", &to, "back"]);
        assert_same(&home.join("back"), &source, &what);
        let listed = server.ok(home, &["lsf", "-R", "--files-only", &to]);
        assert_eq!(listed.lines().count(), names(&source).len(), "{what}");
        fs::remove_dir_all(home.join("back")).unwrap();
    }
    drop(server);

    // And the check is one that can fail.
    let contents = fs::read_dir(home.join("state/blobs")).unwrap();
    let content = contents.map(|entry| entry.unwrap().path()).next().unwrap();
    fs::remove_file(content).unwrap();
    let judged = check(home);
    assert_eq!(judged.status.code(), Some(1));
    let found = String::from_utf8_lossy(&judged.stdout);
    assert!(found.contains("should have"), "{found}");
    assert!(said(&judged).contains("contradiction"), "{judged:?}");
}
