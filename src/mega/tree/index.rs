//! Handle → place in the arena: an open-addressing table of bare `u32`s.
//!
//! The handles themselves stay in the arena, so a million nodes cost 8 MiB
//! here. Handles are chosen by the server: the hash is seeded at random, or a
//! hostile list could make every look-up slow. It is a folded multiplication,
//! since a load computes millions of them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::mega::handle::NodeHandle;

const EMPTY: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

/// The table; whoever calls it supplies the handle that stands at a place.
pub(super) struct HandleIndex {
    slots: Vec<u32>,
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
            slots: vec![EMPTY; (handles * 2 + 2).next_power_of_two().max(16)],
            used: 0,
            seed: [0_u8, 1].map(|half| RandomState::new().hash_one(half)),
        }
    }

    /// The place of `handle`.
    pub fn find(&self, handle: NodeHandle, at: impl Fn(u32) -> Option<NodeHandle>) -> Option<u32> {
        for slot in self.probe(handle) {
            match self.slots.get(slot).copied() {
                None | Some(EMPTY) => return None,
                Some(GONE) => {}
                Some(place) if at(place) == Some(handle) => return Some(place),
                Some(_) => {}
            }
        }
        None
    }

    /// Adds a handle that is not in the table yet.
    pub fn insert(
        &mut self,
        handle: NodeHandle,
        place: u32,
        at: impl Fn(u32) -> Option<NodeHandle>,
    ) {
        // At most half full: a load asks for what is not there a million times,
        // and each wrong neighbour costs a look into the arena.
        if (self.used + 1) * 2 > self.slots.len() {
            self.grow(at);
        }
        self.put(handle, place);
    }

    /// Takes a handle out.
    pub fn remove(&mut self, handle: NodeHandle, at: impl Fn(u32) -> Option<NodeHandle>) {
        for slot in self.probe(handle) {
            match self.slots.get_mut(slot) {
                None => return,
                Some(place) => match *place {
                    EMPTY => return,
                    GONE => {}
                    there if at(there) == Some(handle) => {
                        *place = GONE;
                        return;
                    }
                    _ => {}
                },
            }
        }
    }

    fn put(&mut self, handle: NodeHandle, place: u32) {
        for slot in self.probe(handle) {
            if let Some(free) = self.slots.get_mut(slot).filter(|slot| **slot == EMPTY) {
                *free = place;
                self.used += 1;
                return;
            }
        }
    }

    fn grow(&mut self, at: impl Fn(u32) -> Option<NodeHandle>) {
        let live: Vec<u32> = self.slots.iter().copied().filter(|p| *p < GONE).collect();
        let size = (live.len() * 3 + 16).next_power_of_two();
        self.slots = vec![EMPTY; size];
        self.used = 0;
        for place in live {
            if let Some(handle) = at(place) {
                self.put(handle, place);
            }
        }
    }

    /// Keyed by secrets of this run.
    fn hash(&self, handle: NodeHandle) -> u64 {
        let [first, second] = self.seed;
        let bits = u64::from_le_bytes(*handle.as_bytes());
        let product = u128::from(bits ^ first) * u128::from(second | 1);
        // Both halves are wanted, and nothing else of the number.
        #[expect(clippy::cast_possible_truncation)]
        let (low, high) = (product as u64, (product >> 64) as u64);
        low ^ high
    }

    /// The slots to look at for `handle`, each once.
    fn probe(&self, handle: NodeHandle) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        // The low bits pick the slot; a table never has 2^63 of them.
        #[expect(clippy::cast_possible_truncation)]
        let first = self.hash(handle) as usize & mask;
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
            for (place, handle) in handles.iter().enumerate() {
                index.insert(*handle, u32::try_from(place).unwrap(), at);
            }
            for (place, handle) in handles.iter().enumerate() {
                assert_eq!(
                    index.find(*handle, at),
                    u32::try_from(place).ok(),
                    "{round}"
                );
            }
            for handle in &handles {
                index.remove(*handle, at);
                assert_eq!(index.find(*handle, at), None);
            }
        }
        assert!(index.slots.len() <= 65536, "tombstones are swept out");
    }
}
