//! Single files of web servers, by their addresses.

use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use reqwest::header::{CONTENT_DISPOSITION, LAST_MODIFIED};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::super::{ByteStream, ErrorKind, RemoteError, RemotePath, Result};
use super::answer::{checked, parse_date};
use super::client::{client, send};
use super::name;
use super::options::{HttpOptions, follow};

/// Fetches files by their addresses.
pub struct Web {
    client: Client,
    options: HttpOptions,
}

/// A file that a server has begun to send.
pub struct WebFile {
    /// Its name by the address that it came from, in standard form.
    pub name: Option<String>,
    /// Its name as the server gives it in `Content-Disposition`.
    pub given: Option<String>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// When it was changed, as the server says.
    pub modified: Option<Timestamp>,
    /// Its bytes; a clean end has the right length where one was announced.
    pub content: ByteStream,
}

impl Web {
    /// Fetches with these options; those about listings do not matter.
    ///
    /// # Errors
    /// The connections cannot be prepared as asked for.
    pub fn new(options: &HttpOptions) -> Result<Self> {
        Ok(Self {
            client: client(options, Policy::custom(follow))?,
            options: options.clone(),
        })
    }

    /// Asks for the file at `address`, and follows where the server sends.
    ///
    /// # Errors
    /// No address of a web server, no answer, or one without the file.
    pub async fn get(&self, address: &str) -> Result<WebFile> {
        let url = parse(address).map_err(|why| {
            RemoteError::new(ErrorKind::Invalid, "fetching", "")
                .because(format!("Get {:?}: {why}", shown(address)))
        })?;
        let mut request = self.client.get(url);
        for (name, value) in &self.options.download_headers {
            request = request.header(name, value);
        }
        let response = send(&self.client, request, &self.options)
            .await
            .map_err(|why| {
                RemoteError::new(ErrorKind::Network, "fetching", "")
                    .because(format!("Get {:?}: {why}", shown(address)))
                    .retry_later(Duration::from_millis(500))
            })?;
        let status = response.status();
        if !status.is_success() {
            return Err(RemoteError::new(ErrorKind::Network, "fetching", "")
                .because(format!("CopyURL failed: {status}")));
        }
        let header = |name| response.headers().get(name);
        let modified = header(LAST_MODIFIED).and_then(|value| parse_date(value.to_str().ok()?));
        let given = header(CONTENT_DISPOSITION)
            .and_then(|value| name::harmless(&name::in_header(value.as_bytes())?));
        let path: Vec<u8> = percent_decode_str(response.url().path()).collect();
        let size = response.content_length();
        Ok(WebFile {
            name: name::harmless(&path),
            given,
            size,
            modified,
            content: checked(response, size, RemotePath::root()),
        })
    }
}

/// The address, or why it is none of a web server.
fn parse(address: &str) -> std::result::Result<Url, String> {
    let parsed = Url::parse(address);
    let scheme = parsed.as_ref().map_or("", Url::scheme);
    match &parsed {
        Ok(url) if matches!(scheme, "http" | "https") => Ok(url.clone()),
        Err(why) if address.contains("://") => Err(why.to_string()),
        _ => Err(format!("unsupported protocol scheme {scheme:?}")),
    }
}

/// An address for messages: a password does not belong there, and what follows
/// a question mark is often one, too.
#[must_use]
pub fn shown(address: &str) -> String {
    let (head, query) = match address.split_once(['?', '#']) {
        Some((head, _)) => (head, "?…"),
        None => (address, ""),
    };
    let head = match Url::parse(head) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.to_string()
        }
        Ok(url) if url.has_host() => head.to_owned(),
        _ => match head.rsplit_once('@') {
            Some((_, host)) => format!("***@{host}"),
            None => head.to_owned(),
        },
    };
    head + query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_secrets() {
        for (address, expected) in [
            ("http://h/a.txt", "http://h/a.txt"),
            ("http://me:secret@h/a", "http://me:***@h/a"),
            ("https://h/a?sig=secret", "https://h/a?…"),
            ("https://h/a#secret", "https://h/a?…"),
            ("foo", "foo"),
            ("me:secret@h/a", "***@h/a"),
        ] {
            assert_eq!(shown(address), expected);
        }
    }
}
