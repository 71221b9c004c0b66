//! Permissions, owners, times and extended attributes, in rclone's words.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata as Meta, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, fchown, lchown};
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{Timestamps, XattrFlags, fsetxattr, lsetxattr};

use super::super::metadata::{Metadata, SYSTEM_KEYS};
use super::super::{Entry, RemoteError, Result};
use super::partial::PartialFile;
use super::spot::Spot;
use super::{change, failure, shown, system_words};

/// What extended attributes that belong to users begin with.
const USER: &str = "user.";
/// No system has longer ones.
const MOST: usize = 1 << 20;

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

/// Asks with room for more and more, until the answer fits.
fn grown(
    mut ask: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>,
) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 512];
    loop {
        match ask(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(rustix::io::Errno::RANGE) if buffer.len() < MOST => {
                buffer.resize(buffer.len() * 2, 0);
            }
            Err(e) => return Err(e),
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

/// Sets what may be set of an entry.
pub(super) fn set(spot: &Spot, entry: &Entry, metadata: &Metadata) -> Result<()> {
    let os = spot.of(entry);
    let link = os != spot.os;
    let wanted = Wanted::of(metadata, spot);
    let failed = |what, e| unset(spot, what, e);
    if let Some(times) = wanted.times {
        change::set_times(&os, &times, link).map_err(|e| failed(TIMES, e))?;
    }
    if let Some((user, group)) = wanted.owner {
        lchown(&os, Some(user), Some(group)).map_err(|e| failed(OWNER, e))?;
    }
    if link {
        // A link has neither attributes of users nor a mode of its own.
        return Ok(());
    }
    for (key, value) in metadata.user() {
        let set = lsetxattr(&os, attribute(key), value, XattrFlags::empty());
        kept(set).map_err(|e| failed(ATTRIBUTES, e))?;
    }
    if let Some(mode) = wanted.mode {
        fs::set_permissions(&os, Permissions::from_mode(mode)).map_err(|e| failed(MODE, e))?;
    }
    Ok(())
}

/// Sets what may be set of an unfinished file; its mode comes with its name.
pub(super) fn set_on(file: &PartialFile, spot: &Spot, metadata: &Metadata) -> Result<()> {
    let wanted = Wanted::of(metadata, spot);
    let failed = |what, e| unset(spot, what, e);
    if let Some(times) = wanted.times {
        let set = rustix::fs::futimens(file.file(), &times);
        set.map_err(|e| failed(TIMES, e.into()))?;
    }
    if let Some((user, group)) = wanted.owner {
        let set = fchown(file.file(), Some(user), Some(group));
        set.map_err(|e| failed(OWNER, e))?;
    }
    for (key, value) in metadata.user() {
        let set = fsetxattr(file.file(), attribute(key), value, XattrFlags::empty());
        kept(set).map_err(|e| failed(ATTRIBUTES, e))?;
    }
    if let Some(mode) = wanted.mode {
        file.set_mode(mode);
    }
    Ok(())
}

/// What failed, and the system's name of it.
type Step = (&'static str, &'static str);
const TIMES: Step = ("set times", "chtimes");
const OWNER: Step = ("change ownership", "chown");
const ATTRIBUTES: Step = ("set xattr", "setxattr");
const MODE: Step = ("change permissions", "chmod");

fn unset(spot: &Spot, (what, call): Step, error: io::Error) -> RemoteError {
    let words = format!(
        "failed to set metadata: failed to {what}: {call} {}: {}",
        shown(&spot.path),
        system_words(&error)
    );
    RemoteError::from_io(error, "setting the metadata of", shown(&spot.path)).said(words)
}

fn attribute(key: &str) -> String {
    format!("{USER}{key}")
}

/// A file system without attributes keeps none, which is no failure.
fn kept(outcome: rustix::io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(rustix::io::Errno::NOTSUP) => Ok(()),
        other => Ok(other?),
    }
}

/// What of the keys of the disk itself can be set.
struct Wanted {
    times: Option<Timestamps>,
    owner: Option<(u32, u32)>,
    mode: Option<u32>,
}

impl Wanted {
    /// What cannot be read is left alone, and the log says so.
    fn of(metadata: &Metadata, spot: &Spot) -> Self {
        let time = |key| value_of(metadata, spot, key, |text| text.parse::<Timestamp>().ok());
        let number = |key, radix| {
            value_of(metadata, spot, key, |text| {
                u32::from_str_radix(text, radix).ok()
            })
        };
        let (accessed, modified) = (time("atime"), time("mtime"));
        let times = accessed.or(modified).zip(modified.or(accessed));
        let user = number("uid", 10);
        let bits = if spot.options.special_bits {
            0o7777
        } else {
            0o777
        };
        Self {
            times: times.map(|(accessed, modified)| Timestamps {
                last_access: change::spec(accessed),
                last_modification: change::spec(modified),
            }),
            owner: user.map(|user| (user, number("gid", 10).unwrap_or(user))),
            mode: number("mode", 8).map(|mode| mode & bits),
        }
    }
}

fn value_of<T>(
    metadata: &Metadata,
    spot: &Spot,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = metadata.text(key)?;
    let value = read(&text);
    if value.is_none() {
        tracing::debug!(
            "{}: failed to parse metadata {key}: {text:?}",
            shown(&spot.path)
        );
    }
    value
}
