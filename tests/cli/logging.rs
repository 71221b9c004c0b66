//! The log: levels, files, JSON.

use crate::support::Home;
use crate::support::pty::Pty;

#[test]
fn quiet_hides_the_last_word_too() {
    let home = Home::new();
    let outcome = home.run(&["ls", "-q", "src:"]);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.complaints(),
        ["ERROR : error listing: directory not found"]
    );
}

#[test]
fn a_log_file_is_appended_to() {
    let home = Home::new();
    for _ in 0..2 {
        let outcome = home.run(&["ls", "src:", "--log-file", "@ROOT@/log"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (3, ""));
    }
    assert_eq!(home.read("log").matches("Failed to ls").count(), 2);
}

#[test]
fn names_cannot_forge_log_lines() {
    let home = Home::new();
    home.write("src/a\n2026/11/23 00:00:00 ERROR : forged", "a");
    let outcome = home.run(&["delete", "-v", "src:"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.complaints().len(), 1, "{}", outcome.stderr);
}

#[test]
fn lines_are_made_of_what_is_asked_for() {
    let home = Home::new();
    let log = |arguments: &[&str]| {
        let outcome = home.run(&[&["ls", "src:"], arguments].concat());
        assert_eq!(outcome.code, 3);
        outcome.stderr
    };
    let first = |arguments: &[&str]| log(arguments).lines().next().unwrap().to_owned();
    assert_eq!(
        first(&["--log-format", ""]),
        "ERROR : error listing: directory not found"
    );
    assert_eq!(
        first(&["--log-format", "nolevel"]),
        "error listing: directory not found"
    );
    assert_eq!(
        first(&["--log-systemd"]),
        "<3>ERROR : error listing: directory not found"
    );
    let json = first(&["--use-json-log", "--log-format", "pid"]);
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(
        record["source"]
            .as_str()
            .unwrap()
            .starts_with("engine/walk.rs:"),
        "{json}"
    );
    assert!(record["pid"].is_number());
    let refused = home.run(&["ls", "--log-format", "level", "src:"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("invalid choice \"level\" from: date, time, ")
    );
    let refused = home.run(&["ls", "--syslog-facility", "bogus", "src:"]);
    assert!(refused.stderr.contains("Unknown syslog facility \"bogus\""));
    let refused = home.run(&["ls", "--syslog", "--log-file", "@ROOT@/log", "src:"]);
    assert_eq!(
        refused.complaints(),
        ["CRITICAL: Can't use --syslog and --log-file together"]
    );
}

#[test]
fn a_long_log_file_is_put_aside_and_packed() {
    let home = Home::new();
    let flags = "--log-file-max-size=60B --log-file-max-backups=2 --log-file-compress";
    let mut arguments = vec!["ls", "src:", "--log-file", "@ROOT@/log/a.log"];
    arguments.extend(flags.split(' '));
    std::fs::create_dir(home.path("log")).unwrap();
    for _ in 0..3 {
        home.run(&arguments);
    }
    let mut names: Vec<String> = std::fs::read_dir(home.path("log"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(
        names[..2].iter().all(|name| name.ends_with(".log.gz")),
        "{names:?}"
    );
    assert_eq!(home.read("log/a.log").lines().count(), 1);
}

#[test]
fn statistics_begin_with_the_date_that_is_asked_for() {
    let home = Home::new();
    home.write("src/a", "abc");
    let line = |flag: &str| {
        let outcome = home.run(&[
            "copy",
            "-v",
            "--log-format",
            "nolevel",
            flag,
            "src:",
            "dst:",
        ]);
        outcome.stderr.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        line("--stats-one-line-date-format=on Monday the 2nd: ")
            .split_once("nd: ")
            .unwrap()
            .1,
        "          3 B / 3 B, 100%, 0 B/s, ETA -"
    );
    // The date itself looks like that of a log line, and is cut off like one.
    assert_eq!(
        line("--stats-one-line-date"),
        "-           0 B / 0 B, -, 0 B/s, ETA -"
    );
}

#[test]
fn colors_are_for_terminals_unless_asked_for() {
    let home = Home::new();
    home.write("src/d/a", "abc");
    for (color, redraws) in [("AUTO", false), ("NEVER", false), ("ALWAYS", true)] {
        let outcome = home.run(&[
            "copy",
            "-P",
            "--color",
            color,
            "src:",
            &format!("dst:{color}"),
        ]);
        assert_eq!(outcome.stdout.contains("\x1b[2K"), redraws, "{color}");
        assert!(!outcome.stdout.contains("\x1b]0;"), "{color}");
    }
}

#[test]
fn on_a_terminal_the_title_is_given_back() {
    let home = Home::new();
    home.write("src/a", "abc");
    let mut arguments = vec!["copy", "-P", "--progress-terminal-title", "src:", "dst:"];
    let mut pty = Pty::start(home.command(&arguments));
    assert_eq!(pty.end(), 0);
    assert!(pty.screen.contains("\x1b]0;ETA: "), "{}", pty.screen);
    assert!(pty.screen.contains("\x1b[23;0t"), "{}", pty.screen);
    arguments.push("--color=NEVER");
    let mut pty = Pty::start(home.command(&arguments));
    assert_eq!(pty.end(), 0);
    assert!(!pty.screen.contains('\x1b'), "{}", pty.screen);
}

#[test]
fn what_a_dry_run_skips_has_fields_of_its_own() {
    let home = Home::new();
    home.write("src/a", "abc");
    let outcome = home.run(&[
        "copy",
        "-n",
        "--use-json-log",
        "--stats",
        "0",
        "src:",
        "dst:",
    ]);
    let line: serde_json::Value = serde_json::from_str(outcome.complaints()[0]).unwrap();
    assert_eq!(line["object"], "a");
    assert_eq!(line["size"], 3);
    assert_eq!(line["skipped"], "copy");
    assert_eq!(line["msg"], "Skipped copy as --dry-run is set (size 3)");
    let text = home.run(&["copy", "-n", "--stats", "0", "src:", "dst:"]);
    assert_eq!(
        text.complaints()[0],
        "NOTICE: a: Skipped copy as --dry-run is set (size 3)"
    );
}
