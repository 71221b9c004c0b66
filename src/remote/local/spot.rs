//! A place on the disk, and how it may be reached.

use std::path::{Path, PathBuf};

use super::super::{Entry, ErrorKind, RemotePath, Result};
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

    /// What became of writing here: a full disk may be the end of all.
    pub(super) fn written<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|mut error| {
            if self.options.fatal_if_no_space && error.kind == ErrorKind::QuotaExceeded {
                error.kind = ErrorKind::DiskFull;
            }
            error
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::remote::local::failure;

    #[test]
    fn a_full_disk_is_the_end_where_that_is_wanted() {
        let kind = |fatal_if_no_space, error: io::ErrorKind| {
            let spot = Spot {
                os: PathBuf::from("/f"),
                path: RemotePath::root(),
                start: PathBuf::from("/"),
                options: LocalOptions {
                    fatal_if_no_space,
                    ..LocalOptions::default()
                },
            };
            let failed: Result<()> = Err(failure(error.into(), "writing", &spot.path));
            spot.written(failed).map_err(|error| error.kind)
        };
        let full = io::ErrorKind::StorageFull;
        assert_eq!(kind(true, full), Err(ErrorKind::DiskFull));
        assert_eq!(kind(false, full), Err(ErrorKind::QuotaExceeded));
        let denied = kind(true, io::ErrorKind::PermissionDenied);
        assert_eq!(denied, Err(ErrorKind::PermissionDenied));
    }
}
