//! `moveto`: one file to exactly one name.

use crate::support::Home;

#[test]
fn a_file_gets_exactly_the_name() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.run(&["moveto", "src:a.txt", "dst:p/q/b.txt"]).ok();
    assert_eq!(home.read("dst/p/q/b.txt"), "a");
    assert!(!home.exists("src/a.txt"));
    home.run(&["moveto", "dst:p/q/b.txt", "dst:p/q/b.txt"]).ok();
    assert_eq!(home.read("dst/p/q/b.txt"), "a");
}

#[test]
fn another_file_of_that_name_is_replaced_unless_forbidden() {
    let home = Home::new();
    home.write("src/a.txt", "new");
    home.write("dst/b.txt", "old and longer");
    let args = [
        "moveto",
        "--immutable",
        "--retries",
        "1",
        "src:a.txt",
        "dst:b.txt",
    ];
    assert_eq!(home.run(&args).code, 6);
    assert_eq!(home.read("src/a.txt"), "new");
    home.run(&["moveto", "src:a.txt", "dst:b.txt"]).ok();
    assert_eq!(home.read("dst/b.txt"), "new");
    assert!(!home.exists("src/a.txt"));
}

#[test]
fn a_directory_in_the_way_is_refused() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.write("dst/d/x", "x");
    let outcome = home.run(&["moveto", "--retries", "1", "src:a.txt", "dst:d"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(home.read("src/a.txt"), "a");
}

#[test]
fn inside_an_account_a_file_is_renamed_over_another() {
    let home = Home::new();
    home.write("src/a.txt", "new");
    home.write("src/b.txt", "old and longer");
    home.run(&["copy", "src:", ":sandbox:d"]).ok();
    home.run(&["moveto", ":sandbox:d/a.txt", ":sandbox:d/b.txt"])
        .ok();
    assert_eq!(home.run(&["lsf", ":sandbox:d"]).ok(), "b.txt\n");
    assert_eq!(home.run(&["cat", ":sandbox:d/b.txt"]).ok(), "new");
}
