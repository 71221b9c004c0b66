//! Remotes: the one trait over every place that holds files.
//!
//! A remote is rooted at the top of its store (`/` of a disk, the cloud drive
//! of an account); where in it a command works is a [`Location`]. Operations
//! take an [`Entry`], which carries the store's id: a MEGA folder may hold two
//! nodes of one name, and nothing may act on the wrong one.
//!
//! Each store is one file beside this one; [`open`] alone names them all.

pub mod alias;
mod cloud;
pub mod content;
pub mod disabled;
pub mod encoding;
mod entry;
mod error;
mod features;
pub mod http;
mod likeness;
pub mod local;
pub mod mega;
pub mod memory;
pub mod metadata;
pub mod open;
mod path;
pub mod spec;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

pub use cloud::{Cloud, Version};
pub use content::{
    ByteStream, Content, Draft, Identity, Meter, NewFile, Pace, Partial, ReadAt, Resumable,
};
pub use entry::{Entry, EntryId, EntryKind};
pub use error::{ErrorKind, RemoteError, Retry, system_words};
pub use features::{About, Features, LinkOptions, LinkPassword, Transfer};
pub use likeness::{Candidate, Depth, Likeness, Mark};
pub use metadata::Metadata;
pub use path::{PathError, RemotePath};

/// Shorthand for the results of this module.
pub type Result<T> = std::result::Result<T, RemoteError>;

/// A place in a remote where a command works.
#[derive(Clone)]
pub struct Location {
    /// The store.
    pub remote: Arc<dyn Remote>,
    /// The path inside it that the user named.
    pub path: RemotePath,
}

impl Location {
    /// The location for log lines, as rclone words it: `mega root 'dst'`.
    #[must_use]
    pub fn describe(&self) -> String {
        self.remote.describe(&self.path)
    }

    /// Whether both stand in the same store, so that it can copy and move
    /// between them by itself.
    #[must_use]
    pub fn same_store(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.remote, &other.remote)
    }
}

/// Part of a file: `offset..offset + length`, to the end without a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub offset: u64,
    /// Number of bytes; `None`: to the end.
    pub length: Option<u64>,
}

/// Something in a directory that cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// What, and why.
    pub why: String,
    /// The listing has logged it already.
    pub told: bool,
}

/// What a directory holds at any depth, as listings show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many files there are.
    pub files: u64,
    /// How many directories there are.
    pub dirs: u64,
    /// The sizes of all files, in bytes.
    pub bytes: u64,
}

/// A transfer that is about to begin.
#[derive(Debug, Clone, Copy)]
pub enum Coming<'a> {
    /// This file will be read.
    Read(&'a Entry),
    /// A file of so many bytes will be written.
    Write(u64),
}

/// Where a file or directory shall stand.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The full path.
    pub path: RemotePath,
    /// The very directory, when the store may hold several at that path.
    pub parent: Option<EntryId>,
}

impl From<RemotePath> for Destination {
    fn from(path: RemotePath) -> Self {
        Self { path, parent: None }
    }
}

/// A store of files and directories.
///
/// Every method may be called from many tasks at once; a dropped future stops
/// its work and leaves nothing half-made under a final name.
#[async_trait]
pub trait Remote: Send + Sync {
    /// The store and a path in it for messages: `mega root 'dst'`,
    /// `Local file system at /dir`.
    fn describe(&self, path: &RemotePath) -> String;

    /// What this remote can do.
    fn features(&self) -> Features;

    /// The entry at `path`; the first one found where several share it, files
    /// before directories.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when nothing is there.
    async fn stat(&self, path: &RemotePath) -> Result<Entry>;

    /// One whole directory in any order, duplicates included. Without an id,
    /// `dir` stands for all directories at its path and the union is returned.
    ///
    /// # Errors
    /// [`ErrorKind::DirNotFound`]; [`ErrorKind::IsFile`].
    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>>;

    /// What lies in a directory and cannot be listed, because its name, its key
    /// or what it points to could not be read. Whoever copies the directory
    /// must not pass over it in silence.
    ///
    /// # Errors
    /// As [`Remote::list`].
    async fn withheld(&self, dir: &Entry) -> Result<Vec<Withheld>> {
        let _ = dir;
        Ok(Vec::new())
    }

    /// What a directory holds, counted without listing it; `None` where only
    /// listings can tell.
    ///
    /// # Errors
    /// As [`Remote::list`].
    async fn totals(&self, dir: &Entry) -> Result<Option<Totals>> {
        let _ = dir;
        Ok(None)
    }

    /// The bytes of a file. A clean end of a whole read (`span` `None`) means
    /// verified; part of a file cannot be verified.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; on the stream also [`ErrorKind::Corrupt`].
    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream>;

    /// The same file for reading at any offset, where the store can do that
    /// without verification of its own (disk, memory).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    async fn open_random(&self, file: &Entry) -> Result<Option<Arc<dyn ReadAt>>> {
        let _ = file;
        Ok(None)
    }

    /// The same read for whoever may find the file begun; `None` where reading
    /// always starts at the first byte.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    async fn resumable(&self, file: &Entry) -> Result<Option<Arc<dyn Resumable>>> {
        let _ = file;
        Ok(None)
    }

    /// Says what will be transferred soon, where knowing it helps: a store may
    /// ask for the addresses of several files at once. Nothing follows from it.
    fn announce(&self, coming: Coming<'_>) {
        let _ = coming;
    }

    /// Compares a stored file with content at hand, without reading the stored
    /// bytes; [`Features::likeness`] says whether the store can. With
    /// [`Depth::Whole`] an answer is as sure as reading both to their ends.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; those of reading the candidate;
    /// [`ErrorKind::Changed`] when it changed meanwhile.
    async fn likeness(&self, file: &Entry, with: Candidate, depth: Depth) -> Result<Likeness> {
        let _ = (file, with, depth);
        Ok(Likeness::Unknown("the store keeps no sums of its files"))
    }

    /// What the store knows of a file's content without reading it; nothing
    /// where [`Features::likeness`] is not set.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    async fn mark(&self, file: &Entry) -> Result<Mark> {
        let _ = file;
        Ok(Mark::default())
    }

    /// Writes a file, all or nothing, making parents as needed.
    ///
    /// # Errors
    /// Those of the content's source; [`ErrorKind::QuotaExceeded`];
    /// [`ErrorKind::Changed`] when the length is not the announced one.
    async fn write(&self, to: &Destination, file: NewFile) -> Result<Entry>;

    /// Makes a directory with its parents; the existing one if it is there.
    ///
    /// # Errors
    /// [`ErrorKind::IsFile`] when a file is in the way.
    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry>;

    /// Removes one file, or one empty directory.
    ///
    /// # Errors
    /// [`ErrorKind::DirNotEmpty`]; [`ErrorKind::NotFound`].
    async fn remove(&self, entry: &Entry) -> Result<()>;

    /// Removes a directory with all it holds, in one step where the store can.
    /// [`ErrorKind::Unsupported`] asks the caller to do it piece by piece.
    ///
    /// # Errors
    /// As said.
    async fn purge(&self, dir: &Entry) -> Result<()> {
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "purging",
            dir.path.as_str(),
        ))
    }

    /// Moves or renames inside the store; nothing is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]; [`ErrorKind::AlreadyExists`] where the
    /// store does not allow duplicates.
    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        let _ = to;
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "renaming",
            entry.path.as_str(),
        ))
    }

    /// As [`Remote::rename`] of a file, into the place of the file `old`, which
    /// goes for it: not before, where the store allows that.
    ///
    /// # Errors
    /// As [`Remote::rename`]; [`ErrorKind::Unsupported`] asks the caller to
    /// copy instead.
    async fn rename_over(&self, entry: &Entry, to: &Destination, old: &Entry) -> Result<Entry> {
        // Only an id tells the two files of one name apart.
        if !self.features().duplicate_names || old.id.is_none() {
            return Err(RemoteError::new(
                ErrorKind::Unsupported,
                "replacing",
                entry.path.as_str(),
            ));
        }
        let moved = self.rename(entry, to).await?;
        self.remove(old).await?;
        Ok(moved)
    }

    /// The path of a directory without detours such as symbolic links, so that
    /// one place is not taken for two; it need not exist.
    ///
    /// # Errors
    /// Those of looking it up.
    async fn real_path(&self, dir: &RemotePath) -> Result<RemotePath> {
        Ok(dir.clone())
    }

    /// Copies a file inside the store without moving its bytes through this
    /// machine; `replace` as in [`NewFile::replace`].
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn copy(&self, file: &Entry, to: &Destination, replace: Option<&Entry>) -> Result<Entry> {
        let _ = (to, replace);
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "copying",
            file.path.as_str(),
        ))
    }

    /// Changes nothing but the modification time.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        let _ = modified;
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "setting the time of",
            entry.path.as_str(),
        ))
    }

    /// What the store knows of an entry beside its content; `None` where it
    /// keeps nothing of the kind.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    async fn metadata(&self, entry: &Entry) -> Result<Option<Metadata>> {
        let _ = entry;
        Ok(None)
    }

    /// Sets what may be set of an entry's metadata; what is not among it stays.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn set_metadata(&self, entry: &Entry, metadata: &Metadata) -> Result<()> {
        let _ = metadata;
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "setting the metadata of",
            entry.path.as_str(),
        ))
    }

    /// The space of the store; of the disk that holds `dir` where the store is
    /// several disks.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn about(&self, dir: &RemotePath) -> Result<About> {
        let _ = dir;
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "asking for the quota of",
            "",
        ))
    }

    /// Makes a public link, or returns the one that exists.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn link(&self, entry: &Entry, options: &LinkOptions) -> Result<String> {
        let _ = options;
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "linking",
            entry.path.as_str(),
        ))
    }

    /// Takes the public link of an entry back.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn unlink(&self, entry: &Entry) -> Result<()> {
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "unlinking",
            entry.path.as_str(),
        ))
    }

    /// Empties the rubbish bin; returns how many items went.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn cleanup(&self) -> Result<u64> {
        Err(RemoteError::new(ErrorKind::Unsupported, "cleaning up", ""))
    }

    /// The address, key included, of the public link that this remote shows.
    /// Whoever reads it can open it.
    fn shown_link(&self) -> Option<String> {
        None
    }

    /// What the store can do beside holding files, where it is one with
    /// versions and a rubbish bin.
    fn cloud(&self) -> Option<&dyn Cloud> {
        None
    }

    /// Who the account behind the remote belongs to: names and values.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn user_info(&self) -> Result<Vec<(&'static str, String)>> {
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "asking who uses",
            "",
        ))
    }

    /// Ends the kept session.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`].
    async fn logout(&self) -> Result<()> {
        Err(RemoteError::new(
            ErrorKind::Unsupported,
            "logging out of",
            "",
        ))
    }
}
