//! A remote some of whose features are switched off (`--disable`), or on.
//!
//! What is off is not offered by [`Remote::features`] and answered with
//! [`ErrorKind::Unsupported`], so that whoever uses the remote takes the way
//! that remotes without the feature need: a copy through this machine instead
//! of one on the server, files one by one instead of a directory at once.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    About, ByteStream, Candidate, Cloud, Coming, Depth, Destination, Entry, ErrorKind, Features,
    Likeness, LinkOptions, Mark, Metadata, NewFile, Partial, ReadAt, Remote, RemoteError,
    RemotePath, Result, Resumable, Span, Totals, Withheld,
};

/// rclone's names of features, in its order. Those that nothing here makes use
/// of are off in any case.
pub const NAMES: [&str; 52] = [
    "CaseInsensitive",
    "DuplicateFiles",
    "ReadMimeType",
    "WriteMimeType",
    "CanHaveEmptyDirectories",
    "BucketBased",
    "BucketBasedRootOK",
    "SetTier",
    "GetTier",
    "ServerSideAcrossConfigs",
    "IsLocal",
    "SlowModTime",
    "SlowHash",
    "ReadMetadata",
    "WriteMetadata",
    "UserMetadata",
    "ReadDirMetadata",
    "WriteDirMetadata",
    "WriteDirSetModTime",
    "UserDirMetadata",
    "DirModTimeUpdatesOnWrite",
    "FilterAware",
    "PartialUploads",
    "NoMultiThreading",
    "Overlay",
    "ChunkWriterDoesntSeek",
    "DoubleSlash",
    "Purge",
    "Copy",
    "Move",
    "DirMove",
    "MkdirMetadata",
    "ChangeNotify",
    "UnWrap",
    "WrapFs",
    "SetWrapper",
    "DirCacheFlush",
    "PublicLink",
    "PutUnchecked",
    "PutStream",
    "MergeDirs",
    "DirSetModTime",
    "CleanUp",
    "ListR",
    "ListP",
    "About",
    "OpenWriterAt",
    "OpenChunkWriter",
    "UserInfo",
    "Disconnect",
    "Command",
    "Shutdown",
];

/// What is switched, each by one of [`NAMES`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Switches {
    off: Vec<&'static str>,
    on: Vec<&'static str>,
    /// What was asked to be switched on and cannot be.
    refused: Vec<String>,
    /// The words that did something, for the log.
    said: Vec<String>,
}

impl Switches {
    /// Reads names with commas between, in any case; `!` in front of one
    /// switches it on. Names of nothing switch nothing.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let mut switches = Self::default();
        for word in list.split(',').map(str::trim) {
            let (on, word) = match word.strip_prefix('!') {
                Some(word) => (true, word),
                None => (false, word),
            };
            let found = NAMES.iter().find(|name| name.eq_ignore_ascii_case(word));
            let Some(name) = found else { continue };
            if !on {
                switches.on.retain(|other| other != name);
                switches.off.push(name);
                switches.said.push(format!("Reset feature {word:?}"));
            } else if matches!(*name, "CaseInsensitive" | "DuplicateFiles") {
                switches.off.retain(|other| other != name);
                switches.on.push(name);
                switches.said.push(format!("Set feature {word:?}"));
            } else {
                switches.refused.push(word.to_owned());
            }
        }
        switches
    }

    /// Whether the feature is switched off.
    #[must_use]
    pub fn is_off(&self, name: &str) -> bool {
        self.off.contains(&name)
    }

    /// The remote with its features so; the same where nothing is switched.
    #[must_use]
    pub fn applied_to(&self, remote: Arc<dyn Remote>) -> Arc<dyn Remote> {
        for word in &self.refused {
            tracing::error!("Can't set Feature {word:?} to true");
        }
        for line in &self.said {
            tracing::debug!("{line}");
        }
        if self.off.is_empty() && self.on.is_empty() {
            return remote;
        }
        Arc::new(Disabled {
            inner: remote,
            switches: self.clone(),
        })
    }
}

struct Disabled {
    inner: Arc<dyn Remote>,
    switches: Switches,
}

impl Disabled {
    fn is_off(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.switches.is_off(name))
    }

    /// Fails where one of these is off.
    fn needs(&self, names: &[&str], op: &'static str, path: &RemotePath) -> Result<()> {
        if self.is_off(names) {
            return Err(RemoteError::new(ErrorKind::Unsupported, op, path.as_str()));
        }
        Ok(())
    }

    fn may_move(&self, entry: &Entry) -> Result<()> {
        let name = if entry.is_dir() { "DirMove" } else { "Move" };
        self.needs(&[name], "renaming", &entry.path)
    }

    /// What keeps metadata of `entry` from being read or written.
    fn metadata_of(entry: &Entry, file: &'static str, dir: &'static str) -> [&'static str; 1] {
        [if entry.is_dir() { dir } else { file }]
    }
}

#[async_trait]
impl Remote for Disabled {
    fn describe(&self, path: &RemotePath) -> String {
        self.inner.describe(path)
    }

    fn features(&self) -> Features {
        let mut features = self.inner.features();
        for (name, feature) in [
            ("CaseInsensitive", &mut features.case_insensitive),
            ("DuplicateFiles", &mut features.duplicate_names),
            ("Copy", &mut features.server_copy),
            ("Move", &mut features.server_move),
            ("DirMove", &mut features.dir_move),
            ("About", &mut features.about),
            ("PublicLink", &mut features.link),
            ("CleanUp", &mut features.cleanup),
            ("WriteMetadata", &mut features.metadata),
            ("DirSetModTime", &mut features.set_dir_modified),
        ] {
            if self.switches.is_off(name) {
                *feature = false;
            } else if self.switches.on.contains(&name) {
                *feature = true;
            }
        }
        if self.switches.is_off("WriteDirSetModTime") {
            features.set_dir_modified = false;
        }
        features
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        self.inner.stat(path).await
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        self.inner.list(dir).await
    }

    async fn withheld(&self, dir: &Entry) -> Result<Vec<Withheld>> {
        self.inner.withheld(dir).await
    }

    async fn totals(&self, dir: &Entry) -> Result<Option<Totals>> {
        self.inner.totals(dir).await
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        self.inner.read(file, span).await
    }

    async fn open_random(&self, file: &Entry) -> Result<Option<Arc<dyn ReadAt>>> {
        self.inner.open_random(file).await
    }

    async fn resumable(&self, file: &Entry) -> Result<Option<Arc<dyn Resumable>>> {
        self.inner.resumable(file).await
    }

    fn announce(&self, coming: Coming<'_>) {
        self.inner.announce(coming);
    }

    async fn likeness(&self, file: &Entry, with: Candidate, depth: Depth) -> Result<Likeness> {
        self.inner.likeness(file, with, depth).await
    }

    async fn mark(&self, file: &Entry) -> Result<Mark> {
        self.inner.mark(file).await
    }

    async fn write(&self, to: &Destination, mut file: NewFile) -> Result<Entry> {
        if self.is_off(&["PartialUploads"]) {
            file.partial = Partial::InPlace;
        }
        if self.is_off(&["WriteMetadata"]) {
            file.metadata = None;
        }
        self.inner.write(to, file).await
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        self.inner.make_dir(dir).await
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        self.inner.remove(entry).await
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        self.needs(&["Purge"], "purging", &dir.path)?;
        self.inner.purge(dir).await
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        self.may_move(entry)?;
        self.inner.rename(entry, to).await
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, old: &Entry) -> Result<Entry> {
        self.may_move(entry)?;
        self.inner.rename_over(entry, to, old).await
    }

    async fn real_path(&self, dir: &RemotePath) -> Result<RemotePath> {
        self.inner.real_path(dir).await
    }

    async fn copy(&self, file: &Entry, to: &Destination, replace: Option<&Entry>) -> Result<Entry> {
        self.needs(&["Copy"], "copying", &file.path)?;
        self.inner.copy(file, to, replace).await
    }

    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        if entry.is_dir() {
            let names = ["DirSetModTime", "WriteDirSetModTime"];
            self.needs(&names, "setting the time of", &entry.path)?;
        }
        self.inner.set_modified(entry, modified).await
    }

    async fn metadata(&self, entry: &Entry) -> Result<Option<Metadata>> {
        if self.is_off(&Self::metadata_of(entry, "ReadMetadata", "ReadDirMetadata")) {
            return Ok(None);
        }
        self.inner.metadata(entry).await
    }

    async fn set_metadata(&self, entry: &Entry, metadata: &Metadata) -> Result<()> {
        let names = Self::metadata_of(entry, "WriteMetadata", "WriteDirMetadata");
        self.needs(&names, "setting the metadata of", &entry.path)?;
        self.inner.set_metadata(entry, metadata).await
    }

    async fn about(&self, dir: &RemotePath) -> Result<About> {
        self.needs(&["About"], "asking for the quota of", dir)?;
        self.inner.about(dir).await
    }

    async fn link(&self, entry: &Entry, options: &LinkOptions) -> Result<String> {
        self.needs(&["PublicLink"], "linking", &entry.path)?;
        self.inner.link(entry, options).await
    }

    async fn unlink(&self, entry: &Entry) -> Result<()> {
        self.needs(&["PublicLink"], "unlinking", &entry.path)?;
        self.inner.unlink(entry).await
    }

    async fn cleanup(&self) -> Result<u64> {
        self.needs(&["CleanUp"], "cleaning up", &RemotePath::root())?;
        self.inner.cleanup().await
    }

    fn shown_link(&self) -> Option<String> {
        self.inner.shown_link()
    }

    fn cloud(&self) -> Option<&dyn Cloud> {
        self.inner.cloud()
    }

    async fn user_info(&self) -> Result<Vec<(&'static str, String)>> {
        self.needs(&["UserInfo"], "asking who uses", &RemotePath::root())?;
        self.inner.user_info().await
    }

    async fn logout(&self) -> Result<()> {
        self.needs(&["Disconnect"], "logging out of", &RemotePath::root())?;
        self.inner.logout().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::remote::memory::Memory;

    fn with(list: &str) -> Arc<dyn Remote> {
        Switches::parse(list).applied_to(Arc::new(Memory::default()))
    }

    #[tokio::test]
    async fn what_is_off_is_neither_offered_nor_done() {
        let plain = with("");
        let offered = plain.features();
        assert!(offered.server_copy && offered.server_move && offered.dir_move);
        let remote = with("copy, MOVE,DirMove,purge,nothing");
        let features = remote.features();
        assert!(!features.server_copy && !features.server_move && !features.dir_move);
        assert_eq!(features.about, offered.about);
        let path = |text| RemotePath::parse(text).unwrap();
        let dir = remote.make_dir(&path("d")).await.unwrap();
        let file = Entry::file(path("d/f"), Some(0));
        let to = Destination::from(path("e"));
        let unsupported = |kind: Option<ErrorKind>| assert_eq!(kind, Some(ErrorKind::Unsupported));
        unsupported(remote.copy(&file, &to, None).await.err().map(|e| e.kind));
        unsupported(remote.rename(&file, &to).await.err().map(|e| e.kind));
        unsupported(
            remote
                .rename_over(&file, &to, &file)
                .await
                .err()
                .map(|e| e.kind),
        );
        unsupported(remote.rename(&dir, &to).await.err().map(|e| e.kind));
        unsupported(remote.purge(&dir).await.err().map(|e| e.kind));
        // Files can be moved where only directories cannot.
        let only_dirs = with("dirmove");
        only_dirs.make_dir(&path("d")).await.unwrap();
        let moved = only_dirs.rename(&file, &to).await;
        assert_eq!(moved.unwrap_err().kind, ErrorKind::NotFound);
    }

    #[test]
    fn what_is_true_or_false_can_be_switched_on() {
        let offered = with("").features();
        let features = with("!CaseInsensitive,!copy").features();
        assert!(features.case_insensitive && !offered.case_insensitive);
        assert_eq!(features.server_copy, offered.server_copy);
        let last = with("!caseinsensitive,CaseInsensitive").features();
        assert!(!last.case_insensitive);
        let switches = Switches::parse("!copy,!DuplicateFiles, ,x");
        assert_eq!(switches.refused, ["copy"]);
        assert_eq!(switches.said, ["Set feature \"DuplicateFiles\""]);
    }
}
