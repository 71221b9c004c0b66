//! How requests travel: the [`Transport`] trait, its HTTP implementation, and
//! the arithmetic of retries.
//!
//! A transport sends one request and hands back status, headers and a body
//! that arrives piece by piece. It never retries and never looks inside: the
//! API queue and the transfers decide what may be repeated. Its errors never
//! show a query string, because session ids travel there.

mod backoff;
mod body;
mod bounded;
mod direct;
mod heard;
mod http;
mod observer;
mod retry;
mod upload_body;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use thiserror::Error;

pub use backoff::Backoff;
pub use body::BodyStream;
pub use bounded::{Bounded, Turn};
pub use heard::{Heard, Wire};
pub use http::{Gate, HttpTransport, HttpTransportOptions, Setup};
pub use observer::{Observer, Seen};
pub use retry::{RetryPolicy, Sleeper};
pub use upload_body::Pace;

/// Sends requests. The real one is [`HttpTransport`]; tests use a script.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request` once and returns as soon as the status is known.
    ///
    /// # Errors
    /// The request did not get through, or no answer came in time. A status
    /// that means failure is not an error here.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;

    /// Waits until another request may leave, where their number is limited.
    /// [`send`](Self::send) does so by itself.
    async fn admit(&self) {}

    /// Waits until another request may be on its way, where their number is
    /// bounded. [`send`](Self::send) does so by itself.
    async fn turn(&self) -> Turn {
        Turn::default()
    }

    /// Sends `request`, which has been [admitted](Self::admit) and has its
    /// [turn](Self::turn), once and puts the
    /// body of a 200 or 206 into `target` from `filled` on, which counts the bytes
    /// also where the body breaks off.
    ///
    /// # Errors
    /// As [`send`](Self::send); the body broke off.
    async fn receive(
        &self,
        request: HttpRequest,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Received, TransportError> {
        fill(self.send(request).await?, target, filled).await
    }
}

/// Copies the body of an answer to its place; see [`Transport::receive`].
async fn fill(
    mut response: HttpResponse,
    target: &mut [u8],
    filled: &mut usize,
) -> Result<Received, TransportError> {
    if !matches!(response.status, 200 | 206) {
        return Ok(Received::Refused(response));
    }
    while let Some(bytes) = response.body.next().await.transpose()? {
        let Some(slot) = target.get_mut(*filled..*filled + bytes.len()) else {
            return Ok(Received::TooLong);
        };
        slot.copy_from_slice(&bytes);
        *filled += bytes.len();
    }
    Ok(Received::Body)
}

/// How a request ended whose body has a place already.
#[derive(Debug)]
pub enum Received {
    /// The body came to its end, be it before that of the place.
    Body,
    /// The body is longer than its place: whatever came is not what was asked for.
    TooLong,
    /// Another status than 200 and 206. The body may be missing.
    Refused(HttpResponse),
}

/// The two methods MEGA's protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Downloads and event polls.
    Get,
    /// Everything else.
    Post,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Anything but content.
    #[default]
    Talk,
    /// Content goes to a storage server.
    Upload,
    /// Content comes from one.
    Download,
}

/// One HTTP request. The body is shared, not copied, when it is sent again.
#[derive(Clone)]
pub struct HttpRequest {
    /// GET or POST.
    pub method: Method,
    /// The whole address; may hold the session id, so it is never shown.
    pub url: String,
    /// Header names and values beside those the transport adds itself.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body; empty for GET.
    pub body: Bytes,
    /// Longest time without any progress; `None` leaves it to the transport.
    pub idle_timeout: Option<Duration>,
    /// What it is for.
    pub purpose: Purpose,
    /// Holds the body back, slice by slice.
    pub pace: Option<Pace>,
}

impl HttpRequest {
    /// A GET of `url`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            idle_timeout: None,
            purpose: Purpose::Talk,
            pace: None,
        }
    }

    /// A POST of `body` to `url`.
    #[must_use]
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::Post,
            url: url.into(),
            headers: Vec::new(),
            body: body.into(),
            idle_timeout: None,
            purpose: Purpose::Talk,
            pace: None,
        }
    }

    /// Says what it is for.
    #[must_use]
    pub fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Holds the body back.
    #[must_use]
    pub fn paced(mut self, pace: Option<Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &redact_url(&self.url))
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The answer to an [`HttpRequest`]: the body is still on its way.
#[derive(Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body as it arrives.
    pub body: BodyStream,
}

impl HttpResponse {
    /// An answer with a known body, for tests and scripts.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: BodyStream::from_bytes(body.into()),
        }
    }

    /// The first header called `name`, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What kind of failure a request met on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The address is not usable.
    Address,
    /// No connection: name lookup, refusal, TLS, proxy.
    Connect,
    /// Nothing moved for as long as the time-out allows.
    TimedOut,
    /// The connection broke while something was sent or received.
    Broken,
    /// The server answered with a status that means failure.
    Status(u16),
    /// What arrived is not a complete answer.
    BadAnswer,
    /// The caller gave up.
    Cancelled,
}

/// A request that did not get through. Names the host and never the query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{host}: {what}")]
pub struct TransportError {
    /// What kind of failure it was.
    pub kind: TransportErrorKind,
    /// The server's name, with its port where one was given.
    pub host: String,
    /// The failure in words.
    pub what: String,
}

impl TransportError {
    /// A failure at the server behind `url`, of which only the host is kept.
    #[must_use]
    pub fn new(kind: TransportErrorKind, url: &str, what: impl Into<String>) -> Self {
        Self {
            kind,
            host: host_of(url).to_owned(),
            what: what.into(),
        }
    }

    /// Whether the same request may get through later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self.kind {
            TransportErrorKind::Address | TransportErrorKind::Cancelled => false,
            TransportErrorKind::Status(status) => status >= 500 || matches!(status, 408 | 429),
            TransportErrorKind::Connect
            | TransportErrorKind::TimedOut
            | TransportErrorKind::Broken
            | TransportErrorKind::BadAnswer => true,
        }
    }
}

/// The address without query and fragment, fit for logs: upload and download
/// addresses are capabilities themselves, so of their path only the start is kept.
#[must_use]
pub fn redact_url(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let start = plain.find("://").map_or(0, |at| at + 3);
    let mut parts = plain.get(start..).unwrap_or_default().splitn(3, '/');
    let host = parts.next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let first = parts.next().unwrap_or_default();
    let rest = if parts.next().is_some_and(|rest| !rest.is_empty()) {
        "/..."
    } else {
        ""
    };
    format!(
        "{}{host}/{first}{rest}",
        plain.get(..start).unwrap_or_default()
    )
}

/// The host (and port) of an address.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_survives_in_texts() {
        let url = "https://user:word@g.api.mega.co.nz/cs?id=1&sid=SECRET#FRAGMENT";
        let request = HttpRequest::post(url, "body SECRET");
        let error = TransportError::new(TransportErrorKind::Connect, url, "refused");
        for text in [
            format!("{request:?}"),
            error.to_string(),
            format!("{error:?}"),
        ] {
            assert!(!text.contains("SECRET") && !text.contains("word"), "{text}");
        }
        assert_eq!(error.to_string(), "g.api.mega.co.nz: refused");
        assert_eq!(redact_url(url), "https://g.api.mega.co.nz/cs");
        assert_eq!(redact_url("http://h:1/ul/TOKEN/0?c=x"), "http://h:1/ul/...");
    }
}
