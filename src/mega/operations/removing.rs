//! Deleting for good.

use futures_util::future::join_all;

use super::{require, require_not_root};
use crate::mega::api::{DeleteNode, EmptyRubbish};
use crate::mega::client::Client;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;

impl Client {
    /// Deletes a node for good, with all below it and all its versions.
    ///
    /// # Errors
    /// The node is gone, or the server refused.
    pub async fn delete(&self, node: NodeHandle) -> Result<(), Error> {
        let tree = self.tree().await?;
        require_not_root(require(&tree.read(), node)?)?;
        self.api()
            .call(DeleteNode {
                node,
                only_this_version: false,
            })
            .await?;
        tree.write().remove(node);
        Ok(())
    }

    /// Empties the rubbish; returns how many items went.
    ///
    /// # Errors
    /// The server refused.
    pub async fn empty_rubbish(&self) -> Result<u64, Error> {
        let tree = self.tree().await?;
        let items: Vec<NodeHandle> = {
            let tree = tree.read();
            match tree.rubbish() {
                Some(rubbish) => tree.children(rubbish).map(|node| node.handle()).collect(),
                None => Vec::new(),
            }
        };
        if items.is_empty() {
            return Ok(0);
        }
        match self.api().call(EmptyRubbish).await {
            Ok(()) => {
                let mut tree = tree.write();
                for item in &items {
                    tree.remove(*item);
                }
            }
            // A server that does not know the command deletes one by one.
            Err(error) if error.code() == Some(ErrorCode::EARGS) => {
                let deleted = join_all(items.iter().map(|item| self.delete(*item))).await;
                deleted.into_iter().collect::<Result<(), Error>>()?;
            }
            Err(error) => return Err(error),
        }
        Ok(items.len() as u64)
    }
}
