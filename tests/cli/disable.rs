//! `--disable`: without a feature the long way is taken. The lines on the disk
//! are rclone 1.75.2's.

use crate::support::Home;

/// The lines of the log that tell what was done, sorted.
fn done(log: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("INFO  : "))
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_disk_moves_nothing_by_itself_then() {
    const COPIED: [&str; 5] = [
        "f: Copied (new)",
        "f: Deleted",
        "s/g: Copied (new)",
        "s/g: Deleted",
        "s: Set directory modification time (using DirSetModTime)",
    ];
    const MOVED: [&str; 3] = [
        "f: Moved (server-side)",
        "s/g: Moved (server-side)",
        "s: Set directory modification time (using DirSetModTime)",
    ];
    for (list, expected) in [
        ("Move, dirmove", &COPIED[..]),
        ("dirmove", &MOVED),
        ("WriteDirSetModTime,move,dirmove", &COPIED[..4]),
    ] {
        let home = Home::new();
        home.write("src/f", "1\n");
        home.write("src/s/g", "2\n");
        let outcome = home.run(&["move", "src:", "dst:", "-v", "--disable", list]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert_eq!(done(&outcome.stderr), expected, "{list}");
        assert_eq!(home.read("dst/s/g"), "2\n");
        assert!(!home.exists("src/f") && !home.exists("src/s/g"));
    }
}

#[test]
fn an_account_neither_copies_nor_moves_nor_purges_then() {
    let home = Home::new();
    home.write("src/f", "some content");
    home.write("src/s/g", "other content");
    let tell = |words: &[&str]| {
        let outcome = home.run(&[words, &["-v"]].concat());
        assert_eq!(outcome.code, 0, "{words:?}: {}", outcome.stderr);
        outcome.stderr
    };
    tell(&["copy", "src:", ":sandbox:a"]);
    let copy = tell(&["copy", ":sandbox:a", ":sandbox:b"]);
    assert!(copy.contains("f: Copied (server-side copy)"), "{copy}");
    let copy = tell(&["copy", ":sandbox:a", ":sandbox:c", "--disable=copy"]);
    assert!(copy.contains("f: Copied (new)"), "{copy}");
    let moved = tell(&[
        "move",
        ":sandbox:c",
        ":sandbox:d",
        "--disable=copy,move,dirmove",
    ]);
    assert!(moved.contains("s/g: Copied (new)"), "{moved}");
    assert!(moved.contains("s/g: Deleted"), "{moved}");
    let purge = tell(&["purge", ":sandbox:a", "--disable=Purge"]);
    assert!(purge.contains("s/g: Deleted"), "{purge}");
    assert!(!tell(&["purge", ":sandbox:b"]).contains("Deleted"));
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok(),
        "d/f\nd/s/g\n"
    );
}

#[test]
fn what_a_remote_cannot_do_then_fails() {
    let home = Home::new();
    home.write("src/f", "");
    for (words, why) in [
        (
            &["about", ":sandbox:", "--disable=about"][..],
            "doesn't support about",
        ),
        (
            &["link", ":sandbox:", "--disable=publiclink"],
            "doesn't support public links",
        ),
        (
            &["cleanup", ":sandbox:", "--disable=cleanup", "--retries=1"],
            "doesn't support cleanup",
        ),
    ] {
        let outcome = home.run(words);
        assert_eq!(outcome.code, 1, "{words:?}");
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    }
}

#[test]
fn features_can_be_listed_and_switched_on() {
    let home = Home::new();
    let help = home.run(&["lsf", "aux:", "--disable", "help"]);
    assert_eq!((help.code, help.stdout.as_str()), (1, ""));
    let line = "CRITICAL: Possible backend features are: CaseInsensitive, DuplicateFiles, ";
    assert!(help.stderr.starts_with(line), "{}", help.stderr);
    home.write("src/F", "new");
    home.write("dst/f", "older");
    let flags = ["sync", "src:", "dst:", "-vv", "--disable"];
    let outcome = home.run(&[&flags[..], &["!CaseInsensitive,!Copy,nothing"]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for line in [
        "ERROR : Can't set Feature \"Copy\" to true",
        "DEBUG : Set feature \"CaseInsensitive\"",
    ] {
        assert!(
            outcome.stderr.lines().any(|l| l == line),
            "{}",
            outcome.stderr
        );
    }
    // One name: the file that is there is replaced under it.
    assert_eq!(home.read("dst/f"), "new");
    assert!(!home.exists("dst/F"));
}
