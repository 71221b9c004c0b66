//! What a web server answers: details of a file, its bytes, or a refusal.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LAST_MODIFIED};
use reqwest::{Response, StatusCode};

use crate::remote::{ByteStream, ErrorKind, RemoteError, RemotePath};

/// What a `HEAD` told.
pub(super) struct Details {
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Timestamp>,
    pub(super) html: bool,
}

/// The body, with an error at its end unless it had the expected length.
pub(super) fn checked(response: Response, expected: Option<u64>, path: RemotePath) -> ByteStream {
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

pub(super) fn refused(
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

pub(super) fn details(response: &Response) -> Details {
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    Details {
        // Not content_length(): the body of a HEAD answer is empty.
        size: header(CONTENT_LENGTH).and_then(|v| v.trim().parse().ok()),
        modified: header(LAST_MODIFIED).and_then(parse_date),
        html: is_html(response),
    }
}

pub(super) fn is_html(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or("").trim();
            kind.eq_ignore_ascii_case("text/html")
        })
}

pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// The innermost cause: "connection refused" instead of "error sending request".
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
