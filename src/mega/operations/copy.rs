//! Copies that the server makes: no content moves.
//!
//! A file keeps its key, because its content is not encrypted again; a folder
//! gets a new one, or whoever may read the original could read the copy. What
//! a public link shows is taken over in the same way.

use std::collections::HashSet;

use super::{RUBBISH_ORIGIN, keys_for_shares, require, require_not_root};
use crate::mega::api::{NewNode, NodeSource, PutNodes};
use crate::mega::client::Client;
use crate::mega::crypto::keys::{FolderKey, MasterKey, NodeKey};
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;
use crate::mega::node::{Node, NodeKind};
use crate::mega::tree::{NodeRef, Tree};

/// The mark of what its owner hides: not a matter of others.
const HIDDEN: &str = "sen";

/// Nodes to be made, each with its key.
struct Copies {
    nodes: Vec<NewNode>,
    keys: Vec<NodeKey>,
}

impl Client {
    /// Copies a file, or a folder with all it holds (old versions stay
    /// behind), into `parent` as `name`. A copied file may take the place of
    /// another, which becomes its older version.
    ///
    /// # Errors
    /// Something is gone or cannot be decrypted, or the server refused;
    /// [`Error::Partial`] when it refused some of it.
    pub async fn copy_node(
        &self,
        source: NodeHandle,
        parent: NodeHandle,
        name: &str,
        replaces: Option<NodeHandle>,
    ) -> Result<Node, Error> {
        let _turn = self.turn().await?;
        let tree = self.tree().await?;
        let (newcomer, same) = {
            let tree = tree.read();
            let newcomer = self.newcomer_at(&tree, parent, name, replaces);
            let key = |node| tree.node(node).and_then(NodeRef::key);
            let same = newcomer.filter(|newcomer| key(*newcomer) == key(source));
            (
                newcomer,
                same.and_then(|same| tree.node(same)).map(NodeRef::to_node),
            )
        };
        if let Some(same) = same {
            return Ok(same);
        }
        let replaces = newcomer.or(replaces);
        let copy = self.copy_over(source, parent, name, replaces, None).await?;
        if let Some(old) = replaces.filter(|_| self.options().hard_delete) {
            self.drop_version(old).await?;
        }
        Ok(copy)
    }

    /// The same, but what is replaced stays as a version, whatever the options
    /// say; `keep_replaced` goes against the account's setting, too.
    pub(super) async fn copy_over(
        &self,
        source: NodeHandle,
        parent: NodeHandle,
        name: &str,
        replaces: Option<NodeHandle>,
        keep_replaced: Option<bool>,
    ) -> Result<Node, Error> {
        let tree = self.tree().await?;
        let master = self.master_key()?;
        let mut copies = {
            let tree = tree.read();
            require_not_root(require(&tree, source)?)?;
            let origin = |node: NodeRef<'_>| match node.kind() {
                NodeKind::File => NodeSource::CopyFile(node.handle()),
                _ => NodeSource::CopyFolder(node.handle()),
            };
            Copies::of(&tree, source, Some(name), &master, origin)?
        };
        if let Some(top) = copies.nodes.first_mut() {
            top.replaces = replaces;
        }
        let copy = self.put_copies(parent, copies, keep_replaced).await?;
        if let Some(old) = replaces {
            self.note_own(old);
            tree.write().relocate(old, copy.handle);
        }
        Ok(copy)
    }

    /// Takes over what `link` shows at `source` into `parent`, under its own
    /// name. `link` is another client: see [`open_link`](Self::open_link).
    ///
    /// # Errors
    /// As [`copy_node`](Self::copy_node); `link` shows no public link.
    pub async fn import(
        &self,
        link: &Self,
        source: NodeHandle,
        parent: NodeHandle,
    ) -> Result<Node, Error> {
        let master = self.master_key()?;
        let copies = {
            let opened = link.state().link.as_ref();
            let opened = opened.ok_or_else(|| Error::Invalid("it is no public link".to_owned()))?;
            let shown = link.tree().await?;
            let shown = shown.read();
            require_not_root(require(&shown, source)?)?;
            Copies::of(&shown, source, None, &master, |node| {
                opened.import_source(node)
            })?
        };
        self.put_copies(parent, copies, None).await
    }

    /// Makes the nodes in `parent`; returns the topmost one.
    async fn put_copies(
        &self,
        parent: NodeHandle,
        copies: Copies,
        keep_replaced: Option<bool>,
    ) -> Result<Node, Error> {
        let tree = self.tree().await?;
        let shares = {
            let tree = tree.read();
            require(&tree, parent)?;
            tree.shares_above(parent)
        };
        let all = copies.nodes.len();
        let reply = self
            .api()
            .call(PutNodes {
                target: parent,
                keys: keys_for_shares(&shares, &[], &copies.keys),
                nodes: copies.nodes,
                keep_replaced,
            })
            .await?;
        let made = self.adopt(&tree, &reply.nodes);
        if let Some((_, code)) = reply.failed.first_key_value() {
            let (made, code) = (made.len(), *code);
            return Err(Error::Partial { made, all, code });
        }
        let top = made.into_iter().next();
        top.ok_or_else(|| Error::protocol("p", "the copy is missing"))
    }
}

impl Copies {
    /// What it takes to make `top` of `tree`, with all below it, once more:
    /// each node from what `origin` says, the topmost one under `name`.
    fn of(
        tree: &Tree,
        top: NodeHandle,
        name: Option<&str>,
        master: &MasterKey,
        origin: impl Fn(NodeRef<'_>) -> NodeSource,
    ) -> Result<Self, Error> {
        let mut copies = Self {
            nodes: Vec::new(),
            keys: Vec::new(),
        };
        // The folders that have a place in the request.
        let mut listed: HashSet<NodeHandle> = HashSet::new();
        for node in tree.subtree(top) {
            let above = node.parent().map(NodeRef::handle);
            let is_top = node.handle() == top;
            let below_listed = above.is_some_and(|above| listed.contains(&above));
            if !is_top && (node.is_version() || !below_listed) {
                continue;
            }
            let (Some(key), Some(kept)) = (node.key(), node.attributes()) else {
                if is_top {
                    return Err(Error::Invalid("the node cannot be decrypted".to_owned()));
                }
                tracing::warn!(
                    target: "megarc",
                    "node {} could not be decrypted and is not copied",
                    node.handle()
                );
                continue;
            };
            let origin = origin(node);
            let mut attributes = kept.to_attributes();
            attributes.remove(RUBBISH_ORIGIN);
            if matches!(
                origin,
                NodeSource::ImportFile(_) | NodeSource::ImportFrom { .. }
            ) {
                attributes.remove(HIDDEN);
            }
            if let Some(name) = name.filter(|_| is_top) {
                attributes.set_name(name);
            }
            let key = match key {
                NodeKey::File(_) => key,
                NodeKey::Folder(_) => NodeKey::Folder(FolderKey::generate()),
            };
            let mut new = NewNode::new(
                origin,
                attributes.encrypt(key.attr_key()),
                master.wrap_node_key(&key),
            );
            if !is_top {
                new.parent = above.map(|above| above.to_string());
            }
            copies.nodes.push(new);
            copies.keys.push(key);
            if node.kind().is_folder() {
                listed.insert(node.handle());
            }
        }
        Ok(copies)
    }
}
