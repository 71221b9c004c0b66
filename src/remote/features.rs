//! What a remote can do, so that callers ask instead of knowing it by name.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

/// The optional powers of a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// Nothing can be written.
    pub read_only: bool,
    /// A directory may hold several entries of one name.
    pub duplicate_names: bool,
    /// Names that differ in case only are the same.
    pub case_insensitive: bool,
    /// Precision of stored modification times; `None`: not kept.
    pub modified: Option<Duration>,
    /// `set_modified` works on files.
    pub set_modified: bool,
    /// `set_modified` works on directories.
    pub set_dir_modified: bool,
    /// `copy` works without moving content through this machine.
    pub server_copy: bool,
    /// `rename` works on files.
    pub server_move: bool,
    /// `rename` works on directories with all they hold.
    pub dir_move: bool,
    /// `about` answers.
    pub about: bool,
    /// `link` and `unlink` work.
    pub link: bool,
    /// `cleanup` works.
    pub cleanup: bool,
    /// The store keeps its own identifiers in `Entry::id`.
    pub ids: bool,
    /// `likeness` compares stored files with content at hand.
    pub likeness: bool,
    /// `list` answers from memory, once anything was listed: listing ahead
    /// gains nothing.
    pub lists_at_once: bool,
    /// `write` and `set_metadata` keep metadata.
    pub metadata: bool,
    /// Files are on a disk of this machine.
    pub local: bool,
    /// Reading a file, or giving it a time, may change the time that is listed.
    pub fickle_times: bool,
    /// How many small files are best on their way at the same time, because
    /// the store answers questions about many at once; 0: no more than others.
    pub small_files: usize,
}

/// Space of a store, in bytes; `None` where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct About {
    /// Size of the whole store.
    pub total: Option<u64>,
    /// Bytes in use, rubbish and versions included.
    pub used: Option<u64>,
    /// Bytes in the rubbish bin.
    pub trashed: Option<u64>,
    /// Bytes used by something else (old versions).
    pub other: Option<u64>,
    /// Bytes left.
    pub free: Option<u64>,
    /// Number of files.
    pub objects: Option<u64>,
    /// Bytes of old versions, wherever their files are.
    pub versions: Option<u64>,
    /// Bytes that may be transferred.
    pub transfer: Option<Transfer>,
}

/// What may be transferred from a store, and what was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transfer {
    /// Bytes that count against it now.
    pub used: u64,
    /// Bytes that are allowed; `None` where the store does not say.
    pub allowed: Option<u64>,
}

/// What a public link shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkOptions {
    /// When it ends, where the account allows that.
    pub expires: Option<Timestamp>,
    /// What it asks for.
    pub password: Option<LinkPassword>,
}

/// The password of a public link: prints `***`, and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkPassword(Zeroizing<String>);

impl LinkPassword {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself; not for logs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
