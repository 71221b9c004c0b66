//! The node tree of an account or a link, in memory.
//!
//! Built by [`Tree::load`] while the answer to `f` arrives, and kept true
//! afterwards by [`Tree::insert`], [`Tree::update`], [`Tree::relocate`] and
//! [`Tree::remove`]: own operations and the server's events use the same ones.
//!
//! Duplicate names are kept. A node whose parent is unknown stays findable by
//! handle and hangs nowhere. Children of a file are its older versions and
//! never show up among files.

mod arena;
mod decode;
mod events;
mod index;
mod load;
mod lookup;
mod newcomers;
mod pieces;
mod record;
mod snapshot;
mod split;
mod store;
mod view;

use std::collections::{HashMap, HashSet};

use zeroize::Zeroizing;

pub use events::{Doubt, Replay};
pub use newcomers::Newcomers;
pub use store::{KeptTree, TreeSlot, TreeStore};
pub use view::NodeRef;

use self::arena::Arena;
use self::record::{Flags, NONE, Record, key_of};
use super::crypto::keys::ShareKey;
use super::handle::{NodeHandle, PublicHandle};
use super::node::{Access, Contents, Keyring, Node, NodeAttributes, NodeKind, WireNode};

/// The tree; see the module.
pub struct Tree {
    arena: Arena,
    keyring: Keyring,
    cloud: Option<NodeHandle>,
    vault: Option<NodeHandle>,
    rubbish: Option<NodeHandle>,
    incoming: Vec<NodeHandle>,
    access: HashMap<NodeHandle, Access>,
    /// Whole attribute objects of nodes that have more than the usual two.
    extras: HashMap<NodeHandle, Box<str>>,
    links: HashMap<NodeHandle, PublicLinkOf>,
    shared_out: HashSet<NodeHandle>,
    position: String,
    unreadable: usize,
    /// Nodes that no key has opened, for when more keys come.
    locked: Vec<WireNode<'static>>,
}

/// The nodes that an account cannot be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots {
    /// The cloud drive, or what a link shows.
    pub cloud: Option<NodeHandle>,
    /// The rubbish bin.
    pub rubbish: Option<NodeHandle>,
}

/// The public link that a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicLinkOf {
    /// The link's handle.
    pub handle: PublicHandle,
    /// When it ends, in UTC seconds.
    pub expires: Option<i64>,
}

impl Tree {
    /// A tree without nodes.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self {
            arena: Arena::new(),
            keyring,
            cloud: None,
            vault: None,
            rubbish: None,
            incoming: Vec::new(),
            access: HashMap::new(),
            extras: HashMap::new(),
            links: HashMap::new(),
            shared_out: HashSet::new(),
            position: String::new(),
            unreadable: 0,
            locked: Vec::new(),
        }
    }

    /// How many nodes there are, roots and versions included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether there is no node at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many nodes could not be decrypted.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Whether all of it could be read, so that it may be kept.
    fn is_sure(&self) -> bool {
        self.unreadable == 0
            && self.locked.is_empty()
            && self.cloud.is_some()
            && !self.position.is_empty()
    }

    /// The event position (`sn`) that this tree stands for.
    #[must_use]
    pub fn position(&self) -> &str {
        &self.position
    }

    /// The keys that open this tree's nodes.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The root of the cloud drive, or of the link that this tree shows.
    #[must_use]
    pub fn cloud(&self) -> Option<NodeHandle> {
        self.cloud
    }

    /// The rubbish bin.
    #[must_use]
    pub fn rubbish(&self) -> Option<NodeHandle> {
        self.rubbish
    }

    /// Cloud drive and rubbish bin.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots {
            cloud: self.cloud,
            rubbish: self.rubbish,
        }
    }

    /// The root of the vault.
    #[must_use]
    pub fn vault(&self) -> Option<NodeHandle> {
        self.vault
    }

    /// The folders that others share with this account.
    #[must_use]
    pub fn incoming(&self) -> &[NodeHandle] {
        &self.incoming
    }

    /// The public link of a node.
    #[must_use]
    pub fn link(&self, handle: NodeHandle) -> Option<PublicLinkOf> {
        self.links.get(&handle).copied()
    }

    /// Notes or forgets the public link of a node.
    pub fn set_link(&mut self, handle: NodeHandle, link: Option<PublicLinkOf>) {
        match link {
            Some(link) => self.links.insert(handle, link),
            None => self.links.remove(&handle),
        };
    }

    /// Makes `folder` what [`cloud`](Self::cloud) answers: a link may name a
    /// folder inside the shared one.
    pub(super) fn set_root(&mut self, folder: NodeHandle) {
        self.cloud = Some(folder);
    }

    /// Forgets links and shares of a node and all below it: the server takes
    /// them back when something goes into the rubbish.
    pub fn withdraw_links(&mut self, handle: NodeHandle) {
        let below: Vec<NodeHandle> = self.subtree(handle).iter().map(|n| n.handle()).collect();
        for handle in below {
            self.remove_share(handle);
        }
    }

    /// Notes the key of a share, and that the folder is shared out.
    pub fn add_share(&mut self, folder: NodeHandle, key: ShareKey) {
        self.keyring.add_share(folder, key);
        self.shared_out.insert(folder);
    }

    /// The folder is not shared out any more. Its key stays: nodes may still
    /// be wrapped with it, and a new link is to get the same key.
    pub fn remove_share(&mut self, folder: NodeHandle) {
        self.shared_out.remove(&folder);
        self.links.remove(&folder);
    }

    /// Adds a node, or replaces what is known about it.
    pub fn insert(&mut self, node: Node) {
        let parent = node.parent;
        let handle = node.handle;
        self.put(&node);
        match parent {
            Some(parent) => self.relocate(handle, parent),
            None => false,
        };
    }

    /// Adds a node without linking it; returns its place, and whether it is new.
    fn put(&mut self, node: &Node) -> Option<(u32, bool)> {
        let handle = node.handle;
        self.note_root(handle, node.kind);
        if let Some(access) = node.shared_by_other {
            self.note_access(handle, access);
        }
        let record = Record {
            size: node.size,
            created: node.created,
            ..Record::new(handle, node.kind)
        };
        let (place, new) = self.arena.add(record, [0; 4])?;
        if new {
            self.unreadable += usize::from(!node.kind.is_root());
        } else {
            // A node never changes between file and folder; one that
            // claims to would turn children into versions.
            let record = self.arena.record_mut(place)?;
            record.size = node.size;
            record.created = node.created;
        }
        self.open(place, &node.contents);
        Some((place, new))
    }

    /// Gives a node its key and attributes, when they could be opened.
    fn open(&mut self, place: u32, contents: &Contents) {
        let key = match contents {
            Contents::Open(key, _) | Contents::BadAttributes(key) => key,
            Contents::NoKey | Contents::Root => return,
        };
        let mut bytes = Zeroizing::new([0; 32]);
        key.put(&mut bytes);
        self.arena.set_key(place, key_of(&bytes));
        if let Some(record) = self.arena.record_mut(place) {
            record.flags.set(Flags::KEY, true);
        }
        if let Contents::Open(_, attributes) = contents {
            self.set_attributes(place, attributes);
        }
    }

    fn set_attributes(&mut self, place: u32, attributes: &NodeAttributes) {
        let unchanged = self.arena.record(place).is_some_and(|record| {
            record.flags.has(Flags::NAME) && self.arena.name(place, record) == attributes.name
        });
        let named = !unchanged && self.arena.set_name(place, &attributes.name);
        let Some(record) = self.arena.record_mut(place) else {
            return;
        };
        if named {
            self.unreadable -= usize::from(!record.flags.has(Flags::NAME));
            record.flags.set(Flags::NAME, true);
        }
        record
            .flags
            .set(Flags::FINGERPRINT, attributes.fingerprint.is_some());
        if let Some(fingerprint) = &attributes.fingerprint {
            record.mtime = fingerprint.mtime;
            record.crc = fingerprint.crc;
        }
        record.flags.set(Flags::EXTRA, attributes.whole.is_some());
        match &attributes.whole {
            Some(whole) => self.extras.insert(record.handle, whole.clone()),
            None => self.extras.remove(&record.handle),
        };
    }

    /// Gives a node other attributes; `false` if it is not there.
    pub fn update(&mut self, handle: NodeHandle, attributes: &NodeAttributes) -> bool {
        let Some(place) = self.arena.find(handle) else {
            return false;
        };
        self.set_attributes(place, attributes);
        true
    }

    /// Hangs a node somewhere else; `false` if one of the two is not there,
    /// or it would hang below itself.
    pub fn relocate(&mut self, handle: NodeHandle, parent: NodeHandle) -> bool {
        let (Some(place), Some(to)) = (self.arena.find(handle), self.arena.find(parent)) else {
            return false;
        };
        if self
            .arena
            .record(place)
            .is_some_and(|r| r.kind.is_root() || r.parent == to)
        {
            return true;
        }
        if self.arena.upwards(to).any(|above| above == place) {
            return false;
        }
        self.arena.unlink(place);
        self.arena.link(place, to);
        true
    }

    /// Takes a node out with all below it.
    pub fn remove(&mut self, handle: NodeHandle) {
        let Some(place) = self.arena.find(handle) else {
            return;
        };
        self.arena.unlink(place);
        for gone in self.arena.subtree(place) {
            self.forget(gone);
        }
    }

    /// Takes one version of a file out; older ones move up to its place.
    pub fn remove_version(&mut self, handle: NodeHandle) {
        let Some(place) = self.arena.find(handle) else {
            return;
        };
        let parent = self
            .arena
            .record(place)
            .map_or(NONE, |record| record.parent);
        let older: Vec<u32> = self.arena.children(place).collect();
        for older in older {
            self.arena.unlink(older);
            self.arena.link(older, parent);
        }
        self.arena.unlink(place);
        self.forget(place);
    }

    /// Frees a record that hangs nowhere any more.
    fn forget(&mut self, place: u32) {
        let Some(record) = self.arena.record(place) else {
            return;
        };
        let handle = record.handle;
        self.unreadable -= usize::from(!record.kind.is_root() && !record.flags.has(Flags::NAME));
        self.extras.remove(&handle);
        self.links.remove(&handle);
        self.shared_out.remove(&handle);
        if self.access.remove(&handle).is_some() {
            self.incoming.retain(|share| *share != handle);
        }
        self.arena.free(place);
    }
}
