//! A folder of its own for each test: a clean environment, a configuration,
//! and the built binary.

mod picture;
pub mod pty;
mod server;
pub mod tree;
pub mod web;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use server::Server;
use tempfile::TempDir;

/// A throw-away home in which megarc runs.
pub struct Home {
    folder: TempDir,
}

/// What a run of megarc left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    /// Without time stamps, the home's path as `@ROOT@`.
    pub stderr: String,
}

impl Home {
    /// A home with the alias remotes `src:`, `dst:` and `aux:` for its
    /// folders of these names; only `aux` exists.
    pub fn new() -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut config = String::new();
        for name in ["src", "dst", "aux"] {
            let path = home.path(name);
            config += &format!("[{name}]\ntype = \"alias\"\nremote = {path:?}\n\n");
        }
        fs::write(home.path("megarc.toml"), config).unwrap();
        fs::create_dir(home.path("aux")).unwrap();
        home
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the directories above it.
    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// megarc with these arguments, in which `@ROOT@` is the home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let root = self.root().to_str().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_megarc"));
        command
            .args(arguments.iter().map(|a| a.replace("@ROOT@", root)))
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.root())
            .env("TZ", "UTC")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("MEGARC_CONFIG", self.path("megarc.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs megarc.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    /// Runs megarc with this on standard input.
    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Outcome {
        self.finish(self.command(arguments), stdin)
    }

    /// Runs a prepared command.
    pub fn finish(&self, mut command: Command, stdin: &str) -> Outcome {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // A program that does not read may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| self.clean(&printable(bytes));
        Outcome {
            code: output.status.code().expect("ended by a signal"),
            stdout: text(&output.stdout),
            stderr: without_stamps(&text(&output.stderr)),
        }
    }

    fn clean(&self, text: &str) -> String {
        text.replace(self.root().to_str().unwrap(), "@ROOT@")
    }
}

impl Outcome {
    /// Insists on success and silence; returns stdout.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (0, ""),
            "{}",
            self.stdout
        );
        self.stdout
    }

    /// Insists on success, whatever was said.
    #[track_caller]
    pub fn ok_code(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// stderr in lines, without empty ones.
    pub fn complaints(&self) -> Vec<&str> {
        self.stderr
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect()
    }
}

/// Text, with `\xff` for bytes that are none.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

/// Cuts `2026/11/23 11:49:28 ` off the lines that begin so.
fn without_stamps(text: &str) -> String {
    const STAMP: &str = "2026/11/23 11:49:28 ";
    let is_stamp = |line: &str| {
        let mut shape = STAMP.bytes().zip(line.bytes());
        line.len() >= STAMP.len()
            && shape.all(|(s, l)| {
                if s.is_ascii_digit() {
                    l.is_ascii_digit()
                } else {
                    s == l
                }
            })
    };
    text.split_inclusive('\n')
        .map(|line| {
            if is_stamp(line) {
                &line[STAMP.len()..]
            } else {
                line
            }
        })
        .collect()
}
