//! A log file that is put aside when it has grown too long.
//!
//! `sync.log` becomes `sync-2026-11-28T11-53-51.123.log`, after the time at
//! which it was put aside; old ones are packed and removed as the limits say.
//! A log that cannot be put aside goes on where it is: what is lost otherwise
//! is what somebody will look for.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Zoned};

use super::{Level, Sink};

/// The time in the name of a file that was put aside, in local time.
const STAMP: &str = "%Y-%m-%dT%H-%M-%S%.3f";
const PACKED: &str = ".gz";

/// When a log file is put aside, and what becomes of it then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// It gets no longer than this many bytes, but for a single longer line.
    pub size: Option<u64>,
    /// So many are kept; zero: all.
    pub backups: usize,
    /// They are kept for so long; `None`: for ever.
    pub age: Option<Duration>,
    /// They are packed.
    pub compress: bool,
}

/// The log file.
pub struct LogFile {
    path: PathBuf,
    file: File,
    length: u64,
    limits: Limits,
}

impl LogFile {
    /// Opens `path`, to be written at its end.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn open(path: &Path, limits: Limits) -> io::Result<Self> {
        let file = open(path)?;
        let log = Self {
            length: file.metadata()?.len(),
            path: path.to_owned(),
            file,
            limits,
        };
        log.clear_up(&Zoned::now());
        Ok(log)
    }

    fn put_aside(&mut self, now: &Zoned) -> io::Result<()> {
        let mut now = now.clone();
        let mut aside = self.aside(&now);
        while aside.exists() || with_ending(&aside, PACKED).exists() {
            now = now.saturating_add(SignedDuration::from_millis(1));
            aside = self.aside(&now);
        }
        fs::rename(&self.path, &aside)?;
        self.file = open(&self.path)?;
        self.length = 0;
        if self.limits.compress {
            // Not packed is better than gone.
            let _ = pack(&aside);
        }
        self.clear_up(&now);
        Ok(())
    }

    /// The name for the file when it is put aside.
    fn aside(&self, now: &Zoned) -> PathBuf {
        let (stem, ending) = self.name();
        let stamp = now.strftime(STAMP);
        self.path.with_file_name(format!("{stem}-{stamp}{ending}"))
    }

    /// `sync` and `.log`.
    fn name(&self) -> (String, String) {
        let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let ending = part(self.path.extension());
        let dot = if ending.is_empty() { "" } else { "." };
        (part(self.path.file_stem()), format!("{dot}{ending}"))
    }

    /// Removes the files of before that are too many or too old.
    fn clear_up(&self, now: &Zoned) {
        let mut old = self.old();
        old.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        let oldest = self
            .limits
            .age
            .and_then(|age| now.datetime().checked_sub(age).ok());
        for (at, (time, path)) in old.iter().enumerate() {
            let too_many = self.limits.backups > 0 && at >= self.limits.backups;
            if too_many || oldest.is_some_and(|oldest| *time < oldest) {
                // It is tried again the next time.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// The files that were put aside, with their times.
    fn old(&self) -> Vec<(DateTime, PathBuf)> {
        let (stem, ending) = self.name();
        let dir = match self.path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        let names = fs::read_dir(dir).into_iter().flatten().flatten();
        names
            .filter_map(|entry| {
                let name = entry.file_name();
                let rest = name
                    .to_str()?
                    .strip_prefix(stem.as_str())?
                    .strip_prefix('-')?;
                let rest = rest.strip_suffix(PACKED).unwrap_or(rest);
                let time = DateTime::strptime(STAMP, rest.strip_suffix(ending.as_str())?).ok()?;
                Some((time, entry.path()))
            })
            .collect()
    }
}

impl Sink for LogFile {
    fn put(&mut self, _: Level, text: &str) -> io::Result<()> {
        let length = text.len() as u64;
        let full = self
            .limits
            .size
            .is_some_and(|most| self.length + length > most);
        if full && self.length > 0 {
            // Where that fails the log goes on in the file that is there.
            let _ = self.put_aside(&Zoned::now());
        }
        self.file.write_all(text.as_bytes())?;
        self.length += length;
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    // A log names files, so it is not for everybody.
    File::options()
        .create(true)
        .append(true)
        .mode(0o640)
        .open(path)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Replaces a file by a packed one.
fn pack(path: &Path) -> io::Result<()> {
    let packed = with_ending(path, PACKED);
    let part = with_ending(path, ".gz.partial");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o640)
        .open(&part)?;
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(&mut File::open(path)?, &mut encoder)?;
    encoder.finish()?;
    fs::rename(&part, &packed)?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(log: &mut LogFile, times: usize) {
        for _ in 0..times {
            log.put(Level::Info, "0123456789\n").unwrap();
        }
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_newest_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sync.log");
        let limits = Limits {
            size: Some(25),
            backups: 2,
            ..Limits::default()
        };
        write(&mut LogFile::open(&path, limits).unwrap(), 3);
        // another run goes on where the first has ended
        write(&mut LogFile::open(&path, limits).unwrap(), 8);
        let names = names(dir.path());
        assert_eq!(names.len(), 3, "{names:?}");
        assert_eq!(names[2], "sync.log");
        assert_eq!(fs::metadata(&path).unwrap().len(), 11);
        for name in &names[..2] {
            assert!(
                name.starts_with("sync-20") && name.ends_with(".log"),
                "{name}"
            );
            assert_eq!(fs::metadata(dir.path().join(name)).unwrap().len(), 22);
        }
    }

    #[test]
    fn old_files_are_packed_and_removed_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let old = dir.path().join("log-2020-01-02T03-04-05.678.gz");
        let other = dir.path().join("log-2020-01-02.gz");
        for path in [&old, &other] {
            fs::write(path, "").unwrap();
        }
        let limits = Limits {
            size: Some(1),
            age: Some(Duration::from_secs(3600)),
            compress: true,
            ..Limits::default()
        };
        write(&mut LogFile::open(&path, limits).unwrap(), 2);
        assert!(!old.exists() && other.exists());
        let names = names(dir.path());
        assert_eq!(names.len(), 3, "{names:?}");
        let packed = names
            .iter()
            .find(|name| name.starts_with("log-20") && !name.contains("01-02"));
        let packed = File::open(dir.path().join(packed.unwrap())).unwrap();
        let text = io::read_to_string(flate2::read::GzDecoder::new(packed)).unwrap();
        assert_eq!(text, "0123456789\n");
    }
}
