//! Listing directories and looking at single entries.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use tracing::{error, warn};

use super::super::{Entry, EntryKind, ErrorKind, RemoteError, RemotePath, Result};
use super::{Links, LocalOptions, failure, names, shown};

/// The entry at `path`; a link is followed, since somebody named it.
pub(super) fn stat(os: &Path, path: RemotePath) -> Result<Entry> {
    match fs::metadata(os) {
        Ok(meta) => entry(path.clone(), &meta).ok_or_else(|| {
            RemoteError::new(ErrorKind::Unsupported, "looking at", shown(&path))
                .because("neither a file nor a directory")
        }),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotADirectory) => Err(RemoteError::new(
            ErrorKind::NotFound,
            "looking at",
            shown(&path),
        )),
        Err(e) => Err(failure(e, "looking at", &path)),
    }
}

/// One directory.
pub(super) fn list(os: &Path, dir: &RemotePath, options: LocalOptions) -> Result<Vec<Entry>> {
    let op = "listing";
    let found = fs::read_dir(os).map_err(|e| {
        let mut failure = failure(e, op, dir);
        if failure.kind == ErrorKind::NotFound {
            failure.kind = ErrorKind::DirNotFound;
        }
        failure
    })?;
    let mut entries = Vec::new();
    for item in found {
        let item = item.map_err(|e| failure(e, op, dir))?;
        let os_name = item.file_name();
        let name = names::standard_name(&os_name, options.encoding);
        let path = dir
            .child(&name)
            .map_err(|e| RemoteError::new(ErrorKind::Invalid, op, shown(dir)).because(e))?;
        if os_name.to_str().is_none() {
            warn!(target: "megarc", object = %shown(dir),
                "Replacing invalid UTF-8 characters in {os_name:?}");
        }
        let meta = match item.metadata() {
            Ok(meta) => meta,
            // Gone since the directory was read.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(failure(e, op, &path)),
        };
        let meta = if meta.is_symlink() {
            match resolve(&item.path(), &path, options.links) {
                Some(meta) => meta,
                None => continue,
            }
        } else {
            meta
        };
        match entry(path, &meta) {
            Some(entry) => entries.push(entry),
            None => warn!(target: "megarc", object = %format!("{}/{name}", shown(dir)),
                "Can't transfer non file/directory"),
        }
    }
    Ok(entries)
}

/// What a link stands for, under the options; `None`: nothing.
fn resolve(os: &Path, path: &RemotePath, links: Links) -> Option<Metadata> {
    match links {
        Links::SkipQuietly => None,
        Links::Skip => {
            warn!(target: "megarc", object = %shown(path),
                "Can't follow symlink without -L/--copy-links");
            None
        }
        Links::Follow => match fs::metadata(os) {
            Ok(meta) => Some(meta),
            Err(e) => {
                error!(target: "megarc", object = %shown(path), "Listing error: {e}");
                None
            }
        },
    }
}

/// The entry for what was found; `None` for pipes, sockets and devices.
pub(super) fn entry(path: RemotePath, meta: &Metadata) -> Option<Entry> {
    let kind = if meta.is_file() {
        EntryKind::File
    } else if meta.is_dir() {
        EntryKind::Dir
    } else {
        return None;
    };
    Some(Entry {
        path,
        kind,
        size: Some(meta.len()),
        modified: modified(meta),
        id: None,
    })
}

/// The modification time, where the system and the calendar have it.
pub(super) fn modified(meta: &Metadata) -> Option<Timestamp> {
    Timestamp::try_from(meta.modified().ok()?).ok()
}
