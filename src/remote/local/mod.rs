//! Files on the disks of this machine.
//!
//! The remote is rooted at `/`. Everything that touches the disk runs on the
//! blocking pool. Symbolic links met in a listing are left alone unless the
//! options say otherwise; a link that the user names is followed. A file under
//! its final name is always whole: writing happens beside it and ends in a
//! rename, which replaces a link instead of writing through it.

mod change;
mod list;
mod names;
mod partial;
mod read;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::encoding::Encoding;
use super::{
    About, ByteStream, Destination, Entry, ErrorKind, Features, NewFile, ReadAt, Remote,
    RemoteError, RemotePath, Result, Span, Withheld,
};

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
}

/// How the disk is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// What names cannot hold.
    pub encoding: Encoding,
    /// What happens to symbolic links.
    pub links: Links,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self {
            encoding: Encoding::UNIX,
            links: Links::default(),
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
        Features {
            modified: Some(Duration::from_nanos(1)),
            set_modified: true,
            set_dir_modified: true,
            server_move: true,
            dir_move: true,
            about: true,
            local: true,
            case_insensitive: cfg!(any(windows, target_os = "macos")),
            ..Features::default()
        }
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let (os, path) = (self.os_path(path)?, path.clone());
        blocking(move || list::stat(&os, path)).await
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        let (os, dir, options) = (self.os_path(&dir.path)?, dir.path.clone(), self.options);
        let start = self.starts.above(&dir);
        blocking(move || list::list(&os, &dir, &start, options)).await
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        let (os, name) = (self.os_path(&file.path)?, shown(&file.path));
        read::stream(os, name, span).await
    }

    async fn open_random(&self, file: &Entry) -> Result<Option<Arc<dyn ReadAt>>> {
        let (os, name) = (self.os_path(&file.path)?, shown(&file.path));
        let file = blocking(move || read::OpenFile::open(&os, name)).await?;
        Ok(Some(Arc::new(file)))
    }

    async fn write(&self, to: &Destination, file: NewFile) -> Result<Entry> {
        if to.path.is_root() {
            return Err(RemoteError::new(ErrorKind::IsDir, "writing", "/"));
        }
        let os = self.os_path(&to.path)?;
        write::write(os, to.path.clone(), file, Arc::clone(&self.strays)).await
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        let (os, dir) = (self.os_path(dir)?, dir.clone());
        blocking(move || change::make_dir(&os, dir)).await
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        let (os, entry) = (self.os_path(&entry.path)?, entry.clone());
        blocking(move || change::remove(&os, &entry)).await
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        let (os, dir) = (self.os_path(&dir.path)?, dir.path.clone());
        blocking(move || change::purge(&os, &dir)).await
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        let from = self.os_path(&entry.path)?;
        let target = self.os_path(&to.path)?;
        let (from_path, to_path) = (entry.path.clone(), to.path.clone());
        blocking(move || change::rename(&from, &from_path, &target, to_path)).await
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, _: &Entry) -> Result<Entry> {
        let from = self.os_path(&entry.path)?;
        let target = self.os_path(&to.path)?;
        let (from_path, to_path) = (entry.path.clone(), to.path.clone());
        blocking(move || change::rename_over(&from, &from_path, &target, to_path)).await
    }

    async fn real_path(&self, dir: &RemotePath) -> Result<RemotePath> {
        let (os, dir, encoding) = (self.os_path(dir)?, dir.clone(), self.options.encoding);
        blocking(move || Ok(names::real_path(&os, encoding).unwrap_or(dir))).await
    }

    async fn withheld(&self, dir: &Entry) -> Result<Vec<Withheld>> {
        if self.options.links != Links::Follow {
            return Ok(Vec::new());
        }
        let (os, path) = (self.os_path(&dir.path)?, dir.path.clone());
        blocking(move || list::dangling(&os, &path)).await
    }

    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        let (os, path) = (self.os_path(&entry.path)?, entry.path.clone());
        blocking(move || change::set_modified(&os, &path, modified)).await
    }

    async fn about(&self, dir: &RemotePath) -> Result<About> {
        let (os, dir) = (self.os_path(dir)?, dir.clone());
        blocking(move || change::about(&os, &dir)).await
    }
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

/// An I/O error as its kind; the cause stays where the kind does not say it all.
fn failure(error: io::Error, op: &'static str, path: &RemotePath) -> RemoteError {
    let mut failure = RemoteError::from_io(error, op, shown(path));
    if matches!(
        failure.kind,
        ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::IsDir
            | ErrorKind::IsFile
            | ErrorKind::DirNotEmpty
    ) {
        failure.source = None;
    }
    failure
}
