//! Web servers as a read-only remote: ordinary index pages are listings, `HEAD`
//! says size and time, files are read with `GET` and ranges.
//!
//! An [`Entry`]'s id is its absolute address as the server wrote it, so that a
//! name which had to be changed to be shown can still be read.

mod answer;
mod client;
pub mod index;
pub mod name;
mod options;
mod web;

use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

pub use client::{Wire, reason_of};
pub use options::{Gate, HttpOptions, Setup};
pub use web::{Web, WebFile, shown};

use answer::{Details, checked, details, is_html, reason, refused};
use client::{client, send};
use options::without_secrets;

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

/// A web server.
pub struct Http {
    /// Goes where it is sent.
    client: Client,
    /// Tells where that would be.
    direct: Client,
    base: Url,
    options: HttpOptions,
}

impl Http {
    /// A remote over `options.url`; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the address or a header is none.
    pub fn new(options: HttpOptions) -> Result<Self> {
        Ok(Self {
            base: options.base()?,
            client: client(&options, options.redirects())?,
            direct: client(&options, Policy::none())?,
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
        let written = entry
            .id
            .as_ref()
            .and_then(|id| Url::parse(id.as_str()).ok());
        match written {
            Some(mut url) => {
                // An id is shown: user and password are not in it.
                let _ = url.set_username(self.base.username());
                let _ = url.set_password(self.base.password());
                url
            }
            None => self.address(&entry.path, entry.is_dir()),
        }
    }

    async fn send(
        &self,
        client: &Client,
        request: reqwest::RequestBuilder,
        op: &'static str,
        path: &RemotePath,
    ) -> Result<Response> {
        send(client, request, &self.options).await.map_err(|why| {
            RemoteError::new(ErrorKind::Network, op, path.as_str())
                .because(why)
                .retry_later(Duration::from_millis(500))
        })
    }

    async fn head(&self, url: Url, path: &RemotePath) -> Result<Response> {
        let request = self.client.head(url);
        self.send(&self.client, request, "asking for", path).await
    }

    /// The file or directory at `path`, as `HEAD` tells it.
    async fn look_up(&self, path: &RemotePath) -> Result<Entry> {
        let url = self.address(path, false);
        let asked = self.direct.head(url.clone());
        let mut response = self.send(&self.direct, asked, "asking for", path).await?;
        if response.status().is_redirection() {
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
            response = self.head(url.clone(), path).await?;
        }
        let status = response.status();
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
            .send(&self.client, self.client.get(url.clone()), "listing", path)
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
        let address = self.entry_address(&entry);
        let response = match self.head(address, &entry.path).await {
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
                id: Some(id(&url)),
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
            let id = Some(id(&link.url));
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
        let response = self.send(&self.client, request, "reading", path).await?;
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

/// The address as the server wrote it, without user and password.
fn id(url: &Url) -> EntryId {
    EntryId::new(&without_secrets(url.as_str()))
}

fn file(path: RemotePath, url: &Url, details: Option<&Details>) -> Entry {
    Entry {
        path,
        kind: EntryKind::File,
        size: details.and_then(|d| d.size),
        modified: details.and_then(|d| d.modified),
        id: Some(id(url)),
    }
}

fn read_only(op: &'static str, path: &RemotePath) -> RemoteError {
    RemoteError::new(ErrorKind::PermissionDenied, op, path.as_str())
        .because("http remotes are read only")
}
