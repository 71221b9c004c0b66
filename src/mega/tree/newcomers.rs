//! What others do while this client changes the tree itself.
//!
//! The events tell of the client's own changes, too, and of those that it has
//! made since. So they are not replayed: nodes that are not known yet are put
//! in, those that others move or rename are followed, and what this client has
//! changed itself is left as it is.

use std::collections::HashSet;

use super::Tree;
use super::events::{Arrival, Packet};
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Contents, Node, NodeAttributes, NodeKind};

/// Who has changed what since the tree was fetched.
#[derive(Debug, Default)]
pub struct Newcomers {
    /// Nodes that others have made, moved or renamed.
    came: HashSet<NodeHandle>,
    /// Nodes that this client has moved, renamed or replaced.
    own: HashSet<NodeHandle>,
}

impl Newcomers {
    /// Whether somebody else has put the node where it is.
    #[must_use]
    pub fn contains(&self, node: NodeHandle) -> bool {
        self.came.contains(&node)
    }

    /// This client is about to change the node's place or name: from now on
    /// nobody knows better where it is.
    pub fn note_own(&mut self, node: NodeHandle) {
        self.came.remove(&node);
        self.own.insert(node);
    }

    /// All of them.
    pub fn nodes(&self) -> impl Iterator<Item = NodeHandle> + '_ {
        self.came.iter().copied()
    }
}

impl Tree {
    /// Takes in what a packet of the event channel tells of what others do.
    pub fn take_in(&mut self, packet: &str, newcomers: &mut Newcomers) {
        let Ok(read) = serde_json::from_str::<Packet<'_>>(packet) else {
            return;
        };
        let named = read.n.as_deref().and_then(NodeHandle::parse);
        let named = named.filter(|node| !newcomers.own.contains(node));
        match (&*read.a, named) {
            ("t", _) => {
                if let Ok(arrival) = serde_json::from_str::<Arrival<'_>>(packet) {
                    let nodes = self.open_arrivals(&arrival.t);
                    self.take_in_nodes(&nodes, newcomers);
                }
            }
            ("u", Some(node)) => {
                let key = self.node(node).and_then(|node| node.key());
                let attributes = key
                    .zip(read.at.as_deref())
                    .and_then(|(key, at)| NodeAttributes::decrypt(at, key.attr_key()));
                if let Some(attributes) = attributes {
                    self.rename_newcomer(node, &attributes, newcomers);
                }
            }
            // One that moves turns up again in the next packet.
            ("d", Some(node)) if read.m != Some(1) && newcomers.came.contains(&node) => {
                match read.v {
                    Some(_) => self.remove_version(node),
                    None => self.remove(node),
                }
                newcomers.came.remove(&node);
            }
            _ => {}
        }
    }

    /// The same for nodes as a full fetch brings them.
    pub fn take_in_nodes(&mut self, nodes: &[Node], newcomers: &mut Newcomers) {
        let mut moved = Vec::new();
        for node in nodes.iter().filter(|node| !node.kind.is_root()) {
            if newcomers.own.contains(&node.handle) {
                continue;
            }
            match self.node(node.handle) {
                Some(known) if known.kind() != node.kind => continue,
                None => {
                    newcomers.came.insert(node.handle);
                    self.put(node);
                }
                Some(_) => {
                    if let Contents::Open(_, attributes) = &node.contents {
                        self.rename_newcomer(node.handle, attributes, newcomers);
                    }
                }
            }
            moved.extend(node.parent.map(|parent| (node.handle, parent)));
        }
        for (node, parent) in moved {
            let above = self.node(node).and_then(|node| node.parent());
            if above.map(|above| above.handle()) == Some(parent) {
                continue;
            }
            // What a newcomer has replaced hangs below it, and is none itself.
            let replaced = self
                .node(parent)
                .is_some_and(|above| above.kind() == NodeKind::File);
            if self.relocate(node, parent) && !replaced {
                newcomers.came.insert(node);
            }
        }
    }

    /// Gives a newcomer other attributes, and whoever gets another name is one.
    fn rename_newcomer(
        &mut self,
        node: NodeHandle,
        attributes: &NodeAttributes,
        newcomers: &mut Newcomers,
    ) {
        let known = self.node(node).and_then(|node| node.name());
        if known != Some(&*attributes.name) {
            newcomers.came.insert(node);
        }
        if newcomers.came.contains(&node) {
            self.update(node, attributes);
        }
    }
}
