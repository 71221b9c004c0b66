//! A node as the server sends it, opened: the only decoder of nodes.
//!
//! Reads leniently (unknown fields, numbers as text) and never fails for one
//! bad value: a node that cannot be opened keeps its place in the tree, so that
//! what is below it is not lost, and says what is wrong with it.

mod attributes;
mod keyring;
mod wire;

pub use attributes::NodeAttributes;
pub use keyring::Keyring;
pub use wire::{WireNode, clean_text};

/// Reading values of any shape.
pub(super) mod lenient {
    pub(in crate::mega) use super::wire::{number, text, text_or_empty};
}

use zeroize::Zeroizing;

use super::crypto::keys::NodeKey;
use super::handle::NodeHandle;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NodeKind {
    /// A file, or an old version of one.
    File,
    /// A folder.
    Folder,
    /// The root of the cloud drive.
    Cloud,
    /// The root of the vault, where backups live.
    Vault,
    /// The rubbish bin.
    Rubbish,
}

impl NodeKind {
    /// Reads the number on the wire.
    #[must_use]
    pub fn from_wire(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::File,
            1 => Self::Folder,
            2 => Self::Cloud,
            3 => Self::Vault,
            4 => Self::Rubbish,
            _ => return None,
        })
    }

    /// Whether it is one of the three roots, which have no key and no name.
    #[must_use]
    pub fn is_root(self) -> bool {
        matches!(self, Self::Cloud | Self::Vault | Self::Rubbish)
    }

    /// Whether it can hold other nodes that are not its versions.
    #[must_use]
    pub fn is_folder(self) -> bool {
        self != Self::File
    }
}

/// How much of a node could be opened.
#[derive(Debug, Clone, Default)]
pub enum Contents {
    /// Key and attributes.
    Open(NodeKey, NodeAttributes),
    /// The key, but the attributes do not decrypt with it or hold no name.
    BadAttributes(NodeKey),
    /// No key for it is known, yet or ever.
    #[default]
    NoKey,
    /// A root: has neither.
    Root,
}

/// A decoded node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its handle.
    pub handle: NodeHandle,
    /// Where it hangs; for an incoming share outside of the tree.
    pub parent: Option<NodeHandle>,
    /// What it is.
    pub kind: NodeKind,
    /// Bytes of a file.
    pub size: u64,
    /// When it was made on the server, in UTC seconds.
    pub created: i64,
    /// Set for the root of an incoming share: our access level there.
    pub shared_by_other: Option<Access>,
    /// Key and attributes.
    pub contents: Contents,
}

/// What a share allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    ReadWrite,
    /// All but passing it on.
    Full,
}

impl Access {
    pub(super) fn from_wire(number: i64) -> Self {
        match number {
            1 => Self::ReadWrite,
            2.. => Self::Full,
            _ => Self::Read,
        }
    }
}

impl Node {
    /// Opens a node with the keys at hand. `None` when it has no usable
    /// handle or type: there is nothing to hang it on then.
    #[must_use]
    pub fn decode(wire: &WireNode<'_>, keyring: &Keyring) -> Option<Self> {
        Self::decode_in(wire, keyring, &mut Zeroizing::default())
    }

    /// As [`Node::decode`], with a buffer that is used again and again.
    #[must_use]
    pub fn decode_in(
        wire: &WireNode<'_>,
        keyring: &Keyring,
        plain: &mut Zeroizing<Vec<u8>>,
    ) -> Option<Self> {
        let kind = NodeKind::from_wire(wire.kind?)?;
        let contents = if kind.is_root() {
            Contents::Root
        } else {
            match keyring.open(&wire.key, kind == NodeKind::File) {
                Some(key) => {
                    match NodeAttributes::decrypt_in(&wire.attributes, key.attr_key(), plain) {
                        Some(attributes) => Contents::Open(key, attributes),
                        None => Contents::BadAttributes(key),
                    }
                }
                None => Contents::NoKey,
            }
        };
        Some(Self {
            handle: NodeHandle::parse(&wire.handle)?,
            parent: wire.parent.as_deref().and_then(NodeHandle::parse),
            kind,
            size: if kind == NodeKind::File {
                wire.size
                    .and_then(|size| u64::try_from(size).ok())
                    .unwrap_or(0)
            } else {
                0
            },
            created: wire.created.unwrap_or(0),
            shared_by_other: wire
                .sharer
                .is_some()
                .then(|| Access::from_wire(wire.access.unwrap_or(0))),
            contents,
        })
    }
}
