//! `delete`, `deletefile`, `purge`, `rmdir`, `mkdir`.

use crate::support::Home;

#[test]
fn delete_takes_files_and_leaves_directories() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    home.run(&["delete", "src:"]).ok();
    assert!(home.exists("src/d") && !home.exists("src/d/a.txt"));
    home.run(&["delete", "src:", "--rmdirs"]).ok();
    assert!(home.exists("src") && !home.exists("src/d"));
}

#[test]
fn deletefile_never_touches_a_directory() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    assert_eq!(home.run(&["deletefile", "--retries", "1", "src:d"]).code, 4);
    assert_eq!(home.run(&["deletefile", "--retries", "1", "src:x"]).code, 4);
    home.run(&["deletefile", "src:d/a.txt"]).ok();
    assert!(home.exists("src/d") && !home.exists("src/d/a.txt"));
}

#[test]
fn purge_takes_everything_and_rmdir_only_nothing() {
    let home = Home::new();
    home.write("src/d/a.txt", "a");
    assert_eq!(home.run(&["rmdir", "--retries", "1", "src:d"]).code, 1);
    home.run(&["purge", "src:d"]).ok();
    assert!(home.exists("src") && !home.exists("src/d"));
    home.run(&["mkdir", "src:x/y/z"]).ok();
    home.run(&["rmdir", "src:x/y/z"]).ok();
    assert!(home.exists("src/x/y") && !home.exists("src/x/y/z"));
}
