//! Going on where an earlier download of the same file stopped.
//!
//! What stands on the disk is not believed: the MACs of its chunks are computed
//! again, and with those of the chunks that follow they have to fold into the
//! MAC of the file's key.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Download;
use crate::mega::api::DownloadTarget;
use crate::mega::content::ReadAt;
use crate::mega::crypto::chunks::chunk_start;
use crate::mega::crypto::content::ContentCipher;
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::error::Error;
use crate::mega::pieces::{PieceSizer, encrypt_piece};

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

    /// The same file behind the whole chunks at the start of `prefix`; returns
    /// their length too.
    ///
    /// # Errors
    /// The prefix cannot be read.
    pub async fn after_prefix(self, prefix: Arc<dyn ReadAt>) -> Result<(u64, Self), Error> {
        tokio::task::spawn_blocking(move || {
            let there = prefix.size().min(self.size);
            let kept = if there == self.size {
                there
            } else {
                chunk_start(there)
            };
            let macs = self.macs_of(&*prefix, kept)?;
            Ok((kept, self.after(macs)))
        })
        .await
        .map_err(|_| Error::Invalid("reading the begun file was stopped".to_owned()))?
    }

    /// The MACs of the chunks in the first `length` bytes.
    fn macs_of(&self, prefix: &dyn ReadAt, length: u64) -> Result<Vec<ChunkMac>, Error> {
        let cipher = ContentCipher::new(self.key.aes_key(), self.key.nonce());
        let sizer = PieceSizer::longest();
        let mut macs = Vec::new();
        let mut piece = Vec::new();
        let mut position = 0;
        while position < length {
            let end = sizer.end(position, length, u64::MAX);
            piece.resize(usize::try_from(end - position).unwrap_or(usize::MAX), 0);
            prefix
                .read_exact_at(&mut piece, position)
                .map_err(|error| Error::io("reading the begun file", error))?;
            macs.extend(encrypt_piece(&cipher, position, &mut piece));
            position = end;
        }
        Ok(macs)
    }
}
