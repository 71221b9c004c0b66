//! Where the bytes of an upload come from, and who is told how it goes.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use super::error::Error;
pub use super::transport::Pace;

/// Why a source could not be read, in its own words.
pub type SourceError = Box<dyn StdError + Send + Sync>;

/// Bytes in order, once.
pub type SourceStream = Pin<Box<dyn Stream<Item = Result<Bytes, SourceError>> + Send>>;

/// A file's decrypted bytes in order. A clean end of a whole file means that
/// length and MAC were right.
pub type ContentStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// A source that can be read at any offset and again.
pub trait ReadAt: Send + Sync {
    /// The size in bytes when it was opened.
    fn size(&self) -> u64;

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the source has become shorter; any I/O error.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Fails when the source is no longer what was opened.
    ///
    /// # Errors
    /// Says what changed.
    fn check_unchanged(&self) -> Result<(), SourceError>;

    /// What it is, where a later run can find that out again.
    fn identity(&self) -> Option<Identity> {
        None
    }
}

/// What a source is, for telling in another run whether it is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Where it is found.
    pub place: String,
    /// What differs when something else stands there, or the same was changed.
    pub version: String,
}

/// The content of a file to upload.
pub enum Source {
    /// In order, once.
    Stream(SourceStream),
    /// At any offset, any number of times.
    Random(Arc<dyn ReadAt>),
}

/// Is told of every piece that has arrived, and may hold the transfer back.
#[async_trait]
pub trait Progress: Send + Sync {
    /// `bytes` more have arrived.
    ///
    /// # Errors
    /// The transfer shall end here; it comes back as [`crate::mega::Error::Source`].
    async fn passed(&self, bytes: u64) -> Result<(), SourceError>;

    /// Ends when so many bytes of a piece may leave; `passed` does not wait for
    /// them once more.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// `bytes` that were counted have to be sent again.
    fn rewound(&self, bytes: u64);

    /// `bytes` did not have to be moved: the server had them already.
    fn copied(&self, bytes: u64) {
        let _ = bytes;
    }

    /// `bytes` in all arrived in an earlier run.
    fn kept(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// An unfinished file that a download fills in any order. What stands behind
/// the end of the content is the download's own.
#[async_trait]
pub trait Draft: Send + Sync {
    /// Length in bytes of what an earlier try has left; 0 if it is new.
    fn length(&self) -> u64;

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` behind the end; any I/O error.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes `bytes` to `offset`.
    ///
    /// # Errors
    /// Says what failed, and where.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), SourceError>;

    /// `bytes` in all stand there from an earlier try.
    fn kept(&self, bytes: u64);

    /// `bytes` more have been written; returns when the transfer may go on.
    ///
    /// # Errors
    /// The transfer shall end here.
    async fn passed(&self, bytes: u64) -> Result<(), SourceError>;
}
