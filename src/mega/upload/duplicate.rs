//! A file whose content stands somewhere in the account already is copied on
//! the server: its bytes need not travel a second time.
//!
//! Nothing is believed that was not computed: what a fingerprint suggests is
//! compared by the MAC of the whole content before it is trusted.

use std::sync::Arc;

use super::Complete;
use super::finish::Place;
use crate::mega::api::NodeSource;
use crate::mega::client::Client;
use crate::mega::compare::{fingerprint_forms, same_mac, stopped};
use crate::mega::content::{ReadAt, Source};
use crate::mega::crypto::file_key::{FileKey, NodeKey};
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::node::Node;
use crate::mega::reader::Reader;

/// Contents that are read to their end for one upload; copies of one file
/// share their key and count once.
const MOST_TRIES: usize = 2;

/// A file that may have the content that is to be uploaded.
struct Suspect {
    handle: NodeHandle,
    key: FileKey,
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
        for suspect in self.suspects(source).await? {
            let mut reader = Reader::new(Source::Random(Arc::clone(source)), size)?;
            let Some(fingerprint) = same_mac(&suspect.key, size, &mut reader, None).await? else {
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
            match self.finish_upload(place, complete, Some(source)).await {
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

    /// The account's own files with the size and the fingerprint of `source`,
    /// one of each key: a copy shares its key with what it is a copy of.
    async fn suspects(&self, source: &Arc<dyn ReadAt>) -> Result<Vec<Suspect>, Error> {
        let size = source.size();
        let tree = self.tree().await?;
        if !self.state().known.has_size(size, &tree.read()) {
            return Ok(Vec::new());
        }
        let source = Arc::clone(source);
        let forms = tokio::task::spawn_blocking(move || fingerprint_forms(&*source));
        let forms = forms.await.map_err(|_| stopped())??;
        let tree = tree.read();
        let own = |handle: NodeHandle| {
            let roots = [tree.cloud(), tree.rubbish()];
            let mut roots = roots.into_iter().flatten();
            roots.any(|root| tree.is_below(handle, root))
        };
        let mut suspects: Vec<Suspect> = Vec::new();
        for form in &forms {
            for handle in self.state().known.find(size, form, &tree) {
                let Some(node) = tree.node(handle) else {
                    continue;
                };
                let looks_alike = node.size() == size
                    && node
                        .fingerprint()
                        .is_some_and(|kept| form.same_content(&kept));
                let Some(NodeKey::File(key)) = node.key().filter(|_| looks_alike) else {
                    continue;
                };
                let seen = suspects.iter().any(|suspect| suspect.key == key);
                if !seen && own(handle) {
                    suspects.push(Suspect { handle, key });
                }
                if suspects.len() >= MOST_TRIES {
                    return Ok(suspects);
                }
            }
        }
        Ok(suspects)
    }
}
