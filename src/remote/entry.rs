//! What a listing returns.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::RemotePath;

/// The store's own name of an entry (MEGA: the node handle). Two entries may
/// share a path; they never share an id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(Arc<str>);

impl EntryId {
    /// Wraps a store's identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// File or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Dir,
}

/// One file or directory of a remote, as it was when listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is, from the root of the remote.
    pub path: RemotePath,
    /// File or directory.
    pub kind: EntryKind,
    /// Size in bytes; `None` when unknown, and for most directories.
    pub size: Option<u64>,
    /// Modification time, as precise as the store keeps it.
    pub modified: Option<Timestamp>,
    /// The store's identifier, where it has one.
    pub id: Option<EntryId>,
}

impl Entry {
    /// A directory known by its path alone.
    #[must_use]
    pub fn dir(path: RemotePath) -> Self {
        Self {
            path,
            kind: EntryKind::Dir,
            size: None,
            modified: None,
            id: None,
        }
    }

    /// A file known by its path and size.
    #[must_use]
    pub fn file(path: RemotePath, size: Option<u64>) -> Self {
        Self {
            path,
            kind: EntryKind::File,
            size,
            modified: None,
            id: None,
        }
    }

    /// Whether this is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.kind == EntryKind::Dir
    }

    /// The last element of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.name()
    }
}
