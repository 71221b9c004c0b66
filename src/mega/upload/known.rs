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
    use super::*;

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
