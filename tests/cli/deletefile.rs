//! `deletefile`: one file, never a directory.

use crate::support::Home;

#[test]
fn never_touches_a_directory() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    assert_eq!(home.run(&["deletefile", "--retries", "1", "src:d"]).code, 4);
    assert_eq!(home.run(&["deletefile", "--retries", "1", "src:x"]).code, 4);
    home.run(&["deletefile", "src:d/a.txt"]).ok();
    assert!(home.exists("src/d") && !home.exists("src/d/a.txt"));
}
