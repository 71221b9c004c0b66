//! The end of an upload: the node is made, and what it replaces steps back.

use std::sync::Arc;

use super::Complete;
use crate::mega::api::{NewNode, PutNodes};
use crate::mega::client::Client;
use crate::mega::compare::Comparison;
use crate::mega::content::{ReadAt, Source};
use crate::mega::crypto::attributes::Attributes;
use crate::mega::crypto::keys::NodeKey;
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;
use crate::mega::node::Node;
use crate::mega::operations::keys_for_shares;
use crate::mega::tree::NodeRef;

/// Attributes that a new version of a file takes over from the old one.
const INHERITED: [&str; 5] = ["fav", "lbl", "sen", "des", "t"];

/// Where the node goes.
pub(super) struct Place {
    pub parent: NodeHandle,
    pub name: String,
    pub replaces: Option<NodeHandle>,
    pub attributes: Vec<(&'static str, String)>,
}

impl Client {
    /// Makes the node. What another process has put in its place meanwhile it
    /// replaces, unless that has the content of `source` already.
    pub(super) async fn finish_upload(
        &self,
        place: &Place,
        complete: Complete,
        source: Option<&Arc<dyn ReadAt>>,
    ) -> Result<Node, Error> {
        let _turn = self.turn().await?;
        let tree = self.tree().await?;
        let newcomer = self.newcomer_at(&tree.read(), place.parent, &place.name, place.replaces);
        if let (Some(newcomer), Some(source)) = (newcomer, source) {
            let there = tree.read().node(newcomer).map(NodeRef::to_node);
            if let Some(there) = there
                && self.is_already(newcomer, &complete, source).await?
            {
                tracing::debug!(target: "megarc", "another process has uploaded {} already", place.name);
                return Ok(there);
            }
        }
        let master = self.master_key()?;
        let key = NodeKey::File(complete.key);
        let mut attributes = Attributes::with_name(&place.name);
        attributes.set_fingerprint(&complete.fingerprint);
        for (name, value) in &place.attributes {
            attributes.set(name, value);
        }
        let (replaces, shares) = {
            let tree = tree.read();
            let old = newcomer.or(place.replaces);
            let old = old.and_then(|old| tree.node(old));
            if let Some(old) = old.and_then(|old| old.attributes()) {
                let old = old.to_attributes();
                for name in INHERITED {
                    if let Some(value) = old.get(name) {
                        attributes.set(name, &value);
                    }
                }
            }
            (old.map(|old| old.handle()), tree.shares_above(place.parent))
        };
        let mut node = NewNode::new(
            complete.source,
            attributes.encrypt(key.attr_key()),
            master.wrap_node_key(&key),
        );
        node.replaces = replaces;
        let reply = self
            .api()
            .call(PutNodes {
                target: place.parent,
                nodes: vec![node],
                keys: keys_for_shares(&shares, &[], std::slice::from_ref(&key)),
                keep_replaced: None,
            })
            .await?;
        let made = self
            .adopt(&tree, &reply.nodes)
            .into_iter()
            .next()
            .ok_or_else(|| Error::protocol("p", "the new node is missing"))?;
        if let Some(old) = replaces {
            self.note_own(old);
            tree.write().relocate(old, made.handle);
            if self.options().hard_delete {
                self.drop_version(old).await?;
            }
        }
        Ok(made)
    }

    /// Whether a node has this time and the content of `source`.
    async fn is_already(
        &self,
        node: NodeHandle,
        complete: &Complete,
        source: &Arc<dyn ReadAt>,
    ) -> Result<bool, Error> {
        let tree = self.tree().await?;
        let there = tree.read().node(node).and_then(NodeRef::fingerprint);
        if there != Some(complete.fingerprint) {
            return Ok(false);
        }
        let source = Source::Random(Arc::clone(source));
        let found = self.compare(node, source, None, None).await?;
        Ok(matches!(found, Comparison::SameMac | Comparison::BothEmpty))
    }
}
