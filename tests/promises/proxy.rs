//! A proxy between the client and the sandbox's API, for what the sandbox does
//! not do by itself. Content goes past it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use crate::account::Account;

/// How the connection ends after each answer: always.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As the answer says.
    Said,
    /// Without a word, as when the network has changed.
    Sudden,
}

/// Starts a proxy for `account` that puts each answer through `change`; returns
/// its address. It ends with the test.
pub(crate) fn start(
    account: &Account,
    end: End,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = account.url().trim_start_matches("http://").to_owned();
    let server = server.trim_end_matches('/').to_owned();
    let change = Arc::new(change);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, change) = (server.clone(), Arc::clone(&change));
            std::thread::spawn(move || pass(&client, &server, end, &*change));
        }
    });
    url
}

/// One request through the proxy.
fn pass(
    client: &TcpStream,
    server: &str,
    end: End,
    change: &dyn Fn(Vec<u8>) -> Vec<u8>,
) -> Option<()> {
    let (head, body) = message(client)?;
    let upstream = TcpStream::connect(server).ok()?;
    send(&upstream, &head, &body, End::Said)?;
    let (head, body) = message(&upstream)?;
    send(client, &head, &change(body), end)
}

/// Sends a head, without what concerns the connection, and a body.
fn send(mut to: &TcpStream, head: &[String], body: &[u8], end: End) -> Option<()> {
    let ours = [
        "connection",
        "accept-encoding",
        "content-length",
        "transfer-encoding",
    ];
    let mut text = head.first()?.clone() + "\r\n";
    for line in head.get(1..)? {
        let name = line.split(':').next()?.to_ascii_lowercase();
        if !ours.contains(&name.as_str()) {
            text += &format!("{line}\r\n");
        }
    }
    if end == End::Said {
        text += "connection: close\r\n";
    }
    text += &format!("content-length: {}\r\n\r\n", body.len());
    to.write_all(text.as_bytes()).ok()?;
    to.write_all(body).ok()
}

/// The head of a request or answer, line by line, and its body.
fn message(stream: &TcpStream) -> Option<(Vec<String>, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let value = |name: &str| {
        head.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let mut body = Vec::new();
    match value("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body).ok()?;
        }
        None if head.first()?.starts_with("HTTP/") => {
            reader.read_to_end(&mut body).ok()?;
            if value("transfer-encoding").is_some() {
                body = unchunked(&body)?;
            }
        }
        None => {}
    }
    Some((head, body))
}

fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.iter().position(|byte| *byte == b'\n')?;
        let size = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        body = &body[end + 1..];
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}
