//! A web server that answers what a test tells it to, and remembers what it
//! was asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is at one path, as it stands in a request line.
#[derive(Clone)]
pub struct Page {
    path: String,
    /// Status and headers.
    head: String,
    body: Vec<u8>,
    /// Whether a part of it can be had.
    ranges: bool,
}

impl Page {
    /// A page of this type.
    pub fn new(path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            head: format!(
                "200 OK\r\nContent-Type: {kind}\r\nLast-Modified: Thu, 02 Jan 2020 03:04:05 GMT"
            ),
            body: body.into(),
            ranges: true,
        }
    }

    /// An index page.
    pub fn html(path: &str, body: &str) -> Self {
        Self::new(path, "text/html; charset=utf-8", body)
    }

    /// Another place to look at.
    pub fn moved(path: &str, to: &str) -> Self {
        Self {
            head: format!("302 Found\r\nLocation: {to}"),
            ..Self::new(path, "", "")
        }
    }

    /// The same from a server that knows no ranges.
    pub fn whole(self) -> Self {
        Self {
            ranges: false,
            ..self
        }
    }
}

/// The server; its thread ends with the process.
pub struct Web {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Serves these pages; what is none of them is not found.
    pub fn new(pages: Vec<Page>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let pages = Arc::new(pages);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (pages, seen) = (Arc::clone(&pages), Arc::clone(&seen));
                // Who asked may be gone.
                std::thread::spawn(move || answer(stream, &pages, &seen));
            }
        });
        Self { url, requests }
    }

    /// The requests so far, each with its headers, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often this stands in a first line.
    pub fn count(&self, first_line: &str) -> usize {
        let requests = self.requests();
        requests
            .iter()
            .filter(|r| r.starts_with(&first_line.to_lowercase()))
            .count()
    }
}

fn answer(stream: TcpStream, pages: &[Page], seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let path = head.split(' ').nth(1)?.to_owned();
    let only_head = head.starts_with("HEAD ");
    let head = head.to_lowercase();
    seen.lock().unwrap().push(head.clone());
    let page = pages.iter().find(|page| page.path == path);
    let (mut first, mut body) = page.map_or_else(
        || ("404 Not Found".to_owned(), Vec::new()),
        |page| (page.head.clone(), page.body.clone()),
    );
    let range = head
        .split("range: bytes=")
        .nth(1)
        .and_then(|range| range.lines().next())
        .filter(|_| page.is_some_and(|page| page.ranges));
    if let Some((from, to)) = range.and_then(|range| range.split_once('-')) {
        let from: usize = from.parse().ok()?;
        let to = to.parse().map_or(body.len(), |to: usize| to + 1);
        match body.get(from..to.min(body.len())) {
            Some(part) if from < body.len() => {
                body = part.to_vec();
                first = first.replace("200 OK", "206 Partial Content");
            }
            _ => {
                body.clear();
                first = "416 Range Not Satisfiable".to_owned();
            }
        }
    }
    let mut stream = stream;
    let length = body.len();
    let head = format!("HTTP/1.1 {first}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    if !only_head {
        stream.write_all(&body).ok()?;
    }
    Some(())
}
