//! Command lines that are refused, and settings from the environment.

use crate::support::Home;

#[test]
fn a_flag_that_is_not_honoured_is_never_ignored() {
    let home = Home::new();
    home.write("src/a", "a");
    for flag in ["--kv-lock-time=1s", "--rc", "--bogus"] {
        let outcome = home.run(&["copy", flag, "src:", "dst:"]);
        assert_eq!(outcome.code, 2, "{flag}");
        assert!(outcome.stderr.starts_with("Error: "), "{}", outcome.stderr);
        assert!(!home.exists("dst"));
    }
}

#[test]
fn a_flag_without_a_meaning_says_why() {
    let home = Home::new();
    let outcome = home.run(&["copy", "--kv-lock-time=1s", "src:", "dst:"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.starts_with(
            "Error: --kv-lock-time is a flag of rclone that has no meaning here: \
             no such database is kept\n"
        ),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_bad_value_in_the_environment_names_the_variable() {
    let home = Home::new();
    for (variable, value) in [("MEGARC_TRANSFERS", "x"), ("MEGARC_DRY_RUN", "yes")] {
        let mut command = home.command(&["ls", "aux:"]);
        command.env(variable, value);
        let outcome = home.finish(command, "");
        assert_eq!(outcome.code, 1);
        let line = format!("from environment variable {variable}={value:?}: invalid argument");
        assert!(outcome.stderr.contains(&line), "{}", outcome.stderr);
    }
}

#[test]
fn the_environment_sets_flags() {
    let home = Home::new();
    home.write("src/a", "a");
    let mut command = home.command(&["copy", "src:", "dst:"]);
    command.env("MEGARC_DRY_RUN", "1").env("MEGARC_STATS", "0");
    let outcome = home.finish(command, "");
    assert!(
        outcome.stderr.contains("Skipped copy as --dry-run is set"),
        "{}",
        outcome.stderr
    );
    let mut command = home.command(&["copy", "src:", "dst:", "--dry-run=false"]);
    command.env("MEGARC_DRY_RUN", "1");
    home.finish(command, "").ok();
    assert!(home.exists("dst/a"));
}

#[test]
fn contradicting_levels_are_refused() {
    let home = Home::new();
    for (arguments, complaint) in [
        (vec!["ls", "-v", "-q", "aux:"], "Can't set -v and -q"),
        (
            vec!["ls", "-v", "--log-level", "INFO", "aux:"],
            "Can't set -v and --log-level",
        ),
    ] {
        let outcome = home.run(&arguments);
        assert_eq!(outcome.code, 1);
        assert_eq!(outcome.complaints(), [format!("CRITICAL: {complaint}")]);
    }
}
