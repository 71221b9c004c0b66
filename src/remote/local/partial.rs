//! Unfinished files: `NAME.<8 digits>SUFFIX` beside the name they will get.
//!
//! Where the source can go on behind what is there, the digits are the number
//! of its content, so that a later run finds the file again; else they are
//! random. The owner alone may read an unfinished file, and it is locked while
//! somebody writes it: two processes never write one. Its sticky bit, which
//! means nothing on a file, tells it from a file of the user's that happens to
//! be called so: only what has it is ever continued or cleared away.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

/// Longest name that the file systems in use can hold, in bytes.
const NAME_MAX: usize = 255;
/// The most that one system call writes. Linux looks for as much memory in one
/// piece as a call writes, and on a machine that has been up for a while it
/// moves other pages about to find more than this.
const AT_ONCE: usize = 64 << 10;
/// A dot and the digits.
const MARK_LENGTH: usize = 9;
/// What tells an unfinished file of ours.
const STICKY: u32 = 0o1000;
/// The mode of an unfinished file: sticky, and the owner's alone.
const UNFINISHED: u32 = STICKY | 0o600;
/// Its mode from the first moment on. Elsewhere than on Linux a file cannot
/// be born with the bit.
const BORN: u32 = if cfg!(target_os = "linux") {
    UNFINISHED
} else {
    0o600
};

/// What new files may be for others, as the process was started.
static FINAL_MODE: LazyLock<u32> = LazyLock::new(|| 0o666 & !umask());

/// A file that has not got its name yet; removed when dropped, unless it is
/// named or kept.
pub(super) struct PartialFile {
    file: File,
    path: PathBuf,
    /// It stands under its final name from the start.
    in_place: bool,
    stays: AtomicBool,
    /// What it will be for whom; as new files are until it is said.
    mode: OnceLock<u32>,
}

impl PartialFile {
    /// Makes an empty one beside `os`; one that somebody else writes, a link,
    /// or a file of the user's is never opened.
    pub(super) fn create(os: &Path, suffix: &str, mark: Option<u32>) -> io::Result<Self> {
        if let Some(mark) = mark {
            let path = partial_path(os, suffix, mark);
            let made = match new_file(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => open_own(&path),
                made => Some(made?),
            };
            if let Some(file) = made.and_then(|file| lock(file, &path)) {
                // Cutting a file that is empty anyway would make ext4 write it to
                // the disk when it is closed.
                if file.metadata()?.len() > 0 {
                    file.set_len(0)?;
                }
                return Ok(Self::of(file, path));
            }
        }
        loop {
            let mut random = [0; 4];
            getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
            let path = partial_path(os, suffix, u32::from_be_bytes(random));
            match new_file(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                // Where locks do not work nobody else can take it up either.
                made => return made.map(|file| Self::of(hold(file), path)),
            }
        }
    }

    /// The one that an earlier try has left for `os`.
    pub(super) fn take_up(os: &Path, suffix: &str, mark: u32) -> Option<Self> {
        let path = partial_path(os, suffix, mark);
        let file = lock(open_own(&path)?, &path)?;
        let taken = Self::of(file, path);
        taken.stays.store(true, Ordering::Relaxed);
        Some(taken)
    }

    /// Makes the file itself, emptying the one that is there; a link is
    /// replaced.
    pub(super) fn in_place(os: &Path) -> io::Result<Self> {
        if os.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
            fs::remove_file(os)?;
        }
        let made = OpenOptions::new().write(true).create_new(true).open(os);
        let file = match made {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new()
                .write(true)
                .truncate(true)
                .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
                .open(os),
            made => made,
        }?;
        let mut made = Self::of(file, os.to_owned());
        made.in_place = true;
        Ok(made)
    }

    fn of(file: File, path: PathBuf) -> Self {
        Self {
            file,
            path,
            in_place: false,
            stays: AtomicBool::new(false),
            mode: OnceLock::new(),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Says what it will be for whom, when it has its name.
    pub(super) fn set_mode(&self, mode: u32) {
        // It is said once.
        let _ = self.mode.set(mode);
    }

    /// Writes `bytes` to `offset`.
    pub(super) fn write_all_at(&self, bytes: &[u8], mut offset: u64) -> io::Result<()> {
        for part in bytes.chunks(AT_ONCE) {
            self.file.write_all_at(part, offset)?;
            offset += part.len() as u64;
        }
        Ok(())
    }

    /// Asks for the room of `size` bytes at once, where the file system can: a
    /// full disk is noticed before anything has been moved, and what is written
    /// then costs less. The file stays as long as it is.
    ///
    /// # Errors
    /// There is not enough room.
    pub(super) fn reserve(&self, size: u64) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{FallocateFlags, fallocate};
            use rustix::io::Errno;
            // Whatever else it says is not about room.
            if let Err(full @ (Errno::NOSPC | Errno::DQUOT)) =
                fallocate(&self.file, FallocateFlags::KEEP_SIZE, 0, size)
            {
                return Err(full.into());
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = size;
        Ok(())
    }

    /// Gives it its name.
    pub(super) fn name(&self, os: &Path) -> io::Result<()> {
        let mode = self.mode.get().copied();
        if self.in_place {
            if let Some(mode) = mode {
                self.file.set_permissions(Permissions::from_mode(mode))?;
            }
        } else {
            let mode = mode.unwrap_or(*FINAL_MODE);
            // The bit goes last: a run that is killed before the file has its
            // name leaves one that the next run knows. A file system without
            // modes has none to set.
            let set = |mode| self.file.set_permissions(Permissions::from_mode(mode));
            let _ = set(STICKY | mode);
            fs::rename(&self.path, os)?;
            let _ = set(mode);
        }
        self.stays.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Leaves it where it is, for a later try; the room for what is missing is
    /// given back.
    pub(super) fn keep(&self) {
        self.stays.store(!self.in_place, Ordering::Relaxed);
        #[cfg(target_os = "linux")]
        {
            // Where that fails the room comes back when the file goes.
            let _ = give_back(&self.file);
        }
    }

    /// It goes when it is dropped, even if it was taken up.
    pub(super) fn let_go(&self) {
        self.stays.store(false, Ordering::Relaxed);
    }
}

/// Gives back the room that was asked for and not written to.
#[cfg(target_os = "linux")]
fn give_back(file: &File) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
    let length = file.metadata()?.len();
    let mut at = 0;
    while at < length {
        let hole = seek(file, SeekFrom::Hole(at))?;
        if hole >= length {
            break;
        }
        // No data behind it: to the end.
        at = seek(file, SeekFrom::Data(hole)).unwrap_or(length);
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(file, punch, hole, at - hole)?;
    }
    Ok(())
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes.get(..AT_ONCE).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !*self.stays.get_mut() {
            // Nothing more can be done about a file that will not go.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Partial files that nobody goes on with, by the folders looked into so far.
#[derive(Debug, Default)]
pub(super) struct Strays(Mutex<HashMap<PathBuf, Vec<OsString>>>);

impl Strays {
    /// Removes what earlier runs have left of other contents for `os`; `own`
    /// is the partial file in use.
    pub(super) fn remove_of(&self, os: &Path, suffix: &str, own: &Path) {
        let (Some(dir), Some(name)) = (os.parent(), os.file_name()) else {
            return;
        };
        for stray in self.take(dir, name, suffix) {
            let path = dir.join(stray);
            if path != own
                && let Some(file) = open_own(&path)
                && lock(file, &path).is_some()
            {
                tracing::debug!("{}: removing what an earlier run has left", path.display());
                let _ = fs::remove_file(&path);
            }
        }
    }

    fn take(&self, dir: &Path, name: &OsStr, suffix: &str) -> Vec<OsString> {
        let guard = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !guard().contains_key(dir) {
            let found = fs::read_dir(dir).into_iter().flatten().flatten();
            let found = found.map(|entry| entry.file_name());
            let found = found.filter(|found| marked(found, suffix)).collect();
            guard().entry(dir.to_owned()).or_insert(found);
        }
        let mut known = guard();
        let Some(known) = known.get_mut(dir) else {
            return Vec::new();
        };
        known
            .extract_if(.., |found| {
                ending(found, suffix).is_some_and(|ending| partial_name(name, ending) == *found)
            })
            .collect()
    }
}

/// Whether the name is that of an unfinished file.
fn marked(name: &OsStr, suffix: &str) -> bool {
    ending(name, suffix).is_some()
}

/// The dot, digits and suffix at the end of an unfinished file's name.
fn ending<'a>(name: &'a OsStr, suffix: &str) -> Option<&'a [u8]> {
    let name = name.as_bytes();
    let from = name.len().checked_sub(MARK_LENGTH + suffix.len())?;
    let ending = name.get(from..)?;
    let (mark, rest) = ending.split_at_checked(MARK_LENGTH)?;
    let (dot, digits) = mark.split_first()?;
    (*dot == b'.' && digits.iter().all(u8::is_ascii_hexdigit) && rest == suffix.as_bytes())
        .then_some(ending)
}

fn partial_path(os: &Path, suffix: &str, mark: u32) -> PathBuf {
    let name = os.file_name().unwrap_or(OsStr::new("file"));
    os.with_file_name(partial_name(
        name,
        format!(".{mark:08x}{suffix}").as_bytes(),
    ))
}

/// `name` and `ending`, `name` cut where the two are too long together.
fn partial_name(name: &OsStr, ending: &[u8]) -> OsString {
    let mut bytes = name.as_bytes().to_vec();
    let room = NAME_MAX.saturating_sub(ending.len());
    if bytes.len() > room {
        // Not inside a character: some file systems take UTF-8 only.
        let cut = (0..=room)
            .rev()
            .find(|&at| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80));
        bytes.truncate(cut.unwrap_or(room));
    }
    bytes.extend_from_slice(ending);
    OsString::from_vec(bytes)
}

fn new_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(BORN)
        .open(path)?;
    // Without the bit it is not found again, and that is all.
    let _ = file.set_permissions(Permissions::from_mode(UNFINISHED));
    Ok(file)
}

/// Opens a partial file of ours: no link, no second name, nobody else's.
fn open_own(path: &Path) -> Option<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .ok()?;
    let meta = file.metadata().ok()?;
    let ours = meta.is_file()
        && meta.nlink() == 1
        && meta.uid() == rustix::process::geteuid().as_raw()
        && meta.mode() & STICKY != 0;
    ours.then_some(file)
}

/// Locks the file and makes sure that `path` still leads to it: whoever had
/// the lock before may have given it its final name.
fn lock(file: File, path: &Path) -> Option<File> {
    file.try_lock().ok()?;
    let (held, there) = (file.metadata().ok()?, path.symlink_metadata().ok()?);
    (held.dev() == there.dev() && held.ino() == there.ino()).then_some(file)
}

/// Locks the file where that works.
fn hold(file: File) -> File {
    let _ = file.try_lock();
    file
}

#[cfg(target_os = "linux")]
fn umask() -> u32 {
    // Asking the system call means changing it for every thread.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let umask = umask.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok());
    umask.unwrap_or(0o077)
}

#[cfg(not(target_os = "linux"))]
fn umask() -> u32 {
    let old = rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    rustix::process::umask(old);
    u32::from(old.as_raw_mode())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn partial_names_fit_and_stay_text() {
        let ending = b".01234567.partial";
        let short = partial_name(OsStr::new("a.txt"), ending);
        assert_eq!(short, "a.txt.01234567.partial");
        let long = partial_name(OsStr::new(&"ä".repeat(127)), ending);
        assert!(long.len() <= NAME_MAX);
        assert!(
            long.to_str()
                .is_some_and(|name| name.ends_with(".01234567.partial"))
        );
    }

    #[test]
    fn only_ones_own_are_taken_up() {
        let dir = tempfile::tempdir().unwrap();
        let os = dir.path().join("f");
        let path = partial_path(&os, ".partial", 7);
        let take = || PartialFile::take_up(&os, ".partial", 7).is_some();
        // A child of another test may hold a copy of the lock until it has begun.
        let take_in_time = || {
            (0..10_000).any(|_| {
                std::thread::yield_now();
                take()
            })
        };
        assert!(!take());
        // A file of the user's.
        fs::write(&path, "mine").unwrap();
        assert!(!take());
        let other = PartialFile::create(&os, ".partial", Some(7)).unwrap();
        assert_ne!(other.path(), path);
        drop(other);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
        // A link to one, and a second name of one.
        let elsewhere = partial_path(&os, ".partial", 8);
        new_file(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(!take());
        fs::remove_file(&path).unwrap();
        fs::hard_link(&elsewhere, &path).unwrap();
        assert!(!take());
        fs::remove_file(&elsewhere).unwrap();
        assert!(take_in_time());
        // One that is being written.
        let held = (0..10_000).find_map(|_| PartialFile::take_up(&os, ".partial", 7));
        let held = held.unwrap();
        assert!(!take());
        let second = PartialFile::create(&os, ".partial", Some(7)).unwrap();
        assert_ne!(second.path(), path);
        drop(held);
        assert!(take_in_time());
    }

    #[test]
    fn strays_of_other_contents_go_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let os = dir.path().join("f");
        for mark in [1, 2] {
            new_file(&partial_path(&os, ".partial", mark)).unwrap();
        }
        new_file(&partial_path(&dir.path().join("g"), ".partial", 3)).unwrap();
        fs::write(partial_path(&os, ".partial", 4), "the user's").unwrap();
        let own = PartialFile::create(&os, ".partial", Some(1)).unwrap();
        let strays = Strays::default();
        strays.remove_of(&os, ".partial", own.path());
        let mut names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "f.00000001.partial",
                "f.00000004.partial",
                "g.00000003.partial"
            ]
        );
    }
}
