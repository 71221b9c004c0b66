//! Listing directories and looking at single entries.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jiff::Timestamp;
use tracing::{error, warn};

use super::super::{Entry, EntryKind, ErrorKind, RemoteError, RemotePath, Result, Withheld};
use super::composed::Composed;
use super::spot::Spot;
use super::{Links, TimeType, failure, link, names, shown};

/// The entry at `path`; a link is followed, since somebody named it.
pub(super) fn stat(spot: &Spot) -> Result<Entry> {
    let (path, time) = (&spot.path, spot.options.time_type);
    if let Some(link) = spot.link() {
        return link::entry(&link, path.clone(), time);
    }
    match fs::metadata(&spot.os) {
        Ok(meta) => entry(path.clone(), &meta, time).ok_or_else(|| {
            RemoteError::new(ErrorKind::Unsupported, "looking at", shown(path))
                .because("neither a file nor a directory")
        }),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotADirectory) => Err(RemoteError::new(
            ErrorKind::NotFound,
            "looking at",
            shown(path),
        )),
        Err(e) => Err(failure(e, "looking at", path)),
    }
}

/// One directory.
pub(super) fn list(spot: &Spot, start: &RemotePath) -> Result<Vec<Entry>> {
    let op = "listing";
    let (os, dir, options) = (&spot.os, &spot.path, spot.options);
    // What is on other disks than the directory that was named stays out.
    let disk = if options.one_file_system {
        let meta = fs::metadata(&spot.start);
        Some(meta.map_err(|e| failure(e, op, dir))?.dev())
    } else {
        None
    };
    let found = fs::read_dir(os).map_err(|e| {
        let hidden = fs::metadata(os).is_err_and(|e| is_not_there(&e));
        unlisted(e, dir, start, hidden)
    })?;
    let composed = options.unicode_normalization.then(|| Composed::of(os));
    let mut entries = Vec::new();
    for item in found {
        let item = item.map_err(|e| failure(e, op, dir))?;
        let os_name = item.file_name();
        let name = match &composed {
            Some(composed) => composed.name(&os_name),
            None => os_name.as_os_str().into(),
        };
        let name = names::standard_name(&name, options.encoding);
        let path = dir
            .child(&name)
            .map_err(|e| RemoteError::new(ErrorKind::Invalid, op, shown(dir)).because(e))?;
        if os_name.to_str().is_none() {
            let name = super::quoted(&os_name);
            warn!(target: "megarc", object = %format_args!("Local file system at {}", shown(start)),
                "Replacing invalid UTF-8 characters in \"{name}\"");
        }
        let meta = match item.metadata() {
            Ok(meta) => meta,
            // Gone since the directory was read.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(failure(e, op, &path)),
        };
        let meta = if meta.is_symlink() && options.links == Links::Translate {
            let path = translated(dir, &name)?;
            match link::entry(&item.path(), path, options.time_type) {
                Ok(entry) => entries.push(entry),
                Err(e) if e.is_not_found() => {}
                Err(e) => return Err(e),
            }
            continue;
        } else if meta.is_symlink() {
            match resolve(&item.path(), &path, start, options.links) {
                Some(meta) => meta,
                None => continue,
            }
        } else {
            meta
        };
        if meta.is_dir() && disk.is_some_and(|disk| disk != meta.dev()) {
            continue;
        }
        match entry(path, &meta, options.time_type) {
            Some(entry) => entries.push(entry),
            None if options.skip_specials => {}
            None => {
                let path = dir.child(&name).unwrap_or_default();
                warn!(target: "megarc", object = %label(&path, start),
                    "Can't transfer non file/directory");
            }
        }
    }
    Ok(entries)
}

/// Whether that is a path which leads nowhere for us; a disk that fails, or a
/// server of files that is away, says nothing about what is there.
fn is_not_there(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied
    )
}

/// Why a directory cannot be listed. What lies below a file is as much
/// missing as any other, and so is what is `hidden` behind a closed directory;
/// one that is closed itself is named as seen from `start`.
fn unlisted(error: io::Error, dir: &RemotePath, start: &RemotePath, hidden: bool) -> RemoteError {
    let mut failure = failure(error, "listing", dir);
    match failure.kind {
        kind if hidden || kind == ErrorKind::NotFound => {
            failure.kind = ErrorKind::DirNotFound;
            failure.source = None;
            failure
        }
        ErrorKind::PermissionDenied => {
            let label = dir.strip(start).unwrap_or_else(|| dir.clone());
            let words = format!("failed to open directory {:?}: {failure}", label.as_str());
            failure.said(words)
        }
        _ => failure,
    }
}

/// The path of the file that stands for a link.
fn translated(dir: &RemotePath, name: &str) -> Result<RemotePath> {
    dir.child(&format!("{name}{}", link::SUFFIX))
        .map_err(|e| RemoteError::new(ErrorKind::Invalid, "listing", shown(dir)).because(e))
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
        // Those that are translated do not come here.
        Links::SkipQuietly | Links::Translate => None,
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
pub(super) fn entry(path: RemotePath, meta: &Metadata, time: TimeType) -> Option<Entry> {
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
        modified: modified(meta, time),
        id: None,
    })
}

/// The time that is asked for, where the system and the calendar have it.
pub(super) fn modified(meta: &Metadata, time: TimeType) -> Option<Timestamp> {
    let time = match time {
        TimeType::Modified => meta.modified(),
        TimeType::Accessed => meta.accessed(),
        // Not every file system keeps it.
        TimeType::Born => meta.created().or_else(|_| meta.modified()),
        TimeType::Changed => {
            let nanoseconds = i32::try_from(meta.ctime_nsec()).unwrap_or(0);
            return Timestamp::new(meta.ctime(), nanoseconds).ok();
        }
    };
    Timestamp::try_from(time.ok()?).ok()
}
