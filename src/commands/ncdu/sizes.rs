//! What lies where, and how much it is. Pure.

use std::collections::{HashMap, VecDeque};

use crate::engine::walk::Listing;
use crate::remote::{Entry, RemotePath};

/// The place of a node.
pub type Id = usize;

/// A file or directory with all that is below it.
#[derive(Debug)]
pub struct Node {
    /// The store's entry.
    pub entry: Entry,
    /// The directory that holds it; none of the root.
    pub parent: Option<Id>,
    /// What a directory holds.
    pub children: Vec<Id>,
    /// Bytes, as far as sizes are known.
    pub size: u64,
    /// Files.
    pub files: u64,
    /// Files among them whose size is not known.
    pub unknown: u64,
    /// The content of the directory is known.
    pub listed: bool,
    /// A directory somewhere below could not be read.
    pub troubled: bool,
}

/// A tree that grows with every listing.
#[derive(Debug)]
pub struct Sizes {
    nodes: Vec<Node>,
    /// Directories that are not listed yet. Several may share a path.
    waiting: HashMap<RemotePath, VecDeque<Id>>,
}

impl Sizes {
    /// The root, with nothing known of it.
    #[must_use]
    pub fn new(root: Entry) -> Self {
        let waiting = HashMap::from([(root.path.clone(), VecDeque::from([0]))]);
        Self {
            nodes: vec![Node::new(root, None)],
            waiting,
        }
    }

    /// The root.
    pub const ROOT: Id = 0;

    /// A node; the root for what is none.
    #[must_use]
    pub fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// Adds what a directory holds.
    pub fn add(&mut self, listing: Listing) {
        let Some(waiting) = self.waiting.get_mut(&listing.dir) else {
            return;
        };
        let nodes = &self.nodes;
        let is_it = |id: &Id| nodes.get(*id).is_some_and(|n| n.entry.id == listing.id);
        // The root is known by its path alone.
        let at = waiting.iter().position(is_it).unwrap_or(0);
        let Some(dir) = waiting.remove(at) else {
            return;
        };
        let (mut size, mut files, mut unknown) = (0_u64, 0, 0);
        let mut children = Vec::with_capacity(listing.entries.len());
        for entry in listing.entries {
            let id = self.nodes.len();
            if entry.is_dir() {
                let waiting = self.waiting.entry(entry.path.clone()).or_default();
                waiting.push_back(id);
            }
            let node = Node::new(entry, Some(dir));
            size = size.saturating_add(node.size);
            files += node.files;
            unknown += node.unknown;
            children.push(id);
            self.nodes.push(node);
        }
        if let Some(node) = self.nodes.get_mut(dir) {
            node.children = children;
            node.listed = true;
        }
        self.up(dir, |node| {
            node.size = node.size.saturating_add(size);
            node.files += files;
            node.unknown += unknown;
        });
    }

    /// All that could be listed is listed: the rest is in trouble.
    pub fn finish(&mut self) {
        let missing: Vec<Id> = std::mem::take(&mut self.waiting)
            .into_values()
            .flatten()
            .collect();
        for id in missing {
            let parent = self.node(id).and_then(|node| node.parent);
            if let Some(parent) = parent {
                self.up(parent, |node| node.troubled = true);
            }
        }
    }

    /// Takes a node away.
    pub fn remove(&mut self, id: Id) {
        let Some((parent, size, files, unknown)) = self
            .node(id)
            .and_then(|n| Some((n.parent?, n.size, n.files, n.unknown)))
        else {
            return;
        };
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.retain(|child| *child != id);
        }
        self.up(parent, |node| {
            node.size = node.size.saturating_sub(size);
            node.files = node.files.saturating_sub(files);
            node.unknown = node.unknown.saturating_sub(unknown);
        });
    }

    /// Changes a node and all above it.
    fn up(&mut self, from: Id, change: impl Fn(&mut Node)) {
        let mut next = Some(from);
        while let Some(node) = next.and_then(|id| self.nodes.get_mut(id)) {
            change(node);
            next = node.parent;
        }
    }
}

impl Node {
    fn new(entry: Entry, parent: Option<Id>) -> Self {
        let file = !entry.is_dir();
        Self {
            parent,
            children: Vec::new(),
            size: entry.size.filter(|_| file).unwrap_or(0),
            files: u64::from(file),
            unknown: u64::from(file && entry.size.is_none()),
            listed: file,
            troubled: false,
            entry,
        }
    }

    /// Bytes of a file, on the average of those whose size is known.
    #[must_use]
    pub fn average(&self) -> u64 {
        let known = self.files.saturating_sub(self.unknown);
        self.size.checked_div(known).unwrap_or(0)
    }
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text).unwrap()
    }

    /// `a` of 10 bytes, `d/b` of 30, `d/c` of unknown size, `e` unreadable.
    pub fn example() -> Sizes {
        let mut sizes = Sizes::new(Entry::dir(path("")));
        let listing = |dir: &str, entries| Listing {
            dir: path(dir),
            id: None,
            depth: 0,
            entries,
        };
        let file = |name: &str, size| Entry::file(path(name), size);
        let dir = |name: &str| Entry::dir(path(name));
        sizes.add(listing("", vec![file("a", Some(10)), dir("d"), dir("e")]));
        sizes.add(listing("d", vec![file("d/b", Some(30)), file("d/c", None)]));
        sizes.finish();
        sizes
    }

    #[test]
    fn sizes_add_up_and_go_away() {
        let mut sizes = example();
        let root = sizes.node(Sizes::ROOT).unwrap();
        assert_eq!((root.size, root.files, root.unknown), (40, 3, 1));
        assert_eq!((root.average(), root.troubled), (20, true));
        let [a, d, e] = root.children[..] else {
            panic!()
        };
        assert!(!sizes.node(e).unwrap().listed && sizes.node(d).unwrap().listed);
        sizes.remove(d);
        let root = sizes.node(Sizes::ROOT).unwrap();
        assert_eq!((root.size, root.files, root.unknown), (10, 1, 0));
        assert_eq!(root.children, [a, e]);
        sizes.remove(Sizes::ROOT);
        assert!(sizes.node(Sizes::ROOT).is_some());
    }
}
