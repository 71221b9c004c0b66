//! The nodes of a tree in flat arrays.
//!
//! A node is a fixed-size record; names stand one after the other in one
//! buffer; parent, children and siblings are places in the array. Records
//! that were removed are reused. Nothing here recurses, and a hostile parent
//! list cannot make a walk endless: [`Arena::break_rings`] follows a load, and
//! later links are only made to a node that is not below the one linked.

use zeroize::Zeroize;

use super::index::HandleIndex;
use crate::mega::handle::NodeHandle;
use crate::mega::node::NodeKind;

/// "No such place".
pub(super) const NONE: u32 = u32::MAX;

/// What a record knows besides its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u8);

impl Flags {
    /// The key is there.
    pub const KEY: Self = Self(1);
    /// The attributes decrypted and the name is there.
    pub const NAME: Self = Self(2);
    /// The attributes have a fingerprint.
    pub const FINGERPRINT: Self = Self(4);
    /// There are attributes beyond name and fingerprint.
    pub const EXTRA: Self = Self(8);
    /// The record is free.
    pub const FREE: Self = Self(16);

    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn from_bits(bits: u8) -> Self {
        Self(bits & (Self::FREE.0 - 1))
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }
}

/// One node; see the module.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub handle: NodeHandle,
    pub parent: u32,
    pub first_child: u32,
    pub next: u32,
    /// The sibling before; of the first child the last one.
    pub previous: u32,
    pub name_at: u32,
    pub name_len: u16,
    pub kind: NodeKind,
    pub flags: Flags,
    pub size: u64,
    pub created: i64,
    pub mtime: i64,
    pub crc: [u8; 16],
}

/// The arrays.
pub(super) struct Arena {
    records: Vec<Record>,
    keys: Vec<[u8; 32]>,
    names: String,
    index: HandleIndex,
    free: Vec<u32>,
    live: usize,
}

impl Arena {
    pub fn new() -> Self {
        Self::with_capacity(0, 0)
    }

    /// Room for so many nodes, with so many bytes of names.
    pub fn with_capacity(nodes: usize, names: usize) -> Self {
        Self {
            records: Vec::with_capacity(nodes),
            keys: Vec::with_capacity(nodes),
            names: String::with_capacity(names),
            index: HandleIndex::with_capacity(nodes),
            free: Vec::new(),
            live: 0,
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.live
    }

    pub fn find(&self, handle: NodeHandle) -> Option<u32> {
        self.index
            .find(handle, |place| handle_at(&self.records, place))
    }

    pub fn record(&self, place: u32) -> Option<&Record> {
        self.records
            .get(place as usize)
            .filter(|record| !record.flags.has(Flags::FREE))
    }

    pub fn record_mut(&mut self, place: u32) -> Option<&mut Record> {
        self.records
            .get_mut(place as usize)
            .filter(|record| !record.flags.has(Flags::FREE))
    }

    pub fn key(&self, place: u32) -> Option<&[u8; 32]> {
        self.keys.get(place as usize)
    }

    pub fn set_key(&mut self, place: u32, key: &[u8; 32]) {
        if let Some(slot) = self.keys.get_mut(place as usize) {
            *slot = *key;
        }
    }

    pub fn name(&self, record: &Record) -> &str {
        let at = record.name_at as usize;
        self.names
            .get(at..at + usize::from(record.name_len))
            .unwrap_or_default()
    }

    /// Stores a name and returns where it is; `None` when it is too long to
    /// be a name, or the buffer is full.
    pub fn store_name(&mut self, name: &str) -> Option<(u32, u16)> {
        let len = u16::try_from(name.len()).ok()?;
        let at = u32::try_from(self.names.len()).ok()?;
        self.names.push_str(name);
        Some((at, len))
    }

    /// Adds a record whose handle is not there yet, linked to no parent.
    /// `None` when four thousand million nodes are there.
    pub fn add(&mut self, record: Record, key: [u8; 32]) -> Option<u32> {
        let handle = record.handle;
        let place = match self.free.pop() {
            Some(place) => {
                *self.records.get_mut(place as usize)? = record;
                *self.keys.get_mut(place as usize)? = key;
                place
            }
            None => {
                let place = u32::try_from(self.records.len())
                    .ok()
                    .filter(|place| *place < HandleIndex::LIMIT)?;
                self.records.push(record);
                self.keys.push(key);
                place
            }
        };
        let records = &self.records;
        self.index
            .insert(handle, place, |place| handle_at(records, place));
        self.live += 1;
        Some(place)
    }

    /// Makes `child` the last child of `parent`, so that nodes keep the order
    /// in which they came to be. The caller has made sure that `parent` is not
    /// below `child`.
    pub fn link(&mut self, child: u32, parent: u32) {
        let Some(first) = self.record(parent).map(|record| record.first_child) else {
            return;
        };
        let last = self.record(first).map_or(child, |first| first.previous);
        if let Some(record) = self.record_mut(child) {
            record.parent = parent;
            record.previous = last;
            record.next = NONE;
        }
        if first == NONE {
            if let Some(record) = self.record_mut(parent) {
                record.first_child = child;
            }
            return;
        }
        if let Some(record) = self.record_mut(last) {
            record.next = child;
        }
        if let Some(record) = self.record_mut(first) {
            record.previous = child;
        }
    }

    /// Takes a node out of its parent's children.
    pub fn unlink(&mut self, child: u32) {
        let Some((parent, previous, next)) = self
            .record(child)
            .map(|record| (record.parent, record.previous, record.next))
        else {
            return;
        };
        let first = self.record(parent).map_or(NONE, |above| above.first_child);
        if first == child {
            if let Some(record) = self.record_mut(parent) {
                record.first_child = next;
            }
        } else if let Some(record) = self.record_mut(previous) {
            record.next = next;
        }
        // The first child knows the last one.
        let after = if next == NONE { first } else { next };
        if let Some(record) = self.record_mut(after) {
            record.previous = previous;
        }
        if let Some(record) = self.record_mut(child) {
            (record.parent, record.previous, record.next) = (NONE, NONE, NONE);
        }
    }

    /// Frees one record that has been unlinked.
    pub fn free(&mut self, place: u32) {
        let Some(handle) = self.record(place).map(|record| record.handle) else {
            return;
        };
        let records = &self.records;
        self.index.remove(handle, |place| handle_at(records, place));
        if let Some(record) = self.record_mut(place) {
            record.flags = Flags::FREE;
            record.first_child = NONE;
        }
        if let Some(key) = self.keys.get_mut(place as usize) {
            key.zeroize();
        }
        self.free.push(place);
        self.live -= 1;
    }

    /// The children of a node.
    pub fn children(&self, place: u32) -> impl Iterator<Item = u32> {
        let mut at = self.record(place).map_or(NONE, |record| record.first_child);
        std::iter::from_fn(move || {
            let place = at;
            at = self.record(place)?.next;
            Some(place)
        })
    }

    /// The node and all above it, nearest first.
    pub fn upwards(&self, place: u32) -> impl Iterator<Item = u32> {
        let mut at = place;
        // The bound is for safety only: links never form a ring.
        std::iter::from_fn(move || {
            let place = at;
            at = self.record(place)?.parent;
            Some(place)
        })
        .take(self.records.len())
    }

    /// The node and everything below it, parents before children.
    pub fn subtree(&self, place: u32) -> Vec<u32> {
        let mut all = Vec::new();
        if self.record(place).is_some() {
            all.push(place);
        }
        let mut next = 0;
        while let Some(place) = all.get(next).copied() {
            next += 1;
            all.extend(self.children(place));
        }
        all
    }

    /// How many places there are, free ones included.
    pub fn places_used(&self) -> usize {
        self.records.len()
    }

    /// All nodes, parents before children and siblings in order.
    pub fn in_order(&self) -> Vec<u32> {
        let is_top = |place: &u32| self.record(*place).is_some_and(|r| r.parent == NONE);
        let mut all = Vec::with_capacity(self.live);
        all.extend(self.places().filter(is_top));
        let mut next = 0;
        while let Some(place) = all.get(next).copied() {
            next += 1;
            all.extend(self.children(place));
        }
        all
    }

    /// Cuts every ring of parents open; returns how many links went.
    pub fn break_rings(&mut self) -> usize {
        let mut seen = vec![false; self.records.len()];
        let mut stack: Vec<u32> = self
            .places()
            .filter(|place| self.record(*place).is_some_and(|r| r.parent == NONE))
            .collect();
        let mut cut = 0;
        let mut next_unseen = 0;
        loop {
            while let Some(place) = stack.pop() {
                if let Some(seen) = seen.get_mut(place as usize) {
                    *seen = true;
                }
                stack.extend(self.children(place));
            }
            // Whatever no top leads to hangs on a ring.
            let Some(place) = (next_unseen..seen.len()).find(|place| {
                !seen.get(*place).copied().unwrap_or(true)
                    && u32::try_from(*place).is_ok_and(|place| self.record(place).is_some())
            }) else {
                return cut;
            };
            next_unseen = place + 1;
            if let Ok(place) = u32::try_from(place) {
                self.unlink(place);
                cut += 1;
                stack.push(place);
            }
        }
    }

    /// All live places.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = u32> + use<'_> {
        self.records
            .iter()
            .enumerate()
            .filter(|(_, record)| !record.flags.has(Flags::FREE))
            .filter_map(|(place, _)| u32::try_from(place).ok())
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

fn handle_at(records: &[Record], place: u32) -> Option<NodeHandle> {
    records.get(place as usize).map(|record| record.handle)
}
