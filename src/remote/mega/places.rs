//! From entries and destinations to the nodes they stand for.

use super::Mega;
use super::errors::explain;
use crate::mega::NodeHandle;
use crate::mega::state::SharedTree;
use crate::remote::{Destination, Entry, EntryKind, ErrorKind, RemoteError, RemotePath, Result};

impl Mega {
    /// Refuses to change anything while old versions stand among the files:
    /// their names are none that the server knows.
    pub(super) fn writable(&self, op: &'static str, path: &RemotePath) -> Result<()> {
        if !self.options.versions {
            return Ok(());
        }
        let error = RemoteError::new(ErrorKind::PermissionDenied, op, path.as_str());
        Err(error
            .because("old versions are shown, and nothing is changed then")
            .hint("leave out --mega-versions"))
    }

    pub(super) async fn tree(&self, op: &'static str, path: &RemotePath) -> Result<SharedTree> {
        self.client.tree().await.map_err(explain(op, path))
    }

    /// The node of an entry: by its id, else the first one at its path.
    pub(super) async fn handle(&self, op: &'static str, entry: &Entry) -> Result<NodeHandle> {
        let missing = || {
            let kind = match entry.kind {
                EntryKind::File => ErrorKind::NotFound,
                EntryKind::Dir => ErrorKind::DirNotFound,
            };
            RemoteError::new(kind, op, entry.path.as_str())
        };
        let tree = self.tree(op, &entry.path).await?;
        let tree = tree.read();
        if let Some(id) = &entry.id {
            return NodeHandle::parse(id.as_str())
                .filter(|handle| tree.node(*handle).is_some())
                .ok_or_else(missing);
        }
        let found = self.options.find(&tree, &entry.path);
        found
            .nodes()
            .find(|node| node.kind().is_folder() == entry.is_dir())
            .map(|node| node.handle())
            .ok_or_else(missing)
    }

    /// The folder that `to` goes into, made if need be, and the stored name.
    pub(super) async fn prepare(
        &self,
        op: &'static str,
        to: &Destination,
    ) -> Result<(NodeHandle, String)> {
        let name = self.options.encoding.from_standard_text(to.path.name());
        if let Some(id) = &to.parent {
            let parent = NodeHandle::parse(id.as_str())
                .ok_or_else(|| RemoteError::new(ErrorKind::DirNotFound, op, to.path.as_str()))?;
            return Ok((parent, name));
        }
        let Some(dir) = to.path.parent() else {
            return Err(RemoteError::new(ErrorKind::IsDir, op, ""));
        };
        Ok((self.folder(op, &dir).await?, name))
    }

    /// The folder at `dir`, made if need be.
    pub(super) async fn folder(&self, op: &'static str, dir: &RemotePath) -> Result<NodeHandle> {
        let (start, rest) = {
            let tree = self.tree(op, dir).await?;
            let tree = tree.read();
            if let Some(known) = self.folders.find(&tree, &self.options, dir) {
                return Ok(known);
            }
            self.options.writable_start(&tree, dir).ok_or_else(|| {
                RemoteError::new(ErrorKind::PermissionDenied, op, dir.as_str())
                    .hint("nothing can be made here: name one of the folders that are listed")
            })?
        };
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let folder = self
            .client
            .create_folder(start, &rest)
            .await
            .map_err(explain(op, dir))?;
        self.folders.add(dir, folder);
        Ok(folder)
    }

    /// Moves an entry, into the place of `old` where there is one.
    pub(super) async fn move_to(
        &self,
        entry: &Entry,
        to: &Destination,
        old: Option<&Entry>,
    ) -> Result<Entry> {
        let op = "moving";
        self.writable(op, &entry.path)?;
        let handle = self.handle(op, entry).await?;
        let old = match old {
            Some(old) => match self.handle("replacing", old).await {
                Ok(old) => Some(old),
                // Somebody else has been faster.
                Err(e) if e.is_not_found() => None,
                Err(e) => return Err(e),
            },
            None => None,
        };
        let (parent, name) = self.prepare(op, to).await?;
        let moved = self.client.move_to(handle, parent, &name, old).await;
        moved.map_err(explain(op, &entry.path))?;
        self.entry_of(op, handle, &to.path).await
    }

    /// The entry of a node that has just come to be at `path`.
    pub(super) async fn entry_of(
        &self,
        op: &'static str,
        handle: NodeHandle,
        path: &RemotePath,
    ) -> Result<Entry> {
        let tree = self.tree(op, path).await?;
        let tree = tree.read();
        let node = tree
            .node(handle)
            .ok_or_else(|| RemoteError::new(ErrorKind::NotFound, op, path.as_str()))?;
        Ok(self.options.entry(node, path.clone()))
    }
}
