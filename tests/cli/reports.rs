//! The reports of the commands that copy (`--combined`, `--dest-after` …).

use crate::support::Home;

/// Something of every kind.
fn home() -> Home {
    let home = Home::new();
    for (name, content) in [
        ("src/same", "same"),
        ("dst/same", "same"),
        ("src/diff", "a"),
        ("dst/diff", "bb"),
        ("src/d/new", "new"),
        ("dst/d/old", "old"),
        ("dst/only/deep", "deep"),
    ] {
        home.write(name, content);
    }
    home
}

/// Reports come as things are found: in any order.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

const FOUND: [&str; 5] = ["* diff", "+ d/new", "- d/old", "- only/deep", "= same"];

#[test]
fn every_way_of_copying_tells_the_same() {
    for words in [
        &["copy"][..],
        &["copyto"],
        &["move"],
        &["moveto"],
        &["sync"],
        &["sync", "--delete-before"],
        &["sync", "--delete-during"],
        &["sync", "--delete-before", "-n"],
        &["sync", "--track-renames"],
        &["sync", "-n"],
        &["copy", "--check-first", "-n"],
        &["copy", "-c"],
    ] {
        let home = home();
        let line = [words, &["src:", "dst:", "--combined", "-", "-q"]].concat();
        let outcome = home.run(&line);
        assert_eq!(outcome.code, 0, "{words:?} {}", outcome.stderr);
        assert_eq!(sorted(&outcome.stdout), FOUND, "{words:?}");
    }
}

#[test]
fn each_kind_has_a_file() {
    let home = home();
    home.run(&[
        "sync",
        "src:",
        "dst:",
        "--match",
        "m",
        "--differ",
        "d",
        "--missing-on-src",
        "s",
        "--missing-on-dst",
        "t",
        "--error",
        "e",
    ])
    .ok();
    let read = ["m", "d", "t", "e"].map(|name| home.read(name));
    assert_eq!(read, ["same\n", "diff\n", "d/new\n", ""]);
    assert_eq!(sorted(&home.read("s")), ["d/old", "only/deep"]);
}

#[test]
fn a_failure_has_a_line_more() {
    let home = home();
    home.write("src/clash/x", "x");
    home.write("dst/clash", "a file");
    let outcome = home.run(&["copy", "src:", "dst:", "--combined", "-", "--retries", "1"]);
    assert_eq!(outcome.code, 1);
    assert!(
        sorted(&outcome.stdout).contains(&"! clash"),
        "{}",
        outcome.stdout
    );

    let home = self::home();
    let outcome = home.run(&[
        "sync",
        "src:",
        "dst:",
        "--max-delete",
        "0",
        "--combined",
        "-",
        "--retries",
        "1",
    ]);
    assert_eq!(outcome.code, 7);
    for line in ["- d/old", "! d/old", "- only/deep", "! only/deep"] {
        assert!(
            sorted(&outcome.stdout).contains(&line),
            "{}",
            outcome.stdout
        );
    }
}

#[test]
fn the_destination_is_listed_as_it_is_afterwards() {
    for (command, flags, after) in [
        ("sync", &[][..], "d/new\ndiff\nsame\n"),
        ("sync", &["-n"], "d/old\ndiff\nonly/deep\nsame\n"),
        ("copy", &[], "d/new\nd/old\ndiff\nonly/deep\nsame\n"),
        (
            "move",
            &["-F", "ps", "-s", "|", "--absolute"],
            "/d/new|3\n/d/old|3\n/diff|1\n/only/deep|4\n/same|4\n",
        ),
        ("copy", &["--dirs-only"], "d/\nonly/\n"),
        ("copy", &["--dirs-only", "-d=false"], "d\nonly\n"),
        (
            "copy",
            &["--files-only=false", "--include", "/d/**"],
            "d/\nd/new\nd/old\n",
        ),
        (
            "copy",
            &["-F", "t", "-t", "2006", "--include", "/nothing"],
            "",
        ),
    ] {
        let home = home();
        let line = [
            &[command, "src:", "dst:", "--dest-after", "after", "-q"],
            flags,
        ]
        .concat();
        home.run(&line).ok();
        let listed = home.read("after");
        assert_eq!(
            sorted(&listed),
            after.lines().collect::<Vec<_>>(),
            "{command} {flags:?}"
        );
    }
}

#[test]
fn a_single_file_is_reported_alone() {
    let home = home();
    for (words, found) in [
        (&["copy", "src:d/new", "dst:"][..], "+ new\nnew\n"),
        (&["copy", "src:d/new", "dst:"], "= new\nnew\n"),
        (&["copyto", "src:same", "dst:diff"], "* same\ndiff\n"),
        (&["copyto", "src:same", "dst:x/y"], "+ same\ny\n"),
        (&["moveto", "src:same", "dst:x/y"], "= same\ny\n"),
        (&["copy", "-n", "src:diff", "dst:x"], "+ diff\n"),
    ] {
        let line = [words, &["--combined", "-", "--dest-after", "-", "-q"]].concat();
        assert_eq!(home.run(&line).ok(), found, "{words:?}");
    }
}

#[test]
fn directories_that_a_store_would_move_whole_are_told_of_too() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:from"]).ok();
    let moved = home.run(&["move", ":sandbox:from", ":sandbox:to", "--combined", "-"]);
    assert_eq!(sorted(&moved.ok()), ["+ d/new", "+ diff", "+ same"]);
    home.run(&[
        "move",
        ":sandbox:to",
        ":sandbox:on",
        "--dest-after",
        "after",
    ])
    .ok();
    assert_eq!(sorted(&home.read("after")), ["d/new", "diff", "same"]);
}

#[test]
fn a_report_that_cannot_be_made_is_an_error() {
    let home = home();
    for flag in ["--combined", "--dest-after"] {
        let outcome = home.run(&["sync", "src:", "dst:", flag, "none/x", "--retries", "1"]);
        assert_eq!(outcome.code, 1);
        assert!(
            outcome.stderr.contains("open none/x: no such file"),
            "{}",
            outcome.stderr
        );
    }
    assert!(home.exists("dst/d/old"));
}
