//! Putting many nodes in at once: what is done for each of a million is kept
//! as short as it can be, so that handles are not looked for one by one.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Arena, CHUNK, Chunk};
use crate::mega::tree::index::HandleIndex;
use crate::mega::tree::record::Record;

impl Arena {
    /// Puts the records of `chunk`, which are linked to nothing, behind all
    /// others; the first one's place. Nothing is looked up, so that a handle
    /// may come to stand twice: see [`Arena::doubles`].
    pub fn append(&mut self, chunk: Chunk) -> Option<u32> {
        let first = u32::try_from(self.places_used()).ok()?;
        let end = self.places_used() + chunk.records.len();
        u32::try_from(end)
            .ok()
            .filter(|end| *end < HandleIndex::LIMIT)?;
        (self.folders, self.files) = (OnceLock::new(), OnceLock::new());
        self.live += chunk.records.len();
        if self.ends_full() && (1..=CHUNK).contains(&chunk.records.len()) {
            self.chunks.push(chunk);
            return Some(first);
        }
        for ((record, key), place) in chunk.records.iter().zip(&chunk.keys).zip(first..) {
            self.push(record.clone(), *key);
            self.set_name(place, chunk.name(record));
        }
        Some(first)
    }

    /// The places of nodes whose handle stands at an earlier place, too, each
    /// behind the first such place.
    pub fn doubles(&self) -> Vec<(u32, u32)> {
        let handle = |place| Some((self.handle_at(place)?, place));
        let bits = |record: &Record| u64::from_ne_bytes(*record.handle.as_bytes());
        let records = self.chunks.iter().flat_map(|chunk| &chunk.records);
        let mut handles: Vec<u64> = Vec::with_capacity(self.places_used());
        handles.extend(records.map(bits));
        handles.sort_unstable();
        if handles.is_sorted_by(|one, next| one < next) {
            return Vec::new();
        }
        let mut known = HashMap::new();
        let places = self.places().filter_map(handle);
        places
            .filter_map(|(handle, place)| {
                let first = *known.entry(handle).or_insert(place);
                (first != place).then_some((first, place))
            })
            .collect()
    }
}
