//! Is a stored file's content the one at hand? Told without moving a byte of it.
//!
//! The node's key holds a MAC of the whole content. The same MAC, computed here
//! under the same key, says that the contents are equal, as surely as a verified
//! download would. The fingerprint says less for less: it looks at 8 KiB.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use super::buffers::{Budget, Permit};
use super::client::Client;
use super::content::{Progress, ReadAt, Source};
use super::crypto::content::{ContentCipher, verify_meta_mac};
use super::crypto::file_key::{FileKey, NodeKey};
use super::crypto::fingerprint::{Fingerprint, has_legacy_form};
use super::crypto::keys::ChunkMac;
use super::error::Error;
use super::handle::NodeHandle;
use super::pieces::{PieceSizer, encrypt_piece};
use super::reader::Reader;

/// Pieces whose MACs are computed at the same time for one file.
const SIDE_BY_SIDE: usize = 2;

/// How a stored file and a content at hand compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The MAC of the whole content is the one in the node's key: equal.
    SameMac,
    /// Both are empty.
    BothEmpty,
    /// The fingerprints are equal: so is the content, as far as 8 KiB tell.
    SameFingerprint,
    /// Of another length.
    OtherSize {
        /// Bytes of the stored file.
        stored: u64,
    },
    /// The MAC of the whole content is another one: different, or the stored
    /// file is damaged.
    OtherMac,
    /// The fingerprints differ in both forms: different.
    OtherFingerprint,
    /// No key opens the node, so nothing is known of its content.
    NoKey,
    /// The node carries no fingerprint.
    NoFingerprint,
}

impl Client {
    /// Compares a stored file with `source` of `size` bytes by the MAC of the
    /// whole content. Reads the source to its end where the lengths agree;
    /// moves nothing. Without `size` a stream is measured as it is read.
    ///
    /// # Errors
    /// The node is gone, the source cannot be read, or it is no longer what it
    /// was when it was opened.
    pub async fn compare(
        &self,
        file: NodeHandle,
        source: Source,
        size: Option<u64>,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<Comparison, Error> {
        let (key, stored, sampled) = {
            let tree = self.tree().await?;
            let tree = tree.read();
            let node = tree
                .node(file)
                .ok_or_else(|| Error::NotFound(format!("node {file}")))?;
            match node.key() {
                Some(NodeKey::File(key)) => (key, node.size(), node.fingerprint().is_some()),
                Some(NodeKey::Folder(_)) | None => return Ok(Comparison::NoKey),
            }
        };
        let size = match &source {
            Source::Random(random) => Some(random.size()),
            Source::Stream(_) => size,
        };
        if size.is_some_and(|size| size != stored) {
            return Ok(Comparison::OtherSize { stored });
        }
        let mut reader = Reader::new(source, stored)?;
        match same_mac(&key, stored, &mut reader, progress).await {
            Ok(Some(fingerprint)) => {
                if !sampled {
                    self.state().samples.put(file, fingerprint);
                }
                Ok(match stored {
                    0 => Comparison::BothEmpty,
                    _ => Comparison::SameMac,
                })
            }
            Ok(None) => Ok(Comparison::OtherMac),
            Err(Error::SourceChanged(_)) if size.is_none() => Ok(Comparison::OtherSize { stored }),
            Err(error) => Err(error),
        }
    }

    /// What the node says of its content: a digest of its key, which holds the
    /// MAC, so that two of them are equal only for equal contents; and its
    /// fingerprint.
    ///
    /// # Errors
    /// The node is gone.
    pub async fn content_mark(
        &self,
        file: NodeHandle,
    ) -> Result<(Option<[u8; 32]>, Option<Fingerprint>), Error> {
        let tree = self.tree().await?;
        let tree = tree.read();
        let node = tree
            .node(file)
            .ok_or_else(|| Error::NotFound(format!("node {file}")))?;
        let digest = match node.key() {
            Some(NodeKey::File(key)) => Some(Sha256::digest(key.pack()).into()),
            Some(NodeKey::Folder(_)) | None => None,
        };
        Ok((digest, node.fingerprint()))
    }

    /// Compares a stored file with `source` by size and fingerprint, in the
    /// form that everybody writes and in that of old official clients. Reads
    /// at most 16 KiB.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub async fn compare_fingerprint(
        &self,
        file: NodeHandle,
        source: Arc<dyn ReadAt>,
    ) -> Result<Comparison, Error> {
        let (kept, stored) = {
            let tree = self.tree().await?;
            let tree = tree.read();
            let node = tree
                .node(file)
                .ok_or_else(|| Error::NotFound(format!("node {file}")))?;
            (node.fingerprint(), node.size())
        };
        if source.size() != stored {
            return Ok(Comparison::OtherSize { stored });
        }
        let Some(kept) = kept else {
            return Ok(Comparison::NoFingerprint);
        };
        let same = tokio::task::spawn_blocking(move || {
            let forms = fingerprint_forms(&*source)?;
            let same = forms.iter().any(|form| form.same_content(&kept));
            source.check_unchanged().map_err(Error::Source)?;
            Ok::<bool, Error>(same)
        });
        if same.await.map_err(|_| stopped())?? {
            Ok(Comparison::SameFingerprint)
        } else {
            Ok(Comparison::OtherFingerprint)
        }
    }
}

/// The fingerprint of a content in its forms: today's, and that of old official
/// clients where it is another one.
pub(super) fn fingerprint_forms(source: &dyn ReadAt) -> Result<Vec<Fingerprint>, Error> {
    let size = source.size();
    let read =
        |offset: u64, buffer: &mut [u8]| source.read_exact_at(buffer, offset).map_err(read_error);
    let today = Fingerprint::from_reader(size, 0, read)?;
    let mut forms = vec![today];
    if has_legacy_form(size) {
        forms.push(Fingerprint::from_reader_legacy32(size, 0, read)?);
    }
    Ok(forms)
}

fn read_error(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return Error::SourceChanged("it has become shorter".to_owned());
    }
    Error::io("reading the source", error)
}

/// The fingerprint of what `reader` has, `size` bytes, if that is the content
/// of `key`.
pub(super) async fn same_mac(
    key: &FileKey,
    size: u64,
    reader: &mut Reader,
    progress: Option<Arc<dyn Progress>>,
) -> Result<Option<Fingerprint>, Error> {
    let cipher = ContentCipher::new(key.aes_key(), key.nonce());
    let budget = Budget::new(SIDE_BY_SIDE, size);
    let sizer = PieceSizer::longest();
    let mut macs: Vec<(u64, Vec<ChunkMac>)> = Vec::new();
    let mut working: JoinSet<(u64, Vec<ChunkMac>)> = JoinSet::new();
    let mut position = 0;
    while position < size {
        let (end, permit) = reserve(&budget, &sizer, position, size).await?;
        let length = usize::try_from(end - position).unwrap_or(usize::MAX);
        let mut piece = reader.read(length).await?;
        let (cipher, offset) = (cipher.clone(), position);
        working.spawn_blocking(move || {
            let _held = permit;
            (offset, encrypt_piece(&cipher, offset, piece.bytes_mut()))
        });
        position = end;
        if let Some(progress) = &progress {
            let may_go_on = progress.passed(length as u64).await;
            may_go_on.map_err(Error::Source)?;
        }
        while let Some(done) = working.try_join_next() {
            macs.push(done.map_err(|_| stopped())?);
        }
    }
    let fingerprint = reader.finish(0).await?;
    while let Some(done) = working.join_next().await {
        macs.push(done.map_err(|_| stopped())?);
    }
    macs.sort_by_key(|(offset, _)| *offset);
    let macs: Vec<ChunkMac> = macs.into_iter().flat_map(|(_, macs)| macs).collect();
    let equal = verify_meta_mac(key.aes_key(), &macs, size, key.nonce(), key.meta_mac()).is_ok();
    Ok(equal.then_some(fingerprint))
}

/// Chooses the end of the next piece and waits until there is room for it.
async fn reserve(
    budget: &Budget,
    sizer: &PieceSizer,
    position: u64,
    size: u64,
) -> Result<(u64, Permit), Error> {
    let end = sizer.end(position, size, u64::MAX);
    if let Some(permit) = budget.try_shared(end - position) {
        return Ok((end, permit));
    }
    let end = sizer.end(position, size, budget.capacity());
    let permit = budget.own(end - position).await.ok_or_else(stopped)?;
    Ok((end, permit))
}

pub(super) fn stopped() -> Error {
    Error::Invalid("the comparison was stopped".to_owned())
}
