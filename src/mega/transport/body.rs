//! The body of an answer, piece by piece as it arrives.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};

use super::TransportError;

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// A stream of the pieces of a body, handed through without copying.
///
/// A clean end says only that the connection ended properly: whoever knows how
/// much should have come compares it with what came.
pub struct BodyStream {
    pieces: Pieces,
    length: Option<u64>,
}

impl BodyStream {
    /// Wraps a stream of pieces; `length` is what the server announced.
    #[must_use]
    pub fn new(
        pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self {
            pieces: Box::pin(pieces),
            length,
        }
    }

    /// A body that is there already.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::new(
            stream::iter((!bytes.is_empty()).then_some(Ok(bytes))),
            Some(length),
        )
    }

    /// The announced length (Content-Length), if there was one and the body
    /// was not compressed on the way.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Puts pieces that were read already back in front.
    #[must_use]
    pub fn with_front(self, front: Bytes) -> Self {
        let length = self.length;
        let pieces = stream::iter((!front.is_empty()).then_some(Ok(front))).chain(self.pieces);
        Self::new(pieces, length)
    }

    /// Reads the whole body, at most `limit` bytes of it.
    ///
    /// # Errors
    /// The body broke off; `None` if it is longer than `limit`.
    pub async fn collect(mut self, limit: usize) -> Result<Option<Bytes>, TransportError> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Some(Bytes::new()));
        };
        let mut second = self.next().await.transpose()?;
        if second.is_none() {
            return Ok((first.len() <= limit).then_some(first));
        }
        let mut whole = BytesMut::from(first);
        while let Some(piece) = second.take() {
            if whole.len() + piece.len() > limit {
                return Ok(None);
            }
            whole.extend_from_slice(&piece);
            second = self.next().await.transpose()?;
        }
        Ok(Some(whole.freeze()))
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
