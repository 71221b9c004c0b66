//! Limits of speed, bytes and time. The expected lines are rclone 1.75.2's.

use std::time::{Duration, Instant};

use crate::support::{Home, Outcome, Server};

/// Six files of 100,000 bytes in `src:`.
fn home() -> Home {
    let home = Home::new();
    for n in 1..=6 {
        home.write(&format!("src/f{n}"), &"x".repeat(100_000));
    }
    home
}

fn copy(home: &Home, flags: &[&str]) -> Outcome {
    let mut all = vec![
        "copy",
        "src:",
        "dst:",
        "--transfers",
        "1",
        "--checkers",
        "1",
    ];
    all.extend(flags);
    home.run(&all)
}

fn arrived(home: &Home) -> usize {
    std::fs::read_dir(home.path("dst")).map_or(0, Iterator::count)
}

#[test]
fn max_transfer_cuts_in_three_ways() {
    const LIMIT: &str = "max transfer limit reached as set by --max-transfer";
    for (mode, files, expected) in [
        (
            "hard",
            2,
            vec![
                format!("ERROR : f3: Failed to copy: {LIMIT}"),
                format!("ERROR : Cancelling sync due to fatal error: {LIMIT}"),
                "ERROR : Fatal error received - not attempting retries".to_owned(),
                format!("NOTICE: Failed to copy: {LIMIT}"),
            ],
        ),
        (
            "soft",
            3,
            vec![
                format!("NOTICE: {LIMIT} - stopping transfers"),
                "ERROR : Can't retry any of the errors - not attempting retries".to_owned(),
                format!("NOTICE: Failed to copy with 2 errors: last error was: {LIMIT}"),
            ],
        ),
        (
            "Cautious",
            2,
            vec![
                format!("NOTICE: {LIMIT} - stopping transfers"),
                "ERROR : Can't retry any of the errors - not attempting retries".to_owned(),
                format!("NOTICE: Failed to copy with 2 errors: last error was: {LIMIT}"),
            ],
        ),
    ] {
        let home = home();
        let outcome = copy(&home, &["--max-transfer", "250k", "--cutoff-mode", mode]);
        assert_eq!(outcome.code, 8, "{mode}: {}", outcome.stderr);
        assert_eq!(outcome.complaints(), expected, "{mode}");
        assert_eq!(arrived(&home), files, "{mode}");
    }
}

/// The file that takes the last byte fails, and what was not begun stays in
/// the totals.
#[test]
fn a_hard_limit_is_reached_when_nothing_is_left() {
    const LIMIT: &str = "max transfer limit reached as set by --max-transfer";
    let home = home();
    let outcome = copy(&home, &["--max-transfer=200000B", "--check-first", "-v"]);
    assert_eq!(outcome.code, 8, "{}", outcome.stderr);
    let failed = format!("ERROR : f2: Failed to copy: {LIMIT}");
    assert!(
        outcome.complaints().contains(&failed.as_str()),
        "{}",
        outcome.stderr
    );
    assert_eq!(arrived(&home), 1);
    let totals = "Transferred:            1 / 5, 20%";
    assert!(outcome.stderr.contains(totals), "{}", outcome.stderr);

    let outcome = copy(&home, &["--max-transfer", "0"]);
    assert_eq!(
        outcome.complaints(),
        [
            format!("ERROR : Cancelling sync due to fatal error: {LIMIT}"),
            "ERROR : Fatal error received - not attempting retries".to_owned(),
            format!("NOTICE: Failed to copy with 2 errors: last error was: {LIMIT}"),
        ]
    );
}

#[test]
fn a_single_file_that_would_exceed_is_not_begun() {
    let home = home();
    let outcome = home.run(&[
        "copyto",
        "src:f1",
        "dst:x",
        "--max-transfer=50k",
        "--cutoff-mode=cautious",
    ]);
    assert_eq!(outcome.code, 8);
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : Can't retry any of the errors - not attempting retries",
            "NOTICE: Failed to copyto with 2 errors: last error was: \
             max transfer limit reached as set by --max-transfer"
        ]
    );
    assert_eq!(arrived(&home), 0);
}

#[test]
fn a_dry_run_uses_nothing_up() {
    let home = home();
    let outcome = copy(&home, &["--max-transfer", "250k", "--dry-run"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.stderr.matches("Skipped copy").count(), 6);
}

#[test]
fn max_duration_ends_with_its_own_code() {
    let limit = "max transfer duration reached as set by --max-duration";
    // The first file takes two seconds at this speed.
    let slow = ["--bwlimit", "50k", "--max-duration", "300ms"];
    let home = home();
    let outcome = copy(&home, &slow);
    assert_eq!(outcome.code, 10);
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : f1: Failed to copy: context deadline exceeded".to_owned(),
            format!("ERROR : Local file system at @ROOT@/dst: {limit}"),
            "ERROR : Fatal error received - not attempting retries".to_owned(),
            format!("NOTICE: Failed to copy with 2 errors: last error was: {limit}"),
        ]
    );
    assert_eq!(arrived(&home), 0, "a partial file stays");
}

#[test]
fn a_soft_end_finishes_what_runs() {
    let home = home();
    let outcome = copy(
        &home,
        &[
            "--bwlimit",
            "200k",
            "--max-duration",
            "100ms",
            "--cutoff-mode",
            "soft",
            "-v",
        ],
    );
    assert_eq!(outcome.code, 10);
    let lines = outcome.complaints();
    assert_eq!(
        lines[0],
        "INFO  : Starting bandwidth limiter at 200Ki Byte/s"
    );
    assert!(
        lines[1].contains("dst: Transfer session SOFT deadline: 20"),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "INFO  : f1: Copied (new)");
    assert_eq!(arrived(&home), 1);
}

#[test]
fn bandwidth_is_kept() {
    for flags in [["--bwlimit", "400k:300k"], ["--bwlimit-file", "00:00,150k"]] {
        let home = home();
        let start = Instant::now();
        let outcome = home.run(&["copy", "src:f1", "dst:", flags[0], flags[1]]);
        outcome.ok();
        // 100,000 bytes at 400 KiB/s, or at 150.
        assert!(start.elapsed() > Duration::from_millis(240), "{flags:?}");
    }
}

#[test]
fn bad_tables_are_refused() {
    let home = home();
    let outcome = copy(&home, &["--bwlimit", "8:00,512k"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.starts_with(
        "Error: invalid argument \"8:00,512k\" for \"--bwlimit\" flag: parsing \"8:00,512k\" \
         as fs.BwTimetable failed: invalid time specification (hh:mm): \"8:00\"\n"
    ));
}

/// Sends a signal to a running copy once it has logged `until`.
#[cfg(unix)]
fn signalled(home: &Home, flags: &[&str], until: &str, signal: &str) -> (i32, String) {
    use std::io::{BufRead as _, BufReader, Read as _};
    let mut all = vec!["copy", "src:", "dst:", "-v", "--transfers", "1"];
    all.extend(flags);
    let mut child = home.command(&all).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(until) {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "{until} never came");
    }
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args([signal, &pid])
        .status();
    assert!(sent.unwrap().success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    (child.wait().unwrap().code().unwrap(), rest)
}

#[cfg(unix)]
#[test]
fn a_signal_switches_the_limit_off() {
    let home = home();
    let start = Instant::now();
    let (code, log) = signalled(&home, &["--bwlimit", "20k"], "Copied", "-USR2");
    assert_eq!(code, 0, "{log}");
    assert!(
        log.contains("NOTICE: Bandwidth limit disabled by user"),
        "{log}"
    );
    // 30 seconds in all, five for the first file.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[cfg(unix)]
#[test]
fn a_signal_shows_the_statistics() {
    let home = home();
    let (code, log) = signalled(&home, &["--bwlimit", "200k"], "Copied", "-USR1");
    assert_eq!(code, 0, "{log}");
    assert_eq!(log.matches("Elapsed time:").count(), 2, "{log}");
}

/// Content goes up, is compared, goes to another account and comes back, all
/// under `flags`.
fn round_trip(flags: &[&str]) {
    let home = Home::new();
    let server = Server::start(&home, &["a@b.test", "b@b.test"]);
    let (one, other) = (server.place("a@b.test", "d"), server.place("b@b.test", "d"));
    let mut state = 1_u32;
    for (name, size) in [("large", 3_500_001), ("other", 2_200_000), ("empty", 0)] {
        let content: String = (0..size)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'a' + (state >> 24) as u8 % 26)
            })
            .collect();
        home.write(&format!("src/{name}"), &content);
    }
    for n in 0..40 {
        home.write(&format!("src/small/{n}"), &format!("{n}"));
    }
    for words in [
        ["copy", "src:", &one],
        ["check", "src:", &one],
        ["copy", &one, &other],
        ["copy", &other, "dst:"],
        ["check", &one, &other],
    ] {
        let outcome = home.run(&[&words[..], flags].concat());
        assert_eq!(outcome.code, 0, "{words:?}: {}", outcome.stderr);
    }
    for name in ["large", "other", "empty", "small/0", "small/39"] {
        assert!(home.read(&format!("src/{name}")) == home.read(&format!("dst/{name}")));
    }
}

#[test]
fn under_any_limit_of_memory_all_goes_on() {
    round_trip(&["--max-buffer-memory", "1B"]);
    round_trip(&["--max-buffer-memory", "2M", "--transfers", "8"]);
}

#[test]
fn one_connection_is_enough_for_everything() {
    round_trip(&["--max-connections", "1"]);
}
