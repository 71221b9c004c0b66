//! Symbolic links as small files (`-l`, `--links`): `NAME.rclonelink`, whose
//! content is what the link points to.
//!
//! What a store says a link points to may be anything. A link is made, never
//! written through: below the place where a command works no directory on the
//! way may be one, else a store could have files written anywhere.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::super::{Entry, EntryKind, ErrorKind, ReadAt, RemoteError, RemotePath, Result};
use super::{Links, TimeType, failure, list, shown};

/// What the names of such files end in.
pub(super) const SUFFIX: &str = ".rclonelink";

/// What to do about a link that was named without that.
pub(super) const NEEDS_SUFFIX: &str =
    "need \".rclonelink\" suffix to refer to symlink when using -l/--links";

/// The longest target that systems take.
pub(super) const LONGEST: u64 = 4096;

/// The link that a file of this name stands for.
pub(super) fn named(os: &Path, links: Links) -> Option<PathBuf> {
    if links != Links::Translate {
        return None;
    }
    let name = os.file_name()?.as_bytes().strip_suffix(SUFFIX.as_bytes())?;
    if matches!(name, b"" | b"." | b"..") {
        return None;
    }
    Some(os.with_file_name(std::ffi::OsStr::from_bytes(name)))
}

/// The same, if there is such a link.
pub(super) fn existing(os: &Path, links: Links) -> Option<PathBuf> {
    named(os, links).filter(|link| is_link(link))
}

/// Whether a link stands here.
pub(super) fn is_link(os: &Path) -> bool {
    fs::symlink_metadata(os).is_ok_and(|meta| meta.is_symlink())
}

/// The entry of the link at `os`, under the name `path`.
pub(super) fn entry(os: &Path, path: RemotePath, time: TimeType) -> Result<Entry> {
    let fail = |e| failure(e, "looking at", &path);
    let meta = fs::symlink_metadata(os).map_err(fail)?;
    // Some file systems give a link no size.
    let size = fs::read_link(os).map_err(fail)?.as_os_str().len();
    Ok(Entry {
        kind: EntryKind::File,
        size: u64::try_from(size).ok(),
        modified: list::modified(&meta, time),
        id: None,
        path,
    })
}

/// A link, opened for reading what it points to.
pub(super) struct OpenLink {
    os: PathBuf,
    name: String,
    target: Bytes,
}

impl OpenLink {
    pub(super) fn open(os: PathBuf, name: String) -> Result<Self> {
        let target =
            fs::read_link(&os).map_err(|e| RemoteError::from_io(e, "opening", name.as_str()))?;
        Ok(Self {
            target: target.into_os_string().into_vec().into(),
            os,
            name,
        })
    }

    /// What it points to.
    pub(super) fn target(&self) -> &Bytes {
        &self.target
    }
}

impl ReadAt for OpenLink {
    fn size(&self) -> u64 {
        self.target.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut rest = self.target.get(offset..).unwrap_or_default();
        rest.read_exact(buffer)
    }

    fn check_unchanged(&self) -> Result<()> {
        let now = fs::read_link(&self.os);
        if now.is_ok_and(|now| now.as_os_str().as_bytes() == self.target) {
            return Ok(());
        }
        let changed = RemoteError::new(ErrorKind::Changed, "reading", self.name.as_str());
        Err(changed.because("can't copy - the link points elsewhere now"))
    }
}

/// Makes the link `os`, which is `path`, in one step: what stood there goes
/// when the link stands.
pub(super) fn make(
    os: &Path,
    path: &RemotePath,
    target: &[u8],
    modified: Option<jiff::Timestamp>,
) -> Result<()> {
    let fail = |e| failure(e, "making the link", path);
    if target.is_empty() || target.contains(&0) {
        return Err(
            RemoteError::new(ErrorKind::Invalid, "making the link", shown(path))
                .because("its content is no path"),
        );
    }
    let target = Path::new(std::ffi::OsStr::from_bytes(target));
    let made = loop {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|e| fail(io::Error::other(e.to_string())))?;
        let name = format!(".megarc-{:08x}", u32::from_be_bytes(random));
        let beside = os.with_file_name(name);
        match std::os::unix::fs::symlink(target, &beside) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => break made.map(|()| beside).map_err(fail)?,
        }
    };
    let named = match modified {
        Some(modified) => super::change::set_modified(&made, path, modified, true),
        None => Ok(()),
    }
    .and_then(|()| fs::rename(&made, os).map_err(fail));
    if let Err(error) = named {
        // Nothing more can be done about one that will not go.
        let _ = fs::remove_file(&made);
        return Err(error);
    }
    Ok(())
}

/// Makes the directory `os` and what is missing above it, but not through a
/// link below `start`.
pub(super) fn make_dirs(start: &Path, os: &Path, dir: &RemotePath) -> Result<()> {
    let Ok(below) = os.strip_prefix(start) else {
        return super::change::make_all(os, dir);
    };
    super::change::make_all(start, dir)?;
    let mut here = start.to_owned();
    for part in below.components() {
        here.push(part);
        match fs::create_dir(&here) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failure(e, "creating directory", dir));
            }
            _ => {}
        }
        // One that stands is not replaced by a link any more.
        refuse_link(&here, dir)?;
    }
    Ok(())
}

/// Fails where a directory between `start` and `os` is a link.
pub(super) fn refuse_above(start: &Path, os: &Path, path: &RemotePath) -> Result<()> {
    let above = os.parent().and_then(|above| above.strip_prefix(start).ok());
    let mut here = start.to_owned();
    for part in above.into_iter().flat_map(Path::components) {
        here.push(part);
        if is_link(&here) {
            return refuse_link(&here, path);
        }
    }
    Ok(())
}

/// Fails where a link stands.
fn refuse_link(os: &Path, path: &RemotePath) -> Result<()> {
    let meta = fs::symlink_metadata(os).map_err(|e| failure(e, "looking at", path))?;
    let (kind, why) = if meta.is_symlink() {
        (
            ErrorKind::Invalid,
            format!(
                "{} is a symbolic link, and nothing is written through it with --links",
                os.display()
            ),
        )
    } else if !meta.is_dir() {
        (ErrorKind::IsFile, format!("{} is a file", os.display()))
    } else {
        return Ok(());
    };
    Err(RemoteError::new(kind, "writing", shown(path)).because(why))
}
