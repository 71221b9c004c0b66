//! The log: levels, files, JSON.

use crate::support::Home;

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
