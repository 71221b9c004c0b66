//! The flags about connections, against a web server that keeps what it hears.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::Home;
use crate::support::web::{Web, answer};

/// A web server with one file, `f`, that holds "hello".
struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, heard) = (stream.unwrap(), heard.clone());
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    loop {
                        let head: Vec<String> = lines
                            .by_ref()
                            .map_while(Result::ok)
                            .take_while(|line| !line.is_empty())
                            .collect();
                        let Some(first) = head.first() else {
                            return;
                        };
                        let body = if first.starts_with("HEAD") {
                            ""
                        } else {
                            "hello"
                        };
                        heard.lock().unwrap().push(head.join("\n").to_lowercase());
                        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}");
                        if stream.write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, heads }
    }

    fn file(&self) -> String {
        format!(":http,url=\"{}\":f", self.url)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

#[test]
fn headers_and_agent_go_with_every_request() {
    let (home, server) = (Home::new(), Server::start());
    let outcome = home.run(&[
        "cat",
        &server.file(),
        "--header",
        "X-One: a",
        "--header",
        "X-Two:b:c",
        "--user-agent",
        "somebody/1",
    ]);
    assert_eq!(outcome.ok(), "hello");
    let heads = server.heads();
    assert!(heads.len() >= 2, "{heads:?}");
    for head in heads {
        for line in ["x-one: a", "x-two: b:c", "user-agent: somebody/1"] {
            assert!(head.lines().any(|l| l == line), "{line} in {head}");
        }
    }
}

#[test]
fn requests_are_spaced() {
    let (home, server) = (Home::new(), Server::start());
    let start = Instant::now();
    let outcome = home.run(&["cat", &server.file(), "--tpslimit", "2.5", "-v"]);
    let took = start.elapsed();
    assert_eq!(outcome.stdout, "hello");
    assert_eq!(
        outcome.complaints()[0],
        "INFO  : Starting transaction limiter: max 2.5 transactions/s with burst 1"
    );
    let requests = u32::try_from(server.heads().len()).unwrap();
    assert!(requests >= 2);
    assert!(
        took >= Duration::from_millis(390) * (requests - 1),
        "{took:?} for {requests}"
    );
}

#[test]
fn a_bound_address_is_used() {
    let (home, server) = (Home::new(), Server::start());
    let outcome = home.run(&["cat", &server.file(), "--bind", "127.0.0.1"]);
    assert_eq!(outcome.ok(), "hello");
    // From there no connection leads to another machine's address.
    let outcome = home.run(&["cat", &server.file(), "--bind", "::1", "--retries", "1"]);
    assert_ne!(outcome.code, 0);
}

#[test]
fn what_cannot_be_used_ends_the_command_before_it_begins() {
    let home = Home::new();
    for (flags, complaint) in [
        (
            &["--header", "A b"][..],
            "CRITICAL: failed to parse \"A b\" as an HTTP header. \
             Expecting a string like: 'Cache-Control: no-store'",
        ),
        (
            &["--ca-cert", "@ROOT@/none"],
            "CRITICAL: Failed to read --ca-cert @ROOT@/none: No such file or directory (os error 2)",
        ),
        (
            &["--client-cert", "@ROOT@/none"],
            "CRITICAL: Both --client-cert and --client-key must be set",
        ),
        (&["--dscp", "64"], "CRITICAL: --dscp: Invalid DSCP name: 64"),
        (
            &["--header-upload", "A b"],
            "CRITICAL: failed to parse \"A b\" as an HTTP header. \
             Expecting a string like: 'Cache-Control: no-store'",
        ),
    ] {
        let mut words = vec!["ls", "aux:"];
        words.extend(flags);
        let outcome = home.run(&words);
        assert_eq!(outcome.code, 1, "{flags:?}");
        assert_eq!(outcome.complaints(), [complaint]);
    }
}

#[test]
fn certificates_are_not_left_unchecked_in_silence() {
    let (home, server) = (Home::new(), Server::start());
    let mut command = home.command(&["cat", &server.file()]);
    command.env("MEGARC_NO_CHECK_CERTIFICATE", "true");
    let outcome = home.finish(command, "");
    assert_eq!(outcome.stdout, "hello");
    assert_eq!(
        outcome.complaints(),
        ["NOTICE: --no-check-certificate is set: whoever answers is believed, and can listen"]
    );
}

#[test]
fn headers_of_downloads_go_with_content_only() {
    let (home, server) = (Home::new(), Server::start());
    let outcome = home.run(&["cat", &server.file(), "--header-download", "X-Down: a"]);
    assert_eq!(outcome.ok(), "hello");
    for head in server.heads() {
        let fetches = head.starts_with("get ");
        assert_eq!(head.lines().any(|l| l == "x-down: a"), fetches, "{head}");
    }
}

#[test]
fn what_is_dumped_holds_no_secret() {
    let (home, server) = (Home::new(), Server::start());
    let file = format!(
        ":http,url=\"{}\":f",
        server.url.replace("//", "//me:SECRET@")
    );
    for dump in ["headers", "bodies", "requests,responses"] {
        let outcome = home.run(&[
            "cat",
            &file,
            "--dump",
            dump,
            "--header",
            "Authorization: SECRET",
            "--header",
            "X-Key: SECRET",
            "--header-download",
            "Cookie: SECRET",
        ]);
        assert_eq!(outcome.stdout, "hello");
        let log = &outcome.stderr;
        assert!(!log.contains("SECRET"), "{log}");
        for line in [
            "NOTICE: Automatically setting -vv as --dump is enabled",
            "DEBUG : HTTP REQUEST (req 1)",
            "DEBUG : HEAD /f HTTP/1.1",
            "DEBUG : x-key: ***",
            "DEBUG : HTTP/1.1 200 OK",
            "DEBUG : content-length: 5",
        ] {
            assert!(log.lines().any(|l| l == line), "{line} in {log}");
        }
    }
}

#[test]
fn what_mega_is_told_is_dumped_without_secrets() {
    let home = Home::new();
    let server = crate::support::Server::start(&home, &["a@b.test"]);
    home.write("src/f", "plain text");
    let place = server.place("a@b.test", "");
    let outcome = home.run(&["copy", "src:", &place, "--dump", "bodies"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let log = &outcome.stderr;
    for line in [
        "\"a\":\"us0\"",
        "\"a\":\"u\"",
        "\"a\":\"p\"",
        "POST /ul/...?c=*** HTTP/1.1",
    ] {
        assert!(log.contains(line), "{line} in {log}");
    }
    for secret in ["plain text", "a good password", "a@b.test\""] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    // Session ids, keys and tokens are longer than anything that is shown.
    let text: String = log.lines().filter(|l| l.contains("[{")).collect();
    assert!(
        !regex::Regex::new(r#":"[^"]{17,}""#)
            .unwrap()
            .is_match(&text),
        "{text}"
    );
    let errors = home.run(&["copy", "src:", &place, "--dump", "errors"]);
    assert!(!errors.stderr.contains("HTTP REQUEST"), "{}", errors.stderr);
}

#[test]
fn filters_are_shown_as_what_they_come_to() {
    let home = Home::new();
    home.write("src/a", "");
    let outcome = home.run(&["lsf", "src:", "--dump", "filters", "--include", "a*"]);
    assert_eq!(
        outcome.stdout,
        "--- start filters ---\n--- File filter rules ---\n+ (^|/)a[^/]*$\n- ^.*$\n\
         --- Directory filter rules ---\n+ ^.*$\n- ^.*$\n--- end filters ---\na\n"
    );
}

#[test]
fn a_remote_has_so_many_requests_on_their_way() {
    let home = Home::new();
    // How many are being answered, and the most that ever were.
    let busy: Arc<Mutex<(usize, usize)>> = Arc::default();
    let counts = Arc::clone(&busy);
    let links: String = (0..24)
        .map(|n| format!("<a href=\"{n}\">{n}</a>"))
        .collect();
    let web = Web::start(move |path| {
        {
            let mut busy = counts.lock().unwrap();
            busy.0 += 1;
            busy.1 = busy.1.max(busy.0);
        }
        // Whoever may come meanwhile, comes.
        for _ in 0..10 {
            std::thread::yield_now();
        }
        counts.lock().unwrap().0 -= 1;
        match path {
            "/" => answer("200 OK", "Content-Type: text/html\r\n", &links),
            _ => answer("200 OK", "", ""),
        }
    });
    let place = format!(":http,url=\"{}\":", web.url());
    for most in [1, 2] {
        let flag = format!("--max-connections={most}");
        let listed = home.run(&["lsl", &place, &flag]).ok();
        assert_eq!(listed.lines().count(), 24);
        assert!(busy.lock().unwrap().1 <= most, "{most}");
    }
    home.run(&["lsl", &place, "--max-connections=-1"]).ok();
    let refused = home.run(&["lsl", &place, "--max-connections=x"]);
    assert_eq!(refused.code, 2);
}
