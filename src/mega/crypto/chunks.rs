//! The chunk table: where a file is cut for MACs and for upload pieces.
//!
//! Chunk i, counted from 1, has `min(i, 8)` times 128 KiB; the last one ends
//! with the file. From [`LADDER_END`] on every chunk has 1 MiB. An empty file
//! has no chunk. Spec: docs/protocol.md#chunks.

/// The first chunk's length, and the step by which the first eight grow.
pub const STEP: u64 = 128 * 1024;
/// The length of chunk 8 and all later ones.
pub const MAX_CHUNK: u64 = 8 * STEP;
/// The offset from which all chunks have the same length.
pub const LADDER_END: u64 = 36 * STEP;

/// The start of the chunk that holds byte `position`.
pub fn chunk_start(position: u64) -> u64 {
    if position >= LADDER_END {
        return position - (position - LADDER_END) % MAX_CHUNK;
    }
    let mut start = 0;
    let mut length = STEP;
    while start + length <= position {
        start += length;
        length += STEP;
    }
    start
}

/// The end of the chunk that holds byte `position`, in a file of `size` bytes.
pub fn chunk_end(position: u64, size: u64) -> u64 {
    let start = chunk_start(position);
    start.saturating_add(full_length(start)).min(size)
}

/// Tells whether a chunk starts at `position`, the file being long enough.
pub fn is_chunk_start(position: u64) -> bool {
    chunk_start(position) == position
}

/// The number of chunks of a file of `size` bytes.
pub fn chunk_count(size: u64) -> u64 {
    if size > LADDER_END {
        return 8 + (size - LADDER_END).div_ceil(MAX_CHUNK);
    }
    chunks(size).count() as u64
}

/// The chunks of a file of `size` bytes, in order, as (offset, length).
pub fn chunks(size: u64) -> Chunks {
    Chunks { next: 0, size }
}

/// The length of a chunk that starts at `start`, were the file endless.
fn full_length(start: u64) -> u64 {
    if start >= LADDER_END {
        return MAX_CHUNK;
    }
    // starts are STEP times 0, 1, 3, 6, 10, ...: count the steps
    let mut at = 0;
    let mut length = STEP;
    while at < start {
        at += length;
        length += STEP;
    }
    length.min(MAX_CHUNK)
}

/// Iterator over (offset, length); see [`chunks`].
#[derive(Debug, Clone)]
pub struct Chunks {
    next: u64,
    size: u64,
}

impl Iterator for Chunks {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.size {
            return None;
        }
        let offset = self.next;
        let length = full_length(offset).min(self.size - offset);
        self.next = offset + length;
        Some((offset, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_ends_and_counts_agree_with_the_table() {
        for size in [1, STEP, STEP + 1, LADDER_END - 1, LADDER_END, 9_000_001] {
            let mut end = 0;
            for (offset, length) in chunks(size) {
                assert_eq!(offset, end);
                end = offset + length;
                assert!(is_chunk_start(offset));
                for position in [offset, offset + length / 2, end - 1] {
                    assert_eq!(chunk_start(position), offset);
                    assert_eq!(chunk_end(position, size), end);
                }
                assert!(!is_chunk_start(offset + 1));
            }
            assert_eq!(end, size);
            assert_eq!(chunk_count(size), chunks(size).count() as u64);
        }
        assert_eq!(chunk_count(0), 0);
        assert_eq!(chunk_end(u64::MAX, u64::MAX), u64::MAX);
    }
}
