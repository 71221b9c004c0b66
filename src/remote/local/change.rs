//! Everything that changes the disk but writing content.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

use super::super::{About, Entry, ErrorKind, RemoteError, RemotePath, Result};
use super::spot::Spot;
use super::{failure, link, list, shown, system_words};

/// Makes a directory and its parents.
pub(super) fn make_dir(dir: &Spot) -> Result<Entry> {
    dir.make()?;
    list::stat(dir)
}

/// Makes `os` and whatever is missing above it.
pub(super) fn make_all(os: &Path, dir: &RemotePath) -> Result<()> {
    fs::create_dir_all(os).map_err(|e| {
        let in_the_way = os.ancestors().find(|above| above.is_file());
        if let Some(file) = in_the_way {
            let words = format!("mkdir {}: not a directory", file.display());
            return RemoteError::new(ErrorKind::IsFile, "creating directory", shown(dir))
                .said(words);
        }
        // The first that is missing is the one that could not be made.
        let missing = os.ancestors().take_while(|above| !above.exists()).last();
        let words = missing.map(|missing| {
            let why = system_words(&e);
            format!("mkdir {}: {why}", missing.display())
        });
        let failure = failure(e, "creating directory", dir);
        match words {
            Some(words) => failure.said(words),
            None => failure,
        }
    })
}

/// Removes a file or an empty directory.
pub(super) fn remove(spot: &Spot, entry: &Entry) -> Result<()> {
    spot.guard()?;
    let os = spot.of(entry);
    if !entry.is_dir() {
        return fs::remove_file(os).map_err(|e| failure(e, "removing", &entry.path));
    }
    let op = "removing directory";
    match fs::metadata(&os) {
        Ok(meta) if meta.is_file() => {
            return Err(RemoteError::new(ErrorKind::IsFile, op, shown(&entry.path)));
        }
        Ok(_) => {}
        Err(e) => {
            let words = format!("stat {}: {}", shown(&entry.path), system_words(&e));
            return Err(RemoteError::new(ErrorKind::Io, op, shown(&entry.path)).said(words));
        }
    }
    fs::remove_dir(os).map_err(|e| failure(e, op, &entry.path))
}

/// Removes a directory and all below it, never following a link.
pub(super) fn purge(spot: &Spot) -> Result<()> {
    spot.guard()?;
    let (os, dir) = (&spot.os, &spot.path);
    if dir.is_root() {
        return Err(RemoteError::new(ErrorKind::Invalid, "purging", "/")
            .because("the root of the file system is not removed"));
    }
    match fs::symlink_metadata(os) {
        Ok(meta) if meta.is_file() => {
            Err(RemoteError::new(ErrorKind::IsFile, "purging", shown(dir)))
        }
        Ok(_) => fs::remove_dir_all(os).map_err(|e| failure(e, "purging", dir)),
        Err(e) => {
            let mut failure = failure(e, "purging", dir);
            if failure.kind == ErrorKind::NotFound {
                failure.kind = ErrorKind::DirNotFound;
            }
            Err(failure)
        }
    }
}

/// Renames without replacing anything.
pub(super) fn rename(from: &Spot, entry: &Entry, to: &Spot) -> Result<Entry> {
    from.guard()?;
    to.make_parents()?;
    let (old, new) = ends(from, entry, to)?;
    renamed(rename_no_replace(&old, &new), from, to)
}

/// Between which names to rename: a link stays a link, and a file a file.
fn ends(from: &Spot, entry: &Entry, to: &Spot) -> Result<(PathBuf, PathBuf)> {
    let links = to.options.links;
    let old = from.of(entry);
    match (old == from.os, link::named(&to.os, links)) {
        (true, None) => Ok((old, to.os.clone())),
        (false, Some(new)) => Ok((old, new)),
        _ if entry.is_dir() => Ok((old, to.os.clone())),
        _ => Err(RemoteError::new(
            ErrorKind::Unsupported,
            "renaming",
            shown(&from.path),
        )),
    }
}

/// Renames into the place of a file, in one step.
pub(super) fn rename_over(from: &Spot, entry: &Entry, to: &Spot) -> Result<Entry> {
    from.guard()?;
    to.guard()?;
    let (old, new) = ends(from, entry, to)?;
    // Of two names of one file the system would leave both.
    let done = if are_linked(&old, &new) {
        fs::remove_file(old)
    } else {
        fs::rename(old, new)
    };
    renamed(done, from, to)
}

/// Whether these are hard links of one file. Names that differ in case may
/// mean one link.
fn are_linked(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let lower = |path: &Path| path.to_string_lossy().to_lowercase();
    match (fs::symlink_metadata(a), fs::symlink_metadata(b)) {
        (Ok(m), Ok(n)) => {
            (m.dev(), m.ino()) == (n.dev(), n.ino()) && m.nlink() > 1 && lower(a) != lower(b)
        }
        _ => false,
    }
}

fn renamed(outcome: io::Result<()>, from: &Spot, to: &Spot) -> Result<Entry> {
    match outcome {
        Ok(()) => list::stat(to),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(failure(e, "renaming", &to.path)),
        // Another disk: the caller copies instead.
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            Err(RemoteError::new(ErrorKind::Unsupported, "renaming", shown(&from.path)).because(e))
        }
        Err(e) => {
            let words = format!(
                "rename {} {}: {}",
                shown(&from.path),
                shown(&to.path),
                system_words(&e)
            );
            let mut failure = failure(e, "renaming", &from.path).said(words);
            // Of what goes missing meanwhile nobody asked whether it is there.
            if failure.kind == ErrorKind::NotFound {
                failure.kind = ErrorKind::Io;
            }
            Err(failure)
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // File systems that lack the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rename_after_look(from, to),
        other => Ok(other?),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    rename_after_look(from, to)
}

fn rename_after_look(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// Sets the modification time of a file or directory; of a link itself where
/// `link` says so.
pub(super) fn set_modified(
    os: &Path,
    path: &RemotePath,
    modified: Timestamp,
    link: bool,
) -> Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: spec(modified),
    };
    set_times(os, &times, link).map_err(|e| failure(e, "setting the time of", path))
}

/// A time as the system takes it.
pub(super) fn spec(time: Timestamp) -> Timespec {
    Timespec {
        tv_sec: time.as_second(),
        tv_nsec: time.subsec_nanosecond().into(),
    }
}

/// Sets both times of a file or directory; of a link itself where `link` says
/// so.
pub(super) fn set_times(os: &Path, times: &Timestamps, link: bool) -> io::Result<()> {
    let flags = if link {
        AtFlags::SYMLINK_NOFOLLOW
    } else {
        AtFlags::empty()
    };
    Ok(utimensat(CWD, os, times, flags)?)
}

/// Sets the modification time of an open file.
pub(super) fn set_file_modified(file: &File, modified: Timestamp) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(modified.into()))
}

/// The space of the file system that holds `os`.
pub(super) fn about(os: &Path, dir: &RemotePath) -> Result<About> {
    let op = "asking for the space of";
    let stat = rustix::fs::statvfs(os).map_err(|e| match e {
        rustix::io::Errno::NOENT => RemoteError::new(ErrorKind::DirNotFound, op, shown(dir)),
        e => failure(e.into(), op, dir),
    })?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok(About {
        total: Some(bytes(stat.f_blocks)),
        used: Some(bytes(stat.f_blocks.saturating_sub(stat.f_bfree))),
        free: Some(bytes(stat.f_bavail)),
        ..About::default()
    })
}
