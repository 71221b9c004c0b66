//! The connections to web servers: prepared as asked for, and overheard where
//! that is wanted.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use super::super::{ErrorKind, RemoteError, Result};
use super::HttpOptions;
use super::answer::reason;

/// Hears requests and answers (`--dump`). What it is told may hold passwords.
pub trait Wire: Send + Sync {
    /// A request goes out; its number is returned.
    fn request(&self, line: &str, headers: &[(String, String)]) -> u64;

    /// An answer begins.
    fn answer(&self, number: u64, status: u16, headers: &[(String, String)]);

    /// No answer came.
    fn failed(&self, number: u64, why: &str);
}

/// The usual words for a status; empty for one that has none.
#[must_use]
pub fn reason_of(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("")
}

/// The connections that `options` ask for.
pub(super) fn client(options: &HttpOptions, redirects: Policy) -> Result<Client> {
    // The process may have chosen a provider already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    for (name, value) in &options.headers {
        let field = HeaderName::try_from(name.as_str())
            .map_err(|e| invalid(format!("header '{name}': {e}")))?;
        let mut value = HeaderValue::try_from(value.as_str())
            .map_err(|e| invalid(format!("header '{name}': {e}")))?;
        value.set_sensitive(true);
        headers.append(field, value);
    }
    let mut builder = Client::builder()
        .default_headers(headers)
        .user_agent(&options.user_agent)
        .redirect(redirects)
        // Packed content would have another length than HEAD promised.
        .no_gzip();
    if !options.contimeout.is_zero() {
        builder = builder.connect_timeout(options.contimeout);
    }
    if !options.timeout.is_zero() {
        builder = builder.read_timeout(options.timeout);
    }
    if let Some(setup) = &options.setup {
        builder = setup(builder);
    }
    builder
        .build()
        .map_err(|e| invalid(e.without_url().to_string()))
}

/// Sends a request when it may go; a failure is told without the address.
pub(super) async fn send(
    client: &Client,
    request: reqwest::RequestBuilder,
    options: &HttpOptions,
) -> std::result::Result<Response, String> {
    // Content is not held back: whoever compares two files reads both at once.
    let _turn = match &options.turns {
        Some(turns) => turns.acquire().await.ok(),
        None => None,
    };
    if let Some(gate) = &options.gate {
        gate().await;
    }
    let words = |error: reqwest::Error| reason(&error.without_url());
    let request = request.build().map_err(words)?;
    let wire = options.wire.as_ref().map(|wire| {
        let line = format!("{} {}", request.method(), request.url());
        (wire, wire.request(&line, &shown_headers(request.headers())))
    });
    let response = client.execute(request).await.map_err(words);
    if let Some((wire, number)) = wire {
        match &response {
            Ok(response) => {
                let headers = shown_headers(response.headers());
                wire.answer(number, response.status().as_u16(), &headers);
            }
            Err(why) => wire.failed(number, why),
        }
    }
    response
}

fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

pub(super) fn invalid(why: String) -> RemoteError {
    RemoteError::new(ErrorKind::Invalid, "opening", "http remote").because(why)
}
