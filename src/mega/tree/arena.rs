//! The nodes of a tree in flat arrays.
//!
//! A node is a fixed-size record; names stand one after the other; parent,
//! children and siblings are places. The arrays come in chunks, so that a
//! million nodes are never copied to make room for more. Records
//! that were removed are reused. Nothing here recurses, and a hostile parent
//! list cannot make a walk endless: [`Arena::break_rings`] follows a load, and
//! later links are only made to a node that is not below the one linked.

mod bulk;

use std::sync::OnceLock;

use zeroize::Zeroize;

use super::index::HandleIndex;
use super::record::{Flags, Key, NONE, Record};
use crate::mega::handle::NodeHandle;

/// Places in one chunk.
pub(super) const CHUNK: usize = 8192;

/// As many roots as an account has.
const ROOTS: u32 = 3;

/// Neighbouring records with what belongs to them. Growing never moves a chunk.
#[derive(Default)]
pub(super) struct Chunk {
    pub records: Vec<Record>,
    pub keys: Vec<Key>,
    /// Names of the records here.
    pub names: String,
}

impl Chunk {
    /// An empty chunk with room for so many records.
    pub fn with_room(records: usize) -> Self {
        Self {
            records: Vec::with_capacity(records),
            keys: Vec::with_capacity(records),
            names: String::new(),
        }
    }

    pub fn name(&self, record: &Record) -> &str {
        let at = record.name_at as usize;
        self.names
            .get(at..at + usize::from(record.name_len))
            .unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

/// Where a node goes when all are put in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// Its place in the arena.
    pub place: u32,
    /// The number of its parent's seat.
    pub parent: u32,
}

/// The arrays.
pub(super) struct Arena {
    /// All full but the last one.
    chunks: Vec<Chunk>,
    /// Made when a handle is first looked for.
    folders: OnceLock<HandleIndex>,
    /// Made when one is looked for that is no folder's: there are many more of
    /// them, and a listing needs none.
    files: OnceLock<HandleIndex>,
    free: Vec<u32>,
    live: usize,
}

impl Arena {
    pub fn new() -> Self {
        Self {
            chunks: Vec::new(),
            folders: OnceLock::new(),
            files: OnceLock::new(),
            free: Vec::new(),
            live: 0,
        }
    }

    /// The arena of these chunks: all full but the last one, parents before
    /// their children and the children of one node in a row. Of their links
    /// only the parents are known. `None` if they are otherwise.
    pub fn of(chunks: Vec<Chunk>) -> Option<Self> {
        let (_, front) = chunks.split_last().unzip();
        if front.is_some_and(|front: &[Chunk]| front.iter().any(|c| c.records.len() != CHUNK)) {
            return None;
        }
        let live = chunks.iter().map(|chunk| chunk.records.len()).sum();
        let mut arena = Self {
            chunks,
            live,
            ..Self::new()
        };
        let all = u32::try_from(live).ok()?;
        arena.link_rows(all).filter(|()| all < HandleIndex::LIMIT)?;
        Some(arena)
    }

    fn link_rows(&mut self, all: u32) -> Option<()> {
        // Parent and first node of the row that is being linked.
        let (mut above, mut first) = (NONE, NONE);
        for place in 0..all {
            let parent = self.record(place)?.parent;
            if parent != NONE && parent == above {
                self.record_mut(place - 1)?.next = place;
                self.record_mut(place)?.previous = place - 1;
                continue;
            }
            if above != NONE {
                self.record_mut(first)?.previous = place - 1;
            }
            (above, first) = (parent, place);
            if parent != NONE {
                // A parent that stands before its children makes no ring.
                let parent = self.record_mut(parent).filter(|_| parent < place)?;
                let row = &mut parent.first_child;
                *row = Some(place).filter(|_| *row == NONE)?;
            }
        }
        if above != NONE {
            self.record_mut(first)?.previous = all - 1;
        }
        Some(())
    }

    /// Whether every node is found by its handle.
    pub fn is_unique(&self) -> bool {
        let found = |place| self.handle_at(place).and_then(|handle| self.find(handle));
        self.places().all(|place| found(place) == Some(place))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.live
    }

    pub fn find(&self, handle: NodeHandle) -> Option<u32> {
        if self.folders.get().is_none() {
            // The roots are all that many commands ask for by handle, and stand
            // at the front of a tree that was kept.
            let is_it = |place: &u32| self.record(*place).is_some_and(|r| r.handle == handle);
            if let Some(root) = (0..ROOTS).find(is_it) {
                return Some(root);
            }
        }
        let find = |index: &HandleIndex| index.find(handle, |place| self.handle_at(place));
        find(self.folders()).or_else(|| find(self.files()))
    }

    fn folders(&self) -> &HandleIndex {
        self.folders.get_or_init(|| self.make_index(true))
    }

    fn files(&self) -> &HandleIndex {
        self.files.get_or_init(|| self.make_index(false))
    }

    fn make_index(&self, folders: bool) -> HandleIndex {
        let wanted = || {
            let records = self.chunks.iter().flat_map(|chunk| &chunk.records);
            (0..).zip(records).filter(move |(_, record)| {
                record.kind.is_folder() == folders && !record.flags.has(Flags::FREE)
            })
        };
        let mut index = HandleIndex::with_capacity(wanted().count());
        for (place, record) in wanted() {
            index.insert(record.handle, place, |place| self.handle_at(place));
        }
        index
    }

    fn handle_at(&self, place: u32) -> Option<NodeHandle> {
        handle_at(&self.chunks, place)
    }

    pub fn record(&self, place: u32) -> Option<&Record> {
        let (chunk, at) = split(place);
        let record = self.chunks.get(chunk)?.records.get(at)?;
        (!record.flags.has(Flags::FREE)).then_some(record)
    }

    pub fn record_mut(&mut self, place: u32) -> Option<&mut Record> {
        let (chunk, at) = split(place);
        let record = self.chunks.get_mut(chunk)?.records.get_mut(at)?;
        (!record.flags.has(Flags::FREE)).then_some(record)
    }

    pub fn key(&self, place: u32) -> Option<&Key> {
        let (chunk, at) = split(place);
        self.chunks.get(chunk)?.keys.get(at)
    }

    pub fn set_key(&mut self, place: u32, key: Key) {
        let (chunk, at) = split(place);
        let chunk = self.chunks.get_mut(chunk);
        if let Some(slot) = chunk.and_then(|chunk| chunk.keys.get_mut(at)) {
            *slot = key;
        }
    }

    /// The name of the record at `place`.
    pub fn name(&self, place: u32, record: &Record) -> &str {
        let chunk = self.chunks.get(split(place).0);
        chunk.map_or("", |chunk| chunk.name(record))
    }

    /// Gives the record at `place` a name; `false` when it is too long to be
    /// one, or there is no room.
    pub fn set_name(&mut self, place: u32, name: &str) -> bool {
        let (chunk, at) = split(place);
        let Some(chunk) = self.chunks.get_mut(chunk) else {
            return false;
        };
        let Some(record) = chunk.records.get_mut(at) else {
            return false;
        };
        let room = (u32::try_from(chunk.names.len()), u16::try_from(name.len()));
        let (Ok(at), Ok(len)) = room else {
            return false;
        };
        (record.name_at, record.name_len) = (at, len);
        chunk.names.push_str(name);
        true
    }

    /// Adds a record without a name, linked to no parent, unless its handle is
    /// there: returns its place, and whether it is new. `None` when four
    /// thousand million nodes are there.
    pub fn add(&mut self, record: Record, key: Key) -> Option<(u32, bool)> {
        let place = match self.free.last() {
            Some(place) => *place,
            None => u32::try_from(self.places_used())
                .ok()
                .filter(|place| *place < HandleIndex::LIMIT)?,
        };
        self.folders();
        self.files();
        let chunks = &self.chunks;
        let at = |place| handle_at(chunks, place);
        let (folders, files) = (self.folders.get_mut()?, self.files.get_mut()?);
        let (own, other) = match record.kind.is_folder() {
            true => (folders, files),
            false => (files, folders),
        };
        let known = other
            .find(record.handle, at)
            .or_else(|| own.insert(record.handle, place, at));
        if let Some(known) = known {
            return Some((known, false));
        }
        self.live += 1;
        if self.free.pop().is_some() {
            let (chunk, at) = split(place);
            let chunk = self.chunks.get_mut(chunk)?;
            *chunk.records.get_mut(at)? = record;
            *chunk.keys.get_mut(at)? = key;
            return Some((place, true));
        }
        self.push(record, key);
        Some((place, true))
    }

    /// Puts a record behind all others.
    fn push(&mut self, record: Record, key: Key) {
        if self.ends_full() {
            // A small tree need not pay for a large one.
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Chunk::with_room(room));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.records.push(record);
            chunk.keys.push(key);
        }
    }

    /// Whether the next record begins a chunk.
    fn ends_full(&self) -> bool {
        let full = |chunk: &Chunk| chunk.records.len() >= CHUNK;
        self.chunks.last().is_none_or(full)
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
        let chunks = &self.chunks;
        for index in [&mut self.folders, &mut self.files] {
            if let Some(index) = index.get_mut() {
                index.remove(handle, |place| handle_at(chunks, place));
            }
        }
        if let Some(record) = self.record_mut(place) {
            record.flags = Flags::FREE;
            record.first_child = NONE;
        }
        self.set_key(place, [0; 4]);
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
        .take(self.places_used())
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
        let last = self.chunks.last().map_or(0, |chunk| chunk.records.len());
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    /// A seat in a row for every node: parents before children, and the
    /// children of one node next to each other in their order.
    pub fn seats(&self) -> Vec<Seat> {
        let seat = |parent| move |place| Seat { place, parent };
        let is_top = |place: &u32| self.record(*place).is_some_and(|r| r.parent == NONE);
        let mut all = Vec::with_capacity(self.live);
        all.extend(self.places().filter(is_top).map(seat(NONE)));
        // There are no more seats than places.
        let mut next = 0;
        while let (Some(place), Ok(number)) =
            (all.get(next).map(|seat| seat.place), u32::try_from(next))
        {
            all.extend(self.children(place).map(seat(number)));
            next += 1;
        }
        all
    }

    /// Cuts every ring of parents open; returns how many links went.
    pub fn break_rings(&mut self) -> usize {
        let mut seen = vec![false; self.places_used()];
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
        // `add` makes no more of them.
        let all = u32::try_from(self.places_used()).unwrap_or(NONE);
        (0..all).filter(|place| self.record(*place).is_some())
    }
}

/// Chunk and place in it.
fn split(place: u32) -> (usize, usize) {
    let place = place as usize;
    (place / CHUNK, place % CHUNK)
}

fn handle_at(chunks: &[Chunk], place: u32) -> Option<NodeHandle> {
    let (chunk, at) = split(place);
    Some(chunks.get(chunk)?.records.get(at)?.handle)
}
