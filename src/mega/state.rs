//! What a client keeps beside its session: the tree, addresses asked for
//! ahead, and the locks that keep its tasks from making the same folder twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use tokio::sync::OnceCell;

use super::ahead::Ahead;
use super::client::Client;
use super::crypto::base64;
use super::crypto::fingerprint::Fingerprint;
use super::error::Error;
use super::handle::NodeHandle;
use super::links::OpenedLink;
use super::node::{Node, WireNode};
use super::quota::{QuotaGate, Space};
use super::tree::Tree;
use super::turns::Turns;
use super::upload::KnownFiles;

/// A tree that the tasks of a client share. Guards are for short looks: never
/// hold one over an `await`.
#[derive(Clone)]
pub struct SharedTree(Arc<RwLock<Tree>>);

impl SharedTree {
    /// Shares `tree`.
    #[must_use]
    pub fn new(tree: Tree) -> Self {
        Self(Arc::new(RwLock::new(tree)))
    }

    /// A look at the tree.
    pub fn read(&self) -> RwLockReadGuard<'_, Tree> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree for changing what the server has changed.
    pub fn write(&self) -> RwLockWriteGuard<'_, Tree> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state beside the session; see the module.
#[derive(Default)]
pub(super) struct ClientState {
    tree: OnceCell<SharedTree>,
    /// Set in a client that shows a public link.
    pub(super) link: Option<OpenedLink>,
    pub(super) folders: FolderLocks,
    pub(super) ahead: Arc<Ahead>,
    pub(super) samples: Samples,
    pub(super) known: KnownFiles,
    pub(super) quota: QuotaGate,
    pub(super) space: Space,
    pub(super) turns: Turns,
}

/// Fingerprints of contents that were found equal to files without one.
#[derive(Default)]
pub(super) struct Samples(Mutex<HashMap<NodeHandle, Fingerprint>>);

impl Samples {
    /// More files than are compared and not yet given their time.
    const MOST: usize = 1000;

    /// Remembers the fingerprint of a file's content.
    pub(super) fn put(&self, file: NodeHandle, fingerprint: Fingerprint) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() >= Self::MOST {
            samples.clear();
        }
        samples.insert(file, fingerprint);
    }

    /// Hands out what is known of a file, once.
    pub(super) fn take(&self, file: NodeHandle) -> Option<Fingerprint> {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.remove(&file)
    }
}

impl ClientState {
    /// The tree, where it has been needed already.
    pub(super) fn tree_at_hand(&self) -> Option<&SharedTree> {
        self.tree.get()
    }

    /// The state of a client over a public link.
    pub(super) fn of_link(link: OpenedLink) -> Self {
        Self {
            link: Some(link),
            ..Self::default()
        }
    }
}

impl Client {
    /// The node tree: fetched on first use, and kept true by this client's own
    /// operations from then on.
    ///
    /// # Errors
    /// The tree could not be fetched.
    pub async fn tree(&self) -> Result<SharedTree, Error> {
        let cell = &self.state().tree;
        let tree = cell.get_or_try_init(|| self.fetch_tree()).await?;
        Ok(tree.clone())
    }

    /// Whether this client shows a public link, and can change nothing.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.state().link.is_some()
    }

    /// Decodes nodes that a command answered with, and puts them into the tree.
    pub(super) fn adopt(&self, tree: &SharedTree, answer: &[serde_json::Value]) -> Vec<Node> {
        let mut tree = tree.write();
        let nodes: Vec<Node> = answer
            .iter()
            .filter_map(|value| {
                let wire: WireNode<'_> = serde::Deserialize::deserialize(value).ok()?;
                Node::decode(&wire, tree.keyring())
            })
            .collect();
        for node in &nodes {
            tree.insert(node.clone());
            self.state().known.add(node);
        }
        nodes
    }
}

/// One line for all nodes that cannot be shown.
pub(super) fn warn_of_unreadable(tree: &Tree) {
    match tree.unreadable() {
        0 => {}
        1 => tracing::warn!(target: "megarc", "1 node could not be decrypted and is left out"),
        many => {
            tracing::warn!(target: "megarc", "{many} nodes could not be decrypted and are left out");
        }
    }
}

/// A handle for entries of a request that have none yet: 8 random characters.
pub(super) fn temporary_handle() -> String {
    let mut bytes = [0; 6];
    // Uniqueness inside one request is all that is needed.
    let _ = getrandom::fill(&mut bytes);
    base64::encode(&bytes)
}

/// Held while one folder is being made.
type FolderLock = tokio::sync::Mutex<()>;

/// One lock for each folder name that somebody is about to make.
#[derive(Default)]
pub(super) struct FolderLocks {
    locks: Mutex<HashMap<(NodeHandle, String), Weak<FolderLock>>>,
}

impl FolderLocks {
    /// The lock for making `name` in `parent`.
    pub(super) fn of(&self, parent: NodeHandle, name: &str) -> Arc<FolderLock> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (parent, name.to_owned());
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        // Those that nobody holds any more go when new ones come.
        if locks.len() > 1000 {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::new(FolderLock::new(()));
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}
