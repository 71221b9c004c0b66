//! Everything the server knows, in memory, with the indexes that make it quick.
//!
//! Only [`super::tx::Tx`] changes it, so that memory and disk say the same.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::sandbox::events::Channel;
use crate::sandbox::text::{Handle, UserHandle};

use super::node::{BlobId, Kind, Node, Viewer};
use super::records::{Answer, Attributes, Blob, FileAttribute, Link, Session, Share, User};

/// The server's memory.
#[derive(Default)]
pub struct World {
    pub(super) nodes: HashMap<Handle, Arc<Node>>,
    pub(super) children: HashMap<Handle, BTreeMap<u64, Arc<Node>>>,
    /// Sums of folders, until the next change: a large account is asked about
    /// more often than it changes.
    pub(super) usages: HashMap<Handle, Usage>,
    pub(super) users: HashMap<UserHandle, User>,
    pub(super) emails: HashMap<String, UserHandle>,
    pub(super) attributes: HashMap<UserHandle, Attributes>,
    pub(super) sessions: HashMap<String, Session>,
    pub(super) links: HashMap<Handle, Link>,
    pub(super) link_of: HashMap<Handle, Handle>,
    pub(super) shares: HashMap<Handle, Share>,
    pub(super) shared_with: HashMap<UserHandle, BTreeSet<Handle>>,
    pub(super) blobs: HashMap<BlobId, Blob>,
    pub(super) file_attributes: HashMap<UserHandle, FileAttribute>,
    pub(super) used: HashMap<UserHandle, u64>,
    pub(super) channels: HashMap<String, Channel>,
    pub(super) answers: HashMap<String, (u64, Arc<Answer>)>,
    pub(super) answer_order: VecDeque<(u64, bool, String)>,
    pub(super) next_order: u64,
    pub(super) next_answer: u64,
}

/// What a folder and everything below it amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of current files.
    pub bytes: u64,
    /// Current files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Bytes of older versions.
    pub version_bytes: u64,
    /// Older versions.
    pub versions: u64,
}

impl Usage {
    /// In the order of the protocol.
    pub fn to_json(self) -> String {
        format!(
            "[{},{},{},{},{}]",
            self.bytes, self.files, self.folders, self.version_bytes, self.versions
        )
    }
}

impl World {
    /// A node.
    pub fn node(&self, handle: Handle) -> Option<&Arc<Node>> {
        self.nodes.get(&handle)
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The children of a node in order of creation.
    pub fn children(&self, handle: Handle) -> impl Iterator<Item = &Arc<Node>> {
        self.children
            .get(&handle)
            .into_iter()
            .flat_map(|children| children.values())
    }

    /// A node and everything below it, parents first.
    pub fn subtree(&self, root: Handle) -> Vec<Arc<Node>> {
        let mut found = Vec::new();
        let mut open: Vec<Arc<Node>> = self.nodes.get(&root).cloned().into_iter().collect();
        while let Some(node) = open.pop() {
            let before = open.len();
            open.extend(self.children(node.handle).cloned());
            if let Some(added) = open.get_mut(before..) {
                added.reverse();
            }
            found.push(node);
        }
        found
    }

    /// A node, its parent, and so on up to a root.
    pub fn ancestry(&self, handle: Handle) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::successors(self.nodes.get(&handle), |node| {
            node.parent.and_then(|parent| self.nodes.get(&parent))
        })
    }

    /// Whether `handle` is `root` or below it.
    pub fn is_within(&self, handle: Handle, root: Handle) -> bool {
        self.ancestry(handle).any(|node| node.handle == root)
    }

    /// Whether a node is in a rubbish bin.
    pub fn is_rubbish(&self, handle: Handle) -> bool {
        self.ancestry(handle).any(|node| node.kind == Kind::Rubbish)
    }

    /// An account.
    pub fn user(&self, handle: UserHandle) -> Option<&User> {
        self.users.get(&handle)
    }

    /// All accounts.
    pub fn users(&self) -> impl Iterator<Item = (&UserHandle, &User)> {
        self.users.iter()
    }

    /// An account by its e-mail, in any case, or by its handle's text.
    pub fn user_by_name(&self, name: &str) -> Option<UserHandle> {
        self.emails
            .get(&name.to_ascii_lowercase())
            .copied()
            .or_else(|| UserHandle::parse(name).filter(|handle| self.users.contains_key(handle)))
    }

    /// Attributes of an account.
    pub fn attributes(&self, user: UserHandle) -> Attributes {
        self.attributes.get(&user).cloned().unwrap_or_default()
    }

    /// A login by its secret text.
    pub fn session(&self, sid: &str) -> Option<&Session> {
        self.sessions.get(sid)
    }

    /// All logins of an account.
    pub fn sessions(&self, user: UserHandle) -> Vec<(String, Session)> {
        let mut found: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.user == user)
            .map(|(sid, session)| (sid.clone(), session.clone()))
            .collect();
        found.sort_by_key(|(_, session)| (session.created, session.id));
        found
    }

    /// Whether any login has this public id.
    pub fn session_by_id(&self, id: UserHandle) -> Option<&Session> {
        self.sessions.values().find(|session| session.id == id)
    }

    /// A link by its public handle.
    pub fn link(&self, handle: Handle) -> Option<&Link> {
        self.links.get(&handle)
    }

    /// The link to a node.
    pub fn link_of(&self, node: Handle) -> Option<(Handle, &Link)> {
        let public = self.link_of.get(&node)?;
        Some((*public, self.links.get(public)?))
    }

    /// How a folder is shared.
    pub fn share(&self, folder: Handle) -> Option<&Share> {
        self.shares.get(&folder)
    }

    /// All shares of an account's folders, in a stable order.
    pub fn shares_of(&self, user: UserHandle) -> Vec<(&Handle, &Share)> {
        let mut found: Vec<_> = self
            .shares
            .iter()
            .filter(|(folder, _)| self.owns(user, **folder))
            .collect();
        found.sort_by_key(|(folder, _)| **folder);
        found
    }

    /// All links to an account's nodes, in the order of their making.
    pub fn links_of(&self, user: UserHandle) -> Vec<(&Handle, &Link)> {
        let mut found: Vec<_> = self
            .links
            .iter()
            .filter(|(_, link)| self.owns(user, link.node))
            .collect();
        found.sort_by_key(|(public, link)| (link.created, **public));
        found
    }

    fn owns(&self, user: UserHandle, handle: Handle) -> bool {
        self.nodes
            .get(&handle)
            .is_some_and(|node| node.owner == user)
    }

    /// Folders of others that an account sees.
    pub fn incoming(&self, user: UserHandle) -> Vec<Handle> {
        self.shared_with
            .get(&user)
            .map(|folders| folders.iter().copied().collect())
            .unwrap_or_default()
    }

    /// What an account may do with a node: 3 if it is the owner's, else the
    /// best access that a share gives, with the share's folder.
    pub fn access(&self, user: UserHandle, handle: Handle) -> Option<(u8, Viewer)> {
        let node = self.nodes.get(&handle)?;
        if node.owner == user {
            return Some((3, Viewer::Owner));
        }
        self.ancestry(handle)
            .filter_map(|above| {
                let target = self.shares.get(&above.handle)?.targets.get(user.as_str())?;
                Some((target.access, Viewer::Share(above.handle)))
            })
            .max_by_key(|(access, _)| *access)
    }

    /// Stored content.
    pub fn blob(&self, id: BlobId) -> Option<&Blob> {
        self.blobs.get(&id)
    }

    /// A stored thumbnail.
    pub fn file_attribute(&self, handle: UserHandle) -> Option<&FileAttribute> {
        self.file_attributes.get(&handle)
    }

    /// Bytes that count against an account's quota.
    pub fn used(&self, user: UserHandle) -> u64 {
        self.used.get(&user).copied().unwrap_or(0)
    }

    /// Sums up a folder.
    pub fn usage(&mut self, root: Handle) -> Usage {
        if let Some(known) = self.usages.get(&root) {
            return *known;
        }
        let usage = self.sum(root);
        self.usages.insert(root, usage);
        usage
    }

    fn sum(&self, root: Handle) -> Usage {
        let mut usage = Usage::default();
        let mut open: Vec<(&Arc<Node>, bool)> = Vec::new();
        open.extend(self.nodes.get(&root).map(|node| (node, false)));
        while let Some((node, is_version)) = open.pop() {
            match node.kind {
                Kind::File if is_version => {
                    usage.versions += 1;
                    usage.version_bytes += node.size;
                }
                Kind::File => {
                    usage.files += 1;
                    usage.bytes += node.size;
                }
                Kind::Folder if node.handle != root => usage.folders += 1,
                _ => {}
            }
            let is_file = node.kind == Kind::File;
            open.extend(self.children(node.handle).map(|child| (child, is_file)));
        }
        usage
    }

    /// Everyone who sees a node, with the channel that tells them of changes.
    pub fn audience(&self, handle: Handle) -> Vec<(String, Viewer)> {
        let mut found = Vec::new();
        for above in self.ancestry(handle) {
            if found.is_empty() {
                found.push((above.owner.to_string(), Viewer::Owner));
            }
            if let Some(share) = self.shares.get(&above.handle) {
                for target in share.targets.keys() {
                    found.push((target.clone(), Viewer::Share(above.handle)));
                }
            }
            if let Some(public) = self.link_of.get(&above.handle) {
                found.push((public.to_string(), Viewer::Link(above.handle)));
            }
        }
        found
    }

    /// The channel of an account or link.
    pub fn channel(&mut self, name: &str) -> &mut Channel {
        if !self.channels.contains_key(name) {
            self.channels.insert(name.to_string(), Channel::default());
        }
        self.channels.entry(name.to_string()).or_default()
    }

    /// A remembered answer.
    pub fn answer(&self, key: &str) -> Option<Arc<Answer>> {
        self.answers.get(key).map(|(_, answer)| Arc::clone(answer))
    }
}
