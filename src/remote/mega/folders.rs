//! Folders that were found or made before, by path.
//!
//! Names are no index of the tree: finding `dst` among a hundred thousand
//! siblings, once for each file written into it, would cost more than the
//! files. What is remembered is believed only after its names and parents have
//! been compared with the path again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::MegaOptions;
use crate::mega::NodeHandle;
use crate::mega::tree::Tree;
use crate::remote::RemotePath;

/// More paths than a copy works on at a time.
const MOST: usize = 10_000;

/// The memory; see the module.
#[derive(Default)]
pub(super) struct KnownFolders(Mutex<HashMap<RemotePath, NodeHandle>>);

impl KnownFolders {
    /// The folder at `dir`, if it is known and still there.
    pub(super) fn find(
        &self,
        tree: &Tree,
        options: &MegaOptions,
        dir: &RemotePath,
    ) -> Option<NodeHandle> {
        let known = *self.lock().get(dir)?;
        let start = options.start(tree)?;
        let mut node = tree.node(known).filter(|node| node.kind().is_folder())?;
        for element in dir.elements().rev() {
            let name = node.name()?;
            if options.encoding.to_standard(name.as_bytes()) != element {
                return None;
            }
            node = node.parent()?;
        }
        (node.handle() == start).then_some(known)
    }

    /// Remembers a folder.
    pub(super) fn add(&self, dir: &RemotePath, folder: NodeHandle) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(dir.clone(), folder);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RemotePath, NodeHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
