//! What is set for a web server, and how it is asked.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::redirect::{Action, Attempt, Policy};
use tokio::sync::Semaphore;

use super::client::{Wire, invalid};
use crate::remote::Result;

/// So often a request is sent on.
const REDIRECTS: usize = 10;

/// The options of an http remote, with rclone's names.
#[derive(Clone, Default)]
pub struct HttpOptions {
    /// The address of the root; user and password may stand in it.
    pub url: String,
    /// Headers sent with every request.
    pub headers: Vec<(String, String)>,
    /// No `HEAD` requests: sizes and times stay unknown.
    pub no_head: bool,
    /// Directories have no final `/`: every HTML document counts as one.
    pub no_slash: bool,
    /// Address elements are sent as they are.
    pub no_escape: bool,
    /// `User-Agent`.
    pub user_agent: String,
    /// Longest silence of the server; zero means for ever.
    pub timeout: Duration,
    /// Longest time for a connection to stand; zero means for ever.
    pub contimeout: Duration,
    /// Certificates, proxies, headers.
    pub setup: Option<Setup>,
    /// Asked before every request.
    pub gate: Option<Gate>,
    /// As many requests may wait for their answers at a time.
    pub turns: Option<Arc<Semaphore>>,
    /// Headers of requests that fetch files.
    pub download_headers: Vec<(String, String)>,
    /// Hears requests and answers.
    pub wire: Option<Arc<dyn Wire>>,
}

/// Prepares a client's connections, beside what is said in the options.
pub type Setup = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;
/// Ends when a request may be sent.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

impl HttpOptions {
    /// The address of the root.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::remote::ErrorKind::Invalid) when it is none.
    pub(super) fn base(&self) -> Result<Url> {
        let mut text = self.url.clone();
        if !text.ends_with('/') {
            text.push('/');
        }
        Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                invalid(format!(
                    "'{}' is no address of a web server",
                    without_secrets(&self.url)
                ))
            })
    }

    /// Where the files of this server may lie. A header may hold a key: it is
    /// for this server alone.
    pub(super) fn redirects(&self) -> Policy {
        let stay = !self.headers.is_empty() || !self.download_headers.is_empty();
        Policy::custom(move |attempt| {
            let from = attempt.previous().last();
            let elsewhere = from.is_none_or(|from| from.origin() != attempt.url().origin());
            if stay && elsewhere {
                attempt.stop()
            } else {
                follow(attempt)
            }
        })
    }
}

/// Goes where the server sends, but from https nowhere that others can read
/// along.
pub(super) fn follow(attempt: Attempt<'_>) -> Action {
    let from = attempt.previous().last().map(Url::scheme);
    if from == Some("https") && attempt.url().scheme() != "https" {
        return attempt
            .error("the server redirects from https to an address that is not encrypted");
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("stopped after {REDIRECTS} redirects"));
    }
    attempt.follow()
}

/// Values of headers may be secrets.
impl std::fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpOptions")
            .field("url", &without_secrets(&self.url))
            .finish_non_exhaustive()
    }
}

/// An address without user and password.
pub(super) fn without_secrets(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => match text.rsplit_once('@') {
            Some((_, host)) => host.to_owned(),
            None => text.to_owned(),
        },
    }
}
