//! `rmdirs`: from below, and the path itself.

use std::fs;

use crate::support::Home;

#[test]
fn takes_what_holds_no_files() {
    let home = Home::new();
    home.write("src/full/a.txt", "a");
    for dir in ["src/full/void", "src/e1/e2/e3"] {
        fs::create_dir_all(home.path(dir)).unwrap();
    }
    home.run(&["rmdirs", "--leave-root", "src:e1"]).ok();
    assert!(home.exists("src/e1") && !home.exists("src/e1/e2"));
    home.run(&["rmdirs", "src:"]).ok();
    assert!(home.exists("src/full/a.txt"));
    assert!(!home.exists("src/e1") && !home.exists("src/full/void"));
}
