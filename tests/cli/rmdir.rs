//! `rmdir`: only what is empty.

use crate::support::Home;

#[test]
fn takes_only_an_empty_directory() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    assert_eq!(home.run(&["rmdir", "--retries", "1", "src:d"]).code, 1);
    assert_eq!(home.run(&["rmdir", "--retries", "1", "src:nope"]).code, 1);
    home.run(&["deletefile", "src:d/a.txt"]).ok();
    home.run(&["rmdir", "src:d"]).ok();
    assert!(home.exists("src") && !home.exists("src/d"));
}
