//! `delete`: files go, directories stay.

use crate::support::Home;

#[test]
fn takes_files_and_leaves_directories() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    home.run(&["delete", "src:"]).ok();
    assert!(home.exists("src/d") && !home.exists("src/d/a.txt"));
    home.run(&["delete", "src:", "--rmdirs"]).ok();
    assert!(home.exists("src") && !home.exists("src/d"));
}

#[test]
fn takes_only_what_the_filters_show() {
    let home = Home::new();
    home.write("src/keep.txt", "a");
    home.write("src/go.log", "a");
    home.run(&["delete", "src:", "--include", "*.log"]).ok();
    assert!(home.exists("src/keep.txt") && !home.exists("src/go.log"));
}
