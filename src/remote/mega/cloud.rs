//! Old versions and the rubbish bin.

use async_trait::async_trait;
use jiff::Timestamp;

use super::errors::explain;
use super::names::Root;
use super::{Mega, MegaOptions};
use crate::mega::NodeHandle;
use crate::mega::links::read_link;
use crate::mega::tree::{NodeRef, Tree};
use crate::remote::{Cloud, Entry, EntryId, ErrorKind, RemoteError, RemotePath, Result, Version};

#[async_trait]
impl Cloud for Mega {
    async fn versions(&self, file: &Entry) -> Result<Vec<Version>> {
        let op = "listing versions of";
        let handle = self.handle(op, file).await?;
        let tree = self.tree(op, &file.path).await?;
        let tree = tree.read();
        if tree.node(handle).is_some_and(NodeRef::is_version) {
            return Ok(Vec::new());
        }
        let stored = |node: NodeRef<'_>| Timestamp::from_second(node.created()).ok();
        let version = |node: NodeRef<'_>| Version {
            entry: self.options.entry(node, file.path.clone()),
            stored: stored(node),
            replaced: node.parent().and_then(stored),
        };
        Ok(tree.versions(handle).into_iter().map(version).collect())
    }

    async fn restore_version(&self, version: &Version) -> Result<Entry> {
        let op = "restoring a version of";
        let path = &version.entry.path;
        let handle = node_of(op, &version.entry)?;
        let restored = self.client.restore_version(handle).await;
        let restored = restored.map_err(explain(op, path))?;
        self.entry_of(op, restored.handle, path).await
    }

    async fn delete_version(&self, version: &Version) -> Result<()> {
        let op = "deleting a version of";
        let handle = node_of(op, &version.entry)?;
        let deleted = self.client.delete_version(handle).await;
        deleted.map_err(explain(op, &version.entry.path))
    }

    async fn delete_versions(&self, before: Option<Timestamp>) -> Result<u64> {
        let before = before.map(Timestamp::as_second);
        let deleted = self.client.delete_versions(before).await;
        deleted.map_err(explain("deleting old versions", &RemotePath::root()))
    }

    async fn in_rubbish(&self, path: &RemotePath) -> Result<Vec<Entry>> {
        let tree = self.tree("looking into the rubbish bin for", path).await?;
        let tree = tree.read();
        let found = self.over(Root::Rubbish).find(&tree, path);
        Ok(found
            .nodes()
            .map(|node| self.options.entry(node, path.clone()))
            .collect())
    }

    async fn restore(&self, entry: &Entry, dir: Option<&RemotePath>) -> Result<Entry> {
        let op = "restoring";
        let handle = node_of(op, entry)?;
        let target = match dir {
            Some(dir) => self.cloud_folder(op, dir).await?,
            None => {
                let origin = self.client.origin(handle).await;
                origin.map_err(explain(op, &entry.path))?
            }
        };
        let (path, taken) = {
            let tree = self.tree(op, &entry.path).await?;
            let tree = tree.read();
            let above = tree
                .node(target)
                .and_then(|folder| self.options.path_of(folder))
                .unwrap_or_default();
            let path = above.child(entry.name()).unwrap_or_else(|_| above.clone());
            let name = tree.node(handle).and_then(|node| node.name());
            let name = name.unwrap_or_default();
            let taken = tree.children_named(target, name).next().is_some();
            (path, taken)
        };
        if taken {
            return Err(in_the_way(
                op,
                &path,
                "name another directory to restore it to",
            ));
        }
        let moved = self.client.move_node(handle, target).await;
        moved.map_err(explain(op, &entry.path))?;
        self.entry_of(op, handle, &path).await
    }

    async fn import(&self, link: &str, part: Option<&EntryId>, dir: &RemotePath) -> Result<Entry> {
        let op = "importing";
        self.writable(op, dir)?;
        let explain = explain(op, dir);
        let link = read_link(link, None).map_err(&explain)?;
        let link = self.client.open_link(&link).map_err(&explain)?;
        let target = self.cloud_folder(op, dir).await?;
        let (source, name) = {
            let shown = link.tree().await.map_err(&explain)?;
            let shown = shown.read();
            let part = part.and_then(|part| NodeHandle::parse(part.as_str()));
            let source = part.or_else(|| top_of(&shown));
            let name = source.and_then(|source| self.name_in(&shown, source));
            source
                .zip(name)
                .ok_or_else(|| RemoteError::new(ErrorKind::NotFound, op, dir.as_str()))?
        };
        let path = dir
            .child(&name)
            .map_err(|e| RemoteError::new(ErrorKind::Invalid, op, dir.as_str()).because(e))?;
        let taken = {
            let tree = self.tree(op, dir).await?;
            let tree = tree.read();
            let mut there = tree.children(target).filter_map(|node| node.name());
            there.any(|there| self.options.shown(there) == name)
        };
        if taken {
            return Err(in_the_way(
                op,
                &path,
                "name another directory to import it to",
            ));
        }
        let made = self.client.import(&link, source, target).await;
        self.entry_of(op, made.map_err(&explain)?.handle, &path)
            .await
    }
}

impl Mega {
    /// The name of a node as an element of a path.
    fn name_in(&self, tree: &Tree, handle: NodeHandle) -> Option<String> {
        let name = tree.node(handle)?.name()?;
        Some(self.options.shown(name).into_owned())
    }

    /// The options of a remote that shows another tree of the same account.
    fn over(&self, root: Root) -> MegaOptions {
        MegaOptions {
            root,
            ..self.options
        }
    }

    /// The folder at `dir` in the cloud drive, whatever tree is shown, made if
    /// need be.
    async fn cloud_folder(&self, op: &'static str, dir: &RemotePath) -> Result<NodeHandle> {
        let start = {
            let tree = self.tree(op, dir).await?;
            let tree = tree.read();
            self.over(Root::Cloud).writable_start(&tree, dir)
        };
        let (start, rest) =
            start.ok_or_else(|| RemoteError::new(ErrorKind::DirNotFound, op, dir.as_str()))?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let folder = self.client.create_folder(start, &rest).await;
        folder.map_err(explain(op, dir))
    }
}

/// What a link shows: the folder, or the file in a made-up one.
fn top_of(shown: &Tree) -> Option<NodeHandle> {
    let root = shown.node(shown.cloud()?)?;
    if root.kind().is_root() {
        return shown.children(root.handle()).next().map(NodeRef::handle);
    }
    Some(root.handle())
}

/// Something of that name stands where something shall go.
fn in_the_way(op: &'static str, path: &RemotePath, hint: &str) -> RemoteError {
    RemoteError::new(ErrorKind::AlreadyExists, op, path.as_str())
        .because(format!("there is a '{path}'"))
        .hint(hint)
}

/// The node that an entry of ours stands for.
fn node_of(op: &'static str, entry: &Entry) -> Result<NodeHandle> {
    let id = entry.id.as_ref().map(EntryId::as_str);
    id.and_then(NodeHandle::parse)
        .ok_or_else(|| RemoteError::new(ErrorKind::NotFound, op, entry.path.as_str()))
}
