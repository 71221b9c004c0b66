//! A small web server that answers as a test wants.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Ends with the test process.
pub struct Web {
    url: String,
}

impl Web {
    /// `answer` turns the path of a request into the whole answer, status line
    /// and all.
    pub fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::hearing(move |path, _| answer(path))
    }

    /// The same, of the lines of the request's head, too, in lower case.
    pub fn hearing(answer: impl Fn(&str, &[String]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || serve(&stream, &*answer));
            }
        });
        Self { url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(&str, &[String]) -> Vec<u8>) {
    let mut reader = BufReader::new(stream);
    loop {
        let head: Vec<String> = reader
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
            return;
        };
        let lines: Vec<String> = head.iter().map(|line| line.to_lowercase()).collect();
        let answer = answer(path, &lines);
        let last = String::from_utf8_lossy(&answer).contains("Connection: close");
        if stream.write_all(&answer).is_err() || last {
            return;
        }
    }
}

/// An answer with these headers, a line each, and this body.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}
