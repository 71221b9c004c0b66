//! What some stores can do beside holding files: old versions of files, and a
//! rubbish bin from which things can be taken back.
//!
//! [`Remote::cloud`](super::Remote::cloud) hands this out where there is such
//! a store; nothing else has to know of it.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Entry, EntryId, RemotePath, Result};

/// What a file was before it was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Size, time and id of the old content, at the path of the file.
    pub entry: Entry,
    /// When the store got it.
    pub stored: Option<Timestamp>,
    /// When something newer took its place.
    pub replaced: Option<Timestamp>,
}

impl Version {
    /// Whether it was replaced before `moment`. One of which nobody knows is
    /// not.
    #[must_use]
    pub fn is_older_than(&self, moment: Timestamp) -> bool {
        self.replaced.is_some_and(|replaced| replaced < moment)
    }
}

/// A store with versions and a rubbish bin.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// What `file` was before, newest first; nothing for what is an old
    /// version itself.
    ///
    /// # Errors
    /// The file is gone, or the store cannot be asked.
    async fn versions(&self, file: &Entry) -> Result<Vec<Version>>;

    /// Makes an old version the current content of its file again. What is
    /// current now becomes the newest old version.
    ///
    /// # Errors
    /// The version is gone, or the store refuses.
    async fn restore_version(&self, version: &Version) -> Result<Entry>;

    /// Deletes one old version for good; no other one goes with it.
    ///
    /// # Errors
    /// The version is gone, or the store refuses.
    async fn delete_version(&self, version: &Version) -> Result<()>;

    /// Deletes all old versions of all files for good, or those that were
    /// replaced before `before`; returns how many went.
    ///
    /// # Errors
    /// The store refuses.
    async fn delete_versions(&self, before: Option<Timestamp>) -> Result<u64>;

    /// What lies at `path` in the rubbish bin; names need not be unique there.
    ///
    /// # Errors
    /// The store cannot be asked.
    async fn in_rubbish(&self, path: &RemotePath) -> Result<Vec<Entry>>;

    /// Takes something out of the rubbish bin and returns where it is now: in
    /// `dir`, else in the directory it was removed from, else in the root.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`](super::ErrorKind::AlreadyExists) where
    /// something of its name stands; it is gone, or the store refuses.
    async fn restore(&self, entry: &Entry, dir: Option<&RemotePath>) -> Result<Entry>;

    /// Takes over what a public link shows into `dir`, without moving its
    /// content through this machine: all of it, or the entry `part` of it.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`](super::ErrorKind::AlreadyExists) where
    /// something of its name stands; the link is dead, or the store refuses.
    async fn import(&self, link: &str, part: Option<&EntryId>, dir: &RemotePath) -> Result<Entry>;
}
