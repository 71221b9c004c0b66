//! `link` where the remote cannot; where it can, see the tests on the sandbox.

use crate::support::Home;

#[test]
fn a_remote_without_links_says_so() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["link", "src:a"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("doesn't support public links"),
        "{}",
        outcome.stderr
    );
}
