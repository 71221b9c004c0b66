//! A store that keeps neither times nor contents that could be compared, but
//! copies, moves and purges by itself: what the recordings call `far:`. It
//! stands over a folder of the disk.

use std::sync::Arc;

use async_trait::async_trait;
use megarc::remote::local::Local;
use megarc::remote::{
    ByteStream, Content, Destination, Entry, Features, NewFile, Remote, RemotePath, Result, Span,
};

pub(crate) struct Far {
    disk: Local,
    base: RemotePath,
}

impl Far {
    pub(crate) fn over(base: &str) -> Arc<dyn Remote> {
        Arc::new(Self {
            disk: Local::default(),
            base: RemotePath::parse(base).unwrap(),
        })
    }

    fn inner(&self, entry: &Entry) -> Entry {
        Entry {
            path: self.base.join(&entry.path),
            ..entry.clone()
        }
    }

    fn outer(&self, mut entry: Entry) -> Entry {
        entry.path = entry.path.strip(&self.base).unwrap();
        entry.size = entry.size.filter(|_| !entry.is_dir());
        entry
    }

    fn to(&self, to: &Destination) -> Destination {
        Destination::from(self.base.join(&to.path))
    }
}

#[async_trait]
impl Remote for Far {
    fn describe(&self, path: &RemotePath) -> String {
        format!("<remote> root '{path}'")
    }

    fn features(&self) -> Features {
        Features {
            server_copy: true,
            server_move: true,
            dir_move: true,
            ..Features::default()
        }
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let entry = self.disk.stat(&self.base.join(path)).await?;
        Ok(self.outer(entry))
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        let entries = self.disk.list(&self.inner(dir)).await?;
        Ok(entries.into_iter().map(|e| self.outer(e)).collect())
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        self.disk.read(&self.inner(file), span).await
    }

    async fn write(&self, to: &Destination, mut file: NewFile) -> Result<Entry> {
        file.modified = None;
        file.replace = file.replace.map(|e| self.inner(&e));
        let entry = self.disk.write(&self.to(to), file).await?;
        Ok(self.outer(entry))
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        let entry = self.disk.make_dir(&self.base.join(dir)).await?;
        Ok(self.outer(entry))
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        self.disk.remove(&self.inner(entry)).await
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        self.disk.purge(&self.inner(dir)).await
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        let moved = self.disk.rename(&self.inner(entry), &self.to(to)).await?;
        Ok(self.outer(moved))
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, old: &Entry) -> Result<Entry> {
        let (entry, old) = (self.inner(entry), self.inner(old));
        let moved = self.disk.rename_over(&entry, &self.to(to), &old).await?;
        Ok(self.outer(moved))
    }

    async fn copy(&self, file: &Entry, to: &Destination, old: Option<&Entry>) -> Result<Entry> {
        let content = Content::Stream(self.read(file, None).await?);
        let mut new = NewFile::new(file.size, content);
        // A server that copies keeps the times that it shows.
        new.modified = file.modified;
        new.replace = old.map(|e| self.inner(e));
        let entry = self.disk.write(&self.to(to), new).await?;
        Ok(self.outer(entry))
    }
}
