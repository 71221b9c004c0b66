//! `ls`: order, flags, what cannot be listed.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/b/2.txt", "22");
    home.write("src/a/1.txt", "1");
    home.write("src/z.txt", "zzz");
    home
}

#[test]
fn the_order_is_that_of_the_names() {
    let home = home();
    for _ in 0..3 {
        assert_eq!(
            home.run(&["ls", "src:"]).ok(),
            "        3 z.txt\n        1 a/1.txt\n        2 b/2.txt\n"
        );
    }
}

#[test]
fn flags_stand_anywhere() {
    let home = home();
    for arguments in [
        ["--max-depth", "1", "ls", "src:"],
        ["ls", "--max-depth", "1", "src:"],
        ["ls", "src:", "--max-depth", "1"],
    ] {
        assert_eq!(
            home.run(&arguments).ok(),
            "        3 z.txt\n",
            "{arguments:?}"
        );
    }
}

#[test]
fn a_missing_directory_counts_twice() {
    let outcome = home().run(&["ls", "src:nope"]);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : error listing: directory not found",
            "NOTICE: Failed to ls with 2 errors: last error was: directory not found"
        ]
    );
}
