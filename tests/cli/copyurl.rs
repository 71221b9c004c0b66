//! `copyurl`: a file of a web server becomes a file, under a harmless name.

use crate::support::Home;
use crate::support::web::{Web, answer};

/// `/big` is long, `/cd/…` suggests the rest of the path as a name, percent
/// signs undone; everything else is a small file.
fn server() -> Web {
    Web::start(|path| match path {
        "/missing" => answer("404 Not Found", "", "no"),
        "/moved" => answer("302 Found", "Location: /final/name.bin\r\n", ""),
        "/loop" => answer("302 Found", "Location: /loop\r\n", ""),
        "/disk" => answer("302 Found", "Location: file:///etc/passwd\r\n", ""),
        "/dated" => answer(
            "200 OK",
            "Last-Modified: Thu, 02 Jan 2020 03:04:05 GMT\r\n",
            "dated",
        ),
        "/big" => answer("200 OK", "", &"0123456789".repeat(30_000)),
        "/unsized" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nuns\r\n4\r\nized\r\n0\r\n\r\n"
            .to_vec(),
        "/short" => {
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort".to_vec()
        }
        path => match path.strip_prefix("/cd/") {
            Some(name) => {
                let name = name
                    .replace("%22", "\"")
                    .replace("%5C", "\\")
                    .replace("%2F", "/");
                let header = format!("Content-Disposition: attachment; filename={name}\r\n");
                answer("200 OK", &header, "named")
            }
            None => answer("200 OK", "", "hello"),
        },
    })
}

struct World {
    home: Home,
    web: Web,
}

impl World {
    fn new() -> Self {
        Self {
            home: Home::new(),
            web: server(),
        }
    }

    fn run(&self, path: &str, rest: &[&str]) -> crate::support::Outcome {
        let url = format!("{}{path}", self.web.url());
        self.home.run(&[&["copyurl", &url], rest].concat())
    }

    /// What is in `dst`.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.home.path("dst"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_of_the_web_becomes_a_file_anywhere() {
    let world = World::new();
    world.run("/a", &["dst:x/a.txt"]).ok();
    assert_eq!(world.home.read("dst/x/a.txt"), "hello");
    for (path, size) in [("/a", 5), ("/big", 300_000), ("/unsized", 7)] {
        for _ in 0..2 {
            world.run(path, &[":sandbox:d/f"]).ok();
        }
        let listed = world.home.run(&["ls", ":sandbox:d"]).ok();
        assert_eq!(listed, format!("{size:>9} f\n"));
    }
    assert_eq!(world.home.run(&["cat", ":sandbox:d/f"]).ok(), "unsized");
    world.run("/dated", &["dst:dated"]).ok();
    assert_eq!(
        world.home.run(&["lsl", "dst:dated"]).ok(),
        "        5 2020-01-02 03:04:05.000000000 dated\n"
    );
}

#[test]
fn names_come_from_addresses_and_headers() {
    let world = World::new();
    for (path, flags, name) in [
        ("/sub/sp%20ace.txt?x=1", &["-a", "-p"][..], "sp ace.txt"),
        ("/moved", &["-a", "-p"], "name.bin"),
        ("/dir/", &["-a", "-p"], "dir"),
        ("/a%2Fb", &["-a", "-p"], "b"),
        ("/a%0Ab%1B", &["-a", "-p"], "a_b_"),
        ("/cd/f.txt", &["-a", "--header-filename", "-p"], "f.txt"),
        (
            "/cd/%22..%2F..%2Fup%22",
            &["-a", "--header-filename", "-p"],
            "up",
        ),
        (
            "/cd/%22..%5Cup.txt%22",
            &["-a", "--header-filename", "-p"],
            "up.txt",
        ),
        ("/cd/f.txt", &["-a", "-p"], "f.txt"),
    ] {
        let printed = world.run(path, &[&["dst:"], flags].concat()).ok();
        assert_eq!(printed, format!("{name}\n"), "{path}");
        assert!(world.home.exists(&format!("dst/{name}")), "{path}");
    }
    world
        .run("/cd/other", &["dst:own", "--header-filename"])
        .ok();
    assert!(world.home.exists("dst/own"));
    assert!(!world.home.exists("up"));
}

#[test]
fn what_is_no_name_is_no_file() {
    let world = World::new();
    for (path, flags) in [
        ("", &["-a"][..]),
        ("/", &["-a"]),
        ("/a", &["-a", "--header-filename"]),
        ("/cd/%22..%22", &["-a", "--header-filename"]),
        ("/cd/%22a%2F.%22", &["-a", "--header-filename"]),
        ("/cd/%22%22", &["-a", "--header-filename"]),
    ] {
        let outcome = world.run(path, &[&["dst:", "--retries", "1"], flags].concat());
        assert_eq!(outcome.code, 1, "{path}");
        let missing = if flags.len() == 1 {
            "file name wasn't found in url"
        } else {
            "filename not found in the Content-Disposition header"
        };
        assert_eq!(
            outcome.complaints()[1],
            format!("NOTICE: Failed to copyurl: CopyURL failed: {missing}")
        );
    }
    assert!(world.names().is_empty());
}

#[test]
fn what_does_not_come_whole_is_no_file() {
    let world = World::new();
    world.home.write("dst/f", "old");
    for (path, code, why) in [
        ("/missing", 1, "CopyURL failed: 404 Not Found"),
        ("/short", 5, "end of file before message length reached"),
        ("/loop", 5, "stopped after 10 redirects"),
        ("/disk", 1, "CopyURL failed: 302 Found"),
    ] {
        for place in ["dst:f", ":sandbox:f"] {
            let outcome = world.run(path, &[place, "--retries", "1"]);
            assert_eq!(outcome.code, code, "{path} {}", outcome.stderr);
            assert!(outcome.stderr.contains(why), "{path} {}", outcome.stderr);
        }
    }
    let outcome = world.run("/missing", &["dst:f"]);
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : Attempt 1/3 failed with 1 errors and: CopyURL failed: 404 Not Found",
            "ERROR : Attempt 2/3 failed with 1 errors and: CopyURL failed: 404 Not Found",
            "ERROR : Attempt 3/3 failed with 1 errors and: CopyURL failed: 404 Not Found",
            "NOTICE: Failed to copyurl: CopyURL failed: 404 Not Found",
        ]
    );
    assert_eq!(world.names(), ["f"]);
    assert_eq!(world.home.read("dst/f"), "old");
    assert_eq!(world.home.run(&["ls", ":sandbox:"]).ok(), "");
}

#[test]
fn nothing_is_overwritten_unless_it_may_be() {
    let world = World::new();
    world.home.write("dst/a", "old");
    for dest in [&["dst:a"][..], &["dst:", "-a"]] {
        let outcome = world.run("/a", &[dest, &["--no-clobber", "--retries", "1"]].concat());
        assert_eq!(outcome.code, 1);
        assert_eq!(
            outcome.complaints()[1],
            "NOTICE: Failed to copyurl: CopyURL failed: file already exists"
        );
    }
    let outcome = world.run("/a", &["dst:a", "-n", "-p"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert_eq!(
        outcome.complaints()[0],
        "NOTICE: a: Skipped copy as --dry-run is set (size 5)"
    );
    assert_eq!(world.home.read("dst/a"), "old");
    world.run("/a", &["dst:new", "--no-clobber"]).ok();
    world.run("/a", &["dst:a"]).ok();
    assert_eq!(world.home.read("dst/a"), "hello");
}

#[test]
fn standard_output_takes_it_as_well() {
    let world = World::new();
    for rest in [&["--stdout"][..], &["-"], &["dst:a", "--stdout"]] {
        assert_eq!(world.run("/a", rest).ok(), "hello");
    }
    let outcome = world.run("/missing", &["--stdout", "--retries", "1"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert!(world.names().is_empty());
}

#[test]
fn a_list_of_addresses() {
    let world = World::new();
    let url = world.web.url();
    let list = format!(
        "{url}/a,local/path/bar.json\n{url}/q.txt?x=1\n\n\"{url}/with,comma\",\"w,c\"\n\
         {url}/b,\n{url}/a,same\n{url}/big,same\n"
    );
    for dest in ["dst:", ":sandbox:"] {
        world.home.write("urls.csv", &list);
        world
            .home
            .run(&["copyurl", "--urls", "urls.csv", dest])
            .ok();
        let listed = world.home.run(&["lsf", "-R", "--files-only", dest]).ok();
        assert_eq!(listed, "b\nq.txt\nsame\nw,c\nlocal/path/bar.json\n");
    }
    let list = format!("{url}/a,../../up\n{url}/missing,z\n,e\n{url}/c");
    world.home.write("urls.csv", &list);
    let outcome = world
        .home
        .run(&["copyurl", "--urls", "urls.csv", "dst:", "--retries", "1"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("not all URLs copied successfully: 3 errors: last error: "),
        "{}",
        outcome.stderr
    );
    for line in [
        format!(
            "ERROR : ../../up: failed to copy URL \"{url}/a\": path leaves the root of its remote"
        ),
        format!("ERROR : z: failed to copy URL \"{url}/missing\": CopyURL failed: 404 Not Found"),
        "ERROR : e: failed to copy URL \"\": Get \"\": unsupported protocol scheme \"\"".to_owned(),
    ] {
        assert!(outcome.complaints().contains(&&*line), "{}", outcome.stderr);
    }
    assert!(world.home.exists("dst/c"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = World::new();
    world.home.write("aux/bad.csv", "a,\"b");
    for (words, why) in [
        (
            &["http://127.0.0.1:1/a"][..],
            "need 2 arguments if not using --stdout",
        ),
        (&["--urls", "x"], "need 2 arguments with --urls"),
        (
            &["--urls", "x", "dst:", "--stdout"],
            "can't use --stdout with --urls",
        ),
        (
            &["--urls", "x", "dst:", "-p"],
            "can't use --print-filename with --urls",
        ),
        (&["--urls", "x", "dst:"], "failed to read x: "),
        (
            &["--urls", "aux/bad.csv", "dst:"],
            "parse error on line 1, column 5: ",
        ),
        (
            &["http://127.0.0.1:1/a", "dst:d/"],
            "\"dst:d/\" is a directory",
        ),
        (&["http://127.0.0.1:1/a", "aux:"], "\"aux:\" is a directory"),
        (
            &["http://127.0.0.1:1/a", "aux:bad.csv", "-a"],
            "is a file not a directory",
        ),
        (
            &["ftp://h/a", "dst:a", "--retries", "1"],
            "Get \"ftp://h/a\": unsupported protocol scheme \"ftp\"",
        ),
    ] {
        let outcome = world.home.run(&[&["copyurl"], words].concat());
        assert_eq!(outcome.code, 1, "{words:?} {}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{words:?} {}", outcome.stderr);
    }
    let outcome = world.home.run(&[
        "copyurl",
        "http://me:secret@127.0.0.1:1/a?key=secret",
        "dst:a",
    ]);
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("http://me:***@127.0.0.1:1/a?…"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);
}

#[test]
fn cookies_are_sent_back_where_that_is_wanted() {
    let home = Home::new();
    // The file is for whoever comes from the door.
    let web = Web::hearing(|path, head| match path {
        "/door" => answer(
            "302 Found",
            "Set-Cookie: pass=open; Path=/\r\nLocation: /file\r\n",
            "",
        ),
        _ if head.iter().any(|line| line == "cookie: pass=open") => answer("200 OK", "", "inside"),
        _ => answer("403 Forbidden", "", "outside"),
    });
    let url = format!("{}/door", web.url());
    let outcome = home.run(&["copyurl", &url, "dst:f", "--retries", "1"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints().last(),
        Some(&"NOTICE: Failed to copyurl: CopyURL failed: 403 Forbidden")
    );
    home.run(&["copyurl", &url, "dst:f", "--use-cookies"]).ok();
    assert_eq!(home.read("dst/f"), "inside");
    // What one request was told, the next ones know; the next run does not.
    let list = format!("{url},a\n{}/file,b\n", web.url());
    home.write("list.csv", &list);
    let many = [
        "copyurl",
        "--urls",
        "@ROOT@/list.csv",
        "dst:",
        "--transfers",
        "1",
    ];
    home.run(&[&many[..], &["--use-cookies"]].concat()).ok();
    assert_eq!(home.read("dst/b"), "inside");
    let alone = format!("{}/file", web.url());
    let again = home.run(&[
        "copyurl",
        &alone,
        "dst:g",
        "--use-cookies",
        "--retries",
        "1",
    ]);
    assert_eq!(again.code, 1);
}

#[test]
fn remotes_of_web_servers_keep_cookies_too() {
    let home = Home::new();
    let web = Web::hearing(|path, head| {
        let known = head.iter().any(|line| line == "cookie: pass=open");
        match path {
            "/" => answer(
                "200 OK",
                "Content-Type: text/html\r\nSet-Cookie: pass=open\r\n",
                "<a href=\"f\">f</a>",
            ),
            "/f" if known => answer("200 OK", "", "inside"),
            _ => answer("403 Forbidden", "", ""),
        }
    });
    let place = format!(":http,url=\"{}\":", web.url());
    home.run(&["copy", &place, "dst:"]);
    assert!(!home.exists("dst/f"));
    home.run(&["copy", &place, "dst:", "--use-cookies"]).ok();
    assert_eq!(home.read("dst/f"), "inside");
}
