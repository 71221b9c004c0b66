//! Paths ↔ nodes: which tree is shown, what stands at a path, how a node looks
//! as an entry.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::Timestamp;

use super::{MegaOptions, versions};
use crate::mega::NodeHandle;
use crate::mega::node::NodeKind;
use crate::mega::tree::{NodeRef, Tree};
use crate::remote::{Entry, EntryId, EntryKind, ErrorKind, RemotePath};

/// Which tree of the account the remote shows (option `root`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Root {
    /// The cloud drive; of a link what it shares.
    #[default]
    Cloud,
    /// The rubbish bin.
    Rubbish,
    /// The folders that others share with the account.
    Incoming,
}

/// A word that names no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown root '{0}': it is one of cloud, rubbish, incoming")]
pub struct UnknownRoot(String);

impl FromStr for Root {
    type Err = UnknownRoot;

    fn from_str(text: &str) -> Result<Self, UnknownRoot> {
        match text.to_ascii_lowercase().as_str() {
            "cloud" | "" => Ok(Self::Cloud),
            "rubbish" => Ok(Self::Rubbish),
            "incoming" => Ok(Self::Incoming),
            _ => Err(UnknownRoot(text.to_owned())),
        }
    }
}

/// What stands at a path.
pub(super) enum Found<'a> {
    /// These nodes: none, one, or several of one name.
    Nodes(Vec<NodeRef<'a>>),
    /// The folder of incoming shares, which is no node.
    VirtualRoot,
}

impl<'a> Found<'a> {
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeRef<'a>> {
        match self {
            Self::Nodes(nodes) => nodes.as_slice(),
            Self::VirtualRoot => &[],
        }
        .iter()
        .copied()
    }
}

impl MegaOptions {
    /// Everything at `path`.
    pub(super) fn find<'a>(&self, tree: &'a Tree, path: &RemotePath) -> Found<'a> {
        let mut found = match self.start(tree) {
            Some(root) => Found::Nodes(tree.node(root).into_iter().collect()),
            None if self.root == Root::Incoming => Found::VirtualRoot,
            None => Found::Nodes(Vec::new()),
        };
        for element in path.elements() {
            let children: Vec<NodeRef<'a>> = below(tree, &found).collect();
            let old = match self.versions {
                true => versions::find(tree, &children, &self.stored(element)),
                false => Vec::new(),
            };
            let mut nodes = self.named(children, element);
            if nodes.is_empty() {
                nodes = old;
            }
            found = Found::Nodes(nodes);
        }
        found
    }

    /// The node that the root of the remote is, if it is one.
    pub(super) fn start(&self, tree: &Tree) -> Option<NodeHandle> {
        match self.root {
            Root::Cloud => tree.cloud(),
            Root::Rubbish => tree.rubbish(),
            Root::Incoming => None,
        }
    }

    /// An element of a path as the server keeps it.
    fn stored(&self, element: &str) -> String {
        self.encoding.from_standard_text(element)
    }

    /// A stored name as an element of a path.
    pub(super) fn shown<'a>(&self, stored: &'a str) -> Cow<'a, str> {
        self.encoding.to_standard(stored.as_bytes())
    }

    /// The path of a node from the root of its tree on.
    pub(super) fn path_of(&self, node: NodeRef<'_>) -> Option<RemotePath> {
        let mut names = Vec::new();
        let mut node = node;
        while !node.kind().is_root() {
            names.push(self.shown(node.name()?));
            node = node.parent()?;
        }
        let mut names = names.iter().rev();
        names.try_fold(RemotePath::root(), |path, name| path.child(name).ok())
    }

    /// The nodes called `element`. A stored name that no path can say (with a
    /// real slash in it) is found by the name it is listed under.
    fn named<'a>(&self, nodes: Vec<NodeRef<'a>>, element: &str) -> Vec<NodeRef<'a>> {
        let stored = self.stored(element);
        let exact: Vec<NodeRef<'a>> = nodes
            .iter()
            .filter(|node| node.name() == Some(stored.as_str()))
            .copied()
            .collect();
        if !exact.is_empty() {
            return exact;
        }
        nodes
            .into_iter()
            .filter(|node| {
                node.name()
                    .is_some_and(|name| self.encoding.to_standard(name.as_bytes()) == element)
            })
            .collect()
    }

    /// Where making the folders of `dir` begins, and the stored names of those
    /// to be found or made below it. `None` where nothing can be made.
    pub(super) fn writable_start(
        &self,
        tree: &Tree,
        dir: &RemotePath,
    ) -> Option<(NodeHandle, Vec<String>)> {
        let mut elements = dir.elements();
        let mut start = self.start(tree);
        if self.root == Root::Incoming {
            let first = elements.next()?;
            let shares: Vec<NodeRef<'_>> = below(tree, &Found::VirtualRoot).collect();
            start = self.named(shares, first).first().map(|node| node.handle());
        }
        let mut start = start?;
        let mut rest: Vec<String> = Vec::new();
        for element in elements {
            // As far as folders exist they are found as listings name them.
            if rest.is_empty() {
                let children: Vec<NodeRef<'_>> = tree.children(start).collect();
                let mut folders = self.named(children, element).into_iter();
                if let Some(folder) = folders.find(|node| node.kind().is_folder()) {
                    start = folder.handle();
                    continue;
                }
            }
            rest.push(self.stored(element));
        }
        Some((start, rest))
    }

    /// The nodes that a directory entry stands for.
    pub(super) fn found<'a>(&self, tree: &'a Tree, dir: &Entry) -> Found<'a> {
        match &dir.id {
            Some(id) => Found::Nodes(
                NodeHandle::parse(id.as_str())
                    .and_then(|handle| tree.node(handle))
                    .into_iter()
                    .collect(),
            ),
            None => self.find(tree, &dir.path),
        }
    }

    /// What was found at `path` and is no entry, for want of a readable name.
    pub(super) fn withheld(
        &self,
        tree: &Tree,
        found: &Found<'_>,
        path: &RemotePath,
    ) -> Vec<EntryId> {
        below(tree, found)
            .filter(|node| {
                let name = node.name().map(|n| self.encoding.to_standard(n.as_bytes()));
                name.is_none_or(|name| path.child(&name).is_err())
            })
            .map(|node| EntryId::new(node.handle().as_str()))
            .collect()
    }

    /// The entries in what was found at `path`.
    pub(super) fn list(
        &self,
        tree: &Tree,
        found: &Found<'_>,
        path: &RemotePath,
    ) -> Result<Vec<Entry>, ErrorKind> {
        if let Found::Nodes(nodes) = found {
            if nodes.is_empty() {
                return Err(ErrorKind::DirNotFound);
            }
            if !nodes.iter().any(|node| node.kind().is_folder()) {
                return Err(ErrorKind::IsFile);
            }
        }
        let named = below(tree, found).flat_map(|node| {
            let old = match self.versions && node.kind() == NodeKind::File {
                true => versions::named(tree, node),
                false => Vec::new(),
            };
            let old = old
                .into_iter()
                .map(|(name, version)| (Cow::Owned(self.shown(&name).into_owned()), version));
            let name = node.name().map(|name| (self.shown(name), node));
            name.into_iter().chain(old)
        });
        let mut entries = Vec::new();
        path.children(named, |path, node| entries.push(self.entry(node, path)));
        Ok(entries)
    }
}

/// What lies directly below everything that was found.
fn below<'a>(tree: &'a Tree, found: &Found<'a>) -> impl Iterator<Item = NodeRef<'a>> {
    let shares = match found {
        Found::VirtualRoot => tree.incoming(),
        Found::Nodes(_) => &[],
    };
    let nodes: Vec<NodeRef<'a>> = found.nodes().collect();
    let shares = shares.iter().filter_map(|share| tree.node(*share));
    shares.chain(nodes.into_iter().flat_map(NodeRef::children))
}

impl MegaOptions {
    /// A node as an entry at `path`.
    pub(super) fn entry(&self, node: NodeRef<'_>, path: RemotePath) -> Entry {
        let modified = match self.server_times {
            true => node.created(),
            false => node.modified(),
        };
        let is_file = node.kind() == NodeKind::File;
        Entry {
            path,
            kind: if is_file {
                EntryKind::File
            } else {
                EntryKind::Dir
            },
            size: is_file.then(|| node.size()),
            modified: Timestamp::from_second(modified).ok(),
            id: Some(EntryId::new(node.handle().as_str())),
        }
    }
}
