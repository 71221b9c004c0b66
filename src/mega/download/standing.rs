//! What an earlier download of the same file has left, in whatever order it
//! arrived.
//!
//! An unfinished file holds its chunks where they belong and, behind the
//! content's end, 16 bytes for each chunk: the MAC of what was written there.
//! A chunk stands if the MAC of what is read is the one that is noted. Nothing
//! else is believed, and in the end all MACs have to fold into that of the
//! file's key.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Download;
use crate::mega::api::DownloadTarget;
use crate::mega::content::Draft;
use crate::mega::crypto::chunks::{LADDER_END, MAX_CHUNK, chunk_count, chunks};
use crate::mega::crypto::content::ContentCipher;
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::error::Error;
use crate::mega::pieces::{LONGEST, encrypt_piece};

/// Bytes of a note.
const NOTE: u64 = 16;

/// The chunks that stand in an unfinished file.
pub struct Standing {
    /// The MAC of each chunk that stands.
    pub(super) macs: Vec<Option<ChunkMac>>,
    /// The bytes of these chunks.
    pub kept: u64,
}

impl Download {
    /// A number for this file with this key and size. It says nothing about
    /// the key, and another file has another one.
    #[must_use]
    pub fn mark(&self) -> u32 {
        let mut hash = Sha256::new();
        hash.update(b"megarc partial file");
        let target = match self.target {
            DownloadTarget::Node(node) => node.to_string(),
            DownloadTarget::Link(link) => link.to_string(),
        };
        hash.update((target.len() as u64).to_be_bytes());
        hash.update(target);
        hash.update(self.size.to_be_bytes());
        hash.update(self.key.pack());
        let hash = hash.finalize();
        hash.first_chunk()
            .map_or(0, |first| u32::from_be_bytes(*first))
    }

    /// Finds out what stands in `draft`.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn standing(&self, draft: Arc<dyn Draft>) -> Result<Standing, Error> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.look_through(&*draft))
            .await
            .map_err(|_| Error::Invalid("reading the begun file was stopped".to_owned()))?
    }

    fn look_through(&self, draft: &dyn Draft) -> Result<Standing, Error> {
        let read = |buffer: &mut [u8], offset| {
            draft
                .read_exact_at(buffer, offset)
                .map_err(|error| Error::io("reading the begun file", error))
        };
        let all = chunk_count(self.size);
        let noted = draft.length().saturating_sub(self.size) / NOTE;
        let mut notes = vec![0; usize::try_from(noted.min(all) * NOTE).unwrap_or_default()];
        if !notes.is_empty() {
            read(&mut notes, self.size)?;
        }
        let (notes, _) = notes.as_chunks::<16>();
        let cipher = ContentCipher::new(self.key.aes_key(), self.key.nonce());
        let mut macs = Vec::new();
        let count = usize::try_from(all).unwrap_or(usize::MAX);
        // A hostile server may claim any size.
        macs.try_reserve_exact(count).map_err(|_| {
            Error::Invalid(format!("{} bytes are more than a file can have", self.size))
        })?;
        macs.resize(count, None);
        let (mut kept, mut stretch) = (0, Vec::new());
        let mut cells = macs.iter_mut().zip(notes).zip(chunks(self.size)).peekable();
        while let Some(((cell, note), (offset, length))) = cells.next() {
            if *note == [0; 16] {
                continue;
            }
            // Chunks that follow each other are looked at side by side.
            let mut end = offset + length;
            let mut noted = vec![(cell, *note, length)];
            while end - offset + MAX_CHUNK <= LONGEST
                && let Some(((cell, note), (_, length))) =
                    cells.next_if(|((_, note), _)| **note != [0; 16])
            {
                noted.push((cell, *note, length));
                end += length;
            }
            stretch.resize(usize::try_from(end - offset).unwrap_or_default(), 0);
            read(&mut stretch, offset)?;
            let found = encrypt_piece(&cipher, offset, &mut stretch);
            for ((cell, note, length), mac) in noted.into_iter().zip(found) {
                if *mac.as_bytes() == note {
                    *cell = Some(mac);
                    kept += length;
                }
            }
        }
        Ok(Standing { macs, kept })
    }

    /// Where the note of the chunk stands that starts at `offset`.
    pub(super) fn note_at(&self, offset: u64) -> u64 {
        self.size.saturating_add(chunk_number(offset) * NOTE)
    }
}

impl Standing {
    /// The stretches that are missing, in order, each from the start of a chunk
    /// to the end of one.
    pub(super) fn gaps(&self, size: u64) -> Vec<(u64, u64)> {
        let mut gaps: Vec<(u64, u64)> = Vec::new();
        for ((offset, length), mac) in chunks(size).zip(&self.macs) {
            match gaps.last_mut() {
                _ if mac.is_some() => {}
                Some((_, end)) if *end == offset => *end += length,
                _ => gaps.push((offset, offset + length)),
            }
        }
        gaps
    }

    /// Takes in the MACs of chunks that have arrived, the first at `offset`.
    pub(super) fn take_in(&mut self, offset: u64, macs: Vec<ChunkMac>) {
        let first = usize::try_from(chunk_number(offset)).unwrap_or(usize::MAX);
        for (cell, mac) in self.macs.iter_mut().skip(first).zip(macs) {
            *cell = Some(mac);
        }
    }
}

/// How many chunks stand before `offset`, where one starts.
fn chunk_number(offset: u64) -> u64 {
    chunk_count(offset.min(LADDER_END)) + offset.saturating_sub(LADDER_END) / MAX_CHUNK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_numbered_as_they_follow() {
        for (number, (offset, _)) in (0..).zip(chunks(20 << 20)) {
            assert_eq!(chunk_number(offset), number);
        }
    }

    #[test]
    fn gaps_are_what_is_missing() {
        let size = 10 << 20;
        let count = usize::try_from(chunk_count(size)).unwrap_or_default();
        let mut standing = Standing {
            macs: vec![None; count],
            kept: 0,
        };
        assert_eq!(standing.gaps(size), [(0, size)]);
        let mac = ChunkMac::from_bytes([1; 16]);
        standing.take_in(131_072, vec![mac; 2]);
        standing.take_in(LADDER_END + MAX_CHUNK, vec![mac; 1]);
        let third = 6 * 131_072;
        let expected = [
            (0, 131_072),
            (third, LADDER_END + MAX_CHUNK),
            (LADDER_END + 2 * MAX_CHUNK, size),
        ];
        assert_eq!(standing.gaps(size), expected);
        standing.take_in(0, vec![mac; count]);
        assert!(standing.gaps(size).is_empty());
    }
}
