//! A remote in memory, for tests and trials.
//!
//! It keeps nodes with identities, as MEGA does, so that it can hold two
//! entries of one name; [`Features`] decide what it admits to. Failures can be
//! planted in it.

mod nodes;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{
    About, ByteStream, Content, Destination, Entry, ErrorKind, Features, Metadata, NewFile, ReadAt,
    Remote, RemoteError, RemotePath, Result, Span,
};
use nodes::{Id, Nodes};

/// Bytes handed out at once.
const PIECE: usize = 64 << 10;

/// A store in memory.
pub struct Memory {
    features: Features,
    nodes: Mutex<Nodes>,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    /// Directories that cannot be listed.
    lists: HashMap<RemotePath, ErrorKind>,
    /// Files whose reading fails after so many bytes.
    reads: HashMap<RemotePath, u64>,
    /// Files that cannot be written.
    writes: HashMap<RemotePath, ErrorKind>,
    /// Entries whose metadata cannot be read.
    metadata: HashMap<RemotePath, ErrorKind>,
}

impl Default for Memory {
    /// A store without duplicates that can do everything else.
    fn default() -> Self {
        Self::new(Features {
            modified: Some(Duration::from_nanos(1)),
            set_modified: true,
            set_dir_modified: true,
            server_copy: true,
            server_move: true,
            dir_move: true,
            about: true,
            ids: true,
            ..Features::default()
        })
    }
}

impl Memory {
    /// An empty store that has the powers in `features` and no others.
    #[must_use]
    pub fn new(features: Features) -> Self {
        Self {
            features,
            nodes: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// An empty store where one name may stand several times.
    #[must_use]
    pub fn with_duplicates() -> Self {
        Self::new(Features {
            duplicate_names: true,
            ..Self::default().features
        })
    }

    /// Makes every listing of `dir` fail.
    pub fn fail_list(&self, dir: RemotePath, kind: ErrorKind) {
        lock(&self.faults).lists.insert(dir, kind);
    }

    /// Makes every reading of `file` fail after `bytes` bytes.
    pub fn fail_read(&self, file: RemotePath, bytes: u64) {
        lock(&self.faults).reads.insert(file, bytes);
    }

    /// Makes every writing of `file` fail once its bytes have been taken.
    pub fn fail_write(&self, file: RemotePath, kind: ErrorKind) {
        lock(&self.faults).writes.insert(file, kind);
    }

    /// Makes every reading of the metadata of `entry` fail.
    pub fn fail_metadata(&self, entry: RemotePath, kind: ErrorKind) {
        lock(&self.faults).metadata.insert(entry, kind);
    }

    /// Takes all planted failures back.
    pub fn heal(&self) {
        *lock(&self.faults) = Faults::default();
    }

    /// Puts a file there, beside any of that name where duplicates are allowed.
    ///
    /// # Errors
    /// As [`Remote::write`].
    pub fn put(
        &self,
        path: &RemotePath,
        content: impl Into<Bytes>,
        modified: Option<Timestamp>,
    ) -> Result<Entry> {
        self.insert(&path.clone().into(), content.into(), modified, None)
    }

    fn insert(
        &self,
        to: &Destination,
        content: Bytes,
        modified: Option<Timestamp>,
        replace: Option<&Entry>,
    ) -> Result<Entry> {
        let mut nodes = lock(&self.nodes);
        let parent = self.parent(&mut nodes, to, "writing")?;
        let name = to.path.name();
        let mut old = match replace {
            Some(entry) => Some(nodes.resolve(entry, "writing")?),
            None => None,
        };
        if !self.features.duplicate_names {
            for other in nodes.named(parent, name) {
                if nodes.is_dir(other) {
                    return Err(fail(ErrorKind::IsDir, "writing", &to.path));
                }
                old = Some(other);
            }
        }
        if let Some(old) = old {
            nodes.remove(old);
        }
        let modified = self.round(modified.unwrap_or_else(Timestamp::now));
        let id = nodes.add(parent, name, Some(content), modified);
        Ok(self.entry(&nodes, id, to.path.clone()))
    }

    /// The directory for a destination, made where it is missing.
    fn parent(&self, nodes: &mut Nodes, to: &Destination, op: &'static str) -> Result<Id> {
        if self.features.read_only {
            return Err(fail(ErrorKind::PermissionDenied, op, &to.path));
        }
        let Some(parent) = to.path.parent() else {
            return Err(fail(ErrorKind::IsDir, op, &to.path));
        };
        if let Some(id) = &to.parent {
            let mut dir = Entry::dir(parent);
            dir.id = Some(id.clone());
            return nodes.resolve(&dir, op);
        }
        nodes.make_dirs(&parent, op)
    }

    /// Times are kept no more precisely than the features say.
    fn round(&self, modified: Timestamp) -> Option<Timestamp> {
        let step = i128::try_from(self.features.modified?.as_nanos()).ok()?;
        let nanos = modified.as_nanosecond();
        Timestamp::from_nanosecond(nanos - nanos.rem_euclid(step.max(1))).ok()
    }

    fn entry(&self, nodes: &Nodes, id: Id, path: RemotePath) -> Entry {
        nodes.entry(id, path, self.features.ids)
    }

    fn writable(&self, op: &'static str, path: &RemotePath) -> Result<()> {
        if self.features.read_only {
            return Err(fail(ErrorKind::PermissionDenied, op, path));
        }
        Ok(())
    }

    fn needs(&self, power: bool, op: &'static str, path: &RemotePath) -> Result<()> {
        if !power {
            return Err(fail(ErrorKind::Unsupported, op, path));
        }
        self.writable(op, path)
    }
}

#[async_trait]
impl Remote for Memory {
    fn describe(&self, path: &RemotePath) -> String {
        format!("memory root '{path}'")
    }

    fn features(&self) -> Features {
        self.features
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let nodes = lock(&self.nodes);
        let found = nodes.at(path);
        let id = found
            .iter()
            .find(|id| !nodes.is_dir(**id))
            .or_else(|| found.first());
        id.map(|id| self.entry(&nodes, *id, path.clone()))
            .ok_or_else(|| fail(ErrorKind::NotFound, "looking at", path))
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        if let Some(kind) = lock(&self.faults).lists.get(&dir.path) {
            return Err(fail(*kind, "listing", &dir.path));
        }
        let nodes = lock(&self.nodes);
        let dirs = match &dir.id {
            Some(_) => vec![nodes.resolve(dir, "listing")?],
            None => nodes.at(&dir.path),
        };
        if dirs.is_empty() {
            return Err(fail(ErrorKind::DirNotFound, "listing", &dir.path));
        }
        let dirs: Vec<Id> = dirs.into_iter().filter(|id| nodes.is_dir(*id)).collect();
        if dirs.is_empty() {
            return Err(fail(ErrorKind::IsFile, "listing", &dir.path));
        }
        let mut entries = Vec::new();
        for id in dirs.iter().flat_map(|dir| nodes.children(*dir)) {
            let path = dir.path.child(nodes.name(id)).map_err(|e| {
                RemoteError::new(ErrorKind::Invalid, "listing", dir.path.as_str()).because(e)
            })?;
            entries.push(self.entry(&nodes, id, path));
        }
        Ok(entries)
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        let content = lock(&self.nodes).content(file)?;
        let size = content.len();
        let at = |offset: u64| usize::try_from(offset).unwrap_or(size).min(size);
        let span = span.unwrap_or(Span {
            offset: 0,
            length: None,
        });
        let start = at(span.offset);
        let end = span
            .length
            .map_or(size, |length| at(span.offset.saturating_add(length)));
        let broken = lock(&self.faults).reads.get(&file.path).map(|n| at(*n));
        let end = broken.map_or(end, |limit| end.min(limit));
        let mut rest = content.slice(start.min(end)..end);
        let mut pieces: Vec<Result<Bytes>> = Vec::new();
        while !rest.is_empty() {
            pieces.push(Ok(rest.split_to(PIECE.min(rest.len()))));
        }
        if broken.is_some() {
            pieces.push(Err(fail(ErrorKind::Network, "reading", &file.path)
                .because("connection lost on purpose")));
        }
        Ok(stream::iter(pieces).boxed())
    }

    async fn open_random(&self, file: &Entry) -> Result<Option<Arc<dyn ReadAt>>> {
        if lock(&self.faults).reads.contains_key(&file.path) {
            return Ok(None);
        }
        Ok(Some(Arc::new(Snapshot(lock(&self.nodes).content(file)?))))
    }

    async fn write(&self, to: &Destination, file: NewFile) -> Result<Entry> {
        self.writable("writing", &to.path)?;
        let mut stream = match file.content {
            Content::Stream(stream) => stream,
            Content::Random(source) => read_all(&source, &to.path),
        };
        let mut content = BytesMut::new();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            content.extend_from_slice(&piece);
            if let Some(meter) = &file.meter {
                meter.passed(piece.len() as u64).await?;
            }
        }
        let length = content.len() as u64;
        if let Some(size) = file.size.filter(|size| *size != length) {
            return Err(fail(ErrorKind::Changed, "writing", &to.path)
                .because(format!("{length} bytes came instead of {size}")));
        }
        if let Some(kind) = lock(&self.faults).writes.get(&to.path) {
            return Err(fail(*kind, "writing", &to.path));
        }
        self.insert(to, content.freeze(), file.modified, file.replace.as_ref())
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        self.writable("creating directory", dir)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.make_dirs(dir, "creating directory")?;
        Ok(self.entry(&nodes, id, dir.clone()))
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        self.writable("removing", &entry.path)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.resolve(entry, "removing")?;
        if nodes.children(id).next().is_some() {
            return Err(fail(ErrorKind::DirNotEmpty, "removing", &entry.path));
        }
        nodes.remove(id);
        Ok(())
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        self.writable("purging", &dir.path)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.resolve(dir, "purging")?;
        if !nodes.is_dir(id) {
            return Err(fail(ErrorKind::IsFile, "purging", &dir.path));
        }
        nodes.remove(id);
        Ok(())
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        let op = "renaming";
        let power = if entry.is_dir() {
            self.features.dir_move
        } else {
            self.features.server_move
        };
        self.needs(power, op, &entry.path)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.resolve(entry, op)?;
        let parent = self.parent(&mut nodes, to, op)?;
        let name = to.path.name();
        if !self.features.duplicate_names && nodes.named(parent, name).next().is_some() {
            return Err(fail(ErrorKind::AlreadyExists, op, &to.path));
        }
        if nodes.is_below(parent, id) {
            return Err(fail(ErrorKind::Invalid, op, &to.path)
                .because("a directory cannot be moved into itself"));
        }
        nodes.move_to(id, parent, name);
        Ok(self.entry(&nodes, id, to.path.clone()))
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, old: &Entry) -> Result<Entry> {
        let op = "renaming";
        self.needs(self.features.server_move, op, &entry.path)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.resolve(entry, op)?;
        let old = nodes.resolve(old, op)?;
        let parent = self.parent(&mut nodes, to, op)?;
        if old != id {
            nodes.remove(old);
        }
        nodes.move_to(id, parent, to.path.name());
        Ok(self.entry(&nodes, id, to.path.clone()))
    }

    async fn copy(&self, file: &Entry, to: &Destination, replace: Option<&Entry>) -> Result<Entry> {
        self.needs(self.features.server_copy, "copying", &file.path)?;
        let (content, modified) = {
            let nodes = lock(&self.nodes);
            let id = nodes.resolve(file, "copying")?;
            (
                nodes.content(file)?,
                nodes.entry(id, file.path.clone(), false).modified,
            )
        };
        self.insert(to, content, modified, replace)
    }

    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        let power = if entry.is_dir() {
            self.features.set_dir_modified
        } else {
            self.features.set_modified
        };
        self.needs(power, "setting the time of", &entry.path)?;
        let mut nodes = lock(&self.nodes);
        let id = nodes.resolve(entry, "setting the time of")?;
        nodes.set_modified(id, self.round(modified));
        Ok(())
    }

    async fn metadata(&self, entry: &Entry) -> Result<Option<Metadata>> {
        match lock(&self.faults).metadata.get(&entry.path) {
            Some(kind) => Err(fail(*kind, "looking at", &entry.path)),
            None => Ok(None),
        }
    }

    async fn about(&self, dir: &RemotePath) -> Result<About> {
        if !self.features.about {
            return Err(fail(ErrorKind::Unsupported, "asking for the quota of", dir));
        }
        let (objects, used) = lock(&self.nodes).usage();
        Ok(About {
            used: Some(used),
            objects: Some(objects),
            ..About::default()
        })
    }
}

/// A file as it was when it was opened.
struct Snapshot(Bytes);

impl ReadAt for Snapshot {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let piece = usize::try_from(offset)
            .ok()
            .and_then(|start| self.0.get(start..start.checked_add(buffer.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(piece);
        Ok(())
    }

    fn check_unchanged(&self) -> Result<()> {
        Ok(())
    }
}

/// A source with random access as one stream.
fn read_all(source: &Arc<dyn ReadAt>, path: &RemotePath) -> ByteStream {
    let mut content = vec![0; usize::try_from(source.size()).unwrap_or(usize::MAX)];
    let result = match source.read_exact_at(&mut content, 0) {
        Ok(()) => source.check_unchanged().map(|()| Bytes::from(content)),
        Err(e) => Err(RemoteError::from_io(e, "reading", path.as_str())),
    };
    stream::iter([result]).boxed()
}

fn fail(kind: ErrorKind, op: &'static str, path: &RemotePath) -> RemoteError {
    RemoteError::new(kind, op, path.as_str())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
