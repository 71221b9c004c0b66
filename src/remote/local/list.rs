//! Listing directories and looking at single entries.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use tracing::{error, warn};

use super::super::{Entry, EntryKind, ErrorKind, RemoteError, RemotePath, Result, Withheld};
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
pub(super) fn list(
    os: &Path,
    dir: &RemotePath,
    start: &RemotePath,
    options: LocalOptions,
) -> Result<Vec<Entry>> {
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
            match resolve(&item.path(), &path, start, options.links) {
                Some(meta) => meta,
                None => continue,
            }
        } else {
            meta
        };
        match entry(path, &meta) {
            Some(entry) => entries.push(entry),
            None => {
                let path = dir.child(&name).unwrap_or_default();
                warn!(target: "megarc", object = %label(&path, start),
                    "Can't transfer non file/directory");
            }
        }
    }
    Ok(entries)
}

/// An entry for messages: from where the command works, else in full.
fn label(path: &RemotePath, start: &RemotePath) -> String {
    match path.strip(start) {
        Some(below) if !start.is_root() => below.as_str().to_owned(),
        _ => shown(path),
    }
}

/// The links of a directory that lead nowhere.
pub(super) fn dangling(os: &Path, dir: &RemotePath) -> Result<Vec<Withheld>> {
    let found = fs::read_dir(os).map_err(|e| failure(e, "listing", dir))?;
    let mut dangling = Vec::new();
    for item in found {
        let item = item.map_err(|e| failure(e, "listing", dir))?;
        if item.file_type().is_ok_and(|kind| kind.is_symlink())
            && let Err(e) = fs::metadata(item.path())
        {
            dangling.push(Withheld {
                why: why_dangling(&item.path(), &e),
                told: true,
            });
        }
    }
    Ok(dangling)
}

fn why_dangling(os: &Path, error: &io::Error) -> String {
    let os = os.display();
    if error.kind() == io::ErrorKind::NotFound {
        return format!("symlink: stat {os}: no such file or directory");
    }
    format!("symlink: stat {os}: {error}")
}

/// What a link stands for, under the options; `None`: nothing.
fn resolve(os: &Path, path: &RemotePath, start: &RemotePath, links: Links) -> Option<Metadata> {
    match links {
        Links::SkipQuietly => None,
        Links::Skip => {
            warn!(target: "megarc", object = %label(path, start),
                "Can't follow symlink without -L/--copy-links");
            None
        }
        Links::Follow => match fs::metadata(os) {
            Ok(meta) => Some(meta),
            Err(e) => {
                error!(target: "megarc", object = %label(path, start),
                    "Listing error: {}", why_dangling(os, &e));
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
