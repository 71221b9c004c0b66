//! How a transfer is cut into pieces: whole chunks, more of them at a time
//! the faster they go.
//!
//! One request a chunk would spend a fast line on round trips, and the content
//! kernel wants several chunks at once; large pieces on a slow line would make
//! progress jump and retries dear. So the length follows the time it takes.

use std::time::Duration;

use super::crypto::chunks::chunk_end;
use super::crypto::content::{ChunkJob, ContentCipher};
use super::crypto::keys::ChunkMac;

/// What a transfer begins with; smaller files go in one piece.
const FIRST: u64 = 2 << 20;
/// The longest piece. Two of them fill the lanes of the content kernel, and
/// several connections stay within the memory that a transfer may take.
pub(crate) const LONGEST: u64 = 4 << 20;
/// Chunks that the content kernel likes to walk side by side.
pub(crate) const LANES: usize = 8;
/// The length that pieces never shrink below.
const SHORTEST: u64 = 1 << 20;
/// A piece done sooner than this could have been longer.
const FAST: Duration = Duration::from_millis(500);
/// A piece that takes this long should have been shorter.
const SLOW: Duration = Duration::from_secs(5);

/// Chooses the lengths of one transfer's pieces.
#[derive(Debug, Clone)]
pub(crate) struct PieceSizer {
    target: u64,
}

impl PieceSizer {
    pub(crate) fn new() -> Self {
        Self { target: FIRST }
    }

    /// Pieces as long as they get: where no line has to be learnt about.
    pub(crate) fn longest() -> Self {
        Self { target: LONGEST }
    }

    /// Takes notice of how long a piece of `length` bytes took.
    pub(crate) fn took(&mut self, length: u64, time: Duration) {
        // The last piece of a file is short without meaning anything.
        if time < FAST && length * 2 > self.target {
            self.target = (self.target * 2).min(LONGEST);
        } else if time > SLOW {
            self.target = (self.target / 2).max(SHORTEST);
        }
    }

    /// The end of the piece that starts at the chunk start `position`, of at
    /// most `limit` bytes where a single chunk allows that.
    pub(crate) fn end(&self, position: u64, size: u64, limit: u64) -> u64 {
        let longest = self.target.min(limit);
        let mut end = chunk_end(position, size);
        while end < size {
            let next = chunk_end(end, size);
            if next - position > longest {
                break;
            }
            end = next;
        }
        end
    }
}

/// How many chunks a piece from the chunk start `start` to `end` has.
pub(crate) fn chunks_between(start: u64, end: u64) -> usize {
    let mut at = start;
    let mut count = 0;
    while at < end {
        at = chunk_end(at, end);
        count += 1;
    }
    count
}

/// Cuts a piece that starts at the chunk start `offset` into its chunks, each
/// with its own offset.
pub(crate) fn split_chunks(
    offset: u64,
    mut piece: &mut [u8],
) -> impl Iterator<Item = (u64, &mut [u8])> {
    let mut at = offset;
    std::iter::from_fn(move || {
        if piece.is_empty() {
            return None;
        }
        let start = at;
        at = chunk_end(start, u64::MAX);
        let length = usize::try_from(at - start).unwrap_or(usize::MAX);
        let rest = std::mem::take(&mut piece);
        let (chunk, rest) = rest.split_at_mut(length.min(rest.len()));
        piece = rest;
        Some((start, chunk))
    })
}

/// Encrypts a piece that starts at the chunk start `offset` in place, all its
/// chunks side by side; returns the chunks' MACs in order.
pub(crate) fn encrypt_piece(
    cipher: &ContentCipher,
    offset: u64,
    piece: &mut [u8],
) -> Vec<ChunkMac> {
    let mut jobs: Vec<ChunkJob<'_>> = split_chunks(offset, piece)
        .map(|(offset, chunk)| ChunkJob::new(offset, chunk))
        .collect();
    cipher.encrypt_chunks(&mut jobs);
    jobs.iter().map(|job| job.mac).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mega::crypto::chunks::is_chunk_start;

    #[test]
    fn pieces_are_whole_chunks_and_cover_the_file() {
        for size in [1, 131_072, 131_073, 5_767_169, 100 << 20] {
            let mut sizer = PieceSizer::new();
            let mut at = 0;
            while at < size {
                assert!(is_chunk_start(at));
                let end = sizer.end(at, size, u64::MAX);
                assert!(end > at && end <= size && end - at <= LONGEST);
                sizer.took(end - at, Duration::ZERO);
                at = end;
            }
        }
    }

    #[test]
    fn the_length_follows_the_speed() {
        let mut sizer = PieceSizer::new();
        let far = 100 << 20;
        let start = 4_718_592;
        let length = |sizer: &PieceSizer| sizer.end(start, far, u64::MAX) - start;
        assert_eq!(length(&sizer), 2 << 20);
        sizer.took(2 << 20, FAST / 2);
        sizer.took(4 << 20, FAST / 2);
        sizer.took(8 << 20, FAST / 2);
        assert_eq!(length(&sizer), 4 << 20);
        sizer.took(1 << 20, FAST / 2);
        sizer.took(4 << 20, SLOW * 2);
        assert_eq!(length(&sizer), 2 << 20);
        for _ in 0..9 {
            sizer.took(1 << 20, SLOW * 2);
        }
        assert_eq!(length(&sizer), 1 << 20);
        assert_eq!(sizer.end(start, far, 5), start + (1 << 20));
    }
}
