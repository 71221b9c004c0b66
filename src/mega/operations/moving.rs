//! Moving nodes, into the rubbish and out of it, too.

use super::{RUBBISH_ORIGIN, keys_for_shares, require, require_not_root};
use crate::mega::api::MoveNode;
use crate::mega::client::Client;
use crate::mega::crypto::keys::NodeKey;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::node::NodeKind;
use crate::mega::tree::NodeRef;

impl Client {
    /// Moves a node into another folder under its own name.
    ///
    /// # Errors
    /// One of the two is gone, the folder lies inside the node, or the server
    /// refused.
    pub async fn move_node(&self, node: NodeHandle, parent: NodeHandle) -> Result<(), Error> {
        self.note_own(node);
        let tree = self.tree().await?;
        let (keys, in_rubbish, to_rubbish, from_rubbish, origin) = {
            let tree = tree.read();
            let moved = require(&tree, node)?;
            require(&tree, parent)?;
            require_not_root(moved)?;
            if tree.is_below(parent, node) {
                return Err(Error::api("m", ErrorCode::ECIRCULAR));
            }
            let shares = tree.shares_above(parent);
            let (handles, keys): (Vec<NodeHandle>, Vec<NodeKey>) = if shares.is_empty() {
                Default::default()
            } else {
                tree.subtree(node)
                    .into_iter()
                    .filter_map(|below| Some((below.handle(), below.key()?)))
                    .unzip()
            };
            let in_rubbish = |node| {
                tree.rubbish()
                    .is_some_and(|rubbish| tree.is_below(node, rubbish))
            };
            (
                keys_for_shares(&shares, &handles, &keys),
                in_rubbish(parent),
                in_rubbish(parent) && !in_rubbish(node),
                in_rubbish(node) && !in_rubbish(parent),
                moved.parent().map(|above| above.handle()),
            )
        };
        if let (true, Some(origin)) = (to_rubbish, origin) {
            self.note_origin(node, Some(origin)).await;
        }
        self.api()
            .call(MoveNode {
                node,
                target: parent,
                keys,
            })
            .await?;
        {
            let mut tree = tree.write();
            tree.relocate(node, parent);
            if in_rubbish {
                tree.withdraw_links(node);
            }
        }
        if from_rubbish {
            self.note_origin(node, None).await;
        }
        Ok(())
    }

    /// Moves a node into another folder as `name`. A file takes the place of
    /// `replaces`, and of the file that another process has put there
    /// meanwhile; that is discarded, once the new one is there.
    ///
    /// # Errors
    /// As [`move_node`](Self::move_node); `EEXIST` where another process has
    /// put a folder in the place of this folder.
    pub async fn move_to(
        &self,
        node: NodeHandle,
        parent: NodeHandle,
        name: &str,
        replaces: Option<NodeHandle>,
    ) -> Result<(), Error> {
        let _turn = self.turn().await?;
        let tree = self.tree().await?;
        let (stays, keeps_name, old) = {
            let tree = tree.read();
            let moved = require(&tree, node)?;
            let is_in_place = |node: NodeRef<'_>| {
                node.parent().map(NodeRef::handle) == Some(parent) && node.name() == Some(name)
            };
            let there = |node: &NodeHandle| tree.node(*node).is_some_and(is_in_place);
            let old = match moved.kind() {
                _ if is_in_place(moved) => None,
                NodeKind::File => self.newcomer_at(&tree, parent, name, replaces),
                _ if self.new_folder_at(&tree, parent, name) => {
                    return Err(Error::api("m", ErrorCode::EEXIST));
                }
                _ => None,
            };
            (
                moved.parent().map(NodeRef::handle) == Some(parent),
                moved.name() == Some(name),
                // Somebody else may have moved it away.
                old.or(replaces.filter(there)),
            )
        };
        if !stays {
            self.move_node(node, parent).await?;
        }
        if !keeps_name {
            self.rename(node, name).await?;
        }
        match old {
            Some(old) => self.discard(old).await,
            None => Ok(()),
        }
    }

    /// Moves a node into the rubbish, or deletes it for good, as the options say.
    ///
    /// # Errors
    /// As [`move_node`](Self::move_node).
    pub async fn discard(&self, node: NodeHandle) -> Result<(), Error> {
        let rubbish = {
            let tree = self.tree().await?;
            let tree = tree.read();
            tree.rubbish()
                .filter(|rubbish| !self.options().hard_delete && !tree.is_below(node, *rubbish))
        };
        match rubbish {
            Some(rubbish) => self.move_node(node, rubbish).await,
            None => self.delete(node).await,
        }
    }

    /// Writes down where a node came from, for whoever restores it. It is a
    /// courtesy: a node that cannot carry it is moved all the same.
    async fn note_origin(&self, node: NodeHandle, origin: Option<NodeHandle>) {
        let carries_it = match self.tree().await {
            Ok(tree) => tree.read().node(node).and_then(|node| node.attributes()),
            Err(_) => None,
        };
        let Some(attributes) = carries_it else {
            return;
        };
        let old = attributes.to_attributes().get(RUBBISH_ORIGIN);
        if old.as_deref() == origin.as_ref().map(NodeHandle::as_str) {
            return;
        }
        let edit = self.edit_attributes(node, |attributes| match &origin {
            Some(origin) => attributes.set(RUBBISH_ORIGIN, origin.as_str()),
            None => {
                attributes.remove(RUBBISH_ORIGIN);
            }
        });
        if let Err(error) = edit.await {
            tracing::debug!(target: "megarc", "noting the origin of {node} failed: {error}");
        }
    }
}
