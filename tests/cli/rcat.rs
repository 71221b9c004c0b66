//! `rcat`: a pipe becomes a file.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::Home;

#[test]
fn input_becomes_a_file_and_replaces_one() {
    let home = Home::new();
    home.run_with(&["rcat", "dst:x/a.txt"], "one").ok();
    home.run_with(&["rcat", "dst:x/a.txt"], "two").ok();
    assert_eq!(home.read("dst/x/a.txt"), "two");
    // an empty pipe is an empty file
    home.run_with(&["rcat", "dst:empty"], "").ok();
    assert_eq!(home.read("dst/empty"), "");
    // filters choose among files that are there: this one is named
    home.run_with(&["rcat", "--include", "*.x", "dst:b.txt"], "b")
        .ok();
    assert_eq!(home.read("dst/b.txt"), "b");
    assert_eq!(std::fs::read_dir(home.path("dst")).unwrap().count(), 3);
}

#[test]
fn input_of_any_length_reaches_mega() {
    let home = Home::new();
    for (cutoff, length) in [("0", 0), ("0", 10), ("100Ki", 102_400), ("1Mi", 900_000)] {
        let text = "0123456789".repeat(length / 10);
        let path = format!(":sandbox:d/{length}");
        for _ in 0..2 {
            home.run_with(&["rcat", "--streaming-upload-cutoff", cutoff, &path], &text)
                .ok();
        }
        assert!(home.run(&["cat", &path]).ok() == text, "{length}");
        let listed = home.run(&["ls", &path]).ok();
        assert_eq!(listed, format!("{length:>9} {length}\n"));
    }
}

#[test]
fn another_length_than_announced_leaves_what_was_there() {
    let home = Home::new();
    home.write("dst/a", "old");
    for (cutoff, size) in [("100Ki", "2"), ("100Ki", "5"), ("0", "2"), ("0", "5")] {
        let arguments = ["rcat", "--size", size, "--streaming-upload-cutoff", cutoff];
        for path in ["dst:a", ":sandbox:a"] {
            let outcome = home.run_with(&[&arguments[..], &[path]].concat(), "new");
            assert_eq!(outcome.code, 1, "{path} {cutoff} {size}");
            assert!(
                outcome.stderr.contains("source changed while it was read"),
                "{}",
                outcome.stderr
            );
        }
    }
    assert_eq!(home.read("dst/a"), "old");
    assert_eq!(std::fs::read_dir(home.path("dst")).unwrap().count(), 1);
    assert_eq!(home.run(&["ls", ":sandbox:"]).ok(), "");
    home.run_with(&["rcat", "--size", "3", "dst:a"], "new").ok();
    home.run_with(&["rcat", "--size=-5", "dst:b"], "new").ok();
    assert_eq!(
        (home.read("dst/a"), home.read("dst/b")),
        ("new".to_owned(), "new".to_owned())
    );
}

#[test]
fn directories_and_devices_are_refused() {
    let home = Home::new();
    let refused = |path: &str| {
        let outcome = home.run_with(&["rcat", path], "x");
        assert_eq!(outcome.code, 1, "{path}");
        outcome.stderr
    };
    assert_eq!(refused("dst:d/"), "CRITICAL: \"dst:d/\" is a directory\n");
    assert_eq!(refused("dst:"), "CRITICAL: \"dst:\" is a directory\n");
    std::fs::create_dir(home.path("aux/d")).unwrap();
    assert!(refused("aux:d").contains("is a directory not a file"));
    let output = home.command(&["rcat", "dst:a"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .ends_with("CRITICAL: nothing to read from standard input (stdin).\n")
    );
    assert!(!home.exists("dst"));
}

#[test]
fn a_dry_run_takes_all_and_keeps_nothing() {
    let home = Home::new();
    let text = "0123456789".repeat(100_000);
    let mut child = home
        .command(&["rcat", "-n", "dst:a"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .ends_with("NOTICE: a: Skipped upload from pipe as --dry-run is set\n")
    );
    assert!(!home.exists("dst"));
}

#[test]
fn a_signal_does_not_wait_for_the_pipe() {
    let home = Home::new();
    let mut child = home
        .command(&["rcat", "-vv", "--streaming-upload-cutoff", "0", "dst:a"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Streaming the upload") {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut log, &mut line).unwrap(), 0);
    }
    let start = std::time::Instant::now();
    let id = child.id().to_string();
    std::process::Command::new("kill")
        .arg(&id)
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(start.elapsed() < std::time::Duration::from_secs(4));
    drop(stdin);
    let left = std::fs::read_dir(home.path("dst")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn a_limit_ends_it_with_its_own_code() {
    let home = Home::new();
    let outcome = home.run_with(&["rcat", "--max-transfer", "1B", "dst:a"], "three");
    assert_eq!(outcome.code, 8, "{}", outcome.stderr);
    assert!(!home.exists("dst/a"));
}
