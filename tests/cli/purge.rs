//! `purge`: a directory with all it holds.

use crate::support::Home;

#[test]
fn takes_everything_below_and_nothing_beside() {
    let home = Home::new();
    home.write("src/d/deep/a.txt", "a");
    home.write("src/beside", "b");
    home.run(&["purge", "src:d"]).ok();
    assert!(home.exists("src/beside") && !home.exists("src/d"));
}

#[test]
fn refuses_filters() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    let outcome = home.run(&["purge", "src:d", "--exclude", "x"]);
    assert_eq!(outcome.code, 1);
    assert!(home.exists("src/d/a.txt"));
}
