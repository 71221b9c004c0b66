//! Making folders, several levels at once, and each only once.

use super::keys_for_shares;
use crate::mega::api::{NewNode, NodeSource, PutNodes};
use crate::mega::client::Client;
use crate::mega::crypto::attributes::Attributes;
use crate::mega::crypto::keys::{FolderKey, NodeKey};
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;
use crate::mega::state::temporary_handle;
use crate::mega::tree::Tree;

impl Client {
    /// The folder at `path` below `root`, made with whatever is missing above
    /// it. Tasks that want the same folder at the same time get the same one.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a file stands where a folder is needed and no
    /// folder of that name beside it; whatever the server refuses.
    pub async fn create_folder(
        &self,
        root: NodeHandle,
        path: &[&str],
    ) -> Result<NodeHandle, Error> {
        let tree = self.tree().await?;
        loop {
            let (parent, missing) = existing(&tree.read(), root, path)?;
            let Some((first, _)) = missing.split_first() else {
                return Ok(parent);
            };
            let lock = self.state().folders.of(parent, first);
            let _guard = lock.lock().await;
            // Somebody may have been faster; and what is missing now may be
            // less than before the wait, under another lock.
            let now = existing(&tree.read(), root, path)?;
            if now != (parent, missing) {
                continue;
            }
            // Another process may have been.
            let _turn = self.turn().await?;
            if existing(&tree.read(), root, path)? != now {
                continue;
            }
            return self.put_folders(parent, missing).await;
        }
    }

    async fn put_folders(&self, parent: NodeHandle, names: &[&str]) -> Result<NodeHandle, Error> {
        let tree = self.tree().await?;
        let master = self.master_key()?;
        let mut nodes: Vec<NewNode> = Vec::with_capacity(names.len());
        let mut keys = Vec::with_capacity(names.len());
        let mut above = None;
        for name in names {
            let key = NodeKey::Folder(FolderKey::generate());
            let temporary = temporary_handle();
            let mut node = NewNode::new(
                NodeSource::Folder {
                    temporary: temporary.clone(),
                },
                Attributes::with_name(name).encrypt(key.attr_key()),
                master.wrap_node_key(&key),
            );
            node.parent = above.replace(temporary);
            nodes.push(node);
            keys.push(key);
        }
        let shares = tree.read().shares_above(parent);
        let reply = self
            .api()
            .call(PutNodes {
                target: parent,
                nodes,
                keys: keys_for_shares(&shares, &[], &keys),
                keep_replaced: None,
            })
            .await?;
        let made = self.adopt(&tree, &reply.nodes);
        match made.last() {
            Some(last) if made.len() == names.len() => Ok(last.handle),
            Some(_) if !reply.failed.is_empty() => Err(Error::Partial {
                made: made.len(),
                all: names.len(),
                code: reply
                    .failed
                    .into_values()
                    .next()
                    .unwrap_or(ErrorCode::EFAILED),
            }),
            _ => Err(Error::protocol("p", "the new folder is missing")),
        }
    }
}

/// How far `path` exists as folders: the last one there is, and the names of
/// those that are missing. Of several of one name any will do.
fn existing<'a, 'b>(
    tree: &Tree,
    root: NodeHandle,
    path: &'a [&'b str],
) -> Result<(NodeHandle, &'a [&'b str]), Error> {
    let mut found = vec![root];
    let mut rest = path;
    while let Some((name, below)) = rest.split_first() {
        let (mut next, mut file_in_the_way) = (Vec::new(), false);
        for folder in &found {
            for node in tree.children_named(*folder, name) {
                if node.kind().is_folder() {
                    next.push(node.handle());
                } else {
                    file_in_the_way = true;
                }
            }
        }
        if next.is_empty() {
            if file_in_the_way {
                return Err(Error::FileInTheWay((*name).to_owned()));
            }
            break;
        }
        found = next;
        rest = below;
    }
    let first = found
        .first()
        .ok_or_else(|| Error::NotFound("the folder".to_owned()))?;
    Ok((*first, rest))
}
