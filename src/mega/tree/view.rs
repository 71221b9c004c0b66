//! One node of a tree, borrowed from it.

use zeroize::Zeroizing;

use super::record::{Flags, Record, key_bytes};
use super::{Access, NodeKind, Tree};
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::crypto::keys::NodeKey;
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Contents, Node, NodeAttributes};

/// A node in its tree.
#[derive(Clone, Copy)]
pub struct NodeRef<'a> {
    tree: &'a Tree,
    place: u32,
    record: &'a Record,
}

impl<'a> NodeRef<'a> {
    pub(super) fn new(tree: &'a Tree, place: u32) -> Option<Self> {
        let record = tree.arena.record(place)?;
        Some(Self {
            tree,
            place,
            record,
        })
    }

    pub(super) fn place(self) -> u32 {
        self.place
    }

    /// Its handle.
    #[must_use]
    pub fn handle(self) -> NodeHandle {
        self.record.handle
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> NodeKind {
        self.record.kind
    }

    /// The node it hangs on, if that is in the tree.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        Self::new(self.tree, self.record.parent)
    }

    /// What it holds, if it is a folder.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let first = self.kind().is_folder().then_some(self.place);
        let places = first.into_iter();
        let below = places.flat_map(move |place| self.tree.arena.children(place));
        below.filter_map(move |place| Self::new(self.tree, place))
    }

    /// Its name; `None` for roots and for what could not be decrypted.
    #[must_use]
    pub fn name(self) -> Option<&'a str> {
        self.record
            .flags
            .has(Flags::NAME)
            .then(|| self.tree.arena.name(self.place, self.record))
    }

    /// Size in bytes; 0 for folders.
    #[must_use]
    pub fn size(self) -> u64 {
        self.record.size
    }

    /// When the server got it, in UTC seconds.
    #[must_use]
    pub fn created(self) -> i64 {
        self.record.created
    }

    /// The fingerprint of the content, with its modification time.
    #[must_use]
    pub fn fingerprint(self) -> Option<Fingerprint> {
        self.record
            .flags
            .has(Flags::FINGERPRINT)
            .then_some(Fingerprint {
                crc: self.record.crc,
                mtime: self.record.mtime,
            })
    }

    /// When the content was modified, as far as anybody wrote it down; else
    /// when the server got it.
    #[must_use]
    pub fn modified(self) -> i64 {
        if self.record.flags.has(Flags::FINGERPRINT) {
            self.record.mtime
        } else {
            self.record.created
        }
    }

    /// Whether it is an older version of a file.
    #[must_use]
    pub fn is_version(self) -> bool {
        self.parent()
            .is_some_and(|parent| parent.kind() == NodeKind::File)
    }

    /// Its key; `None` for roots and where no key opens it.
    #[must_use]
    pub fn key(self) -> Option<NodeKey> {
        if !self.record.flags.has(Flags::KEY) {
            return None;
        }
        let bytes = Zeroizing::new(key_bytes(self.tree.arena.key(self.place)?));
        let length = if self.kind() == NodeKind::File {
            32
        } else {
            16
        };
        NodeKey::from_slice(bytes.get(..length)?).ok()
    }

    /// Its attributes; `None` where there is no name.
    #[must_use]
    pub fn attributes(self) -> Option<NodeAttributes> {
        Some(NodeAttributes {
            name: self.name()?.to_owned(),
            fingerprint: self.fingerprint(),
            whole: self
                .record
                .flags
                .has(Flags::EXTRA)
                .then(|| self.tree.extras.get(&self.handle()).cloned())
                .flatten(),
        })
    }

    /// Our access level, where somebody else shares it with us.
    #[must_use]
    pub fn shared_by_other(self) -> Option<Access> {
        self.tree.access.get(&self.handle()).copied()
    }

    /// A copy that stands for itself.
    #[must_use]
    pub fn to_node(self) -> Node {
        let contents = match (self.key(), self.attributes()) {
            _ if self.kind().is_root() => Contents::Root,
            (Some(key), Some(attributes)) => Contents::Open(key, attributes),
            (Some(key), None) => Contents::BadAttributes(key),
            (None, _) => Contents::NoKey,
        };
        Node {
            handle: self.handle(),
            parent: self.parent().map(Self::handle),
            kind: self.kind(),
            size: self.size(),
            created: self.created(),
            shared_by_other: self.shared_by_other(),
            contents,
        }
    }
}
