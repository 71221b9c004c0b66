//! A place on the disk, and how it may be reached.

use std::path::{Path, PathBuf};

use super::super::{Entry, RemotePath, Result};
use super::{Links, LocalOptions, change, link};

/// A path of the remote, on the disk.
#[derive(Clone)]
pub(super) struct Spot {
    /// Where it is.
    pub(super) os: PathBuf,
    /// What it is called in the remote.
    pub(super) path: RemotePath,
    /// The directory above it that the user named.
    pub(super) start: PathBuf,
    /// How the disk is looked at.
    pub(super) options: LocalOptions,
}

impl Spot {
    /// The link that the name of this file stands for, if there is one.
    pub(super) fn link(&self) -> Option<PathBuf> {
        link::existing(&self.os, self.options.links)
    }

    /// Where the entry is found: a file that stands for a link is that link.
    pub(super) fn of(&self, entry: &Entry) -> PathBuf {
        let link = if entry.is_dir() { None } else { self.link() };
        link.unwrap_or_else(|| self.os.clone())
    }

    /// Makes the directory, with those above it.
    pub(super) fn make(&self) -> Result<()> {
        self.make_dirs(&self.os)
    }

    /// Makes the directories above it.
    pub(super) fn make_parents(&self) -> Result<()> {
        self.os
            .parent()
            .map_or(Ok(()), |above| self.make_dirs(above))
    }

    fn make_dirs(&self, os: &Path) -> Result<()> {
        if self.options.links == Links::Translate {
            link::make_dirs(&self.start, os, &self.path)
        } else {
            change::make_all(os, &self.path)
        }
    }

    /// Fails where a link stands between what the user named and what is to be
    /// changed.
    pub(super) fn guard(&self) -> Result<()> {
        if self.options.links == Links::Translate {
            link::refuse_above(&self.start, &self.os, &self.path)
        } else {
            Ok(())
        }
    }
}
