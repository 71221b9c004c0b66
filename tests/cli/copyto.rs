//! `copyto`: to exactly this name.

use crate::support::Home;

#[test]
fn a_file_gets_the_name_and_a_directory_its_contents() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.run(&["copyto", "src:a.txt", "dst:x/b.txt"]).ok();
    assert_eq!(home.read("dst/x/b.txt"), "a");
    home.run(&["copyto", "src:", "dst:tree"]).ok();
    assert_eq!(home.read("dst/tree/a.txt"), "a");
}

#[test]
fn a_file_never_replaces_a_directory() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.write("dst/d/x", "x");
    assert_eq!(
        home.run(&["copyto", "--retries", "1", "src:a.txt", "dst:d"])
            .code,
        1
    );
    assert_eq!(home.run(&["copyto", "src:a.txt", "dst:d/"]).code, 1);
    assert_eq!(home.read("dst/d/x"), "x");
}
