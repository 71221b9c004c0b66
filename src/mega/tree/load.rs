//! Building a tree from the answer to `f` while it arrives.
//!
//! Pieces are cut into elements here, decoded and decrypted by the blocking
//! pool a batch at a time, and put into the arena in the order they came.
//! What is known only at the end (parents listed after their children, share
//! keys listed after the nodes they open) is settled at the end.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use std::borrow::Cow;
use tokio::task::JoinHandle;

use super::decode::{Decoded, decode};
use super::split::{Batch, Field, Malformed, Piece, Splitter};
use super::{PublicLinkOf, Tree};
use crate::mega::crypto::keys::{MasterKey, ShareKey};
use crate::mega::crypto::wrap::open_own_share_key;
use crate::mega::error::Error;
use crate::mega::handle::{NodeHandle, PublicHandle};
use crate::mega::node::{Contents, Keyring, Node, WireNode};
use crate::mega::transport::TransportError;

/// Batches that may be with the decoders at a time.
const IN_FLIGHT: usize = 3;

/// An entry of `ok`, `s` or `ph`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WireShare<'a> {
    #[serde(borrow)]
    h: Cow<'a, str>,
    #[serde(borrow)]
    ha: Cow<'a, str>,
    #[serde(borrow)]
    k: Cow<'a, str>,
    #[serde(borrow)]
    ph: Cow<'a, str>,
    ets: Option<i64>,
}

/// A tree on its way; see the module.
struct Loader<'a> {
    tree: Tree,
    ring: Arc<Keyring>,
    master: Option<&'a MasterKey>,
    link_root: Option<NodeHandle>,
    /// From which place on nodes claim which parent: neighbours mostly claim
    /// the same.
    parents: Vec<(u32, Option<NodeHandle>)>,
    /// Whole attributes by the places of their nodes.
    extras: HashMap<u32, Box<str>>,
    locked: Vec<WireNode<'static>>,
    shares: Vec<(NodeHandle, ShareKey)>,
    decoding: VecDeque<JoinHandle<Decoded>>,
    /// Memory of batches that have been opened.
    spent: Vec<Vec<u8>>,
}

impl Tree {
    /// Reads the answer to `f` from `body` (brackets around it or not) and
    /// opens its nodes with `ring`. For an account, `master` authenticates the
    /// keys of its own shares.
    ///
    /// # Errors
    /// The body breaks off, or is no such answer. Nodes that cannot be read
    /// are no error.
    pub async fn load(
        mut body: impl Stream<Item = Result<Bytes, TransportError>> + Unpin,
        ring: Keyring,
        master: Option<&MasterKey>,
    ) -> Result<Self, Error> {
        let malformed = |Malformed(what)| Error::protocol("f", what);
        let mut splitter = Splitter::new();
        let mut loader = Loader::new(ring, master);
        let mut pieces = Vec::new();
        while let Some(bytes) = body.next().await.transpose()? {
            splitter.feed(&bytes, &mut pieces).map_err(malformed)?;
            for piece in pieces.drain(..) {
                loader.take(piece).await?;
            }
            loader
                .spent
                .drain(..)
                .for_each(|spent| splitter.give_back(spent));
        }
        splitter.finish().map_err(malformed)?;
        loader.finish().await
    }
}

impl<'a> Loader<'a> {
    fn new(ring: Keyring, master: Option<&'a MasterKey>) -> Self {
        Self {
            tree: Tree::new(Keyring::empty()),
            ring: Arc::new(ring),
            master,
            link_root: None,
            parents: Vec::new(),
            extras: HashMap::new(),
            locked: Vec::new(),
            shares: Vec::new(),
            decoding: VecDeque::new(),
            spent: Vec::new(),
        }
    }

    async fn take(&mut self, piece: Piece) -> Result<(), Error> {
        match piece {
            Piece::Position(position) => self.tree.position = position,
            Piece::Batch(batch) => match batch.field {
                Field::Nodes => {
                    self.learn_link_root(&batch);
                    let (ring, top) = (Arc::clone(&self.ring), self.link_root);
                    let decoding = tokio::task::spawn_blocking(move || decode(batch, &ring, top));
                    self.decoding.push_back(decoding);
                    while self.decoding.len() >= IN_FLIGHT {
                        self.collect().await?;
                    }
                }
                field => {
                    for element in batch.elements() {
                        if let Ok(entry) = serde_json::from_slice(element) {
                            self.take_share(field, &entry);
                        }
                    }
                }
            },
        }
        Ok(())
    }

    /// The keys of a folder link's nodes are listed under its first node.
    fn learn_link_root(&mut self, batch: &Batch) {
        if !self.ring.lacks_root() {
            return;
        }
        let first = batch.elements().find_map(WireNode::read);
        if let (Some(root), Some(ring)) = (first, Arc::get_mut(&mut self.ring)) {
            ring.set_root(&root.handle);
            self.link_root = NodeHandle::parse(&root.handle);
        }
    }

    fn take_share(&mut self, field: Field, entry: &WireShare<'_>) {
        let Some(handle) = NodeHandle::parse(&entry.h) else {
            return;
        };
        match (field, self.master) {
            (Field::ShareKeys, Some(master)) => {
                match open_own_share_key(&entry.h, &entry.ha, &entry.k, master) {
                    Ok(Some(key)) => {
                        self.tree.shared_out.insert(handle);
                        self.shares.push((handle, key));
                    }
                    Ok(None) => {
                        self.tree.shared_out.insert(handle);
                    }
                    Err(error) => tracing::debug!(
                        target: "megarc",
                        "ignoring the share key of folder {handle}: {error}"
                    ),
                }
            }
            (Field::Shares, _) => {
                self.tree.shared_out.insert(handle);
            }
            (Field::Links, _) => {
                if let Some(link) = PublicHandle::parse(&entry.ph) {
                    let expires = entry.ets.filter(|ets| *ets > 0);
                    let link = PublicLinkOf {
                        handle: link,
                        expires,
                    };
                    self.tree.links.insert(handle, link);
                }
            }
            _ => {}
        }
    }

    /// Takes the oldest batch back from the decoders.
    async fn collect(&mut self) -> Result<(), Error> {
        let Some(task) = self.decoding.pop_front() else {
            return Ok(());
        };
        let decoded = task
            .await
            .map_err(|_| Error::protocol("f", "a node made the decoder fail"))?;
        let tree = &mut self.tree;
        self.locked.extend(decoded.locked);
        self.shares.extend(decoded.shares);
        self.spent.push(decoded.spent);
        for (root, kind) in decoded.roots {
            tree.note_root(root, kind);
        }
        for (folder, access) in decoded.access {
            tree.note_access(folder, access);
        }
        tree.unreadable += decoded.unreadable;
        let Some(first) = tree.arena.append(decoded.chunk) else {
            return Err(Error::protocol("f", "it has more nodes than can be"));
        };
        let extras = decoded.extras.into_iter();
        self.extras
            .extend(extras.map(|(number, whole)| (first + number, whole)));
        for (number, parent) in decoded.parents {
            if self.parents.last().is_none_or(|(_, last)| *last != parent) {
                self.parents.push((first + number, parent));
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Tree, Error> {
        while !self.decoding.is_empty() {
            self.collect().await?;
        }
        let mut ring = Arc::into_inner(self.ring).unwrap_or_else(Keyring::empty);
        for (folder, key) in self.shares {
            ring.add_share(folder, key);
        }
        let mut tree = self.tree;
        let doubles = tree.arena.doubles();
        let later: Vec<_> = doubles
            .iter()
            .map(|(_, later)| self.extras.remove(later))
            .collect();
        for (place, whole) in self.extras {
            if let Some(record) = tree.arena.record(place) {
                tree.extras.insert(record.handle, whole);
            }
        }
        for ((first, double), whole) in doubles.into_iter().zip(later) {
            tree.merge(first, double, whole);
        }
        tree.keyring = ring;
        tree.locked = self.locked;
        tree.unlock();
        let mut backwards = false;
        let ends = self.parents.iter().skip(1).map(|(begin, _)| *begin);
        let end = u32::try_from(tree.arena.places_used()).unwrap_or(u32::MAX);
        for ((begin, handle), end) in self.parents.iter().zip(ends.chain([end])) {
            let Some(parent) = handle.and_then(|handle| tree.arena.find(handle)) else {
                continue;
            };
            for place in (*begin..end).filter(|place| *place != parent) {
                // Whatever came twice is not linked twice.
                if tree.arena.record(place).is_some() {
                    tree.arena.link(place, parent);
                }
            }
            backwards |= parent > *begin;
        }
        // Where every parent came before its children there is no ring.
        let rings = if backwards {
            tree.arena.break_rings()
        } else {
            0
        };
        if rings > 0 {
            tracing::debug!(target: "megarc", "{rings} folders lie inside themselves: left out");
        }
        if let Some(root) = self.link_root {
            tree.cloud = Some(root);
        }
        Ok(tree)
    }
}

impl Tree {
    /// Tries the nodes that nothing opened with the share keys known by now.
    fn unlock(&mut self) {
        for wire in std::mem::take(&mut self.locked) {
            let opened = Node::decode(&wire, &self.keyring);
            let place = NodeHandle::parse(&wire.handle).and_then(|h| self.arena.find(h));
            match (opened, place) {
                (Some(node), Some(place)) if !matches!(node.contents, Contents::NoKey) => {
                    self.open(place, &node.contents);
                }
                _ => self.locked.push(wire),
            }
        }
    }

    /// Whether share keys are missing that the account's key store may hold.
    #[must_use]
    pub fn wants_share_keys(&self) -> bool {
        !self.locked.is_empty()
            || self
                .shared_out
                .iter()
                .any(|folder| self.keyring.share(*folder).is_none())
    }

    /// Adds share keys from the account's key store and opens what they open.
    pub fn add_stored_keys(&mut self, keys: impl IntoIterator<Item = (NodeHandle, ShareKey)>) {
        for (folder, key) in keys {
            self.keyring.add_share(folder, key);
        }
        self.unlock();
        // Nobody will bring further keys.
        self.locked = Vec::new();
    }
}
