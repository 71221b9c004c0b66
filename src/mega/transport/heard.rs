//! A transport with somebody who hears all that goes through it (`--dump`).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};

use super::{BodyStream, HttpRequest, HttpResponse, Method, Transport, TransportError, redact_url};

/// A longer answer is not kept for whoever listens.
const LONGEST: usize = 1 << 20;

/// Hears requests and answers. What it is told holds session ids and keys: it
/// has to know what may be shown of it.
pub trait Wire: Send + Sync {
    /// A request goes out; its number is returned. The path of an upload or
    /// download address is cut already.
    fn request(&self, line: &str, headers: &[(String, String)], body: &Bytes) -> u64;

    /// An answer begins.
    fn answer(&self, number: u64, status: u16, headers: &[(String, String)]);

    /// No answer came.
    fn failed(&self, number: u64, why: &str);

    /// An answer has ended, whole or not; without a body it was too long.
    fn content(&self, number: u64, body: Option<&Bytes>, length: u64);

    /// Whether the bodies of answers are wanted.
    fn wants_content(&self) -> bool;
}

/// Passes everything on, and tells it.
pub struct Heard {
    inner: Arc<dyn Transport>,
    wire: Arc<dyn Wire>,
}

impl Heard {
    /// `inner`, with `wire` listening.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, wire: Arc<dyn Wire>) -> Self {
        Self { inner, wire }
    }
}

#[async_trait]
impl Transport for Heard {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect();
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let line = format!("{method} {}?{query}", redact_url(&request.url));
        let number = self
            .wire
            .request(line.trim_end_matches('?'), &headers, &request.body);
        let answer = self.inner.send(request).await;
        let mut response = answer.inspect_err(|error| self.wire.failed(number, &error.what))?;
        self.wire.answer(number, response.status, &response.headers);
        if self.wire.wants_content() {
            let length = response.body.length();
            let kept = keep(response.body, Arc::clone(&self.wire), number);
            response.body = BodyStream::new(kept, length);
        }
        Ok(response)
    }
}

/// The same pieces; all of them together are told when they are through, or
/// when nobody wants more of them.
fn keep(
    body: BodyStream,
    wire: Arc<dyn Wire>,
    number: u64,
) -> impl Stream<Item = Result<Bytes, TransportError>> {
    let kept = Kept {
        wire,
        number,
        bytes: BytesMut::new(),
        length: 0,
    };
    stream::unfold((body, kept), |(mut body, mut kept)| async move {
        let piece = body.next().await?;
        if let Ok(piece) = &piece {
            kept.length += piece.len() as u64;
            if kept.length <= LONGEST as u64 {
                kept.bytes.extend_from_slice(piece);
            }
        }
        Some((piece, (body, kept)))
    })
    .fuse()
}

struct Kept {
    wire: Arc<dyn Wire>,
    number: u64,
    bytes: BytesMut,
    length: u64,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes).freeze();
        let whole = (self.length <= LONGEST as u64).then_some(&bytes);
        self.wire.content(self.number, whole, self.length);
    }
}
