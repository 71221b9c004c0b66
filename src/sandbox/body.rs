//! Response bodies: text, stored content, and node lists written as they leave.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::store::blobs::locked;

/// Bytes in one piece of a body.
pub const PIECE: usize = 256 << 10;

/// Something that gives the bytes of a body piece by piece.
pub trait Source: Send {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Breaks the connection off.
    fn next(&mut self) -> std::io::Result<Option<Bytes>>;
}

/// A response body.
pub struct Reply {
    kind: Kind,
    left: Option<u64>,
}

enum Kind {
    Whole(Option<Bytes>),
    Pieces(Box<dyn Source>),
    Parcel(Pin<Box<dyn futures_util::Stream<Item = std::io::Result<Bytes>> + Send>>),
}

impl Reply {
    /// A body that is there at once.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            left: Some(bytes.len() as u64),
            kind: Kind::Whole(Some(bytes)),
        }
    }

    /// A body given piece by piece, of a known length or not.
    pub fn pieces(source: impl Source + 'static, length: Option<u64>) -> Self {
        Self {
            kind: Kind::Pieces(Box::new(source)),
            left: length,
        }
    }

    /// A body that comes in its own time: slow and broken ones.
    pub fn stream(
        stream: impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self {
            kind: Kind::Parcel(Box::pin(stream)),
            left: length,
        }
    }

    /// The length that the response announces.
    pub fn length(&self) -> Option<u64> {
        self.left
    }

    /// Turns any body into a stream, for faults that alter it.
    pub fn into_stream(
        self,
    ) -> Pin<Box<dyn futures_util::Stream<Item = std::io::Result<Bytes>> + Send>> {
        match self.kind {
            Kind::Whole(bytes) => Box::pin(futures_util::stream::iter(bytes.map(Ok))),
            Kind::Pieces(source) => {
                Box::pin(futures_util::stream::unfold(source, |mut source| async {
                    source.next().transpose().map(|piece| (piece, source))
                }))
            }
            Kind::Parcel(stream) => stream,
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = self.get_mut();
        let piece = match &mut this.kind {
            Kind::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok),
            Kind::Pieces(source) => source.next().transpose(),
            Kind::Parcel(stream) => match stream.as_mut().poll_next(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        if let (Some(left), Some(Ok(piece))) = (&mut this.left, &piece) {
            *left = left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            _ => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

/// Buffers that are used again: fresh memory costs the system more than the
/// bytes that go through it. They begin where a page begins, as the pages of a
/// file do: copied a few bytes further, they would take three times as long on
/// some processors.
#[derive(Clone, Default)]
pub struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer that returns to its pool when the last reader lets go.
pub struct Lent {
    buffer: Vec<u8>,
    begin: usize,
    length: usize,
    pool: Pool,
}

/// Where buffers begin: at a multiple of this.
const PAGE: usize = 4 << 10;
/// Buffers kept for later use.
const MOST_KEPT: usize = 64;

impl Pool {
    /// A buffer of `length` bytes, at most [`PIECE`].
    pub fn lend(&self, length: usize) -> Lent {
        let mut buffer = locked(&self.0).pop().unwrap_or_default();
        if buffer.len() < length + PAGE {
            buffer.resize(PIECE.max(length) + PAGE, 0);
        }
        Lent {
            begin: buffer.as_ptr().addr().wrapping_neg() % PAGE,
            buffer,
            length,
            pool: self.clone(),
        }
    }
}

impl Lent {
    /// The bytes, to be filled.
    pub fn fill(&mut self) -> &mut [u8] {
        let end = self.begin + self.length;
        self.buffer.get_mut(self.begin..end).unwrap_or_default()
    }

    /// The bytes, to be sent.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        let end = self.begin + self.length;
        self.buffer.get(self.begin..end).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut kept = locked(&self.pool.0);
        if kept.len() < MOST_KEPT {
            kept.push(std::mem::take(&mut self.buffer));
        }
    }
}
