//! `dedupe` where names cannot be double; with duplicates see the tests on
//! the sandbox.

use crate::support::Home;

#[test]
fn an_unknown_mode_is_refused_before_anything_is_done() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["dedupe", "bogus", "src:"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: unknown mode for dedupe \"bogus\""]
    );
    let flag = home.run(&["dedupe", "--dedupe-mode", "bogus", "src:"]);
    assert_eq!(flag.code, 2);
}

#[test]
fn the_mode_may_stand_first() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["dedupe", "newest", "src:", "-v"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stderr.contains("using newest mode"),
        "{}",
        outcome.stderr
    );
}
