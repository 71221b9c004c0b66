//! Uploads that outlive the process: where to, under which key, how far.
//!
//! A journal is a file of sealed records, one for each upload of a file into a
//! place, locked by whoever sends. What is about to be sent is written down
//! before it is: the MACs of its chunks. A later run sends the rest under the
//! same key only if the source is what it was, and only while every chunk that
//! has been sent before has the very same MAC: never two contents under one
//! key. Records are bound to the account, the place and their order; a record
//! cut off by a kill was never acted upon.

mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use self::store::JournalStore;
use crate::mega::crypto::keys::{ChunkMac, ContentKey, Nonce, SealKey};
use crate::mega::crypto::{base64, seal};

/// From this size on an upload is worth a journal.
pub(super) const WORTH_KEEPING: u64 = 8 << 20;
/// No journal is larger: enough for a terabyte.
const MAX_FILE: u64 = 128 << 20;

/// The journal of one upload, held by this process alone.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    key: SealKey,
    context: Zeroizing<Vec<u8>>,
    version: String,
    records: u64,
    begun: Option<Begun>,
}

/// A journal that the pieces on their way write into.
#[derive(Clone)]
pub(super) struct SharedJournal(Arc<Mutex<Journal>>);

impl SharedJournal {
    pub(super) fn new(journal: Journal) -> Self {
        Self(Arc::new(Mutex::new(journal)))
    }

    /// For a moment; nothing else can write meanwhile.
    pub(super) fn hold(&self) -> MutexGuard<'_, Journal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload that has been begun.
pub struct Begun {
    address: String,
    key: ContentKey,
    nonce: Nonce,
    /// The pieces that may have been sent, by where they start: they follow
    /// each other from the first byte on.
    pieces: BTreeMap<u64, Piece>,
    /// The token of the whole, once all of it has arrived.
    pub(super) token: Option<String>,
}

struct Piece {
    end: u64,
    macs: Vec<ChunkMac>,
    stored: bool,
}

/// What the journal says about a piece that is about to be sent.
pub(super) enum Known {
    /// It has not been sent before.
    New,
    /// It may have been sent.
    Sent,
    /// It is with the server.
    Stored,
    /// Another content has been sent in its place.
    Other,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
enum Record {
    Begun {
        version: String,
        address: String,
        key: String,
        nonce: String,
    },
    Sending {
        start: u64,
        end: u64,
        macs: String,
    },
    Stored {
        start: u64,
        token: Option<String>,
    },
}

impl Journal {
    /// What an earlier run has begun with the same source.
    pub(super) fn begun(&self) -> Option<&Begun> {
        self.begun.as_ref()
    }

    /// Begins anew.
    pub(super) fn begin(&mut self, address: &str, key: &ContentKey, nonce: &Nonce) {
        self.forget();
        self.append(&Record::Begun {
            version: self.version.clone(),
            address: address.to_owned(),
            key: base64::encode(key.as_bytes()),
            nonce: base64::encode(nonce.as_bytes()),
        });
    }

    /// What is known of the piece `start..end`.
    pub(super) fn look_up(&self, start: u64, end: u64, macs: &[ChunkMac]) -> Known {
        let Some(piece) = self.begun().and_then(|begun| begun.pieces.get(&start)) else {
            return Known::New;
        };
        if piece.end != end || piece.macs != macs {
            Known::Other
        } else if piece.stored {
            Known::Stored
        } else {
            Known::Sent
        }
    }

    /// Notes a piece before it is sent.
    pub(super) fn sending(&mut self, start: u64, end: u64, macs: &[ChunkMac]) {
        let bytes: Vec<u8> = macs.iter().flat_map(|mac| *mac.as_bytes()).collect();
        self.append(&Record::Sending {
            start,
            end,
            macs: base64::encode(&bytes),
        });
    }

    /// Notes a piece that has arrived.
    pub(super) fn stored(&mut self, start: u64, token: Option<&str>) {
        self.append(&Record::Stored {
            start,
            token: token.map(str::to_owned),
        });
    }

    /// Forgets the upload: the next one has a new key.
    pub(super) fn forget(&mut self) {
        self.begun = None;
        self.records = 0;
        if self.file.set_len(0).is_err() || self.file.rewind().is_err() {
            self.remove();
        }
    }

    /// The upload is over.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn load(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        (&self.file).take(MAX_FILE).read_to_end(&mut bytes)?;
        let (begun, records, length) =
            Begun::from_sealed(&bytes, &self.key, &self.context, &self.version);
        if begun.is_none() {
            self.forget();
            return Ok(());
        }
        (self.begun, self.records) = (begun, records);
        self.file.set_len(length as u64)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    fn append(&mut self, record: &Record) {
        apply(&mut self.begun, record, &self.version);
        if let Err(error) = self.write(record) {
            tracing::debug!(target: "megarc", "the journal of the upload is given up: {error}");
            // One with a gap would be worse than none.
            self.remove();
        }
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        let plain = Zeroizing::new(serde_json::to_vec(record)?);
        let context = record_context(&self.context, self.records);
        let sealed = seal::seal(&self.key, &context, &plain);
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&sealed);
        self.file.write_all(&bytes)?;
        self.records += 1;
        Ok(())
    }
}

impl Begun {
    /// What a journal tells of an upload of the source in this `version`; the
    /// number of its records, and where they end: what follows was cut off.
    #[must_use]
    pub fn from_sealed(
        bytes: &[u8],
        key: &SealKey,
        context: &[u8],
        version: &str,
    ) -> (Option<Self>, u64, usize) {
        let (mut begun, mut records, mut rest) = (None, 0, bytes);
        while let Some((plain, behind)) = split(rest, key, &record_context(context, records)) {
            let Ok(record) = serde_json::from_slice(&plain) else {
                break;
            };
            if !apply(&mut begun, &record, version) {
                return (None, 0, 0);
            }
            records += 1;
            rest = behind;
        }
        (begun, records, bytes.len() - rest.len())
    }

    /// Where it goes, and what it is encrypted with.
    pub(super) fn place(&self) -> (String, ContentKey, Nonce) {
        (self.address.clone(), self.key.clone(), self.nonce.clone())
    }

    /// The end of the piece that was sent from `start` on.
    pub(super) fn piece_end(&self, start: u64) -> Option<u64> {
        self.pieces.get(&start).map(|piece| piece.end)
    }

    /// Where the pieces end that may have been sent.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.pieces
            .last_key_value()
            .map_or(0, |(_, piece)| piece.end)
    }
}

/// The context of a record.
fn record_context(journal: &[u8], number: u64) -> Vec<u8> {
    [journal, &number.to_be_bytes()].concat()
}

/// The first record of `bytes`, opened, and what stands behind it.
fn split<'a>(
    bytes: &'a [u8],
    key: &SealKey,
    context: &[u8],
) -> Option<(Zeroizing<Vec<u8>>, &'a [u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (sealed, rest) = rest.split_at_checked(length)?;
    let plain = seal::open(key, context, sealed).ok()?;
    Some((Zeroizing::new(plain), rest))
}

/// Takes a record in; `false` if it does not fit.
fn apply(begun: &mut Option<Begun>, record: &Record, current: &str) -> bool {
    match (record, begun.as_mut()) {
        (
            Record::Begun {
                version,
                address,
                key,
                nonce,
            },
            None,
        ) => {
            let decode = |text: &str| base64::decode(text).ok().map(Zeroizing::new);
            let key = decode(key).and_then(|key| ContentKey::from_slice(&key).ok());
            let nonce = decode(nonce).and_then(|nonce| Nonce::from_slice(&nonce).ok());
            let (Some(key), Some(nonce), true) = (key, nonce, version == current) else {
                return false;
            };
            *begun = Some(Begun {
                address: address.clone(),
                key,
                nonce,
                pieces: BTreeMap::new(),
                token: None,
            });
        }
        (Record::Sending { start, end, macs }, Some(begun)) => {
            let Ok(bytes) = base64::decode(macs) else {
                return false;
            };
            let (macs, rest) = bytes.as_chunks::<16>();
            if *start != begun.end() || end <= start || !rest.is_empty() {
                return false;
            }
            let piece = Piece {
                end: *end,
                macs: macs.iter().copied().map(ChunkMac::from_bytes).collect(),
                stored: false,
            };
            begun.pieces.insert(*start, piece);
        }
        (Record::Stored { start, token }, Some(begun)) => {
            let Some(piece) = begun.pieces.get_mut(start) else {
                return false;
            };
            piece.stored = true;
            if token.is_some() {
                begun.token.clone_from(token);
            }
        }
        _ => return false,
    }
    true
}
