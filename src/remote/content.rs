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

/// A whole read that can go on behind what an earlier try has left, be it one
/// of this process or of another one.
#[async_trait]
pub trait Resumable: Send + Sync {
    /// A number for this very content of the store: an unfinished file is
    /// found again by it, and never continued with another content.
    fn mark(&self) -> u32;

    /// Reads on behind the bytes in `prefix`, which need not be right: returns
    /// how many of them stay, and the stream of what follows. Its clean end
    /// vouches for both together.
    ///
    /// # Errors
    /// The prefix cannot be read; as [`super::Remote::read`].
    async fn after(&self, prefix: Arc<dyn ReadAt>) -> Result<(u64, ByteStream), RemoteError>;
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
    /// Lets a store that finds the file begun go on with it; `content` is not
    /// touched then.
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
