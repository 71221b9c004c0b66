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
