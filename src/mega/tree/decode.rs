//! Nodes of an answer on their way into the arena.
//!
//! A batch is opened as a whole on the blocking pool, into a chunk that only
//! has to be put behind the others: what is done for a million nodes one after
//! the other is kept as short as it can be.

use zeroize::Zeroizing;

use super::Tree;
use super::arena::Chunk;
use super::record::{Flags, Record, key_of};
use super::split::Batch;
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::crypto::keys::ShareKey;
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Access, Contents, Keyring, Node, NodeAttributes, NodeKind, WireNode};

/// What became of one batch of nodes.
pub(super) struct Decoded {
    /// The nodes in the order they came, linked to nothing.
    pub chunk: Chunk,
    /// From which node on nodes claim which parent, by their number in the
    /// chunk: neighbours mostly claim the same.
    pub parents: Vec<(u32, Option<NodeHandle>)>,
    /// Which of them are roots.
    pub roots: Vec<(NodeHandle, NodeKind)>,
    /// Which of them others share with us.
    pub access: Vec<(NodeHandle, Access)>,
    /// Whole attributes of nodes that have more than the usual ones, by their
    /// number in the chunk.
    pub extras: Vec<(u32, Box<str>)>,
    /// How many could not be opened.
    pub unreadable: usize,
    /// Nodes that a share key may still open.
    pub locked: Vec<WireNode<'static>>,
    /// Keys of incoming shares met on the way.
    pub shares: Vec<(NodeHandle, ShareKey)>,
    /// The batch's memory.
    pub spent: Vec<u8>,
}

/// Opens a batch of nodes; blocks for some milliseconds. `top` is the root of a
/// link, which claims a parent that nobody can see.
pub(super) fn decode(batch: Batch, ring: &Keyring, top: Option<NodeHandle>) -> Decoded {
    let mut decoded = Decoded {
        chunk: Chunk::with_room(batch.len()),
        parents: Vec::new(),
        roots: Vec::new(),
        access: Vec::new(),
        extras: Vec::new(),
        unreadable: 0,
        locked: Vec::new(),
        shares: Vec::new(),
        spent: Vec::new(),
    };
    let mut plain = Zeroizing::default();
    let mut take = |wire: Option<WireNode<'_>>| {
        let opened = wire.and_then(|wire| {
            let node = Node::decode_in(&wire, ring, &mut plain)?;
            Some((wire, node))
        });
        if let Some((wire, node)) = opened {
            decoded.take(wire, node, ring, top);
        }
    };
    match batch.clean_elements() {
        Some(elements) => elements.for_each(|json| take(WireNode::read_clean(json))),
        None => batch.elements().for_each(|json| take(WireNode::read(json))),
    }
    decoded.chunk.names.shrink_to_fit();
    decoded.spent = batch.into_memory();
    decoded
}

impl Decoded {
    fn take(&mut self, wire: WireNode<'_>, node: Node, ring: &Keyring, top: Option<NodeHandle>) {
        let handle = node.handle;
        let share_key = wire.share_key.as_deref();
        if let Some(key) = share_key.and_then(|sk| ring.open_share_key(sk)) {
            self.shares.push((handle, key));
        }
        if matches!(node.contents, Contents::NoKey) && !wire.key.is_empty() {
            self.locked.push(wire.into_owned());
        }
        if node.kind.is_root() {
            self.roots.push((handle, node.kind));
        }
        if let Some(access) = node.shared_by_other {
            self.access.push((handle, access));
        }
        // A batch has no more of them.
        let number = u32::try_from(self.chunk.records.len()).unwrap_or(u32::MAX);
        let parent = node.parent.filter(|_| top != Some(handle));
        if self.parents.last().is_none_or(|(_, last)| *last != parent) {
            self.parents.push((number, parent));
        }
        self.put(number, node);
    }

    fn put(&mut self, number: u32, node: Node) {
        let mut record = Record {
            size: node.size,
            created: node.created,
            ..Record::new(node.handle, node.kind)
        };
        let (key, attributes) = match node.contents {
            Contents::Open(key, attributes) => (Some(key), Some(attributes)),
            Contents::BadAttributes(key) => (Some(key), None),
            Contents::NoKey | Contents::Root => (None, None),
        };
        let mut bytes = Zeroizing::new([0; 32]);
        if let Some(key) = key {
            key.put(&mut bytes);
            record.flags.set(Flags::KEY, true);
        }
        let names = &mut self.chunk.names;
        if let Some(attributes) = attributes
            && let Ok(at) = u32::try_from(names.len())
            && let Ok(len) = u16::try_from(attributes.name.len())
        {
            names.push_str(&attributes.name);
            (record.name_at, record.name_len) = (at, len);
            record.flags.set(Flags::NAME, true);
            if let Some(fingerprint) = attributes.fingerprint {
                record.flags.set(Flags::FINGERPRINT, true);
                (record.mtime, record.crc) = (fingerprint.mtime, fingerprint.crc);
            }
            if let Some(whole) = attributes.whole {
                record.flags.set(Flags::EXTRA, true);
                self.extras.push((number, whole));
            }
        }
        self.unreadable += usize::from(is_unreadable(&record));
        self.chunk.records.push(record);
        self.chunk.keys.push(key_of(&bytes));
    }
}

fn is_unreadable(record: &Record) -> bool {
    !record.kind.is_root() && !record.flags.has(Flags::NAME)
}

impl Tree {
    /// Makes one node of two that have the same handle: what came later says
    /// what it is, what came first where it hangs.
    /// `whole` are the attributes of what came later, where they are more than
    /// the usual ones.
    pub(super) fn merge(&mut self, first: u32, later: u32, whole: Option<Box<str>>) {
        let Some(record) = self.arena.record(later).cloned() else {
            return;
        };
        let flags = record.flags;
        let name = self.arena.name(later, &record).to_owned();
        let key = self.arena.key(later).copied();
        self.unreadable -= usize::from(is_unreadable(&record));
        self.arena.free(later);
        if let Some(known) = self.arena.record_mut(first) {
            (known.size, known.created) = (record.size, record.created);
            if flags.has(Flags::KEY) {
                known.flags.set(Flags::KEY, true);
            }
        }
        if let Some(key) = key.filter(|_| flags.has(Flags::KEY)) {
            self.arena.set_key(first, key);
        }
        if flags.has(Flags::NAME) {
            let fingerprint = Fingerprint {
                crc: record.crc,
                mtime: record.mtime,
            };
            let attributes = NodeAttributes {
                name,
                fingerprint: flags.has(Flags::FINGERPRINT).then_some(fingerprint),
                whole,
            };
            self.set_attributes(first, &attributes);
        }
    }

    /// Remembers which node is which root. The first one stays: another that
    /// claims to be it would hide the whole account.
    pub(super) fn note_root(&mut self, handle: NodeHandle, kind: NodeKind) {
        let root = match kind {
            NodeKind::Cloud => &mut self.cloud,
            NodeKind::Vault => &mut self.vault,
            NodeKind::Rubbish => &mut self.rubbish,
            NodeKind::File | NodeKind::Folder => return,
        };
        root.get_or_insert(handle);
    }

    /// Remembers that a folder is another account's.
    pub(super) fn note_access(&mut self, folder: NodeHandle, access: Access) {
        if self.access.insert(folder, access).is_none() {
            self.incoming.push(folder);
        }
    }
}
