//! What the server's events do to a tree.
//!
//! After [`Replay::finish`] the tree is the one that a full fetch would have
//! brought. Where a packet leaves doubt about that, applying it fails and the
//! tree is to be fetched: events only ever save time. Spec: docs/protocol.md,
//! "Event channel".

use std::borrow::Cow;

use serde::Deserialize;

use super::{PublicLinkOf, Tree};
use crate::mega::crypto::keys::MasterKey;
use crate::mega::crypto::wrap::open_own_share_key;
use crate::mega::handle::{NodeHandle, PublicHandle};
use crate::mega::node::{Contents, Node, NodeAttributes, WireNode, lenient};

/// Why the tree has to be fetched.
#[derive(Debug, PartialEq, Eq)]
pub struct Doubt(pub &'static str);

/// Packets being applied to a tree.
pub struct Replay<'a> {
    tree: &'a mut Tree,
    user: &'a str,
    master: &'a MasterKey,
    /// Nodes that leave their place with the mark of the change that moves
    /// them: they turn up elsewhere by the same change, or are gone from sight.
    leaving: Vec<(NodeHandle, Option<String>)>,
}

/// What all packets may have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Packet<'a> {
    #[serde(borrow, deserialize_with = "lenient::text_or_empty")]
    pub a: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    st: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub n: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    h: Option<Cow<'a, str>>,
    /// `d`: the node moves. A share: the key is gone.
    #[serde(deserialize_with = "lenient::number")]
    pub m: Option<i64>,
    #[serde(deserialize_with = "lenient::number")]
    okd: Option<i64>,
    /// `d`: only one version goes.
    #[serde(deserialize_with = "lenient::number")]
    pub v: Option<i64>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub at: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::number")]
    ts: Option<i64>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    ph: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::number")]
    d: Option<i64>,
    #[serde(deserialize_with = "lenient::number")]
    ets: Option<i64>,
    /// The owner of a share, our level in it, and its keys.
    #[serde(borrow, deserialize_with = "lenient::text")]
    o: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::number")]
    r: Option<i64>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    k: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    ok: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    ha: Option<Cow<'a, str>>,
}

/// `t`.
#[derive(Deserialize)]
pub(super) struct Arrival<'a> {
    #[serde(borrow)]
    pub t: Nodes<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Nodes<'a> {
    #[serde(borrow)]
    f: Vec<WireNode<'a>>,
    #[serde(borrow)]
    f2: Vec<WireNode<'a>>,
}

const UNKNOWN_FORM: Doubt = Doubt("a packet has an unknown form");

impl Tree {
    /// Moves the tree to a later event position.
    pub fn set_position(&mut self, position: String) {
        self.position = position;
    }

    /// Opens nodes that come with a packet, after the keys that come with them.
    pub(super) fn open_arrivals(&mut self, list: &Nodes<'_>) -> Vec<Node> {
        let wires = || list.f.iter().chain(&list.f2);
        for wire in wires() {
            if let (Some(handle), Some(sk)) = (NodeHandle::parse(&wire.handle), &wire.share_key)
                && let Some(key) = self.keyring.open_share_key(sk)
            {
                self.keyring.add_share(handle, key);
            }
        }
        // What is no node a full fetch passes over, too.
        wires()
            .filter_map(|wire| Node::decode(wire, &self.keyring))
            .collect()
    }
}

impl<'a> Replay<'a> {
    /// Applies packets to `tree`, which belongs to the account of `user`.
    pub fn new(tree: &'a mut Tree, user: &'a str, master: &'a MasterKey) -> Self {
        Self {
            tree,
            user,
            master,
            leaving: Vec::new(),
        }
    }

    /// Applies one packet.
    ///
    /// # Errors
    /// What it does to the tree is not certain; the tree is of no use then.
    pub fn apply(&mut self, text: &str) -> Result<(), Doubt> {
        let packet: Packet<'_> = serde_json::from_str(text).map_err(|_| UNKNOWN_FORM)?;
        match &*packet.a {
            "t" => {
                let arrival: Arrival<'_> = serde_json::from_str(text).map_err(|_| UNKNOWN_FORM)?;
                self.arrived(&arrival.t, packet.st.as_deref())
            }
            "u" => self.changed(&packet),
            "d" => self.left(&packet),
            "s" | "s2" => self.shared(&packet),
            "ph" => self.linked(&packet),
            // The key store may hold what is missing here.
            "ua" if self.tree.wants_share_keys() => Err(Doubt("the account's attributes changed")),
            // Thumbnails, share keys on their way, elements of albums.
            "ua" | "fa" | "k" | "pk" | "aep" | "aer" => Ok(()),
            "" => Err(UNKNOWN_FORM),
            _ => match [packet.n, packet.h].into_iter().flatten().any(|text| {
                NodeHandle::parse(&text).is_some_and(|handle| self.tree.node(handle).is_some())
            }) {
                true => Err(Doubt("an unknown packet names a node")),
                false => Ok(()),
            },
        }
    }

    /// Ends the catching up: what has left and not turned up is gone.
    pub fn finish(mut self) {
        for (node, _) in std::mem::take(&mut self.leaving) {
            self.tree.remove(node);
        }
    }

    /// New nodes, and moved ones at their new place.
    fn arrived(&mut self, list: &Nodes<'_>, mark: Option<&str>) -> Result<(), Doubt> {
        let (stay, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.leaving)
            .into_iter()
            .partition(|(_, left_by)| left_by.as_deref() == mark);
        self.leaving = stay;
        for (node, _) in gone {
            self.tree.remove(node);
        }
        let nodes = self.tree.open_arrivals(list);
        for node in &nodes {
            if matches!(node.contents, Contents::NoKey | Contents::BadAttributes(_)) {
                return Err(Doubt("a new node cannot be decrypted"));
            }
            let known = self.tree.node(node.handle);
            if known.is_some_and(|known| known.kind() != node.kind) {
                return Err(Doubt("a node became something else"));
            }
        }
        for node in &nodes {
            self.tree.put(node);
            self.leaving.retain(|(left, _)| *left != node.handle);
        }
        for node in &nodes {
            self.hang(node)?;
        }
        Ok(())
    }

    fn hang(&mut self, node: &Node) -> Result<(), Doubt> {
        let arena = &mut self.tree.arena;
        let parent = node.parent.and_then(|parent| arena.find(parent));
        match (parent, node.parent) {
            (Some(_), Some(parent)) => match self.tree.relocate(node.handle, parent) {
                true => Ok(()),
                false => Err(Doubt("a folder lies inside itself")),
            },
            _ => {
                if let Some(place) = arena.find(node.handle) {
                    arena.unlink(place);
                }
                Ok(())
            }
        }
    }

    fn changed(&mut self, packet: &Packet<'_>) -> Result<(), Doubt> {
        let (handle, Some(at)) = (named(packet.n.as_deref())?, &packet.at) else {
            return Ok(());
        };
        let Some(node) = self.tree.node(handle) else {
            return Ok(());
        };
        let attributes = node
            .key()
            .and_then(|key| NodeAttributes::decrypt(at, key.attr_key()))
            .ok_or(Doubt("changed attributes cannot be decrypted"))?;
        self.tree.update(handle, &attributes);
        let place = self.tree.arena.find(handle);
        if let (Some(created), Some(place)) = (packet.ts, place)
            && let Some(record) = self.tree.arena.record_mut(place)
        {
            record.created = created;
        }
        Ok(())
    }

    fn left(&mut self, packet: &Packet<'_>) -> Result<(), Doubt> {
        let handle = named(packet.n.as_deref())?;
        if packet.v.is_some() {
            return Err(Doubt("a single version was deleted"));
        }
        let node = self.tree.node(handle);
        if node.is_some_and(|node| node.kind().is_root()) {
            return Err(Doubt("a root was deleted"));
        }
        if packet.m == Some(1) {
            let mark = packet.st.as_deref().map(str::to_owned);
            self.leaving.push((handle, mark));
        } else {
            self.tree.remove(handle);
        }
        Ok(())
    }

    fn linked(&mut self, packet: &Packet<'_>) -> Result<(), Doubt> {
        let node = named(packet.h.as_deref())?;
        if packet.d == Some(1) {
            self.tree.set_link(node, None);
            return Ok(());
        }
        let handle = packet.ph.as_deref().and_then(PublicHandle::parse);
        let link = PublicLinkOf {
            handle: handle.ok_or(UNKNOWN_FORM)?,
            expires: packet.ets.filter(|ets| *ets > 0),
        };
        self.tree.set_link(node, Some(link));
        Ok(())
    }

    fn shared(&mut self, packet: &Packet<'_>) -> Result<(), Doubt> {
        let folder = named(packet.n.as_deref())?;
        if packet.okd == Some(1) || packet.r.is_none() {
            // Whether somebody else still sees the folder is not said.
            return Err(Doubt("a share ended"));
        }
        if packet.o.as_deref() == Some(self.user) {
            return self.shared_out(folder, packet);
        }
        if self.tree.node(folder).is_some() {
            return Err(Doubt("an incoming share changed"));
        }
        // The nodes follow.
        let key = packet.k.as_deref();
        if let Some(key) = key.and_then(|key| self.tree.keyring.open_share_key(key)) {
            self.tree.keyring.add_share(folder, key);
        }
        Ok(())
    }

    fn shared_out(&mut self, folder: NodeHandle, packet: &Packet<'_>) -> Result<(), Doubt> {
        let known = self.tree.keyring.share(folder).cloned();
        let sent = packet.ok.as_deref().zip(packet.ha.as_deref());
        let sent = sent.and_then(|(ok, ha)| {
            open_own_share_key(folder.as_str(), ha, ok, self.master)
                .ok()
                .flatten()
        });
        match (known, sent) {
            (Some(known), Some(sent)) if known != sent => Err(Doubt("a share has another key")),
            (None, None) => Err(Doubt("the key of a share is kept elsewhere")),
            (_, sent) => {
                self.tree.shared_out.insert(folder);
                if let Some(key) = sent {
                    self.tree.keyring.add_share(folder, key);
                }
                Ok(())
            }
        }
    }
}

fn named(text: Option<&str>) -> Result<NodeHandle, Doubt> {
    text.and_then(NodeHandle::parse).ok_or(UNKNOWN_FORM)
}
