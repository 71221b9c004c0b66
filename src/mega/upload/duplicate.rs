//! A file whose content stands somewhere in the account already is copied on
//! the server: its bytes need not travel a second time.
//!
//! Nothing is believed that was not computed: what a fingerprint suggests is
//! compared by the MAC of the whole content before it is trusted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Complete;
use super::finish::Place;
use crate::mega::api::NodeSource;
use crate::mega::client::Client;
use crate::mega::compare::{has_fingerprint, same_mac, stopped};
use crate::mega::content::{ReadAt, Source};
use crate::mega::crypto::file_key::{FileKey, NodeKey};
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Node, NodeKind};
use crate::mega::reader::Reader;
use crate::mega::tree::Tree;

/// Contents that are read to their end for one upload; copies of one file
/// share their key and count once.
const MOST_TRIES: usize = 2;

/// Which files of the account have which size. Only that: what else a file is
/// the tree says, when it is asked.
#[derive(Default)]
pub(in crate::mega) struct BySize(Mutex<Option<Sizes>>);

struct Sizes {
    /// Sorted; a million files take 16 MB.
    first: Vec<(u64, NodeHandle)>,
    /// What has come since.
    later: HashMap<u64, Vec<NodeHandle>>,
}

impl BySize {
    /// The files of `size` bytes, as far as they are known.
    fn find(&self, size: u64, tree: &Tree) -> Vec<NodeHandle> {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sizes = sizes.get_or_insert_with(|| Sizes::of(tree));
        let from = sizes.first.partition_point(|(other, _)| *other < size);
        let first = sizes.first.iter().skip(from);
        first
            .take_while(|(other, _)| *other == size)
            .map(|(_, handle)| *handle)
            .chain(sizes.later.get(&size).into_iter().flatten().copied())
            .collect()
    }

    /// Notes a file that has just been made.
    pub(in crate::mega) fn add(&self, node: &Node) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sizes) = sizes.as_mut()
            && node.kind == NodeKind::File
        {
            sizes.later.entry(node.size).or_default().push(node.handle);
        }
    }
}

impl Sizes {
    fn of(tree: &Tree) -> Self {
        let files = tree.nodes().filter(|node| node.kind() == NodeKind::File);
        let mut first: Vec<(u64, NodeHandle)> =
            files.map(|node| (node.size(), node.handle())).collect();
        first.sort_unstable();
        Self {
            first,
            later: HashMap::new(),
        }
    }
}

/// A file that may have the content that is to be uploaded.
struct Suspect {
    handle: NodeHandle,
    key: FileKey,
    kept: Fingerprint,
}

impl Client {
    /// Makes the node of an upload from a file of the account that has the
    /// same content. `None`: there is none, or it could not be used.
    pub(super) async fn copy_instead(
        &self,
        source: &Arc<dyn ReadAt>,
        mtime: i64,
        place: &Place,
    ) -> Result<Option<Node>, Error> {
        let size = source.size();
        // Of nothing there is nothing to save.
        if size == 0 || !self.options().dedupe_uploads {
            return Ok(None);
        }
        let suspects = self.suspects(source).await?;
        let mut tried: Vec<FileKey> = Vec::new();
        for suspect in suspects {
            // A copy shares its key with what it is a copy of.
            if tried.contains(&suspect.key) {
                continue;
            }
            if tried.len() >= MOST_TRIES {
                break;
            }
            let mut reader = Reader::new(Source::Random(Arc::clone(source)), size)?;
            let Some(fingerprint) = same_mac(&suspect.key, size, &mut reader, None).await? else {
                tried.push(suspect.key);
                continue;
            };
            let complete = Complete {
                source: NodeSource::CopyFile(suspect.handle),
                key: suspect.key,
                fingerprint: Fingerprint {
                    crc: fingerprint.crc,
                    mtime,
                },
            };
            match self.finish_upload(place, complete).await {
                Ok(node) => {
                    tracing::debug!(
                        target: "megarc",
                        "the content of {} stands in node {} already and was copied on the server",
                        place.name,
                        suspect.handle
                    );
                    return Ok(Some(node));
                }
                // Gone meanwhile, taken down, or not to be copied: it is sent.
                Err(Error::Api { code, .. })
                    if matches!(
                        code,
                        ErrorCode::ENOENT | ErrorCode::EACCESS | ErrorCode::EBLOCKED
                    ) =>
                {
                    tracing::debug!(
                        target: "megarc",
                        "node {} could not be copied ({code}), its content is sent",
                        suspect.handle
                    );
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The account's own files with the size and the fingerprint of `source`.
    async fn suspects(&self, source: &Arc<dyn ReadAt>) -> Result<Vec<Suspect>, Error> {
        let suspects: Vec<Suspect> = {
            let tree = self.tree().await?;
            let tree = tree.read();
            let found = self.state().by_size.find(source.size(), &tree);
            let own = |handle: NodeHandle| {
                let roots = [tree.cloud(), tree.rubbish()];
                roots
                    .into_iter()
                    .flatten()
                    .any(|root| tree.is_below(handle, root))
            };
            let suspect = |handle| {
                let node = tree.node(handle)?;
                let (Some(NodeKey::File(key)), Some(kept)) = (node.key(), node.fingerprint())
                else {
                    return None;
                };
                Some(Suspect { handle, key, kept })
            };
            found
                .into_iter()
                .filter(|handle| own(*handle))
                .filter_map(suspect)
                .collect()
        };
        if suspects.is_empty() {
            return Ok(suspects);
        }
        let source = Arc::clone(source);
        let kept: Vec<Fingerprint> = suspects.iter().map(|suspect| suspect.kept).collect();
        let same = tokio::task::spawn_blocking(move || has_fingerprint(&*source, &kept));
        let same = same.await.map_err(|_| stopped())??;
        Ok(suspects
            .into_iter()
            .zip(same)
            .filter_map(|(suspect, same)| same.then_some(suspect))
            .collect())
    }
}
