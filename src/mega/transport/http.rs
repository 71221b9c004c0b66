//! The real transport: HTTP/1.1 over reqwest, TLS by rustls with ring.
//!
//! Connections are pooled, proxies come from the environment, gzip answers are
//! unpacked. Addresses on this machine never go through a proxy. Nothing is
//! retried here.

use std::error::Error as StdError;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use reqwest::redirect::{Attempt, Policy};

use super::direct::{Direct, Ended};
use super::upload_body::{Activity, UploadBody};
use super::{
    BodyStream, HttpRequest, HttpResponse, Method, Purpose, Received, Transport, TransportError,
    TransportErrorKind, fill,
};

/// Bodies up to this size are handed over in one piece.
const ONE_PIECE: usize = 128 * 1024;

/// More hops than this are a loop.
const MAX_REDIRECTS: usize = 5;

/// Whether the environment names a proxy, for whatever server.
static PROXIED: LazyLock<bool> = LazyLock::new(|| {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
});

/// Prepares a client's connections, beside what is said in the options.
pub type Setup = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;
/// Ends when a request may be sent.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// How the real transport is set up.
#[derive(Clone)]
pub struct HttpTransportOptions {
    /// Longest time without progress (`--timeout`); zero means for ever.
    pub timeout: Duration,
    /// Longest time for a connection to stand (`--contimeout`); zero means for ever.
    pub contimeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Certificates, proxies, headers.
    pub setup: Option<Setup>,
    /// Asked before every request.
    pub gate: Option<Gate>,
    /// Headers of requests that carry content to a storage server.
    pub upload_headers: Vec<(String, String)>,
    /// Headers of requests that fetch content.
    pub download_headers: Vec<(String, String)>,
}

impl Default for HttpTransportOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(300),
            contimeout: Duration::from_secs(60),
            user_agent: concat!("megarc/", env!("CARGO_PKG_VERSION")).to_owned(),
            setup: None,
            gate: None,
            upload_headers: Vec::new(),
            download_headers: Vec::new(),
        }
    }
}

/// Sends requests over the network.
pub struct HttpTransport {
    options: HttpTransportOptions,
    // Built when first needed: a run that only meets the sandbox on this
    // machine never loads the system's certificates.
    network: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
    /// For content; not where connections have to be prepared.
    direct: Option<Direct>,
}

impl HttpTransport {
    /// A transport without any connection yet.
    #[must_use]
    pub fn new(options: HttpTransportOptions) -> Self {
        // The process may have chosen a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let contimeout = (!options.contimeout.is_zero()).then_some(options.contimeout);
        let plain = options.setup.is_none() && options.download_headers.is_empty();
        let direct = plain.then(|| Direct::new(&options.user_agent, contimeout));
        Self {
            options,
            network: OnceLock::new(),
            loopback: OnceLock::new(),
            direct,
        }
    }

    /// The way for content, if it may take the plain one.
    fn direct(&self, request: &HttpRequest, url: &reqwest::Url) -> Option<&Direct> {
        let direct = self.direct.as_ref()?;
        (Direct::takes(request, url) && (is_loopback(url) || !*PROXIED)).then_some(direct)
    }

    fn idle(&self, request: &HttpRequest) -> Option<Duration> {
        let idle = request.idle_timeout.unwrap_or(self.options.timeout);
        (!idle.is_zero()).then_some(idle)
    }

    fn client(&self, url: &reqwest::Url) -> Result<&reqwest::Client, TransportError> {
        let local = url.scheme() == "http" && is_loopback(url);
        let slot = if local { &self.loopback } else { &self.network };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .user_agent(&self.options.user_agent)
            .redirect(Policy::custom(follow_same_scheme));
        if !self.options.contimeout.is_zero() {
            builder = builder.connect_timeout(self.options.contimeout);
        }
        if let Some(setup) = &self.options.setup {
            builder = setup(builder);
        }
        if local {
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| {
            TransportError::new(
                TransportErrorKind::Address,
                url.as_str(),
                format!("HTTP cannot be set up: {}", describe(&error)),
            )
        })?;
        Ok(slot.get_or_init(|| client))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.admit().await;
        self.send_now(request).await
    }

    async fn admit(&self) {
        if let Some(gate) = &self.options.gate {
            gate().await;
        }
    }

    async fn receive(
        &self,
        request: HttpRequest,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Received, TransportError> {
        let url = parse(&request.url)?;
        if let Some(direct) = self.direct(&request, &url) {
            let idle = self.idle(&request);
            match direct.fetch(&request, &url, idle, target, filled).await? {
                Ended::Body => return Ok(Received::Body),
                Ended::TooLong => return Ok(Received::TooLong),
                Ended::Refused(status, headers) => {
                    return Ok(Received::Refused(HttpResponse {
                        status,
                        headers,
                        body: BodyStream::from_bytes(bytes::Bytes::new()),
                    }));
                }
                Ended::NotPlain => {}
            }
        }
        fill(self.send_now(request).await?, target, filled).await
    }
}

impl HttpTransport {
    /// Sends a request that has been admitted.
    async fn send_now(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let url = parse(&request.url)?;
        let idle = self.idle(&request);
        let activity = Activity::new();

        let mut builder = match request.method {
            Method::Get => self.client(&url)?.get(url),
            Method::Post => {
                let builder = self.client(&url)?.post(url);
                if request.body.len() <= ONE_PIECE && request.pace.is_none() {
                    builder.body(request.body)
                } else {
                    let body = UploadBody::new(request.body, activity.clone(), request.pace);
                    builder.body(reqwest::Body::wrap(body))
                }
            }
        };
        for (name, value) in &request.headers {
            builder = builder.header(name.as_ref(), value);
        }
        let more: &[(String, String)] = match request.purpose {
            Purpose::Talk => &[],
            Purpose::Upload => &self.options.upload_headers,
            Purpose::Download => &self.options.download_headers,
        };
        for (name, value) in more {
            builder = builder.header(name, value);
        }

        let response = within_idle(builder.send(), idle, &activity)
            .await
            .ok_or_else(|| timed_out(&request.url, idle))?
            .map_err(|error| translate(&error.without_url(), &request.url))?;

        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let length = response.content_length();
        Ok(HttpResponse {
            status,
            headers,
            body: BodyStream::new(pieces(response, request.url, idle), length),
        })
    }
}

fn parse(url: &str) -> Result<reqwest::Url, TransportError> {
    reqwest::Url::parse(url).map_err(|error| {
        TransportError::new(
            TransportErrorKind::Address,
            url,
            format!("not a usable address: {error}"),
        )
    })
}

/// Runs `sending` until it ends or nothing has moved for `idle`.
async fn within_idle<T>(
    sending: impl Future<Output = T>,
    idle: Option<Duration>,
    activity: &Activity,
) -> Option<T> {
    let Some(idle) = idle else {
        return Some(sending.await);
    };
    tokio::pin!(sending);
    loop {
        let deadline = activity.deadline(idle);
        match tokio::time::timeout_at(deadline.into(), &mut sending).await {
            Ok(result) => return Some(result),
            Err(_) if activity.deadline(idle) > deadline => {}
            Err(_) => return None,
        }
    }
}

/// The pieces of an answer's body; the stream ends after the first failure.
fn pieces(
    response: reqwest::Response,
    url: String,
    idle: Option<Duration>,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, TransportError>> {
    stream::unfold(Some((response, url)), move |state| async move {
        let (mut response, url) = state?;
        let piece = match idle {
            None => Ok(response.chunk().await),
            Some(idle) => tokio::time::timeout(idle, response.chunk()).await,
        };
        match piece {
            Ok(Ok(Some(bytes))) => Some((Ok(bytes), Some((response, url)))),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(translate(&error.without_url(), &url)), None)),
            Err(_) => Some((Err(timed_out(&url, idle)), None)),
        }
    })
    // an answer without a body may be looked into and then read: both see its end
    .fuse()
}

pub(super) fn timed_out(url: &str, idle: Option<Duration>) -> TransportError {
    let seconds = idle.unwrap_or_default().as_secs_f64();
    TransportError::new(
        TransportErrorKind::TimedOut,
        url,
        format!("nothing moved for {seconds} seconds"),
    )
}

fn translate(error: &reqwest::Error, url: &str) -> TransportError {
    let kind = if error.is_builder() {
        TransportErrorKind::Address
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::TimedOut
    } else {
        TransportErrorKind::Broken
    };
    TransportError::new(kind, url, describe(error))
}

/// The innermost causes say what happened; the outer layers only repeat it.
fn describe(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| error.to_string(), causes)
}

/// An error with what lies behind it.
pub(super) fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    causes.join(": ")
}

/// Follows a redirect only where nothing is given up by it: a request never
/// goes from https to http, and a POST never silently becomes a GET.
fn follow_same_scheme(attempt: Attempt) -> reqwest::redirect::Action {
    let keeps_method = matches!(attempt.status().as_u16(), 307 | 308);
    let (hops, from) = (attempt.previous().len(), attempt.previous().last());
    let same_scheme = from.is_some_and(|from| {
        from.scheme() == attempt.url().scheme() || attempt.url().scheme() == "https"
    });
    if keeps_method && same_scheme && hops <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one connection with `answer` after reading `body` bytes past
    /// the header, and gives back what it read.
    async fn serve_once(
        answer: &'static [u8],
        body: usize,
    ) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/cs?id=1&sid=SECRET",
            listener.local_addr().unwrap()
        );
        let task = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut got = Vec::new();
            let mut buffer = vec![0; 65536];
            loop {
                let count = connection.read(&mut buffer).await.unwrap();
                got.extend_from_slice(&buffer[..count]);
                let head = got.windows(4).position(|four| four == b"\r\n\r\n");
                if count == 0 || head.is_some_and(|at| got.len() >= at + 4 + body) {
                    break;
                }
            }
            connection.write_all(answer).await.unwrap();
            got
        });
        (url, task)
    }

    fn transport(timeout: Duration) -> HttpTransport {
        HttpTransport::new(HttpTransportOptions {
            timeout,
            ..HttpTransportOptions::default()
        })
    }

    #[tokio::test]
    async fn posts_with_length_and_truthful_agent() {
        let content = Bytes::from(vec![7; 3 * ONE_PIECE + 5]);
        let (url, server) = serve_once(
            b"HTTP/1.1 200 OK\r\nX-One: a\r\nContent-Length: 3\r\n\r\n[0]",
            content.len(),
        )
        .await;
        let response = transport(Duration::from_secs(60))
            .send(HttpRequest::post(url, content.clone()))
            .await
            .unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-one"), Some("a"));
        assert_eq!(response.body.length(), Some(3));
        assert_eq!(response.body.collect(10).await.unwrap().unwrap(), "[0]");
        let got = server.await.unwrap();
        let text = String::from_utf8_lossy(&got).to_lowercase();
        assert!(
            text.contains(&format!("content-length: {}", content.len())),
            "{}",
            &text[..300]
        );
        assert!(text.contains(concat!("user-agent: megarc/", env!("CARGO_PKG_VERSION"))));
        assert!(!text.contains("expect:"));
        assert!(got.ends_with(&content));
    }

    #[tokio::test]
    async fn a_body_that_stops_short_is_an_error() {
        let (url, _server) =
            serve_once(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n[0", 0).await;
        let response = transport(Duration::from_secs(60))
            .send(HttpRequest::get(url))
            .await
            .unwrap();
        let error = response.body.collect(100).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Broken);
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }

    #[tokio::test]
    async fn silence_is_a_time_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cs?sid=SECRET", listener.local_addr().unwrap());
        let error = transport(Duration::from_millis(50))
            .send(HttpRequest::post(url, "x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::TimedOut);
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }

    #[tokio::test]
    async fn a_refused_connection_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cs?sid=SECRET", listener.local_addr().unwrap());
        drop(listener);
        let error = transport(Duration::from_secs(60))
            .send(HttpRequest::get(url))
            .await
            .unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Connect);
        assert!(error.to_string().contains("refused"), "{error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }

    #[tokio::test]
    async fn redirects_that_change_the_method_are_not_followed() {
        let (url, _server) = serve_once(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            1,
        )
        .await;
        let mut response = transport(Duration::from_secs(60))
            .send(HttpRequest::post(url, "x"))
            .await
            .unwrap();
        assert_eq!(response.status, 302);
        assert!(response.body.next().await.is_none());
    }

    #[tokio::test]
    async fn compressed_answers_are_unpacked() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 23\r\n\r\n\
            \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x8b\x36\x88\x05\x00\xf9\x03\x34\x55\x03\x00\x00\x00";
        let (url, server) = serve_once(answer, 1).await;
        let response = transport(Duration::from_secs(60))
            .send(HttpRequest::post(url, "x"))
            .await
            .unwrap();
        assert_eq!(response.body.length(), None);
        assert_eq!(response.body.collect(10).await.unwrap().unwrap(), "[0]");
        let got = String::from_utf8(server.await.unwrap()).unwrap();
        assert!(
            got.to_lowercase().contains("accept-encoding: gzip"),
            "{got}"
        );
    }

    #[tokio::test]
    async fn a_body_that_stalls_is_a_time_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/dl/x", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 4096]).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n[0";
            connection.write_all(answer).await.unwrap();
            connection
        });
        let response = transport(Duration::from_secs(1))
            .send(HttpRequest::get(url))
            .await
            .unwrap();
        let error = response.body.collect(100).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::TimedOut);
        drop(server.await.unwrap());
    }
}
