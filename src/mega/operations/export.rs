//! Public links: making them so that they open, and taking them back.
//!
//! A file's link carries the file's key. A folder's link carries a share key,
//! under which the server needs the key of *every* node below, old versions
//! included: what is not listed cannot be opened by whoever has the link.

use super::{keys_for_shares, require, require_not_root};
use crate::mega::api::{AddKeys, Export, Share, Unexport, Unshare};
use crate::mega::client::Client;
use crate::mega::crypto::base64;
use crate::mega::crypto::keys::{MasterKey, NodeKey, ShareKey};
use crate::mega::crypto::link::{LinkTarget, PublicLink};
use crate::mega::crypto::wrap::{Wrapping, ha};
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::tree::PublicLinkOf;

impl Client {
    /// Makes the public link of a file or folder, or finds the one it has.
    /// `expires` (UTC seconds) works for paid accounts only.
    ///
    /// # Errors
    /// The node is gone or cannot be decrypted, or the server refused.
    pub async fn export(
        &self,
        node: NodeHandle,
        expires: Option<i64>,
    ) -> Result<PublicLink, Error> {
        let tree = self.tree().await?;
        let key = {
            let tree = tree.read();
            let node = require(&tree, node)?;
            require_not_root(node)?;
            node.key()
                .ok_or_else(|| Error::Invalid("the node cannot be decrypted".to_owned()))?
        };
        let target = match key {
            NodeKey::File(key) => LinkTarget::File(key),
            NodeKey::Folder(_) => LinkTarget::Folder {
                key: self.share_with_everybody(node).await?,
                sub: None,
            },
        };
        let handle = self.api().call(Export { node, expires }).await?;
        tree.write()
            .set_link(node, Some(PublicLinkOf { handle, expires }));
        Ok(PublicLink {
            handle: handle.to_string(),
            target,
        })
    }

    /// Gives a folder a share key and the server the keys of all below it.
    async fn share_with_everybody(&self, folder: NodeHandle) -> Result<ShareKey, Error> {
        let tree = self.tree().await?;
        let master = self.master_key()?;
        let known = tree.read().keyring().share(folder).cloned();
        let mut key = known.unwrap_or_else(ShareKey::generate);
        let existing = self.send_share(folder, &key, &master).await?;
        if let Some(existing) = existing {
            let existing = base64::decode(&existing)
                .and_then(|wrapped| master.unwrap_key(&wrapped))
                .and_then(|bytes| ShareKey::from_slice(&bytes))?;
            if existing != key {
                // The keys sent are under the wrong one: send them again.
                key = existing;
                let (handles, keys) = self.subtree_keys(folder).await?;
                let request = keys_for_shares(&[(folder, key.clone())], &handles, &keys);
                if let Some(keys) = request {
                    self.api().call(AddKeys { keys }).await?;
                }
            }
        }
        tree.write().add_share(folder, key.clone());
        Ok(key)
    }

    async fn send_share(
        &self,
        folder: NodeHandle,
        key: &ShareKey,
        master: &MasterKey,
    ) -> Result<Option<String>, Error> {
        let (handles, keys) = self.subtree_keys(folder).await?;
        let request = keys_for_shares(&[(folder, key.clone())], &handles, &keys);
        let reply = self
            .api()
            .call(Share {
                folder,
                share_key: base64::encode(&master.wrap(key.as_bytes())),
                authentication: ha(folder.as_str(), master)?,
                keys: request.unwrap_or_default(),
            })
            .await?;
        Ok(reply.existing_key)
    }

    async fn subtree_keys(
        &self,
        folder: NodeHandle,
    ) -> Result<(Vec<NodeHandle>, Vec<NodeKey>), Error> {
        let tree = self.tree().await?;
        let tree = tree.read();
        Ok(tree
            .subtree(folder)
            .into_iter()
            .filter_map(|node| Some((node.handle(), node.key()?)))
            .unzip())
    }

    /// Takes the public link of a node back.
    ///
    /// # Errors
    /// The node is gone, or the server refused.
    pub async fn unexport(&self, node: NodeHandle) -> Result<(), Error> {
        let tree = self.tree().await?;
        let is_folder = require(&tree.read(), node)?.kind().is_folder();
        match self.api().call(Unexport { node }).await {
            // There was none.
            Err(error) if error.code() == Some(ErrorCode::ENOENT) => {}
            result => result?,
        }
        if is_folder {
            self.api().call(Unshare { folder: node }).await?;
        }
        let mut tree = tree.write();
        tree.set_link(node, None);
        if is_folder {
            tree.remove_share(node);
        }
        Ok(())
    }
}
