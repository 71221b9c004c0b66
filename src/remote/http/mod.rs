//! Web servers as a read-only remote: ordinary index pages are listings, `HEAD`
//! says size and time, files are read with `GET` and ranges.
//!
//! An [`Entry`]'s id is its absolute address as the server wrote it, so that a
//! name which had to be changed to be shown can still be read.

mod client;
pub mod index;
pub mod name;
mod web;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, LAST_MODIFIED, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

pub use client::{Wire, reason_of};
use client::{client, invalid, send};
pub use web::{Web, WebFile, shown};

use super::Destination;
use super::encoding::Encoding;
use super::{
    ByteStream, Entry, EntryId, EntryKind, ErrorKind, Features, NewFile, Remote, RemoteError,
    RemotePath, Result, Span,
};

/// Requests for file details running at the same time in one listing.
const HEADS: usize = 8;
/// The largest index page that is read, in bytes.
const PAGE_MAX: usize = 64 << 20;
/// What stays as it is in an element of an address.
const ELEMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'&');

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
    /// Headers of requests that fetch files.
    pub download_headers: Vec<(String, String)>,
    /// Hears requests and answers.
    pub wire: Option<Arc<dyn Wire>>,
}

/// Prepares a client's connections, beside what is said in the options.
pub type Setup = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;
/// Ends when a request may be sent.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A web server.
pub struct Http {
    client: Client,
    base: Url,
    options: HttpOptions,
}

/// What a `HEAD` told.
struct Details {
    size: Option<u64>,
    modified: Option<Timestamp>,
    html: bool,
}

impl Http {
    /// A remote over `options.url`; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the address or a header is none.
    pub fn new(options: HttpOptions) -> Result<Self> {
        let mut text = options.url.clone();
        if !text.ends_with('/') {
            text.push('/');
        }
        let base = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                invalid(format!(
                    "'{}' is no address of a web server",
                    without_secrets(&options.url)
                ))
            })?;
        let client = client(&options, Policy::none())?;
        Ok(Self {
            client,
            base,
            options,
        })
    }

    /// The address of a path; that of a directory ends in `/`.
    fn address(&self, path: &RemotePath, dir: bool) -> Url {
        let mut url = self.base.clone();
        let mut text = url.path().to_owned();
        for element in path.elements() {
            let stored = Encoding::NONE.from_standard_text(element);
            if self.options.no_escape {
                text.push_str(&stored);
            } else {
                text.extend(utf8_percent_encode(&stored, ELEMENT));
            }
            text.push('/');
        }
        if !dir && !path.is_root() {
            text.pop();
        }
        url.set_path(&text);
        url
    }

    fn entry_address(&self, entry: &Entry) -> Url {
        entry
            .id
            .as_ref()
            .and_then(|id| Url::parse(id.as_str()).ok())
            .unwrap_or_else(|| self.address(&entry.path, entry.is_dir()))
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        op: &'static str,
        path: &RemotePath,
    ) -> Result<Response> {
        send(&self.client, request, &self.options)
            .await
            .map_err(|why| {
                RemoteError::new(ErrorKind::Network, op, path.as_str())
                    .because(why)
                    .retry_later(Duration::from_millis(500))
            })
    }

    async fn head(&self, url: Url, path: &RemotePath) -> Result<Response> {
        self.send(self.client.head(url), "asking for", path).await
    }

    /// The file or directory at `path`, as `HEAD` tells it.
    async fn look_up(&self, path: &RemotePath) -> Result<Entry> {
        let url = self.address(path, false);
        let response = self.head(url.clone(), path).await?;
        let status = response.status();
        if status.is_redirection() {
            let target = response
                .headers()
                .get(LOCATION)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("");
            if target
                .split(['?', '#'])
                .next()
                .is_some_and(|target| target.ends_with('/'))
            {
                return Ok(Entry::dir(path.clone()));
            }
            // Somewhere else altogether: reading it follows.
            return Ok(Entry::file(path.clone(), None));
        }
        if status.is_success() {
            let details = details(&response);
            if self.options.no_slash && details.html {
                return Ok(Entry::dir(path.clone()));
            }
            return Ok(file(path.clone(), &url, Some(&details)));
        }
        if status == StatusCode::NOT_FOUND {
            let dir = self.head(self.address(path, true), path).await?;
            if dir.status().is_success() {
                return Ok(Entry::dir(path.clone()));
            }
        }
        Err(refused(status, ErrorKind::NotFound, "asking for", path))
    }

    /// The same without `HEAD`: the directory above says what it is.
    async fn look_up_in_parent(&self, path: &RemotePath) -> Result<Entry> {
        let parent = Entry::dir(path.parent().unwrap_or_default());
        let not_found = || RemoteError::new(ErrorKind::NotFound, "looking for", path.as_str());
        let listed = self
            .list(&parent)
            .await
            .map_err(|e| if e.is_not_found() { not_found() } else { e })?;
        listed
            .into_iter()
            .find(|entry| entry.path == *path)
            .ok_or_else(not_found)
    }

    async fn page(&self, dir: &Entry) -> Result<(Url, String)> {
        let path = &dir.path;
        let mut url = self.entry_address(dir);
        if !self.options.no_slash && !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let response = self
            .send(self.client.get(url.clone()), "listing", path)
            .await?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, ErrorKind::DirNotFound, "listing", path));
        }
        if !is_html(&response) {
            let kind = response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("");
            return Err(
                RemoteError::new(ErrorKind::Invalid, "listing", path.as_str())
                    .because(format!("can't parse content type {kind:?}: no index page")),
            );
        }
        let mut page = Vec::new();
        let mut body = response.bytes_stream();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|e| {
                RemoteError::new(ErrorKind::Network, "listing", path.as_str())
                    .because(reason(&e.without_url()))
            })?;
            if page.len() + piece.len() > PAGE_MAX {
                return Err(
                    RemoteError::new(ErrorKind::Invalid, "listing", path.as_str())
                        .because(format!("index page of more than {PAGE_MAX} bytes")),
                );
            }
            page.extend_from_slice(&piece);
        }
        Ok((url, String::from_utf8_lossy(&page).into_owned()))
    }

    /// Fills in size and time of a listed file; `None` when it cannot be had.
    async fn detailed(&self, entry: Entry, url: Url) -> Option<Entry> {
        if entry.is_dir() || self.options.no_head {
            return Some(entry);
        }
        let response = match self.head(url.clone(), &entry.path).await {
            Ok(response) if response.status().is_success() => response,
            Ok(response) => {
                let status = response.status();
                tracing::error!(object = %entry.path, "Skipping because of error: HTTP Error: {status}");
                return None;
            }
            Err(error) => {
                tracing::error!(object = %entry.path, "Skipping because of error: {error}");
                return None;
            }
        };
        let details = details(&response);
        if self.options.no_slash && details.html {
            return Some(Entry {
                id: Some(EntryId::new(url.as_str())),
                ..Entry::dir(entry.path)
            });
        }
        Some(file(entry.path, &url, Some(&details)))
    }
}

#[async_trait]
impl Remote for Http {
    fn describe(&self, path: &RemotePath) -> String {
        without_secrets(self.address(path, true).as_str())
    }

    fn features(&self) -> Features {
        Features {
            read_only: true,
            modified: Some(Duration::from_secs(1)),
            ids: false,
            ..Features::default()
        }
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        if path.is_root() {
            return Ok(Entry::dir(RemotePath::root()));
        }
        if self.options.no_head {
            self.look_up_in_parent(path).await
        } else {
            self.look_up(path).await
        }
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        let (url, page) = self.page(dir).await?;
        let found = index::links(&url, &page).into_iter().filter_map(|link| {
            let path = dir
                .path
                .child(&Encoding::NONE.to_standard(&link.name))
                .ok()?;
            let id = Some(EntryId::new(link.url.as_str()));
            let entry = if link.is_dir {
                Entry::dir(path)
            } else {
                Entry::file(path, None)
            };
            Some(self.detailed(Entry { id, ..entry }, link.url))
        });
        let requests: Vec<_> = found.collect();
        let entries = stream::iter(requests)
            .buffered(HEADS)
            .filter_map(std::future::ready);
        Ok(entries.collect().await)
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        let path = &file.path;
        let mut request = self.client.get(self.entry_address(file));
        for (name, value) in &self.options.download_headers {
            request = request.header(name, value);
        }
        let wanted = span.filter(|span| span.offset > 0 || span.length.is_some());
        if let Some(span) = wanted {
            let last = match span.length {
                Some(0) => return Ok(stream::empty().boxed()),
                Some(length) => span.offset.saturating_add(length - 1).to_string(),
                None => String::new(),
            };
            request = request.header(RANGE, format!("bytes={}-{last}", span.offset));
        }
        let response = self.send(request, "reading", path).await?;
        let status = response.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(stream::empty().boxed());
        }
        if !status.is_success() {
            return Err(refused(status, ErrorKind::NotFound, "reading", path));
        }
        if wanted.is_some() && status != StatusCode::PARTIAL_CONTENT {
            return Err(
                RemoteError::new(ErrorKind::Unsupported, "reading part of", path.as_str())
                    .because("the server answers ranges with the whole file"),
            );
        }
        // Without a length an end of the body is all there is to go by; with
        // one, HTTP's own framing fails a short body.
        let expected = if wanted.is_none() { file.size } else { None };
        Ok(checked(response, expected, path.clone()))
    }

    async fn write(&self, to: &Destination, _: NewFile) -> Result<Entry> {
        Err(read_only("writing", &to.path))
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        Err(read_only("creating directory", dir))
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        Err(read_only("removing", &entry.path))
    }
}

/// The body, with an error at its end unless it had the expected length.
fn checked(response: Response, expected: Option<u64>, path: RemotePath) -> ByteStream {
    let failed = |path: &RemotePath, why: String| {
        RemoteError::new(ErrorKind::Network, "reading", path.as_str())
            .because(why)
            .retry_later(Duration::from_millis(500))
    };
    let body = response.bytes_stream().boxed();
    stream::unfold(Some((body, 0u64, path)), move |state| async move {
        let (mut body, mut seen, path) = state?;
        match body.next().await {
            Some(Ok(piece)) => {
                seen += piece.len() as u64;
                Some((Ok(piece), Some((body, seen, path))))
            }
            Some(Err(error)) => Some((Err(failed(&path, reason(&error.without_url()))), None)),
            None => match expected {
                Some(expected) if expected != seen => Some((
                    Err(failed(
                        &path,
                        format!("{seen} bytes came instead of {expected}"),
                    )),
                    None,
                )),
                _ => None,
            },
        }
    })
    .fuse()
    .boxed()
}

fn read_only(op: &'static str, path: &RemotePath) -> RemoteError {
    RemoteError::new(ErrorKind::PermissionDenied, op, path.as_str())
        .because("http remotes are read only")
}

fn refused(
    status: StatusCode,
    not_found: ErrorKind,
    op: &'static str,
    path: &RemotePath,
) -> RemoteError {
    let kind = match status.as_u16() {
        404 | 410 => return RemoteError::new(not_found, op, path.as_str()),
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        429 => ErrorKind::RateLimited,
        _ => ErrorKind::Network,
    };
    let error = RemoteError::new(kind, op, path.as_str()).because(format!("HTTP Error: {status}"));
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        error.retry_later(Duration::from_secs(1))
    } else {
        error
    }
}

fn file(path: RemotePath, url: &Url, details: Option<&Details>) -> Entry {
    Entry {
        path,
        kind: EntryKind::File,
        size: details.and_then(|d| d.size),
        modified: details.and_then(|d| d.modified),
        id: Some(EntryId::new(url.as_str())),
    }
}

fn details(response: &Response) -> Details {
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    Details {
        // Not content_length(): the body of a HEAD answer is empty.
        size: header(reqwest::header::CONTENT_LENGTH).and_then(|v| v.trim().parse().ok()),
        modified: header(LAST_MODIFIED).and_then(parse_date),
        html: is_html(response),
    }
}

fn is_html(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or("").trim();
            kind.eq_ignore_ascii_case("text/html")
        })
}

fn parse_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// An address without user and password.
fn without_secrets(text: &str) -> String {
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

/// The innermost cause: "connection refused" instead of "error sending request".
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
