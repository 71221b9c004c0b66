//! Old versions of files: made current again, and deleted.
//!
//! The versions of a file hang below it as a chain, each below the next newer
//! one. Deleting one must name it as such (`v:1`), or the server takes all the
//! older ones with it.

use futures_util::future::join_all;

use super::require;
use crate::mega::api::{DeleteNode, DeleteVersions};
use crate::mega::client::Client;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Node, NodeKind};
use crate::mega::tree::{NodeRef, Tree};

impl Client {
    /// Puts a copy of an old version in the place of its file, which becomes
    /// the newest old version, even where deleting is for good.
    ///
    /// # Errors
    /// The version is gone, is none, or the server refused.
    pub async fn restore_version(&self, version: NodeHandle) -> Result<Node, Error> {
        let (current, parent, name) = {
            let tree = self.tree().await?;
            let tree = tree.read();
            let current = current(require_version(&tree, version)?);
            let parent = current.parent().map(NodeRef::handle);
            let parent = parent.ok_or_else(|| Error::NotFound("the file's folder".to_owned()))?;
            let name = current
                .name()
                .ok_or_else(|| Error::Invalid("the file cannot be decrypted".to_owned()))?;
            (current.handle(), parent, name.to_owned())
        };
        // Whoever takes a step back may want to undo that.
        self.copy_over(version, parent, &name, Some(current), Some(true))
            .await
    }

    /// Deletes one old version for good.
    ///
    /// # Errors
    /// The version is gone, is none, or the server refused.
    pub async fn delete_version(&self, version: NodeHandle) -> Result<(), Error> {
        require_version(&self.tree().await?.read(), version)?;
        self.drop_version(version).await
    }

    /// Deletes the old versions of all files for good, or only those that were
    /// replaced before a moment (UTC seconds). Returns how many went.
    ///
    /// # Errors
    /// The server refused.
    pub async fn delete_versions(&self, before: Option<i64>) -> Result<u64, Error> {
        let tree = self.tree().await?;
        let versions: Vec<NodeHandle> = {
            let tree = tree.read();
            // The vault may only be changed by whoever keeps backups there; the
            // server's own clearing goes through it, too.
            let roots = [
                tree.cloud(),
                tree.rubbish(),
                tree.vault().filter(|_| before.is_none()),
            ];
            let own = |node: NodeRef<'_>| {
                let mut roots = roots.into_iter().flatten();
                roots.any(|root| tree.is_below(node.handle(), root))
            };
            let old = |node| before.is_none_or(|before| replaced(node) < before);
            tree.nodes()
                .filter(|node| node.is_version() && own(*node) && old(*node))
                .map(NodeRef::handle)
                .collect()
        };
        let count = versions.len() as u64;
        if count == 0 {
            return Ok(0);
        }
        if before.is_none() {
            match self.api().call(DeleteVersions).await {
                Ok(()) => {
                    let mut tree = tree.write();
                    for version in versions {
                        tree.remove_version(version);
                    }
                    return Ok(count);
                }
                // A server that does not know the command deletes one by one.
                Err(error) if error.code() == Some(ErrorCode::EARGS) => {}
                Err(error) => return Err(error),
            }
        }
        let deleted = join_all(versions.into_iter().map(|old| self.drop_version(old))).await;
        deleted.into_iter().collect::<Result<(), Error>>()?;
        Ok(count)
    }

    /// Deletes one version of a file for good, and no other.
    pub(in crate::mega) async fn drop_version(&self, version: NodeHandle) -> Result<(), Error> {
        let deleted = self
            .api()
            .call(DeleteNode {
                node: version,
                only_this_version: true,
            })
            .await;
        match deleted {
            // An account without versioning has dropped it by itself.
            Err(Error::Api { code, .. }) if code == ErrorCode::ENOENT => {}
            other => other?,
        }
        self.tree().await?.write().remove_version(version);
        Ok(())
    }

    /// Where something in the rubbish goes back to: the folder that it was
    /// removed from, if that is still there, else the cloud drive.
    ///
    /// # Errors
    /// The node is gone, or does not lie in the rubbish.
    pub async fn origin(&self, node: NodeHandle) -> Result<NodeHandle, Error> {
        let tree = self.tree().await?;
        let tree = tree.read();
        let noted = require(&tree, node)?.attributes();
        let in_rubbish =
            |node| matches!(tree.rubbish(), Some(rubbish) if tree.is_below(node, rubbish));
        if !in_rubbish(node) {
            return Err(Error::Invalid(
                "it does not lie in the rubbish bin".to_owned(),
            ));
        }
        let noted = noted.and_then(|kept| {
            let noted = kept.to_attributes().get(super::RUBBISH_ORIGIN)?;
            let folder = tree.node(NodeHandle::parse(&noted)?)?;
            (folder.kind().is_folder() && !in_rubbish(folder.handle())).then(|| folder.handle())
        });
        noted
            .or_else(|| tree.cloud())
            .ok_or_else(|| Error::NotFound("the cloud drive".to_owned()))
    }
}

/// When something newer took the place of a version.
fn replaced(version: NodeRef<'_>) -> i64 {
    version.parent().map_or(i64::MAX, NodeRef::created)
}

/// The file whose old version this is.
fn current(version: NodeRef<'_>) -> NodeRef<'_> {
    let mut node = version;
    while let Some(newer) = node.parent().filter(|above| above.kind() == NodeKind::File) {
        node = newer;
    }
    node
}

fn require_version(tree: &Tree, handle: NodeHandle) -> Result<NodeRef<'_>, Error> {
    let node = require(tree, handle)?;
    if !node.is_version() {
        return Err(Error::Invalid("it is no old version of a file".to_owned()));
    }
    Ok(node)
}
