//! `tree`: the drawing, what it leaves out, and the counts.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

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

#[test]
fn facts_stand_in_brackets() {
    let home = home();
    assert_eq!(
        home.run(&["tree", "src:a", "-s", "-p"]).ok(),
        "[          2]  /\n\
         ├── [-rw-rw-rw-           1]  2.txt\n\
         └── [          1]  b\n\
         \u{20}   └── [-rw-rw-rw-           1]  1.txt\n\n1 directories, 2 files\n"
    );
    // A level hides files, and not their sizes.
    assert_eq!(
        home.run(&["tree", "src:", "-s", "--human-readable", "--level", "1"])
            .ok(),
        "[   3]  /\n├── [   2]  a\n└── [   1]  z.txt\n\n1 directories, 1 files\n"
    );
}

#[test]
fn orders() {
    let home = Home::new();
    for (name, size) in [("f10", 3), ("f9", 5), ("d/x", 1)] {
        home.write(&format!("src/{name}"), &"x".repeat(size));
    }
    let names = |flags: &[&str]| {
        let words = ["tree", "src:", "--noindent", "--noreport", "--level", "1"];
        let drawn = home.run(&[&words, flags].concat()).ok();
        drawn
            .split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&[]), "d f10 f9");
    assert_eq!(names(&["-r"]), "f9 f10 d");
    assert_eq!(names(&["--version"]), "d f9 f10");
    assert_eq!(names(&["--sort", "version", "-r"]), "f10 f9 d");
    assert_eq!(names(&["--dirsfirst", "-r"]), "f10 f9 d");
    assert_eq!(names(&["-d"]), "d");
}

#[test]
fn names_have_colours_where_they_are_asked_for() {
    let home = Home::new();
    for name in ["d/x.txt", "e.zip/y", "f.TAR", "g.jpg", "h.exe"] {
        home.write(&format!("src/{name}"), "");
    }
    let blue = |name: &str| format!("\x1b[1;34m{name}\x1b[0m");
    let drawn = home.run(&["tree", "src:", "--color", "always", "--noreport"]);
    assert_eq!(
        drawn.ok(),
        format!(
            "{}\n├── {}\n│   └── x.txt\n├── \x1b[1;31me.zip\x1b[0m\n│   └── y\n\
             ├── \x1b[1;31mf.TAR\x1b[0m\n├── \x1b[1;35mg.jpg\x1b[0m\n└── \x1b[1;32mh.exe\x1b[0m\n",
            blue("/"),
            blue("d")
        )
    );
    home.run(&["tree", "src:", "--color", "always", "-o", "drawn"])
        .ok();
    for drawn in [home.read("drawn"), home.run(&["tree", "src:"]).ok()] {
        assert!(!drawn.contains('\x1b'), "{drawn}");
    }
}

#[test]
fn a_level_is_as_far_as_the_walk_goes() {
    let home = Home::new();
    home.write("src/a/secret/x", "x");
    let locked = home.path("src/a");
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let outcome = home.run(&["tree", "src:", "--level", "1"]);
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(outcome.ok(), "/\n└── a\n\n1 directories, 0 files\n");
}

#[test]
fn the_drawing_goes_to_a_file_when_asked() {
    let home = home();
    assert_eq!(home.run(&["tree", "src:", "-o", "drawn"]).ok(), "");
    assert!(home.read("drawn").ends_with("2 directories, 3 files\n"));
}

#[test]
fn a_directory_that_cannot_be_listed_hides_no_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(answer));
    let outcome = home().run(&["tree", &format!(":http,url='{url}':"), "--retries", "1"]);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert_eq!(
        outcome.stdout,
        "/\n├── gone\n├── here\n│   └── sub\n└── other\n\n4 directories, 0 files\n"
    );
}

/// A web server with three directories, one of which is gone.
fn answer(mut stream: TcpStream) {
    let mut head = BufReader::new(&stream).lines();
    let request = head.next().and_then(Result::ok).unwrap_or_default();
    head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
        .for_each(drop);
    let (status, links): (_, &[&str]) = match request.split(' ').nth(1) {
        Some("/") => ("200 OK", &["gone/", "here/", "other/"]),
        Some("/here/") => ("200 OK", &["sub/"]),
        Some("/other/" | "/here/sub/") => ("200 OK", &[]),
        _ => ("404 Not Found", &[]),
    };
    let mut page = String::new();
    for link in links {
        page += &format!("<a href=\"{link}\">{link}</a>");
    }
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
}
