//! Which files of the account have which content, as far as a glance tells:
//! by size, and by what their fingerprints look at.
//!
//! What else a file is the tree says, when it is asked. A million files of one
//! size take no longer than a million of different ones, and 24 MB.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Contents, Node};
use crate::mega::tree::Tree;

/// The files by size and fingerprint; built when it is first asked.
#[derive(Default)]
pub(in crate::mega) struct KnownFiles(Mutex<Option<Index>>);

/// Size and a digest of the fingerprint.
type Look = (u64, u32);

struct Index {
    /// Sorted.
    first: Vec<(u64, u32, NodeHandle)>,
    /// What has come since.
    later: HashMap<Look, Vec<NodeHandle>>,
}

impl KnownFiles {
    /// Whether there may be a file of `size` bytes at all.
    pub(super) fn has_size(&self, size: u64, tree: &Tree) -> bool {
        self.with(tree, |index| {
            let at = index.first.partition_point(|(other, ..)| *other < size);
            let first = index
                .first
                .get(at)
                .is_some_and(|(other, ..)| *other == size);
            first || index.later.keys().any(|(other, _)| *other == size)
        })
    }

    /// The files of `size` bytes that may have this fingerprint.
    pub(super) fn find(&self, size: u64, look: &Fingerprint, tree: &Tree) -> Vec<NodeHandle> {
        let wanted = (size, digest(look));
        self.with(tree, |index| {
            let from = index
                .first
                .partition_point(|(size, digest, _)| (*size, *digest) < wanted);
            let first = index.first.iter().skip(from);
            first
                .take_while(|(size, digest, _)| (*size, *digest) == wanted)
                .map(|(.., handle)| *handle)
                .chain(index.later.get(&wanted).into_iter().flatten().copied())
                .collect()
        })
    }

    /// Notes a file that has just been made.
    pub(in crate::mega) fn add(&self, node: &Node) {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = index.as_mut()
            && let Contents::Open(_, attributes) = &node.contents
            && let Some(look) = &attributes.fingerprint
        {
            let look = (node.size, digest(look));
            index.later.entry(look).or_default().push(node.handle);
        }
    }

    fn with<T>(&self, tree: &Tree, ask: impl FnOnce(&Index) -> T) -> T {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ask(index.get_or_insert_with(|| Index::of(tree)))
    }
}

impl Index {
    fn of(tree: &Tree) -> Self {
        let files = tree.nodes().filter_map(|node| {
            let look = node.fingerprint()?;
            Some((node.size(), digest(&look), node.handle()))
        });
        let mut first: Vec<(u64, u32, NodeHandle)> = files.collect();
        first.sort_unstable();
        Self {
            first,
            later: HashMap::new(),
        }
    }
}

/// Four bytes of the sixteen that tell contents apart; small files keep their
/// content there, so all of them have to count.
fn digest(look: &Fingerprint) -> u32 {
    let (words, _) = look.crc.as_chunks::<4>();
    words.iter().fold(0, |digest: u32, word| {
        digest.rotate_left(5).wrapping_mul(0x9E37_79B1) ^ u32::from_be_bytes(*word)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::mega::crypto::keys::NodeKey;
    use crate::mega::node::{Keyring, NodeAttributes, NodeKind};

    const SIZE: u64 = 1000;

    /// A tree of `count` files of one size, each with a fingerprint of its own.
    fn tree(count: u64) -> Tree {
        let mut tree = Tree::new(Keyring::empty());
        let key = NodeKey::from_slice(&std::array::from_fn::<u8, 32, _>(|at| at as u8)).unwrap();
        for number in 0..count {
            let attributes = NodeAttributes {
                name: "f".to_owned(),
                fingerprint: Some(look(number)),
                ..NodeAttributes::default()
            };
            tree.insert(Node {
                handle: handle(number),
                parent: None,
                kind: NodeKind::File,
                size: SIZE,
                created: 0,
                shared_by_other: None,
                contents: Contents::Open(key.clone(), attributes),
            });
        }
        tree
    }

    fn handle(number: u64) -> NodeHandle {
        NodeHandle::parse(&format!("{number:08}")).unwrap()
    }

    fn look(number: u64) -> Fingerprint {
        let mut crc = [0; 16];
        crc[8..].copy_from_slice(&number.to_be_bytes());
        Fingerprint { crc, mtime: 0 }
    }

    #[test]
    fn many_files_of_one_size_are_told_apart_at_once() {
        let tree = tree(5000);
        let known = KnownFiles::default();
        assert!(known.has_size(SIZE, &tree) && !known.has_size(SIZE + 1, &tree));
        let found: usize = (0..5000)
            .map(|number| {
                let found = known.find(SIZE, &look(number), &tree);
                assert!(found.contains(&handle(number)));
                found.len()
            })
            .sum();
        // By size alone it would be 25 million.
        assert!(found < 5050, "{found}");
        assert!(known.find(SIZE, &look(5000), &tree).is_empty());
    }

    #[test]
    fn what_comes_later_is_found_too() {
        let (few, more) = (tree(1), tree(3));
        let known = KnownFiles::default();
        assert!(!known.has_size(7, &few));
        for number in 1..3 {
            known.add(&more.node(handle(number)).unwrap().to_node());
        }
        assert_eq!(known.find(SIZE, &look(2), &more), [handle(2)]);
        assert_eq!(known.find(SIZE, &look(0), &more), [handle(0)]);
    }

    #[test]
    fn every_byte_of_a_fingerprint_counts() {
        let plain = Fingerprint {
            crc: [7; 16],
            mtime: 0,
        };
        for at in 0..16 {
            let mut other = plain;
            other.crc[at] ^= 1;
            assert_ne!(digest(&plain), digest(&other), "{at}");
        }
    }
}
