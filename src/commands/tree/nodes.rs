//! A walk's listings as a tree. Two directories of one name are two nodes.

use jiff::Timestamp;

use super::order::Order;
use crate::engine::walk::Listing;
use crate::remote::{Entry, EntryId, RemotePath};

/// A file or directory of the tree.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) dir: bool,
    /// The store's size; of directories few stores have any.
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Timestamp>,
    /// Places of what it holds.
    pub(super) children: Vec<usize>,
}

/// The tree; the first node is its root.
pub(super) struct Nodes {
    all: Vec<Node>,
    /// Directories that were seen and not listed yet, the next one last.
    awaited: Vec<(RemotePath, Option<EntryId>, usize)>,
}

impl Nodes {
    pub(super) fn new() -> Self {
        Self {
            all: vec![Node {
                name: String::new(),
                dir: true,
                size: None,
                modified: None,
                children: Vec::new(),
            }],
            awaited: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.len() == 1
    }

    pub(super) fn get(&self, at: usize) -> Option<&Node> {
        self.all.get(at)
    }

    /// Adds what a directory holds and `shown` wants.
    pub(super) fn add(&mut self, listing: Listing, shown: impl Fn(&Entry) -> bool) {
        let Some(parent) = self.place_of(&listing) else {
            return;
        };
        let mut below = Vec::new();
        for entry in listing.entries.into_iter().filter(shown) {
            let at = self.all.len();
            self.all.push(Node {
                name: entry.name().to_owned(),
                dir: entry.is_dir(),
                size: entry.size,
                modified: entry.modified,
                children: Vec::new(),
            });
            if let Some(parent) = self.all.get_mut(parent) {
                parent.children.push(at);
            }
            if entry.is_dir() {
                below.push((entry.path, entry.id, at));
            }
        }
        self.awaited.extend(below.into_iter().rev());
    }

    /// The node of a listed directory: listings come in the order of the tree,
    /// without those that failed and with those below what is not shown.
    fn place_of(&mut self, listing: &Listing) -> Option<usize> {
        if listing.depth == 0 {
            return Some(0);
        }
        let place = self
            .awaited
            .iter()
            .rposition(|(path, id, _)| *path == listing.dir && *id == listing.id)?;
        let (.., at) = self.awaited.drain(place..).next()?;
        Some(at)
    }

    /// Puts what each directory holds in order.
    pub(super) fn sort(&mut self, order: &Order) {
        for at in 0..self.all.len() {
            let Some(node) = self.all.get_mut(at) else {
                continue;
            };
            let mut children = std::mem::take(&mut node.children);
            children.sort_by(|a, b| match (self.all.get(*a), self.all.get(*b)) {
                (Some(a), Some(b)) => order.compare(a, b),
                _ => std::cmp::Ordering::Equal,
            });
            if let Some(node) = self.all.get_mut(at) {
                node.children = children;
            }
        }
    }

    /// The bytes of all files at or below each node.
    pub(super) fn totals(&self) -> Vec<u64> {
        let mut totals = vec![0_u64; self.all.len()];
        // What a directory holds comes after it.
        for (at, node) in self.all.iter().enumerate().rev() {
            let total = if node.dir {
                node.children
                    .iter()
                    .filter_map(|child| totals.get(*child))
                    .fold(0, |sum: u64, size| sum.saturating_add(*size))
            } else {
                node.size.unwrap_or(0)
            };
            if let Some(slot) = totals.get_mut(at) {
                *slot = total;
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn listing(dir: &str, id: Option<&str>, depth: usize, entries: Vec<Entry>) -> Listing {
        Listing {
            dir: RemotePath::parse(dir).unwrap(),
            id: id.map(EntryId::new),
            depth,
            entries,
        }
    }

    fn dir(path: &str, id: &str) -> Entry {
        Entry {
            id: Some(EntryId::new(id)),
            ..Entry::dir(RemotePath::parse(path).unwrap())
        }
    }

    /// Two directories of one name, the first of which could not be listed.
    #[test]
    fn twins_stay_apart() {
        let mut nodes = Nodes::new();
        let twins = vec![dir("twin", "A"), dir("twin", "B")];
        nodes.add(listing("", None, 0, twins), |_| true);
        let one = Entry::file(RemotePath::parse("twin/one").unwrap(), Some(1));
        nodes.add(listing("twin", Some("B"), 1, vec![one]), |_| true);
        let held: Vec<usize> = [1, 2]
            .map(|at| nodes.get(at).unwrap().children.len())
            .into();
        assert_eq!(held, [0, 1]);
        assert_eq!(nodes.totals(), [1, 0, 1, 1]);
    }
}
