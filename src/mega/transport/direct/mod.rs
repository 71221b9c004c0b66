//! Stretches of content over plain HTTP/1.1, read from the socket straight
//! into the memory that the caller has for them.
//!
//! A general HTTP client reads into buffers of its own, hands them from task to
//! task and lets the caller copy: for a gigabyte that costs more than
//! decrypting it. Here only the plain case is done: `http://`, a GET, an answer
//! 200 or 206 whose body has a length and comes as it is. Everything else that
//! a server may say is told apart before a byte of the body is believed, and
//! asked again the common way, which knows redirects, encodings and chunks.

mod head;
mod pool;
#[cfg(test)]
mod tests;

use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower_service::Service;

use self::head::{Head, MAX_HEAD};
use self::pool::Pool;
use super::{HttpRequest, Method, TransportError, TransportErrorKind};

/// Bodies of refusals are read up to this length, to keep the connection.
const SHORT_BODY: u64 = 16 << 10;
/// What is read at first: a head, and what follows it at once.
const FIRST_READ: usize = 4 << 10;

/// How a request ended.
pub(super) enum Ended {
    /// The whole body stands in the target.
    Body,
    /// The body has more bytes than the target; none of them count.
    TooLong,
    /// Another status than 200 and 206, with its headers.
    Refused(u16, Vec<(String, String)>),
    /// The answer is not of the plain kind.
    NotPlain,
}

/// The plain way.
pub(super) struct Direct {
    connector: HttpConnector,
    pool: Pool,
    user_agent: String,
}

impl Direct {
    /// `contimeout` is the longest time for a connection to stand.
    pub(super) fn new(user_agent: &str, contimeout: Option<Duration>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(contimeout);
        Self {
            connector,
            pool: Pool::default(),
            user_agent: user_agent.to_owned(),
        }
    }

    /// Whether `request` to `url` is of the plain kind.
    pub(super) fn takes(request: &HttpRequest, url: &Url) -> bool {
        request.method == Method::Get
            && request.body.is_empty()
            && url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
    }

    /// Sends `request` and fills `target` from `filled` on; gives up when
    /// nothing moves for `idle`.
    pub(super) async fn fetch(
        &self,
        request: &HttpRequest,
        url: &Url,
        idle: Option<Duration>,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Ended, TransportError> {
        let line = Line { url, idle };
        let Some(text) = head::request(url, &self.user_agent, &request.headers) else {
            return Ok(Ended::NotPlain);
        };
        let place = url.origin().ascii_serialization();
        if let Some(kept) = self.pool.take(&place) {
            // It may have been closed at the moment it was taken up: as long
            // as nothing has come back, nothing is lost by asking again.
            match line.ask(kept, &text).await {
                Ok(answer) => return self.receive(&line, place, answer, target, filled).await,
                Err(Broken::Silent) => {}
                Err(Broken::Because(error)) => return Err(error),
            }
        }
        let stream = self.connect(&line).await?;
        let answer = line
            .ask(stream, &text)
            .await
            .map_err(|broken| match broken {
                Broken::Because(error) => error,
                Broken::Silent => line.broken("the connection was closed before an answer came"),
            })?;
        self.receive(&line, place, answer, target, filled).await
    }

    async fn connect(&self, line: &Line<'_>) -> Result<TcpStream, TransportError> {
        let failed = |what: String| line.error(TransportErrorKind::Connect, what);
        let uri: Uri = line
            .url
            .as_str()
            .parse()
            .map_err(|_| line.error(TransportErrorKind::Address, "not a usable address"))?;
        let connected = self.connector.clone().call(uri).await;
        connected
            .map(|stream| stream.into_inner())
            .map_err(|error| failed(super::http::causes(&error)))
    }

    async fn receive(
        &self,
        line: &Line<'_>,
        place: String,
        answer: Answer,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Ended, TransportError> {
        let Answer {
            mut stream,
            head,
            behind,
        } = answer;
        let Some(length) = head.plain_length() else {
            return Ok(Ended::NotPlain);
        };
        let early = behind.len() as u64;
        if !matches!(head.status, 200 | 206) {
            if (300..400).contains(&head.status) {
                return Ok(Ended::NotPlain);
            }
            let rest = length.checked_sub(early);
            if let Some(rest) = rest.filter(|rest| *rest <= SHORT_BODY)
                && head.keeps
            {
                let mut rest = vec![0; usize::try_from(rest).unwrap_or_default()];
                // What it says further is not looked at.
                if line.fill(&mut stream, &mut rest, &mut 0).await.is_ok() {
                    self.pool.put(place, stream);
                }
            }
            return Ok(Ended::Refused(head.status, head.headers));
        }
        let room = (target.len() as u64).saturating_sub(*filled as u64);
        if length > room {
            return Ok(Ended::TooLong);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let body = target
            .get_mut(*filled..*filled + length)
            .unwrap_or_default();
        let Some((there, rest)) = body.split_at_mut_checked(behind.len()) else {
            // More than it has announced: nothing here can be trusted.
            return Ok(Ended::TooLong);
        };
        there.copy_from_slice(&behind);
        *filled += there.len();
        line.fill(&mut stream, rest, filled).await?;
        if head.keeps {
            self.pool.put(place, stream);
        }
        Ok(Ended::Body)
    }
}

/// A connection whose answer has begun.
struct Answer {
    stream: TcpStream,
    head: Head,
    /// The bytes behind the head that came with it.
    behind: Vec<u8>,
}

/// Why there is no answer.
enum Broken {
    /// The connection was closed before a byte came back.
    Silent,
    Because(TransportError),
}

/// What a request is about, for its errors and its patience.
struct Line<'a> {
    url: &'a Url,
    idle: Option<Duration>,
}

impl Line<'_> {
    /// Sends the head of a request and reads that of the answer.
    async fn ask(&self, mut stream: TcpStream, text: &[u8]) -> Result<Answer, Broken> {
        if self.patiently(stream.write_all(text)).await.is_err() {
            return Err(Broken::Silent);
        }
        let mut got = Vec::with_capacity(FIRST_READ);
        loop {
            let read = self.patiently(stream.read_buf(&mut got)).await;
            match read {
                Err(Some(error)) => return Err(Broken::Because(error)),
                Err(None) | Ok(0) if got.is_empty() => return Err(Broken::Silent),
                Err(None) | Ok(0) => {
                    let what = "the connection was closed inside the head of the answer";
                    return Err(Broken::Because(self.broken(what)));
                }
                Ok(_) => {}
            }
            match head::read(&got) {
                Ok(Some((head, length))) => {
                    let behind = got.split_off(length.min(got.len()));
                    return Ok(Answer {
                        stream,
                        head,
                        behind,
                    });
                }
                Ok(None) if got.len() < MAX_HEAD => got.reserve(FIRST_READ),
                Ok(None) => {
                    let what = "the head of the answer does not end";
                    return Err(Broken::Because(
                        self.error(TransportErrorKind::BadAnswer, what),
                    ));
                }
                Err(what) => {
                    return Err(Broken::Because(
                        self.error(TransportErrorKind::BadAnswer, what),
                    ));
                }
            }
        }
    }

    /// Reads until `rest` is full, counting in `filled`.
    async fn fill(
        &self,
        stream: &mut TcpStream,
        mut rest: &mut [u8],
        filled: &mut usize,
    ) -> Result<(), TransportError> {
        while !rest.is_empty() {
            let read = match self.patiently(stream.read(rest)).await {
                Ok(0) | Err(None) => {
                    return Err(self.broken("the connection was closed inside the body"));
                }
                Ok(read) => read,
                Err(Some(error)) => return Err(error),
            };
            *filled += read;
            rest = rest.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }

    /// Runs `moving`; `Err(None)` when the connection broke, an error when
    /// nothing moved for too long.
    async fn patiently<T>(
        &self,
        moving: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, Option<TransportError>> {
        let Some(idle) = self.idle else {
            return moving.await.map_err(|_| None);
        };
        match tokio::time::timeout(idle, moving).await {
            Ok(moved) => moved.map_err(|_| None),
            Err(_) => Err(Some(super::http::timed_out(self.url.as_str(), Some(idle)))),
        }
    }

    fn broken(&self, what: &str) -> TransportError {
        self.error(TransportErrorKind::Broken, what)
    }

    fn error(&self, kind: TransportErrorKind, what: impl Into<String>) -> TransportError {
        TransportError::new(kind, self.url.as_str(), what)
    }
}
