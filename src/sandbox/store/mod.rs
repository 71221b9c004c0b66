//! The durable state: memory for reading, one database and content files below.
//!
//! | file | what |
//! | --- | --- |
//! | `node.rs`, `records.rs` | what is kept |
//! | `world.rs` | all of it in memory, with indexes |
//! | `tx.rs` | changes to memory and disk together |
//! | `disk.rs` | the database and its writer thread |
//! | `blobs.rs` | content files |
//! | `load.rs` | disk to memory at the start |
//! | `check.rs` | whether everything fits together |

pub mod blobs;
mod check;
pub mod disk;
mod load;
pub mod node;
pub mod records;
pub mod tx;
pub mod world;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::Error;
use super::clock;

use blobs::{Blobs, Content, locked};
use disk::{Disk, Table};
use node::BlobId;
use tx::Tx;
use world::World;

/// The file of all but larger contents.
const DATABASE: &str = "sandbox.redb";

/// The state of one sandbox.
pub struct Store {
    /// Content files.
    pub blobs: Blobs,
    disk: Disk,
    world: Mutex<World>,
    next_blob: AtomicU64,
    secret: [u8; 32],
}

impl Store {
    /// Opens the state in `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// If the folder cannot be used, another server has it open, or it does
    /// not hold a sandbox's state.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(|source| {
            Error::new(format!("making the folder {}: {source}", dir.display()))
        })?;
        let disk = Disk::open(&dir.join(DATABASE))?;
        let blobs = Blobs::open(dir.join("blobs"))
            .map_err(|source| Error::new(format!("making the folder of contents: {source}")))?;
        load::load(disk, blobs)
    }

    /// Whether there is a state in `dir`.
    pub fn is_in(dir: &Path) -> bool {
        dir.join(DATABASE).is_file()
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&locked(&self.world))
    }

    /// Starts a set of changes; holds the lock on memory until it is finished.
    pub fn begin(&self) -> Tx<'_> {
        Tx::new(self, locked(&self.world))
    }

    /// A number for new content.
    pub fn new_blob(&self) -> BlobId {
        self.next_blob.fetch_add(1, Ordering::Relaxed)
    }

    /// What the server signs its own addresses with.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The bytes of small content.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn inline_content(&self, id: BlobId) -> Result<Option<Bytes>, Error> {
        self.disk.read(Table::Contents, &format!("{id:016x}"))
    }

    /// Finished content, for reading.
    ///
    /// # Errors
    /// If it is not there.
    pub fn content(&self, id: BlobId, inline: bool) -> Result<Content, Error> {
        if !inline {
            return self
                .blobs
                .read(id)
                .map_err(|source| Error::new(format!("opening content {id:016x}: {source}")));
        }
        let bytes = self
            .inline_content(id)?
            .ok_or_else(|| Error::new(format!("content {id:016x} is missing from the database")))?;
        Ok(Content::Memory(Mutex::new(bytes.to_vec())))
    }

    /// Writes nothing more, as if the process had been killed.
    pub fn abandon(&self) {
        self.disk.abandon();
    }

    /// Says what in the state contradicts itself; nothing if all is well.
    pub fn check(&self) -> Vec<String> {
        check::check(self, &locked(&self.world))
    }
}
