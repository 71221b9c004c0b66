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

#[test]
fn the_end_of_a_link_lies_ahead() {
    let home = Home::new();
    home.write("src/a", "a");
    home.run(&["copy", "src:", ":sandbox:"]).ok();
    let link = home.run(&["link", "--expire", "1h", ":sandbox:a"]).ok();
    assert!(link.starts_with("https://mega.nz/file/"), "{link}");
    for past in ["2020-01-01", "-1h", "0s"] {
        let flag = format!("--expire={past}");
        let refused = home.run(&["link", &flag, ":sandbox:a"]);
        assert_eq!(refused.code, 1, "{past}");
        assert!(
            refused
                .stderr
                .contains("--expire needs a time that is yet to come"),
            "{}",
            refused.stderr
        );
    }
    let both = home.run(&["link", "--unlink", "--password", "x", ":sandbox:a"]);
    assert_eq!(both.code, 2);
}
