//! A disk that refuses: what may not be read or written, and what lies below
//! a file. Words, exit codes and counts are those of rclone.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, Outcome};

/// A user who is nobody special.
const NOBODY: u32 = 65_534;

/// A home whose files are refused to whoever runs megarc in it.
struct Closed(Home);

impl Closed {
    fn new() -> Self {
        let home = Home::new();
        home.write("src/a.txt", "alpha\n");
        home.write("src/sub/c.bin", "0123456789");
        home.write("dst/sub/c.bin", "short");
        home.write("dst/extra.txt", "extra");
        Self(home)
    }

    /// Runs megarc once, while `closed` has this mode: as somebody else where
    /// the tests run as the superuser, who may do everything.
    fn run(&self, closed: &str, mode: u32, arguments: &[&str]) -> Outcome {
        let mut command = self.0.command(arguments);
        command.args(["--retries", "1"]);
        let mut program: Option<PathBuf> = None;
        if fs::metadata("/proc/self").is_ok_and(|own| is_superuser(&own)) {
            give_away(self.0.root());
            command.uid(NOBODY).gid(NOBODY);
            program = reachable(&self.0, &command);
        }
        if let Some(program) = program {
            let mut other = Command::new(program);
            other
                .args(command.get_args())
                .env_clear()
                .uid(NOBODY)
                .gid(NOBODY);
            other.current_dir(self.0.root());
            for (name, value) in command.get_envs() {
                other.env(name, value.unwrap_or_default());
            }
            other.stdin(std::process::Stdio::piped());
            other.stdout(std::process::Stdio::piped());
            other.stderr(std::process::Stdio::piped());
            command = other;
        }
        let path = self.0.path(closed);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let outcome = self.0.finish(command, "");
        // It may have been moved.
        let _ = fs::set_permissions(&path, before);
        outcome
    }
}

fn is_superuser(own: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    own.uid() == 0
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}

/// A copy of the program, where the one that was built lies hidden.
fn reachable(home: &Home, command: &Command) -> Option<PathBuf> {
    let program = Path::new(command.get_program());
    let open = |dir: &Path| {
        let mode = fs::metadata(dir).map_or(0, |meta| meta.permissions().mode());
        mode & 0o001 != 0
    };
    if program
        .ancestors()
        .all(|dir| dir.as_os_str().is_empty() || open(dir))
    {
        return None;
    }
    let copy = home.path("program");
    if !copy.exists() {
        fs::copy(program, &copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    }
    Some(copy)
}

#[test]
fn a_closed_directory_is_named_and_the_rest_is_shown() {
    let home = Closed::new();
    let closed = "open @ROOT@/src/sub: permission denied";
    for (command, stdout) in [
        (&["ls", "src:"][..], "        6 a.txt\n"),
        (&["cat", "src:"], "alpha\n"),
        (
            &["size", "src:"],
            "Total objects: 1\nTotal size: 6 B (6 Byte)\n",
        ),
        (&["lsf", "-R", "src:"], "a.txt\nsub/\n"),
        (&["delete", "src:", "-n", "-q"], ""),
    ] {
        let outcome = home.run("src/sub", 0, command);
        assert_eq!(outcome.code, 6, "{command:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, stdout, "{command:?}");
        if command.contains(&"-q") {
            continue;
        }
        let name = command[0];
        assert_eq!(
            outcome.complaints(),
            [
                format!("ERROR : sub: failed to open directory \"sub\": {closed}"),
                format!("NOTICE: Failed to {name}: failed to open directory \"sub\": {closed}"),
            ],
            "{command:?}"
        );
    }
}

#[test]
fn behind_a_closed_directory_all_is_missing() {
    let home = Closed::new();
    let file = "@ROOT@/src/sub/c.bin";
    let outcome = home.run("src/sub", 0, &["copyto", file, "dst:q"]);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    let outcome = home.run("src/sub", 0, &["deletefile", file]);
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    let outcome = home.run("src/sub", 0, &["mkdir", "@ROOT@/src/sub/new"]);
    assert_eq!(outcome.code, 1);
    let why = "mkdir @ROOT@/src/sub/new: permission denied";
    assert!(
        outcome.stderr.contains(&format!("Failed to mkdir: {why}")),
        "{}",
        outcome.stderr
    );
}

#[test]
fn nothing_is_deleted_where_the_source_is_closed() {
    let home = Closed::new();
    for when in ["--delete-after", "--delete-before"] {
        let outcome = home.run("src/sub", 0, &["sync", "src:", "dst:", when]);
        assert_eq!(outcome.code, 1, "{}", outcome.stderr);
        assert!(
            outcome
                .stderr
                .contains("not deleting files as there were IO errors"),
            "{}",
            outcome.stderr
        );
        assert_eq!(home.0.read("dst/extra.txt"), "extra", "{when}");
        assert_eq!(home.0.read("dst/sub/c.bin"), "short", "{when}");
    }
    // What is deleted meanwhile may go before the error is met, but never what
    // may only seem to be gone.
    home.run("src/sub", 0, &["sync", "src:", "dst:", "--delete-during"]);
    assert_eq!(home.0.read("dst/sub/c.bin"), "short");
    home.run("src/sub", 0, &["sync", "src:", "dst:", "--ignore-errors"]);
    assert!(!home.0.exists("dst/extra.txt"));
    assert_eq!(home.0.read("dst/sub/c.bin"), "short");
    let outcome = home.run("src/sub", 0, &["copy", "src:", "dst:"]);
    assert_eq!(outcome.code, 6);
    assert!(
        outcome
            .stderr
            .contains("Can't retry any of the errors - not attempting retries"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named_by_who_wants_it() {
    let home = Closed::new();
    let why = "open @ROOT@/src/a.txt: permission denied";
    let outcome = home.run("src/a.txt", 0, &["cat", "src:a.txt"]);
    assert_eq!(
        outcome.complaints(),
        [
            format!("ERROR : a.txt: Failed to open: {why}"),
            format!("NOTICE: Failed to cat: {why}"),
        ]
    );
    let outcome = home.run("src/a.txt", 0, &["md5sum", "src:a.txt"]);
    let text = format!("failed to get hash md5 from backend: hash: failed to open: {why}");
    assert_eq!(outcome.complaints()[0], format!("ERROR : a.txt: {text}"));
    let outcome = home.run("src/a.txt", 0, &["copyto", "src:a.txt", "dst:new"]);
    let text = format!("failed to open source object: {why}");
    assert_eq!(
        outcome.complaints()[0],
        format!("ERROR : a.txt: Failed to copy: {text}")
    );
    assert_eq!(outcome.code, 1);
}

#[test]
fn what_cannot_be_compared_is_sent() {
    let home = Closed::new();
    // Of one size, and of another time.
    home.0.write("dst/a.txt", "ALPHA\n");
    let time = std::time::SystemTime::UNIX_EPOCH;
    let file = fs::File::open(home.0.path("dst/a.txt")).unwrap();
    file.set_modified(time).unwrap();
    let why = "open @ROOT@/src/a.txt: permission denied";
    let outcome = home.run(
        "src/a.txt",
        0,
        &["copy", "src:", "dst:", "--include", "a.txt"],
    );
    assert_eq!(
        outcome.complaints()[..2],
        [
            format!("ERROR : a.txt: Failed to calculate src hash: hash: failed to open: {why}"),
            format!("ERROR : a.txt: Failed to copy: failed to open source object: {why}"),
        ]
    );
    assert_eq!(home.0.read("dst/a.txt"), "ALPHA\n");
    // It can be renamed without being read.
    home.run(
        "src/a.txt",
        0,
        &["move", "src:", "dst:", "--include", "a.txt"],
    );
    fs::set_permissions(home.0.path("dst/a.txt"), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(home.0.read("dst/a.txt"), "alpha\n");
}

#[test]
fn a_destination_that_may_not_be_written_is_named() {
    let home = Closed::new();
    let outcome = home.run(
        "dst",
        0o555,
        &["copy", "src:", "dst:to", "--include", "a.txt"],
    );
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints()[0],
        "ERROR : a.txt: Failed to copy: mkdir @ROOT@/dst/to: permission denied"
    );
    let outcome = home.run(
        "dst",
        0o555,
        &["copy", "src:", "dst:to", "--include", "/sub/**"],
    );
    // The file, the time of its directory, and what stands for all times.
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : sub/c.bin: Failed to copy: mkdir @ROOT@/dst/to: permission denied",
            "ERROR : sub: Failed to update directory timestamp or metadata: \
             chtimes @ROOT@/dst/to/sub: no such file or directory",
            "ERROR : Attempt 1/1 failed with 3 errors and: failed to set directory modtime: \
             chtimes @ROOT@/dst/to/sub: no such file or directory",
            "NOTICE: Failed to copy with 3 errors: last error was: \
             failed to set directory modtime: chtimes @ROOT@/dst/to/sub: no such file or directory",
        ]
    );
    assert_eq!(outcome.code, 1);
    let outcome = home.run("dst", 0o555, &["touch", "dst:new"]);
    assert!(
        outcome
            .stderr
            .contains("failed to touch (create): open @ROOT@/dst/new: permission denied"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn below_a_file_is_nothing() {
    let home = Closed::new();
    let below = "@ROOT@/src/a.txt/below";
    for command in ["ls", "lsf", "cat", "size", "tree", "delete", "md5sum"] {
        let outcome = home.0.run(&[command, below]);
        assert_eq!(outcome.code, 3, "{command}: {}", outcome.stderr);
        assert!(
            outcome
                .stderr
                .contains("ERROR : error listing: directory not found\n")
        );
    }
    let critical = "CRITICAL: Failed to create file system for \"@ROOT@/src/a.txt/\": \
                    is a file not a directory";
    for command in ["touch", "rcat"] {
        let outcome = home.0.run_with(&[command, below], "x");
        assert_eq!(outcome.complaints(), [critical], "{command}");
        assert_eq!(outcome.code, 1);
    }
}

#[test]
fn space_of_what_is_missing() {
    let outcome = Closed::new().0.run(&["about", "src:missing"]);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.complaints(),
        ["NOTICE: Failed to about: about call failed: directory not found"]
    );
}

#[test]
fn links_that_lead_nowhere_end_a_listing() {
    let home = Closed::new();
    std::os::unix::fs::symlink("nowhere", home.0.path("src/broken")).unwrap();
    let outcome = home.0.run(&["ls", "-L", "src:"]);
    assert_eq!(outcome.code, 6, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "        6 a.txt\n       10 sub/c.bin\n");
    let why = "symlink: stat @ROOT@/src/broken: no such file or directory";
    assert_eq!(
        outcome.complaints(),
        [
            format!("ERROR : broken: Listing error: {why}"),
            format!("NOTICE: Failed to ls: {why}"),
        ]
    );
}
