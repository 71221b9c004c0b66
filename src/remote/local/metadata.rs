//! Permissions, owners, times and extended attributes, in rclone's words.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata as Meta};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use jiff::Timestamp;

use super::super::metadata::{Metadata, SYSTEM_KEYS};
use super::super::{Entry, Result};
use super::failure;
use super::spot::Spot;

/// What extended attributes that belong to users begin with.
const USER: &str = "user.";

/// All that the disk knows of an entry.
pub(super) fn read(spot: &Spot, entry: &Entry) -> Result<Metadata> {
    let os = spot.of(entry);
    let link = os != spot.os;
    let fail = |e| failure(e, "looking at", &spot.path);
    let meta = if link {
        fs::symlink_metadata(&os)
    } else {
        fs::metadata(&os)
    };
    let mut metadata = of(&meta.map_err(fail)?);
    match attributes(&os) {
        Ok(found) => {
            for (key, value) in found {
                metadata.set(&key, value);
            }
        }
        Err(e) if is_unsupported(&e) => {}
        Err(e) => return Err(failure(e, "reading the attributes of", &spot.path)),
    }
    Ok(metadata)
}

fn of(meta: &Meta) -> Metadata {
    let mut metadata = Metadata::default();
    metadata.set("mode", format!("{:o}", meta.mode()));
    metadata.set("uid", meta.uid().to_string());
    metadata.set("gid", meta.gid().to_string());
    if meta.file_type().is_block_device() || meta.file_type().is_char_device() {
        metadata.set("rdev", format!("{:x}", meta.rdev()));
    }
    for (key, time) in [
        ("atime", meta.accessed()),
        ("mtime", meta.modified()),
        ("btime", meta.created()),
    ] {
        // Not every file system keeps each of them.
        if let Some(time) = time.ok().and_then(|time| Timestamp::try_from(time).ok()) {
            metadata.set_time(key, time);
        }
    }
    metadata
}

/// The attributes that belong to users; those that are called like a key of
/// the disk itself could not be told from it.
fn attributes(os: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for name in names(os)? {
        let key = name.to_str().and_then(|name| name.strip_prefix(USER));
        let Some(key) = key.map(str::to_lowercase) else {
            continue;
        };
        if SYSTEM_KEYS.contains(&key.as_str()) {
            continue;
        }
        match value(os, &name) {
            Ok(value) => found.push((key, value)),
            // Gone since they were listed.
            Err(e) if e == rustix::io::Errno::NODATA => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(found)
}

fn names(os: &Path) -> io::Result<Vec<OsString>> {
    let list = grown(|buffer| rustix::fs::llistxattr(os, buffer))?;
    let names = list.split(|byte| *byte == 0);
    Ok(names
        .filter(|name| !name.is_empty())
        .map(|name| OsString::from_vec(name.to_vec()))
        .collect())
}

fn value(os: &Path, name: &OsStr) -> rustix::io::Result<Vec<u8>> {
    grown(|buffer| rustix::fs::lgetxattr(os, name.as_bytes(), buffer))
}

/// Asks how long the answer is, and for the answer, until both agree.
fn grown(
    mut ask: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>,
) -> rustix::io::Result<Vec<u8>> {
    loop {
        let length = ask(&mut [])?;
        if length == 0 {
            return Ok(Vec::new());
        }
        let mut buffer = vec![0; length];
        match ask(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            // It has grown meanwhile.
            Err(rustix::io::Errno::RANGE) => {}
            Err(e) => return Err(e),
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}
