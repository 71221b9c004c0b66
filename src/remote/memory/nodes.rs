//! The nodes of a store in memory: a table of parents, names and contents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::super::{Entry, EntryId, EntryKind, ErrorKind, RemotePath, Result};
use super::fail;

/// Identity of a node; the root is 0.
pub(super) type Id = u64;
const ROOT: Id = 0;

/// All nodes, in the order they were made.
#[derive(Default)]
pub(super) struct Nodes {
    nodes: BTreeMap<Id, Node>,
    /// The nodes in each directory, so that a large store is listed in time.
    inside: BTreeMap<Id, Inside>,
    last: Id,
}

/// What lies in one directory.
#[derive(Default)]
struct Inside {
    /// In the order it was made.
    all: BTreeSet<Id>,
    /// By name, so that one of many is found in time; in the order of `all`.
    named: HashMap<Arc<str>, Vec<Id>>,
}

impl Inside {
    fn add(&mut self, id: Id, name: Arc<str>) {
        self.all.insert(id);
        let same = self.named.entry(name).or_default();
        let place = same.partition_point(|other| *other < id);
        same.insert(place, id);
    }

    fn remove(&mut self, id: Id, name: &str) {
        self.all.remove(&id);
        if let Some(same) = self.named.get_mut(name) {
            same.retain(|other| *other != id);
            if same.is_empty() {
                self.named.remove(name);
            }
        }
    }
}

struct Node {
    parent: Id,
    name: Arc<str>,
    /// `None` for a directory.
    content: Option<Bytes>,
    modified: Option<Timestamp>,
}

impl Nodes {
    /// Everything at `path`, in the order it was made.
    pub(super) fn at(&self, path: &RemotePath) -> Vec<Id> {
        let mut found = vec![ROOT];
        for name in path.elements() {
            found = found
                .iter()
                .flat_map(|dir| self.named(*dir, name))
                .collect();
        }
        found
    }

    /// The node that an entry means.
    pub(super) fn resolve(&self, entry: &Entry, op: &'static str) -> Result<Id> {
        let missing = if entry.is_dir() {
            ErrorKind::DirNotFound
        } else {
            ErrorKind::NotFound
        };
        let found = match &entry.id {
            Some(id) => id
                .as_str()
                .parse()
                .ok()
                .filter(|id| *id == ROOT || self.nodes.contains_key(id)),
            None => self
                .at(&entry.path)
                .into_iter()
                .find(|id| self.is_dir(*id) == entry.is_dir()),
        };
        found.ok_or_else(|| fail(missing, op, &entry.path))
    }

    pub(super) fn content(&self, file: &Entry) -> Result<Bytes> {
        let id = self.resolve(file, "reading")?;
        self.nodes
            .get(&id)
            .and_then(|node| node.content.clone())
            .ok_or_else(|| fail(ErrorKind::IsDir, "reading", &file.path))
    }

    pub(super) fn children(&self, dir: Id) -> impl Iterator<Item = Id> {
        self.inside
            .get(&dir)
            .into_iter()
            .flat_map(|inside| inside.all.iter().copied())
    }

    /// The nodes of one name in a directory, in the order they were made.
    pub(super) fn named(&self, dir: Id, name: &str) -> impl Iterator<Item = Id> {
        self.inside
            .get(&dir)
            .and_then(|inside| inside.named.get(name))
            .into_iter()
            .flatten()
            .copied()
    }

    pub(super) fn name(&self, id: Id) -> &str {
        self.nodes.get(&id).map_or("", |node| &node.name)
    }

    pub(super) fn is_dir(&self, id: Id) -> bool {
        self.nodes
            .get(&id)
            .is_none_or(|node| node.content.is_none())
    }

    /// Whether `id` is `above` or stands somewhere below it.
    pub(super) fn is_below(&self, mut id: Id, above: Id) -> bool {
        loop {
            if id == above {
                return true;
            }
            match self.nodes.get(&id) {
                Some(node) => id = node.parent,
                None => return false,
            }
        }
    }

    pub(super) fn entry(&self, id: Id, path: RemotePath, with_id: bool) -> Entry {
        let node = self.nodes.get(&id);
        Entry {
            path,
            kind: if self.is_dir(id) {
                EntryKind::Dir
            } else {
                EntryKind::File
            },
            size: node.and_then(|n| Some(n.content.as_ref()?.len() as u64)),
            modified: node.and_then(|n| n.modified),
            id: with_id.then(|| EntryId::new(&id.to_string())),
        }
    }

    pub(super) fn add(
        &mut self,
        parent: Id,
        name: &str,
        content: Option<Bytes>,
        modified: Option<Timestamp>,
    ) -> Id {
        self.last += 1;
        let name: Arc<str> = name.into();
        let node = Node {
            parent,
            name: Arc::clone(&name),
            content,
            modified,
        };
        self.nodes.insert(self.last, node);
        self.inside.entry(parent).or_default().add(self.last, name);
        self.last
    }

    /// The directory at `path`, made with its parents where it is missing.
    pub(super) fn make_dirs(&mut self, path: &RemotePath, op: &'static str) -> Result<Id> {
        let mut dir = ROOT;
        for name in path.elements() {
            let found: Vec<Id> = self.named(dir, name).collect();
            dir = match found.iter().find(|id| self.is_dir(**id)) {
                Some(id) => *id,
                None if found.is_empty() => self.add(dir, name, None, None),
                None => return Err(fail(ErrorKind::IsFile, op, path)),
            };
        }
        Ok(dir)
    }

    pub(super) fn move_to(&mut self, id: Id, parent: Id, name: &str) {
        if let Some(node) = self.nodes.get_mut(&id) {
            if let Some(siblings) = self.inside.get_mut(&node.parent) {
                siblings.remove(id, &node.name);
            }
            node.parent = parent;
            node.name = name.into();
            let name = Arc::clone(&node.name);
            self.inside.entry(parent).or_default().add(id, name);
        }
    }

    pub(super) fn set_modified(&mut self, id: Id, modified: Option<Timestamp>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.modified = modified;
        }
    }

    /// Removes a node with all below it; the root is only emptied.
    pub(super) fn remove(&mut self, id: Id) {
        if let Some(node) = self.nodes.remove(&id)
            && let Some(siblings) = self.inside.get_mut(&node.parent)
        {
            siblings.remove(id, &node.name);
        }
        for child in self.inside.remove(&id).unwrap_or_default().all {
            self.remove(child);
        }
    }

    /// Number of files, and their bytes.
    pub(super) fn usage(&self) -> (u64, u64) {
        let files = self.nodes.values().filter_map(|node| node.content.as_ref());
        files.fold((0, 0), |(n, bytes), c| (n + 1, bytes + c.len() as u64))
    }
}
