//! Reading: a stream in big pieces, or any offset from any thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::super::{ByteStream, ErrorKind, Identity, ReadAt, RemoteError, Result, Span};
use super::link::OpenLink;
use super::spot::Spot;
use super::{blocking, shown, system_words};

/// Bytes read at once: big enough that the system call costs nothing.
const PIECE: usize = 1 << 20;
/// Pieces read ahead of the consumer.
const AHEAD: usize = 2;
/// Long pieces begin at a multiple of this, as a file's pages do: some
/// processors copy three times slower to a place a few bytes behind it, where
/// an allocator's large pieces begin.
pub(super) const PAGE: usize = 4 << 10;

/// How far behind its beginning a page begins in `memory`.
pub(super) fn to_page(memory: &[u8]) -> usize {
    memory.as_ptr().addr().wrapping_neg() % PAGE
}

/// An open file and what it was when opened.
pub(super) struct OpenFile {
    file: File,
    name: String,
    size: u64,
    modified: Option<SystemTime>,
    checked: bool,
}

impl OpenFile {
    /// Opens the file; without `checked` one that changes meanwhile is read
    /// nevertheless, as long as it was.
    pub(super) fn open(os: &Path, name: String, checked: bool) -> Result<Self> {
        let fail = |e: io::Error| {
            let words = format!("open {name}: {}", system_words(&e));
            let mut failure = RemoteError::from_io(e, "opening", name.as_str());
            if failure.kind == ErrorKind::IsFile {
                failure.kind = ErrorKind::NotFound;
            }
            failure.said(words)
        };
        // Without NONBLOCK a pipe put in the file's place would hang us.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
            .open(os)
            .map_err(fail)?;
        let meta = file.metadata().map_err(fail)?;
        if !meta.is_file() {
            let kind = if meta.is_dir() {
                ErrorKind::IsDir
            } else {
                ErrorKind::Unsupported
            };
            return Err(RemoteError::new(kind, "opening", name));
        }
        Ok(Self {
            size: meta.len(),
            modified: meta.modified().ok(),
            file,
            name,
            checked,
        })
    }

    fn changed(&self, what: String) -> RemoteError {
        RemoteError::new(ErrorKind::Changed, "reading", self.name.as_str()).because(format!(
            "can't copy - source file is being updated ({what})"
        ))
    }

    fn failed(&self, error: io::Error) -> RemoteError {
        RemoteError::from_io(error, "reading", self.name.as_str())
    }

    /// Reads up to `length` bytes where the file stands.
    fn piece(&self, length: u64) -> Result<Bytes> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut piece = Vec::new();
        if length < PIECE {
            piece.reserve_exact(length);
        } else {
            piece.reserve_exact(length.saturating_add(PAGE));
            piece.resize(to_page(&piece), 0);
        }
        let begin = piece.len();
        let read = (&self.file).take(length as u64).read_to_end(&mut piece);
        let read = read.map_err(|e| self.failed(e))?;
        if read < length {
            // Shorter than it was: the check has the words for it.
            self.check_unchanged()?;
            return Err(self.changed(format!("{} bytes are missing", length - read)));
        }
        Ok(Bytes::from(piece).slice(begin..))
    }
}

impl ReadAt for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    // The open file keeps its identity: one renamed over its name changes
    // nothing of what is read here.
    fn check_unchanged(&self) -> Result<()> {
        if !self.checked {
            return Ok(());
        }
        let meta = self.file.metadata().map_err(|e| self.failed(e))?;
        if meta.len() != self.size {
            return Err(self.changed(format!("size changed from {} to {}", self.size, meta.len())));
        }
        if meta.modified().ok() != self.modified {
            return Err(self.changed("mod time changed".to_owned()));
        }
        Ok(())
    }

    // The time of the last change of any kind tells a file that was written to
    // and then given its old time.
    fn identity(&self) -> Option<Identity> {
        let meta = self.file.metadata().ok()?;
        Some(Identity {
            place: self.name.clone(),
            version: format!(
                "{} bytes, {}.{:09}, {}.{:09}, {}:{}",
                meta.len(),
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime(),
                meta.ctime_nsec(),
                meta.dev(),
                meta.ino()
            ),
        })
    }
}

/// What a path of the remote stands for, opened.
pub(super) enum Opened {
    File(OpenFile),
    Link(OpenLink),
}

/// Opens a file, or a link that is one here.
pub(super) fn open(spot: &Spot) -> Result<Opened> {
    let name = shown(&spot.path);
    if let Some(link) = spot.link() {
        return OpenLink::open(link, name).map(Opened::Link);
    }
    let checked = !spot.options.no_check_updated;
    OpenFile::open(&spot.os, name, checked).map(Opened::File)
}

fn link_stream(link: &OpenLink, span: Option<Span>) -> ByteStream {
    let target = link.target();
    let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(target.len());
    let (from, length) = span.map_or((0, None), |span| (span.offset, span.length));
    let to = length.map_or(target.len(), |length| place(from.saturating_add(length)));
    let part = target.slice(place(from).min(to)..to);
    stream::iter((!part.is_empty()).then_some(Ok(part))).boxed()
}

/// The bytes of a file, or of part of it.
pub(super) async fn stream(spot: Spot, span: Option<Span>) -> Result<ByteStream> {
    let opened = blocking(move || open(&spot));
    let file = match opened.await? {
        Opened::File(file) => file,
        Opened::Link(link) => return Ok(link_stream(&link, span)),
    };
    let (file, first, left) = blocking(move || {
        let span = span.unwrap_or(Span {
            offset: 0,
            length: None,
        });
        let available = file.size.saturating_sub(span.offset);
        let length = span.length.unwrap_or(available).min(available);
        if span.offset > 0 {
            (&file.file)
                .seek(SeekFrom::Start(span.offset))
                .map_err(|e| file.failed(e))?;
        }
        let first = file.piece(length.min(PIECE as u64))?;
        let left = length - first.len() as u64;
        if left == 0 {
            file.check_unchanged()?;
        }
        Ok((file, first, left))
    })
    .await?;
    // Small files end here, without a thread of their own.
    let first = stream::iter((!first.is_empty()).then_some(Ok(first)));
    if left == 0 {
        return Ok(first.boxed());
    }
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || send_rest(&file, left, &sender));
    let rest = stream::unfold(receiver, |mut receiver| async {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    Ok(first.chain(rest).boxed())
}

/// Reads on until all is sent, something fails, or nobody listens any more.
fn send_rest(file: &OpenFile, mut left: u64, sender: &mpsc::Sender<Result<Bytes>>) {
    while left > 0 {
        let mut piece = file.piece(left.min(PIECE as u64));
        if let Ok(bytes) = &piece {
            left -= bytes.len() as u64;
            if left == 0
                && let Err(changed) = file.check_unchanged()
            {
                piece = Err(changed);
            }
        }
        let failed = piece.is_err();
        if sender.blocking_send(piece).is_err() || failed {
            return;
        }
    }
}
