//! Nodes of an answer on their way into the arena.
//!
//! A batch is opened as a whole on the blocking pool, into records that only
//! have to be put in: what is done for a million nodes one after the other is
//! kept as short as it can be.

use zeroize::{Zeroize, Zeroizing};

use super::Tree;
use super::record::{Flags, Key, Record, key_of};
use super::split::Batch;
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::crypto::keys::ShareKey;
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Access, Contents, Keyring, Node, NodeAttributes, NodeKind, WireNode};

/// What became of one batch of nodes.
#[derive(Default)]
pub(super) struct Decoded {
    /// In the order they came.
    pub nodes: Nodes,
    /// Their names, one after the other.
    pub names: String,
    /// Nodes that a share key may still open.
    pub locked: Vec<WireNode<'static>>,
    /// Keys of incoming shares met on the way.
    pub shares: Vec<(NodeHandle, ShareKey)>,
}

/// Opened nodes.
#[derive(Default)]
pub(super) struct Nodes(Vec<Opened>);

struct Opened {
    record: Record,
    key: Key,
    parent: Option<NodeHandle>,
    /// What few nodes have.
    rare: Option<Box<Rare>>,
}

#[derive(Default)]
struct Rare {
    access: Option<Access>,
    whole: Option<Box<str>>,
}

/// An opened node with its name.
pub(super) struct Fresh<'a> {
    pub record: &'a Record,
    pub parent: Option<NodeHandle>,
    key: Key,
    name: &'a str,
    rare: Option<&'a Rare>,
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in &mut self.0 {
            node.key.zeroize();
        }
    }
}

impl Nodes {
    /// The records alone.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.0.iter().map(|node| &node.record)
    }

    /// The nodes, whose names stand in `names`.
    pub fn iter<'a>(&'a self, names: &'a str) -> impl Iterator<Item = Fresh<'a>> {
        self.0.iter().map(|node| {
            let at = node.record.name_at as usize;
            let name = names.get(at..at + usize::from(node.record.name_len));
            Fresh {
                record: &node.record,
                parent: node.parent,
                key: node.key,
                name: name.unwrap_or_default(),
                rare: node.rare.as_deref(),
            }
        })
    }
}

impl Opened {
    fn new(node: Node, names: &mut String) -> Self {
        let mut opened = Self {
            record: Record {
                size: node.size,
                created: node.created,
                ..Record::new(node.handle, node.kind)
            },
            key: [0; 4],
            parent: node.parent,
            rare: None,
        };
        let mut rare = Rare {
            access: node.shared_by_other,
            whole: None,
        };
        let (key, attributes) = match node.contents {
            Contents::Open(key, attributes) => (Some(key), Some(attributes)),
            Contents::BadAttributes(key) => (Some(key), None),
            Contents::NoKey | Contents::Root => (None, None),
        };
        let record = &mut opened.record;
        if let Some(key) = key {
            let mut bytes = Zeroizing::new([0; 32]);
            key.put(&mut bytes);
            opened.key = key_of(&bytes);
            record.flags.set(Flags::KEY, true);
        }
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
            record.flags.set(Flags::EXTRA, attributes.whole.is_some());
            rare.whole = attributes.whole;
        }
        if rare.access.is_some() || rare.whole.is_some() {
            opened.rare = Some(Box::new(rare));
        }
        opened
    }
}

/// Opens a batch of nodes; blocks for some milliseconds.
pub(super) fn decode(batch: &Batch, ring: &Keyring) -> Decoded {
    let mut decoded = Decoded {
        nodes: Nodes(Vec::with_capacity(batch.len())),
        ..Decoded::default()
    };
    let mut plain = Zeroizing::default();
    for element in batch.elements() {
        let Some(wire) = WireNode::read(element) else {
            continue;
        };
        let Some(node) = Node::decode_in(&wire, ring, &mut plain) else {
            continue;
        };
        if let Some(key) = wire
            .share_key
            .as_deref()
            .and_then(|sk| ring.open_share_key(sk))
        {
            decoded.shares.push((node.handle, key));
        }
        if matches!(node.contents, Contents::NoKey) && !wire.key.is_empty() {
            decoded.locked.push(wire.into_owned());
        }
        let opened = Opened::new(node, &mut decoded.names);
        decoded.nodes.0.push(opened);
    }
    decoded
}

impl Tree {
    /// Puts an opened node in, linked to nothing; its place, if it is new.
    pub(super) fn put_fresh(&mut self, fresh: &Fresh<'_>) -> Option<u32> {
        let (handle, flags) = (fresh.record.handle, fresh.record.flags);
        self.note_root(handle, fresh.record.kind);
        if let Some(access) = fresh.rare.and_then(|rare| rare.access) {
            self.note_access(handle, access);
        }
        let whole = || fresh.rare.and_then(|rare| rare.whole.clone());
        let (place, new) = self.arena.add(fresh.record.clone(), fresh.key)?;
        if new {
            if flags.has(Flags::NAME) {
                self.arena.set_name(place, fresh.name);
            }
            if let Some(whole) = whole() {
                self.extras.insert(handle, whole);
            }
            let unnamed = !fresh.record.kind.is_root() && !flags.has(Flags::NAME);
            self.unreadable += usize::from(unnamed);
            return Some(place);
        }
        let record = self.arena.record_mut(place)?;
        (record.size, record.created) = (fresh.record.size, fresh.record.created);
        if flags.has(Flags::KEY) {
            record.flags.set(Flags::KEY, true);
            self.arena.set_key(place, fresh.key);
        }
        if flags.has(Flags::NAME) {
            let has_fingerprint = flags.has(Flags::FINGERPRINT);
            let attributes = NodeAttributes {
                name: fresh.name.to_owned(),
                fingerprint: has_fingerprint.then_some(Fingerprint {
                    crc: fresh.record.crc,
                    mtime: fresh.record.mtime,
                }),
                whole: whole(),
            };
            self.set_attributes(place, &attributes);
        }
        None
    }

    /// Remembers which node is which root.
    pub(super) fn note_root(&mut self, handle: NodeHandle, kind: NodeKind) {
        match kind {
            NodeKind::Cloud => self.cloud = Some(handle),
            NodeKind::Vault => self.vault = Some(handle),
            NodeKind::Rubbish => self.rubbish = Some(handle),
            NodeKind::File | NodeKind::Folder => {}
        }
    }

    /// Remembers that a folder is another account's.
    pub(super) fn note_access(&mut self, folder: NodeHandle, access: Access) {
        if self.access.insert(folder, access).is_none() {
            self.incoming.push(folder);
        }
    }
}
