//! What a listing returns.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::RemotePath;

/// The store's own name of an entry (MEGA: the node handle). Two entries may
/// share a path; they never share an id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(Text);

/// Short ones, which is what stores have, need no memory elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Text {
    Short([u8; SHORT], u8),
    Long(Arc<str>),
}

/// Bytes of the longest short one.
const SHORT: usize = 14;

impl EntryId {
    /// Wraps a store's identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let mut bytes = [0; SHORT];
        let place = bytes.get_mut(..id.len());
        Self(match (place, u8::try_from(id.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(id.as_bytes());
                Text::Short(bytes, len)
            }
            _ => Text::Long(id.into()),
        })
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(bytes, len) => bytes
                .get(..usize::from(*len))
                .and_then(|text| std::str::from_utf8(text).ok())
                .unwrap_or_default(),
            Text::Long(text) => text,
        }
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_keeps_its_text() {
        let text = "0123456789é123456789é";
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let id = EntryId::new(&text[..end]);
            assert_eq!(id.as_str(), &text[..end]);
            assert_eq!(id, EntryId::new(&text[..end]));
            assert_ne!(id, EntryId::new("0123456789 "));
        }
    }
}
