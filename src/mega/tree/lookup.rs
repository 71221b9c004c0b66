//! Finding one's way in a tree.

use super::{NodeKind, NodeRef, Tree};
use crate::mega::crypto::keys::ShareKey;
use crate::mega::handle::NodeHandle;

impl Tree {
    /// The node called `handle`.
    #[must_use]
    pub fn node(&self, handle: NodeHandle) -> Option<NodeRef<'_>> {
        NodeRef::new(self, self.arena.find(handle)?)
    }

    /// All nodes in no particular order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        self.arena
            .places()
            .filter_map(|place| NodeRef::new(self, place))
    }

    /// What a folder holds; nothing for a file.
    pub fn children(&self, folder: NodeHandle) -> impl Iterator<Item = NodeRef<'_>> {
        self.node(folder).into_iter().flat_map(NodeRef::children)
    }

    /// The children of `folder` called `name`, of either kind.
    pub fn children_named<'a>(
        &'a self,
        folder: NodeHandle,
        name: &'a str,
    ) -> impl Iterator<Item = NodeRef<'a>> {
        self.children(folder)
            .filter(move |node| node.name() == Some(name))
    }

    /// All nodes at a path below `root`: names need not be unique.
    #[must_use]
    pub fn lookup(&self, root: NodeHandle, path: &[&str]) -> Vec<NodeRef<'_>> {
        let mut found: Vec<NodeRef<'_>> = self.node(root).into_iter().collect();
        for name in path {
            let mut next = Vec::new();
            for folder in &found {
                next.extend(
                    self.children(folder.handle())
                        .filter(|node| node.name() == Some(name)),
                );
            }
            found = next;
        }
        found
    }

    /// A file's older versions, newest first.
    #[must_use]
    pub fn versions(&self, file: NodeHandle) -> Vec<NodeRef<'_>> {
        let Some(node) = self.node(file).filter(|node| node.kind() == NodeKind::File) else {
            return Vec::new();
        };
        self.arena
            .subtree(node.place())
            .into_iter()
            .skip(1)
            .filter_map(|place| NodeRef::new(self, place))
            .collect()
    }

    /// A node and everything below it, versions included; parents come first.
    #[must_use]
    pub fn subtree(&self, handle: NodeHandle) -> Vec<NodeRef<'_>> {
        let Some(node) = self.node(handle) else {
            return Vec::new();
        };
        self.arena
            .subtree(node.place())
            .into_iter()
            .filter_map(|place| NodeRef::new(self, place))
            .collect()
    }

    /// Whether `node` is `folder` or hangs below it.
    #[must_use]
    pub fn is_below(&self, node: NodeHandle, folder: NodeHandle) -> bool {
        let Some(place) = self.arena.find(node) else {
            return false;
        };
        self.arena
            .upwards(place)
            .filter_map(|place| self.arena.record(place))
            .any(|record| record.handle == folder)
    }

    /// The shares that a new child of `folder` becomes part of, with their
    /// keys: every ancestor counts, not the nearest only.
    #[must_use]
    pub fn shares_above(&self, folder: NodeHandle) -> Vec<(NodeHandle, ShareKey)> {
        let Some(place) = self.arena.find(folder) else {
            return Vec::new();
        };
        self.arena
            .upwards(place)
            .filter_map(|place| self.arena.record(place))
            .filter(|record| {
                self.shared_out.contains(&record.handle) || self.access.contains_key(&record.handle)
            })
            .filter_map(|record| {
                let key = self.keyring.share(record.handle)?;
                Some((record.handle, key.clone()))
            })
            .collect()
    }
}
