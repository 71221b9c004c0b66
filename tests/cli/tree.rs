//! `tree`: the drawing, what it leaves out, and the counts.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/a/b/1.txt", "1");
    home.write("src/a/2.txt", "2");
    home.write("src/.hidden", "h");
    home.write("src/z.txt", "z");
    home
}

#[test]
fn draws_directories_with_what_they_hold() {
    assert_eq!(
        home().run(&["tree", "src:"]).ok(),
        "/\n├── a\n│   ├── 2.txt\n│   └── b\n│       └── 1.txt\n└── z.txt\n\n2 directories, 3 files\n"
    );
}

#[test]
fn shows_dot_files_when_asked_and_stops_at_a_level() {
    assert_eq!(
        home().run(&["tree", "src:", "-a", "--level", "1"]).ok(),
        "/\n├── .hidden\n├── a\n└── z.txt\n\n1 directories, 2 files\n"
    );
}

#[test]
fn quotes_names_and_shows_whole_paths_without_lines() {
    assert_eq!(
        home()
            .run(&[
                "tree",
                "src:a",
                "-Q",
                "--full-path",
                "--noindent",
                "--noreport"
            ])
            .ok(),
        "\"/\"\n\"/2.txt\"\n\"/b\"\n\"/b/1.txt\"\n"
    );
}

#[test]
fn a_file_is_a_tree_of_one() {
    assert_eq!(
        home().run(&["tree", "src:a/2.txt"]).ok(),
        "/\n└── 2.txt\n\n0 directories, 1 files\n"
    );
    assert_eq!(home().run(&["tree", "src:none"]).code, 3);
}
