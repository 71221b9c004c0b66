//! Copies that the server makes: no content moves.
//!
//! A file keeps its key, because its content is not encrypted again; a folder
//! gets a new one, or whoever may read the original could read the copy.

use std::collections::HashMap;

use super::{RUBBISH_ORIGIN, keys_for_shares, require, require_not_root};
use crate::mega::api::{NewNode, NodeSource, PutNodes};
use crate::mega::client::Client;
use crate::mega::crypto::keys::{FolderKey, NodeKey};
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;
use crate::mega::node::Node;

impl Client {
    /// Copies a file, or a folder with all it holds (old versions stay
    /// behind), into `parent` as `name`. A copied file may take the place of
    /// another, which becomes its older version.
    ///
    /// # Errors
    /// Something is gone or cannot be decrypted, or the server refused.
    pub async fn copy_node(
        &self,
        source: NodeHandle,
        parent: NodeHandle,
        name: &str,
        replaces: Option<NodeHandle>,
    ) -> Result<Node, Error> {
        let tree = self.tree().await?;
        let master = self.master_key()?;
        let (nodes, keys, shares) = {
            let tree = tree.read();
            require(&tree, parent)?;
            require_not_root(require(&tree, source)?)?;
            let mut nodes: Vec<NewNode> = Vec::new();
            let mut keys: Vec<NodeKey> = Vec::new();
            // What has a place in the request, by its handle.
            let mut listed: HashMap<NodeHandle, ()> = HashMap::new();
            for node in tree.subtree(source) {
                let above = node.parent().map(|above| above.handle());
                let top = node.handle() == source;
                let below_listed = above.is_some_and(|above| listed.contains_key(&above));
                if !top && (node.is_version() || !below_listed) {
                    continue;
                }
                let (Some(key), Some(kept)) = (node.key(), node.attributes()) else {
                    if top {
                        return Err(Error::Invalid("the node cannot be decrypted".to_owned()));
                    }
                    tracing::warn!(
                        target: "megarc",
                        "node {} could not be decrypted and is not copied",
                        node.handle()
                    );
                    continue;
                };
                let mut attributes = kept.to_attributes();
                attributes.remove(RUBBISH_ORIGIN);
                if top {
                    attributes.set_name(name);
                }
                let (source, key) = match key {
                    NodeKey::File(_) => (NodeSource::CopyFile(node.handle()), key),
                    NodeKey::Folder(_) => (
                        NodeSource::CopyFolder(node.handle()),
                        NodeKey::Folder(FolderKey::generate()),
                    ),
                };
                let mut new = NewNode::new(
                    source,
                    attributes.encrypt(key.attr_key()),
                    master.wrap_node_key(&key),
                );
                if top {
                    new.replaces = replaces;
                } else {
                    new.parent = above.map(|above| above.to_string());
                }
                nodes.push(new);
                keys.push(key);
                if node.kind().is_folder() {
                    listed.insert(node.handle(), ());
                }
            }
            (nodes, keys, tree.shares_above(parent))
        };
        let reply = self
            .api()
            .call(PutNodes {
                target: parent,
                nodes,
                keys: keys_for_shares(&shares, &[], &keys),
                keep_replaced: None,
            })
            .await?;
        let copy = self
            .adopt(&tree, &reply.nodes)
            .into_iter()
            .next()
            .ok_or_else(|| Error::protocol("p", "the copy is missing"))?;
        if let Some(old) = replaces {
            tree.write().relocate(old, copy.handle);
            if self.options().hard_delete {
                self.drop_version(old).await?;
            }
        }
        Ok(copy)
    }
}
