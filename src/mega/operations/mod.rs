//! What can be done to nodes beside moving bytes.
//!
//! Each operation tells the server and, when that has agreed, the tree: a
//! command sees its own changes without asking again. Nothing here looks at
//! names to find nodes: operations take handles.

mod attributes;
mod copy;
mod export;
mod folders;
mod moving;
mod removing;
mod versions;

use super::api::KeyRequest;
use super::crypto::attributes::RUBBISH_ORIGIN;
use super::crypto::keys::{NodeKey, ShareKey};
use super::crypto::wrap::Wrapping;
use super::error::Error;
use super::handle::NodeHandle;
use super::tree::{NodeRef, Tree};

/// The keys of nodes for those who see them through shares: each node's key
/// under each share's. `nodes` stays empty where the request's own entries are
/// meant. `None` when there is no share.
pub(super) fn keys_for_shares(
    shares: &[(NodeHandle, ShareKey)],
    nodes: &[NodeHandle],
    keys: &[NodeKey],
) -> Option<KeyRequest> {
    if shares.is_empty() {
        return None;
    }
    let wrapped = shares
        .iter()
        .enumerate()
        .flat_map(|(share, (_, share_key))| {
            keys.iter()
                .enumerate()
                .map(move |(node, key)| (share, node, share_key.wrap_node_key(key)))
        });
    Some(KeyRequest {
        shares: shares.iter().map(|(folder, _)| *folder).collect(),
        nodes: nodes.to_vec(),
        keys: wrapped.collect(),
    })
}

/// The node, or an error that says that it is gone.
fn require(tree: &Tree, handle: NodeHandle) -> Result<NodeRef<'_>, Error> {
    tree.node(handle)
        .ok_or_else(|| Error::NotFound(format!("node {handle}")))
}

/// Roots cannot be moved, renamed or deleted; the server says so, too, but
/// not in words.
fn require_not_root(node: NodeRef<'_>) -> Result<(), Error> {
    if node.kind().is_root() {
        return Err(Error::api("m", super::error::ErrorCode::EACCESS));
    }
    Ok(())
}
