//! Files on the disks of this machine.
//!
//! The remote is rooted at `/`. Everything that touches the disk runs on the
//! blocking pool. Symbolic links met in a listing are left alone unless the
//! options say otherwise; a link that the user names is followed, unless links
//! are files (`link.rs`). A file under
//! its final name is always whole: writing happens beside it and ends in a
//! rename, which replaces a link instead of writing through it.

mod change;
mod composed;
mod link;
mod list;
mod metadata;
mod names;
mod partial;
mod read;
mod spot;
mod write;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::encoding::Encoding;
use super::{
    About, ByteStream, Destination, Entry, ErrorKind, Features, Metadata, NewFile, ReadAt, Remote,
    RemoteError, RemotePath, Result, Span, Withheld, system_words,
};
use read::Opened;
use spot::Spot;

/// What happens to a symbolic link that stands in a listed directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// Left out, with a notice.
    #[default]
    Skip,
    /// Left out (`--skip-links`).
    SkipQuietly,
    /// Taken for what it points to (`-L`, `--copy-links`).
    Follow,
    /// A file that holds what it points to, both ways (`-l`, `--links`).
    Translate,
}

/// Which time of a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeType {
    /// That of the last change of its content.
    #[default]
    Modified,
    /// That of the last reading.
    Accessed,
    /// That of its making.
    Born,
    /// That of the last change of any kind.
    Changed,
}

const TIME_TYPES: [(&str, TimeType); 4] = [
    ("mtime", TimeType::Modified),
    ("atime", TimeType::Accessed),
    ("btime", TimeType::Born),
    ("ctime", TimeType::Changed),
];

impl FromStr for TimeType {
    type Err = String;

    /// Names are matched without case.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = TIME_TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, time)| *time).ok_or_else(|| {
            let names = TIME_TYPES.map(|(name, _)| name).join(", ");
            format!("invalid choice {text:?} from: {names}")
        })
    }
}

/// How the disk is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// What names cannot hold.
    pub encoding: Encoding,
    /// What happens to symbolic links.
    pub links: Links,
    /// Directories on other disks are left out.
    pub one_file_system: bool,
    /// Nothing is said of pipes, sockets and devices.
    pub skip_specials: bool,
    /// Whether names that differ in case are the same; `None`: as usual on
    /// this system.
    pub case_insensitive: Option<bool>,
    /// A file that changes while it is read is read nevertheless.
    pub no_check_updated: bool,
    /// Times are neither set nor compared.
    pub no_set_modtime: bool,
    /// Which time of a file counts.
    pub time_type: TimeType,
    /// Names are taken in their composed form.
    pub unicode_normalization: bool,
    /// A full disk ends the run.
    pub fatal_if_no_space: bool,
    /// Modes that are set may have special bits: as the owner, as the group,
    /// sticky.
    pub special_bits: bool,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            encoding: Encoding::UNIX,
            links: Links::default(),
            one_file_system: false,
            skip_specials: false,
            case_insensitive: None,
            no_check_updated: false,
            no_set_modtime: false,
            time_type: TimeType::default(),
            unicode_normalization: false,
            fatal_if_no_space: false,
            special_bits: false,
        }
    }
}

/// The local file system.
#[derive(Debug, Clone, Default)]
pub struct Local {
    options: LocalOptions,
    strays: Arc<partial::Strays>,
    starts: Starts,
}

/// Where commands work, so that messages name what lies there from there on.
#[derive(Debug, Clone, Default)]
pub struct Starts(Arc<Mutex<Vec<RemotePath>>>);

impl Starts {
    /// Adds a directory.
    pub fn add(&self, dir: RemotePath) {
        self.lock().push(dir);
    }

    /// The nearest of them above `dir`.
    fn above(&self, dir: &RemotePath) -> RemotePath {
        let starts = self.lock();
        starts
            .iter()
            .filter(|start| dir.strip(start).is_some())
            .max_by_key(|start| start.as_str().len())
            .cloned()
            .unwrap_or_default()
    }

    /// The directory at `path`, or above it, that the user named; for a file
    /// that was named itself the one that holds it.
    fn directory(&self, path: &RemotePath) -> RemotePath {
        let above = path.parent().unwrap_or_default();
        if self.lock().contains(path) {
            return above;
        }
        self.above(&above)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RemotePath>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Local {
    /// The local file system under `options`.
    #[must_use]
    pub fn new(options: LocalOptions) -> Self {
        Self {
            options,
            strays: Arc::default(),
            starts: Starts::default(),
        }
    }

    /// The same, naming entries from where commands work.
    #[must_use]
    pub fn with_starts(self, starts: Starts) -> Self {
        Self { starts, ..self }
    }

    /// The path in this remote for what the user typed, seen from `cwd`.
    /// Climbing above `/` ends at `/`, as in a shell.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a NUL in the path.
    pub fn locate(&self, typed: &str, cwd: &Path) -> Result<RemotePath> {
        names::locate(typed, cwd, self.options.encoding)
    }

    async fn spot(&self, path: &RemotePath) -> Result<Spot> {
        self.spot_below(path, &self.starts.directory(path)).await
    }

    /// The place of `path`, below the directory `start`.
    async fn spot_below(&self, path: &RemotePath, start: &RemotePath) -> Result<Spot> {
        Ok(Spot {
            os: self.on_disk(path).await?,
            start: self.on_disk(start).await?,
            path: path.clone(),
            options: self.options,
        })
    }

    /// The path of `path` on the disk, in the form that stands there.
    async fn on_disk(&self, path: &RemotePath) -> Result<PathBuf> {
        let os = self.os_path(path)?;
        if !self.options.unicode_normalization {
            return Ok(os);
        }
        blocking(move || Ok(composed::on_disk(os))).await
    }

    /// The path of `path` on the disk.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the encoding allows a name that would leave
    /// its directory.
    pub fn os_path(&self, path: &RemotePath) -> Result<PathBuf> {
        names::os_path(path, self.options.encoding)
    }
}

#[async_trait]
impl Remote for Local {
    fn describe(&self, path: &RemotePath) -> String {
        format!("Local file system at {}", shown(path))
    }

    fn features(&self) -> Features {
        let LocalOptions {
            no_set_modtime,
            case_insensitive,
            ..
        } = self.options;
        Features {
            modified: (!no_set_modtime).then_some(Duration::from_nanos(1)),
            set_modified: !no_set_modtime,
            set_dir_modified: !no_set_modtime,
            server_move: true,
            dir_move: true,
            about: true,
            metadata: true,
            local: true,
            case_insensitive: case_insensitive.unwrap_or(cfg!(any(windows, target_os = "macos"))),
            fickle_times: self.options.time_type != TimeType::Modified,
            ..Features::default()
        }
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let spot = self.spot(path).await?;
        let kind = if self.starts.lock().contains(path) {
            // The user shall hear of it.
            ErrorKind::Invalid
        } else {
            ErrorKind::NotFound
        };
        blocking(move || {
            // Under its own name a link is nothing that could be copied.
            if spot.options.links == Links::Translate && link::is_link(&spot.os) {
                let error = RemoteError::new(kind, "looking at", shown(&spot.path));
                return Err(error.because(link::NEEDS_SUFFIX));
            }
            list::stat(&spot)
        })
        .await
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        let start = self.starts.above(&dir.path);
        let spot = self.spot_below(&dir.path, &start).await?;
        blocking(move || list::list(&spot, &start)).await
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        read::stream(self.spot(&file.path).await?, span).await
    }

    async fn open_random(&self, file: &Entry) -> Result<Option<Arc<dyn ReadAt>>> {
        let spot = self.spot(&file.path).await?;
        Ok(Some(match blocking(move || read::open(&spot)).await? {
            Opened::File(file) => Arc::new(file),
            Opened::Link(link) => Arc::new(link),
        }))
    }

    async fn write(&self, to: &Destination, file: NewFile) -> Result<Entry> {
        if to.path.is_root() {
            return Err(RemoteError::new(ErrorKind::IsDir, "writing", "/"));
        }
        let spot = self.spot(&to.path).await?;
        spot.written(write::write(spot.clone(), file, Arc::clone(&self.strays)).await)
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        let start = self.starts.above(dir);
        let spot = self.spot_below(dir, &start).await?;
        blocking(move || change::make_dir(&spot)).await
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        let (spot, entry) = (self.spot(&entry.path).await?, entry.clone());
        blocking(move || change::remove(&spot, &entry)).await
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        let spot = self.spot(&dir.path).await?;
        blocking(move || change::purge(&spot)).await
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        let (from, to) = (self.spot(&entry.path).await?, self.spot(&to.path).await?);
        let entry = entry.clone();
        blocking(move || change::rename(&from, &entry, &to)).await
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, _: &Entry) -> Result<Entry> {
        let (from, to) = (self.spot(&entry.path).await?, self.spot(&to.path).await?);
        let entry = entry.clone();
        blocking(move || change::rename_over(&from, &entry, &to)).await
    }

    async fn real_path(&self, dir: &RemotePath) -> Result<RemotePath> {
        let (os, dir, encoding) = (self.on_disk(dir).await?, dir.clone(), self.options.encoding);
        blocking(move || Ok(names::real_path(&os, encoding).unwrap_or(dir))).await
    }

    async fn withheld(&self, dir: &Entry) -> Result<Vec<Withheld>> {
        if self.options.links != Links::Follow {
            return Ok(Vec::new());
        }
        let (os, path) = (self.on_disk(&dir.path).await?, dir.path.clone());
        blocking(move || list::dangling(&os, &path)).await
    }

    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        if self.options.no_set_modtime {
            return Ok(());
        }
        let (spot, entry) = (self.spot(&entry.path).await?, entry.clone());
        blocking(move || {
            spot.guard()?;
            let os = spot.of(&entry);
            // Where a link stands it is the link that gets the time.
            let link = spot.options.links == Links::Translate;
            change::set_modified(&os, &spot.path, modified, link)
        })
        .await
    }

    async fn metadata(&self, entry: &Entry) -> Result<Option<Metadata>> {
        let (spot, entry) = (self.spot(&entry.path).await?, entry.clone());
        blocking(move || metadata::read(&spot, &entry).map(Some)).await
    }

    async fn set_metadata(&self, entry: &Entry, metadata: &Metadata) -> Result<()> {
        let (spot, entry, metadata) = (
            self.spot(&entry.path).await?,
            entry.clone(),
            metadata.clone(),
        );
        blocking(move || {
            spot.guard()?;
            metadata::set(&spot, &entry, &metadata)
        })
        .await
    }

    async fn about(&self, dir: &RemotePath) -> Result<About> {
        let (os, dir) = (self.on_disk(dir).await?, dir.clone());
        blocking(move || change::about(&os, &dir)).await
    }
}

/// A name with the bytes that are no text in hexadecimal.
fn quoted(name: &std::ffi::OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.extend(chunk.valid().escape_debug());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The path as messages show it.
fn shown(path: &RemotePath) -> String {
    format!("/{path}")
}

/// Runs disk work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(RemoteError::new(ErrorKind::Cancelled, "using the disk", "")
            .because(stopped.to_string())),
    }
}

/// An I/O error as its kind, in the words that rclone has from its system:
/// `open /a/b: permission denied`. What is merely not there needs no words.
fn failure(error: io::Error, op: &'static str, path: &RemotePath) -> RemoteError {
    let call = match op {
        "looking at" => "lstat",
        "listing" | "creating" | "opening" => "open",
        "writing" => "write",
        "creating directory" => "mkdir",
        "removing" | "removing directory" => "remove",
        "setting the time of" => "chtimes",
        other => other,
    };
    let words = format!("{call} {}: {}", shown(path), system_words(&error));
    let mut failure = RemoteError::from_io(error, op, shown(path));
    if op == "looking at" && failure.kind == ErrorKind::NotFound {
        failure.source = None;
        return failure;
    }
    failure.said(words)
}
