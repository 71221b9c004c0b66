//! Handle → place in the arena: an open-addressing table.
//!
//! A slot is a place and 32 bits of its handle's hash, so that looking for what
//! is not there, which a load does a million times, seldom touches the arena,
//! and growing never does. Handles are chosen by the server: the hash is seeded
//! at random, or a hostile list could make every look-up slow. It is a folded
//! multiplication, since a load computes millions of them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::mega::handle::NodeHandle;

/// Half of a slot that holds no place.
const EMPTY: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

/// A hash in the upper half, a place in the lower one.
#[derive(Clone, Copy)]
struct Slot(u64);

impl Slot {
    const EMPTY: Self = Self(u64::MAX);

    fn new(hash: u32, place: u32) -> Self {
        Self(u64::from(hash) << 32 | u64::from(place))
    }

    // The lower half is wanted.
    #[expect(clippy::cast_possible_truncation)]
    fn place(self) -> u32 {
        self.0 as u32
    }

    fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The table; whoever calls it supplies the handle that stands at a place.
pub(super) struct HandleIndex {
    slots: Vec<Slot>,
    /// Slots that are not `EMPTY`, tombstones included.
    used: usize,
    seed: [u64; 2],
}

impl HandleIndex {
    /// The first place that cannot be stored.
    pub const LIMIT: u32 = GONE;

    /// Room for so many handles before it has to grow.
    pub fn with_capacity(handles: usize) -> Self {
        Self {
            slots: vec![Slot::EMPTY; (handles + handles / 2 + 2).next_power_of_two().max(16)],
            used: 0,
            seed: [0_u8, 1].map(|half| RandomState::new().hash_one(half)),
        }
    }

    /// The place of `handle`.
    pub fn find(&self, handle: NodeHandle, at: impl Fn(u32) -> Option<NodeHandle>) -> Option<u32> {
        let hash = self.hash(handle);
        for slot in self.probe(hash) {
            let slot = self.slots.get(slot).copied()?;
            match slot.place() {
                EMPTY => return None,
                place if slot.hash() == hash && place != GONE && at(place) == Some(handle) => {
                    return Some(place);
                }
                _ => {}
            }
        }
        None
    }

    /// Adds `handle` at `place`, unless it is there: returns its old place then.
    pub fn insert(
        &mut self,
        handle: NodeHandle,
        place: u32,
        at: impl Fn(u32) -> Option<NodeHandle>,
    ) -> Option<u32> {
        if (self.used + 1) * 3 > self.slots.len() * 2 {
            self.grow();
        }
        let hash = self.hash(handle);
        for number in self.probe(hash) {
            let slot = self.slots.get_mut(number)?;
            match slot.place() {
                EMPTY => {
                    *slot = Slot::new(hash, place);
                    self.used += 1;
                    return None;
                }
                old if slot.hash() == hash && old != GONE && at(old) == Some(handle) => {
                    return Some(old);
                }
                _ => {}
            }
        }
        None
    }

    /// Takes a handle out.
    pub fn remove(&mut self, handle: NodeHandle, at: impl Fn(u32) -> Option<NodeHandle>) {
        let hash = self.hash(handle);
        for number in self.probe(hash) {
            let Some(slot) = self.slots.get_mut(number) else {
                return;
            };
            match slot.place() {
                EMPTY => return,
                place if slot.hash() == hash && place != GONE && at(place) == Some(handle) => {
                    *slot = Slot::new(hash, GONE);
                    return;
                }
                _ => {}
            }
        }
    }

    fn grow(&mut self) {
        let live = |slot: &&Slot| slot.place() < GONE;
        let count = self.slots.iter().filter(live).count();
        let size = (count * 2 + 16).next_power_of_two();
        let old = std::mem::replace(&mut self.slots, vec![Slot::EMPTY; size]);
        self.used = count;
        for slot in old.iter().filter(live) {
            for number in self.probe(slot.hash()) {
                if let Some(free) = self.slots.get_mut(number).filter(|s| s.place() == EMPTY) {
                    *free = *slot;
                    break;
                }
            }
        }
    }

    /// Keyed by secrets of this run.
    fn hash(&self, handle: NodeHandle) -> u32 {
        let [first, second] = self.seed;
        let bits = u64::from_le_bytes(*handle.as_bytes());
        let product = u128::from(bits ^ first) * u128::from(second | 1);
        // Both halves are wanted, folded until 32 bits are left.
        #[expect(clippy::cast_possible_truncation)]
        let folded = product as u64 ^ (product >> 64) as u64;
        #[expect(clippy::cast_possible_truncation)]
        let hash = folded as u32 ^ (folded >> 32) as u32;
        hash
    }

    /// The slots to look at for a hash, each once.
    fn probe(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        let first = hash as usize & mask;
        (0..=mask).map(move |step| (first + step) & mask)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn finds_what_was_inserted_and_not_what_was_removed() {
        let handles: Vec<NodeHandle> = (0..5000)
            .map(|n| NodeHandle::parse(&format!("{n:08}")).unwrap())
            .collect();
        let at = |place: u32| handles.get(place as usize).copied();
        let mut index = HandleIndex::with_capacity(0);
        for round in 0..3 {
            for (place, handle) in (0..).zip(&handles) {
                assert_eq!(index.insert(*handle, place, at), None);
                assert_eq!(index.insert(*handle, 9999, at), Some(place));
            }
            for (place, handle) in (0..).zip(&handles) {
                assert_eq!(index.find(*handle, at), Some(place), "{round}");
            }
            for handle in &handles {
                index.remove(*handle, at);
                assert_eq!(index.find(*handle, at), None);
            }
        }
        assert!(index.slots.len() <= 32768, "tombstones are swept out");
    }
}
