//! The end of an upload: the node is made, and what it replaces steps back.

use super::Complete;
use crate::mega::api::{NewNode, PutNodes};
use crate::mega::client::Client;
use crate::mega::crypto::attributes::Attributes;
use crate::mega::crypto::keys::NodeKey;
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;
use crate::mega::node::Node;
use crate::mega::operations::keys_for_shares;

/// Attributes that a new version of a file takes over from the old one.
const INHERITED: [&str; 5] = ["fav", "lbl", "sen", "des", "t"];

/// Where the node goes.
pub(super) struct Place {
    pub parent: NodeHandle,
    pub name: String,
    pub replaces: Option<NodeHandle>,
}

impl Client {
    pub(super) async fn finish_upload(
        &self,
        place: &Place,
        complete: Complete,
    ) -> Result<Node, Error> {
        let tree = self.tree().await?;
        let master = self.master_key()?;
        let key = NodeKey::File(complete.key);
        let mut attributes = Attributes::with_name(&place.name);
        attributes.set_fingerprint(&complete.fingerprint);
        let (replaces, shares) = {
            let tree = tree.read();
            let old = place.replaces.and_then(|old| tree.node(old));
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
            tree.write().relocate(old, made.handle);
            if self.options().hard_delete {
                self.drop_version(old).await?;
            }
        }
        Ok(made)
    }
}
