//! `--dump`: what goes over the network, in the log. Session ids, keys,
//! passwords and tokens never are: of headers, addresses and bodies only what
//! is known to be harmless is shown, everything else as `***`.

mod mask;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::mega::transport::Wire;
use crate::remote::http;

/// What is wanted of requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dump {
    /// First lines and headers.
    pub heads: bool,
    /// The bodies of requests.
    pub requests: bool,
    /// The bodies of answers.
    pub responses: bool,
    /// Only what fails.
    pub errors: bool,
}

impl Dump {
    /// Whether anything is wanted.
    #[must_use]
    pub fn is_asked(self) -> bool {
        self.heads || self.requests || self.responses || self.errors
    }
}

/// Writes what it hears to the log.
pub struct Dumper {
    dump: Dump,
    /// Headers that go with every request.
    always: Vec<(String, String)>,
    numbers: AtomicU64,
    /// Requests that are shown only if they fail.
    held: Mutex<HashMap<u64, String>>,
}

const OUT: &str = ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>";
const IN: &str = "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<";

impl Dumper {
    /// Shows what `dump` says; `always` goes with every request.
    pub(super) fn new(dump: Dump, always: Vec<(String, String)>) -> Self {
        Self {
            dump,
            always,
            numbers: AtomicU64::new(1),
            held: Mutex::default(),
        }
    }

    /// The line has the form `GET http://host/path?query`.
    fn sent(&self, line: &str, headers: &[(String, String)], body: Option<&Bytes>) -> u64 {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (method, url) = line.split_once(' ').unwrap_or((line, ""));
        let (host, path) = mask::address(url);
        let mut text = format!("{method} {path} HTTP/1.1\nHost: {host}\n");
        push_headers(&mut text, &self.always);
        push_headers(&mut text, headers);
        if let Some(body) = body.filter(|body| self.dump.requests && !body.is_empty()) {
            let _ = write!(text, "\n{}", mask::body(body));
        }
        if self.dump.errors {
            self.held().insert(number, text);
        } else {
            show(OUT, "REQUEST", number, &text);
        }
        number
    }

    fn answered(&self, number: u64, status: u16, headers: &[(String, String)]) {
        if self.dump.errors {
            let held = self.held().remove(&number);
            if status < 400 {
                return;
            }
            show(OUT, "REQUEST", number, &held.unwrap_or_default());
        }
        let reason = http::reason_of(status);
        let mut text = format!("HTTP/1.1 {status} {reason}\n");
        push_headers(&mut text, headers);
        show(IN, "RESPONSE", number, &text);
    }

    fn lost(&self, number: u64, why: &str) {
        if self.dump.errors {
            let held = self.held().remove(&number);
            show(OUT, "REQUEST", number, &held.unwrap_or_default());
        }
        show(IN, "ERROR", number, why);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<u64, String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push_headers(text: &mut String, headers: &[(String, String)]) {
    for (name, value) in headers {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {}", mask::header(name, value));
    }
}

fn show(edge: &str, what: &str, number: u64, text: &str) {
    tracing::debug!("{edge}");
    tracing::debug!("HTTP {what} (req {number})");
    // A line each: in one record a line end is shown as an escape.
    for line in text.lines() {
        tracing::debug!("{line}");
    }
    tracing::debug!("{edge}");
}

impl Wire for Dumper {
    fn request(&self, line: &str, headers: &[(String, String)], body: &Bytes) -> u64 {
        self.sent(line, headers, Some(body))
    }

    fn answer(&self, number: u64, status: u16, headers: &[(String, String)]) {
        self.answered(number, status, headers);
    }

    fn failed(&self, number: u64, why: &str) {
        self.lost(number, why);
    }

    fn content(&self, number: u64, body: Option<&Bytes>, length: u64) {
        let text = match body {
            Some(body) => mask::body(body),
            None => format!("({length} bytes)"),
        };
        show(IN, "BODY", number, &text);
    }

    fn wants_content(&self) -> bool {
        self.dump.responses && !self.dump.errors
    }
}

impl http::Wire for Dumper {
    fn request(&self, line: &str, headers: &[(String, String)]) -> u64 {
        self.sent(line, headers, None)
    }

    fn answer(&self, number: u64, status: u16, headers: &[(String, String)]) {
        self.answered(number, status, headers);
    }

    fn failed(&self, number: u64, why: &str) {
        self.lost(number, why);
    }
}
