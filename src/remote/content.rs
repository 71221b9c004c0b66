//! Content on its way from one remote to another.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Entry, Metadata, RemoteError};

/// A file's bytes in order. A clean end of a whole read means *verified*:
/// length and, where the store has one, the content's MAC were right.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, RemoteError>> + Send>>;

/// A source that can be read at any offset, from several threads at once.
///
/// It lets a writer take pieces in parallel, and again after a failed try.
pub trait ReadAt: Send + Sync {
    /// The size in bytes when it was opened.
    fn size(&self) -> u64;

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the source has become shorter; any I/O error.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Fails when the source is no longer what was opened (size, time,
    /// identity), so that a mixture of two contents is never accepted.
    ///
    /// # Errors
    /// [`super::ErrorKind::Changed`].
    fn check_unchanged(&self) -> Result<(), RemoteError>;

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

/// Ends when so many bytes may leave.
pub type Pace = Arc<dyn Fn(u64) -> BoxFuture<'static, ()> + Send + Sync>;

/// Counts the bytes a transfer has moved, and may hold it back.
#[async_trait]
pub trait Meter: Send + Sync {
    /// `bytes` more have arrived at their destination; returns when the
    /// transfer may go on (bandwidth limits wait here).
    ///
    /// # Errors
    /// The transfer shall end here, and nothing of the file may stay.
    async fn passed(&self, bytes: u64) -> Result<(), RemoteError>;

    /// For who can wait in the middle of a piece: ends when so many bytes may
    /// leave. [`Meter::passed`] does not wait for them once more. `None`:
    /// nothing is ever waited for.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// `bytes` counted before have to be sent again.
    fn rewound(&self, bytes: u64);

    /// `bytes` did not have to be moved: the store had them already, and has
    /// copied them by itself.
    fn copied(&self, bytes: u64) {
        let _ = bytes;
    }

    /// `bytes` in all were left by an earlier try, and do not have to be moved
    /// again.
    fn kept(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// A whole read into a file that takes its pieces in any order, and that can
/// go on with what an earlier try has left there, be it one of this process or
/// of another one.
#[async_trait]
pub trait Resumable: Send + Sync {
    /// A number for this very content of the store: an unfinished file is
    /// found again by it, and never continued with another content.
    fn mark(&self) -> u32;

    /// Brings the whole content into `draft`. What stands there is not
    /// believed, and need not be fetched again if it is right. A clean end
    /// vouches for every byte of the content. When it has ended nothing writes
    /// into `draft` any more.
    ///
    /// # Errors
    /// As [`super::Remote::read`]; those of `draft`.
    async fn fill(&self, draft: Arc<dyn Draft>) -> Result<(), RemoteError>;
}

/// An unfinished file that a read fills in any order. What stands behind the
/// end of the content is the reader's own: notes of how far it has come, that
/// are cut off when the file gets its name.
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
    /// No room; any I/O error.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), RemoteError>;

    /// `bytes` in all stand there from an earlier try.
    fn kept(&self, bytes: u64);

    /// `bytes` more have been written; returns when the transfer may go on.
    ///
    /// # Errors
    /// As [`Meter::passed`].
    async fn passed(&self, bytes: u64) -> Result<(), RemoteError>;
}

/// Where a new file's bytes come from.
pub enum Content {
    /// In order, once; `NewFile::size` says how many.
    Stream(ByteStream),
    /// At any offset, any number of times.
    Random(Arc<dyn ReadAt>),
}

/// A file to be written.
pub struct NewFile {
    /// Size in bytes; the write fails when the content has another length.
    /// `None`: unknown, to the end of the stream.
    pub size: Option<u64>,
    /// Modification time to keep with it, if the store can.
    pub modified: Option<Timestamp>,
    /// What else to keep with it, where [`super::Features::metadata`] is set;
    /// its times come before `modified`.
    pub metadata: Option<Metadata>,
    /// The bytes.
    pub content: Content,
    /// The entry that this file replaces, in one step: at no moment is there
    /// neither. `None`: nothing is replaced, not even a file of that name,
    /// where the store allows duplicates.
    pub replace: Option<Entry>,
    /// Told of every piece written.
    pub meter: Option<Arc<dyn Meter>>,
    /// How the unfinished file is called where the store shows it.
    pub partial: Partial,
    /// Lets a store that takes pieces in any order have them so, and go on with
    /// a file that has been begun; `content` is not touched then.
    pub resume: Option<Arc<dyn Resumable>>,
}

/// How a store that shows unfinished files names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partial {
    /// `NAME.<8 digits>SUFFIX` beside the destination, renamed at the end.
    Suffix(String),
    /// Straight into the final name (`--inplace`).
    InPlace,
}

impl Default for Partial {
    fn default() -> Self {
        Self::Suffix(".partial".to_owned())
    }
}

impl NewFile {
    /// A new file of `size` bytes from `content`.
    #[must_use]
    pub fn new(size: Option<u64>, content: Content) -> Self {
        Self {
            size,
            modified: None,
            metadata: None,
            content,
            replace: None,
            meter: None,
            partial: Partial::default(),
            resume: None,
        }
    }
}
