//! `touch`: times of files, on disk and on MEGA.

use crate::support::Home;

/// `lsl` without sizes: time and name.
fn times(home: &Home, path: &str) -> Vec<String> {
    let listed = home.run(&["lsf", "-R", "--files-only", "--format", "tp", path]);
    listed.ok().lines().map(str::to_owned).collect()
}

#[test]
fn a_missing_file_is_made_and_an_old_one_touched() {
    for place in ["dst:", ":sandbox:"] {
        let home = Home::new();
        let file = format!("{place}d/a");
        home.run(&["touch", "-t", "171030", &file]).ok();
        assert_eq!(times(&home, place), ["2017-10-30 00:00:00;d/a"]);
        home.run_with(&["rcat", &file], "content").ok();
        home.run(&["touch", "-t", "2006-01-02T15:04:05", &file])
            .ok();
        assert_eq!(times(&home, place), ["2006-01-02 15:04:05;d/a"]);
        assert_eq!(home.run(&["cat", &file]).ok(), "content");
        home.run(&["touch", &file]).ok();
        assert!(times(&home, place)[0].as_str() > "2026");
        let missing = home.run(&["touch", "-C", &format!("{place}d/b")]);
        assert_eq!(missing.code, 0);
        assert!(
            missing
                .stderr
                .ends_with(": Not touching nonexistent file due to --no-create\n"),
            "{}",
            missing.stderr
        );
        let missing = home.run(&["touch", "-R", &format!("{place}d/b")]);
        assert!(
            missing
                .stderr
                .ends_with(": Not touching nonexistent file due to --recursive\n"),
            "{}",
            missing.stderr
        );
        assert_eq!(times(&home, place).len(), 1);
    }
}

#[test]
fn of_a_directory_its_files_are_touched() {
    for place in ["dst:", ":sandbox:"] {
        let home = Home::new();
        for name in ["d/x", "d/y", "d/e/z"] {
            home.run(&["touch", "-t", "150101", &format!("{place}{name}")])
                .ok();
        }
        let dir = format!("{place}d");
        home.run(&["touch", "-t", "160101", &dir]).ok();
        assert_eq!(
            times(&home, &dir),
            [
                "2016-01-01 00:00:00;x",
                "2016-01-01 00:00:00;y",
                "2015-01-01 00:00:00;e/z"
            ]
        );
        home.run(&["touch", "-R", "-t", "170101", "--exclude", "x", &dir])
            .ok();
        assert_eq!(
            times(&home, &dir),
            [
                "2016-01-01 00:00:00;x",
                "2017-01-01 00:00:00;y",
                "2017-01-01 00:00:00;e/z"
            ]
        );
        let dry = home.run(&["touch", "-n", "-R", "-t", "180101", &dir]);
        assert_eq!(dry.complaints().len(), 3, "{}", dry.stderr);
        assert!(
            dry.stderr
                .contains("NOTICE: d/x: Skipped touch as --dry-run is set (size 0)\n"),
            "{}",
            dry.stderr
        );
        assert_eq!(times(&home, &dir)[0], "2016-01-01 00:00:00;x");
        let missing = home.run(&["touch", "--retries", "1", &format!("{place}none/")]);
        assert_eq!(missing.code, 3);
    }
}

#[test]
fn the_local_time_zone_counts_when_asked() {
    let home = Home::new();
    let mut command = home.command(&["touch", "--localtime", "-t", "2006-01-02T15:04:05", "dst:a"]);
    command.env("TZ", "America/New_York");
    home.finish(command, "").ok();
    assert_eq!(times(&home, "dst:"), ["2006-01-02 20:04:05;a"]);
}

#[test]
fn what_is_no_time_is_refused() {
    let home = Home::new();
    let outcome = home.run(&["touch", "-t", "2006-01-02", "--retries", "1", "dst:a"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("cannot parse \"-01-02\" as \"02\""),
        "{}",
        outcome.stderr
    );
    assert!(!home.exists("dst"));
}

#[test]
fn on_mega_only_the_time_is_sent() {
    let home = Home::new();
    home.run_with(&["rcat", ":sandbox:a"], "content").ok();
    let outcome = home.run(&["touch", "-vv", "-t", "171030", ":sandbox,debug:a"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains(": u0\n"), "{}", outcome.stderr);
    assert_eq!(times(&home, ":sandbox:"), ["2017-10-30 00:00:00;a"]);
}
