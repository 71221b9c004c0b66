//! What others have made while this client changes the tree itself.
//!
//! The events tell of the client's own changes, too, and of those that it has
//! made since. So they are not replayed: nodes that are not known yet are put
//! in, what becomes of these later is followed, and all the rest is left alone.

use std::collections::HashSet;

use super::Tree;
use super::events::{Arrival, Packet};
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Node, NodeAttributes, NodeKind};

impl Tree {
    /// Takes in what a packet of the event channel tells of nodes that are not
    /// known, or are among `newcomers`, and adds the new ones to these.
    pub fn take_in(&mut self, packet: &str, newcomers: &mut HashSet<NodeHandle>) {
        let Ok(read) = serde_json::from_str::<Packet<'_>>(packet) else {
            return;
        };
        let named = read.n.as_deref().and_then(NodeHandle::parse);
        let named = named.filter(|node| newcomers.contains(node));
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
                    self.update(node, &attributes);
                }
            }
            // One that moves turns up again in the next packet.
            ("d", Some(node)) if read.m != Some(1) => {
                match read.v {
                    Some(_) => self.remove_version(node),
                    None => self.remove(node),
                }
                newcomers.remove(&node);
            }
            _ => {}
        }
    }

    /// The same for nodes as a full fetch brings them.
    pub fn take_in_nodes(&mut self, nodes: &[Node], newcomers: &mut HashSet<NodeHandle>) {
        let mut moved = Vec::new();
        for node in nodes.iter().filter(|node| !node.kind.is_root()) {
            if self.node(node.handle).is_none() {
                newcomers.insert(node.handle);
                self.put(node);
            }
            // What a newcomer has replaced hangs below it now.
            let parent = node.parent.filter(|parent| {
                newcomers.contains(&node.handle)
                    || newcomers.contains(parent)
                        && self
                            .node(*parent)
                            .is_some_and(|above| above.kind() == NodeKind::File)
            });
            moved.extend(parent.map(|parent| (node.handle, parent)));
        }
        for (node, parent) in moved {
            self.relocate(node, parent);
        }
    }
}
