//! Trees on disk: one sealed snapshot for each account and server.
//!
//! What stands here can be fetched again at any time, so nothing about it is
//! ever an error: a file that is missing, damaged, foreign or open to others
//! costs a full fetch. It is replaced in one step, by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use super::snapshot::{self, Seals, Snapshot, Unusable};
use super::{Roots, Tree};
use crate::mega::crypto::keys::MasterKey;
use crate::mega::crypto::seal;
use crate::mega::handle::UserHandle;
use crate::mega::node::Keyring;
use crate::mega::private::{check_owner, context, create, file_name, open_lock, prepare_dir};

/// What the key is derived for.
const PURPOSE: &str = "megarc tree";

/// Where trees are kept.
#[derive(Clone, Debug)]
pub struct TreeStore {
    dir: PathBuf,
    server: Option<String>,
}

impl TreeStore {
    /// A store in `dir`, which is made when first needed.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            server: None,
        }
    }

    /// Knows the server by `name` where its address changes from run to run.
    #[must_use]
    pub fn for_server(mut self, name: String) -> Self {
        self.server = Some(name);
        self
    }

    /// The place for one account's tree.
    #[must_use]
    pub fn slot(&self, api_url: &str, user: UserHandle, master: &MasterKey) -> TreeSlot {
        let server = self.server.as_deref().unwrap_or(api_url);
        let context = context(&[PURPOSE, server, user.as_str()]);
        let name = file_name(&context);
        TreeSlot {
            dir: self.dir.clone(),
            name,
            seals: Seals {
                key: seal::derive(master, PURPOSE),
                context,
            },
        }
    }
}

/// The place for one account's tree.
#[derive(Clone)]
pub struct TreeSlot {
    dir: PathBuf,
    name: String,
    seals: Seals,
}

/// A kept tree whose nodes have not been read yet.
pub struct KeptTree<R = BufReader<File>>(Snapshot<R>);

impl<R: Read + Send> KeptTree<R> {
    /// The event position it stands for.
    #[must_use]
    pub fn position(&self) -> &str {
        self.0.position()
    }

    /// The account's roots.
    #[must_use]
    pub fn roots(&self) -> Roots {
        self.0.roots()
    }

    /// Reads the nodes; blocks. `None` if it is damaged.
    #[must_use]
    pub fn read(self, keyring: Keyring) -> Option<Tree> {
        usable(self.0.read(keyring))
    }
}

fn usable<T>(result: Result<T, Unusable>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Unusable(what)) => {
            tracing::debug!(target: "megarc", "kept tree ignored: {what}");
            None
        }
    }
}

impl TreeSlot {
    fn file(&self, ending: &str) -> PathBuf {
        self.dir.join(format!("{}.{ending}", self.name))
    }

    /// Opens the kept tree, if there is one that can be used.
    #[must_use]
    pub fn open(&self) -> Option<KeptTree> {
        let (file, length) = match self.open_file() {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return usable(Err(error.into())),
        };
        self.open_from(BufReader::with_capacity(1 << 16, file), length)
    }

    /// Opens a snapshot of `length` bytes that stands elsewhere.
    #[must_use]
    pub fn open_from<R: Read + Send>(&self, from: R, length: u64) -> Option<KeptTree<R>> {
        usable(Snapshot::open(from, length, self.seals.clone())).map(KeptTree)
    }

    fn open_file(&self) -> io::Result<(File, u64)> {
        check_owner(&fs::metadata(&self.dir)?)?;
        let file = File::open(self.file("tree"))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        check_owner(&metadata)?;
        Ok((file, metadata.len()))
    }

    /// Keeps `tree` if all of it is sure; forgets what was kept otherwise.
    /// Blocks.
    pub fn save(&self, tree: &Tree) {
        if !tree.is_sure() {
            self.remove();
            return;
        }
        if let Err(error) = self.write(tree) {
            tracing::debug!(target: "megarc", "the tree is not kept: {error}");
        }
    }

    fn write(&self, tree: &Tree) -> io::Result<()> {
        prepare_dir(&self.dir)?;
        let lock = open_lock(&self.file("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process is writing it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Under the lock: what a killed process left there is written over.
        let part = self.file("part");
        let mut file = BufWriter::with_capacity(1 << 16, create(&part)?);
        let written = self
            .write_to(tree, &mut file)
            .and_then(|()| file.flush())
            .and_then(|()| fs::rename(&part, self.file("tree")));
        if written.is_err() {
            // A full disk is not to stay full because of it.
            let _ = fs::remove_file(&part);
        }
        written
    }

    /// Writes a snapshot of `tree` elsewhere.
    ///
    /// # Errors
    /// Those of writing; the tree has more links and shares than fit.
    pub fn write_to(&self, tree: &Tree, to: &mut impl Write) -> io::Result<()> {
        snapshot::write(tree, &self.seals, to)
    }

    /// Removes the kept tree.
    pub fn remove(&self) {
        for ending in ["tree", "part"] {
            match fs::remove_file(self.file(ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(target: "megarc", "The kept tree could not be removed: {}: {error}", self.file(ending).display());
                }
                _ => {}
            }
        }
    }
}
