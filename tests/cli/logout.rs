//! `logout` where there is no session; where there is, see the tests on the
//! sandbox.

use crate::support::Home;

#[test]
fn a_remote_without_sessions_says_so() {
    let home = Home::new();
    let outcome = home.run(&["logout", "aux:"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("not supported by this remote"),
        "{}",
        outcome.stderr
    );
}
