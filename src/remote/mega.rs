//! MEGA accounts and links as a remote: paths ↔ nodes, and nothing more.
//!
//! Node handles are entry ids. Names pass through the encoding on their way
//! in and out; nodes that cannot be decrypted are not listed (the client has
//! warned of them), but keep a folder from being empty.

mod account;
mod cloud;
mod errors;
mod folders;
mod likeness;
mod metadata;
mod names;
mod places;
mod resume;
mod streams;
mod totals;
mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use jiff::Timestamp;

use self::errors::explain;
use self::folders::KnownFolders;
use self::names::Found;
pub use self::names::{Root, UnknownRoot};
use super::encoding::Encoding;
use super::{
    About, ByteStream, Candidate, Cloud, Coming, Content, Depth, Destination, Entry, EntryId,
    ErrorKind, Features, Likeness, LinkOptions, Mark, Metadata, NewFile, Remote, RemoteError,
    RemotePath, Result, Resumable, Span, Totals, Withheld,
};
use crate::mega::content::Source;
use crate::mega::crypto::link::PublicLink;
use crate::mega::upload::Upload;
use crate::mega::{Client, ClientOptions, NodeHandle};

/// Small files on their way at the same time: their commands share requests,
/// and storage servers take that many connections.
const SMALL_FILES: usize = 64;

/// Settings of the remote that are not the client's.
#[derive(Debug, Clone, Copy)]
pub struct MegaOptions {
    /// Which tree is shown.
    pub root: Root,
    /// How names are kept on the server.
    pub encoding: Encoding,
    /// Old versions are listed beside their files, and nothing can be changed.
    pub versions: bool,
    /// The time of a file is that of its upload.
    pub server_times: bool,
}

impl Default for MegaOptions {
    fn default() -> Self {
        Self {
            root: Root::Cloud,
            encoding: Encoding::MEGA,
            versions: false,
            server_times: false,
        }
    }
}

/// A MEGA account, or a public link, as a remote.
pub struct Mega {
    client: Client,
    options: MegaOptions,
    folders: KnownFolders,
}

impl Mega {
    /// The remote of an open client.
    #[must_use]
    pub fn new(client: Client, options: MegaOptions) -> Self {
        Self {
            client,
            options,
            folders: KnownFolders::default(),
        }
    }

    /// Logs in, or takes up the kept session, and shows the account; with
    /// `link` what that shows.
    ///
    /// # Errors
    /// The login failed; the link is malformed.
    pub async fn connect(
        client: ClientOptions,
        link: Option<&PublicLink>,
        options: MegaOptions,
    ) -> Result<Self> {
        let root = RemotePath::root();
        let explain = explain("opening", &root);
        let mut client = Client::connect(client).await.map_err(&explain)?;
        if let Some(link) = link {
            client = client.open_link(link).map_err(&explain)?;
        }
        Ok(Self::new(client, options))
    }

    /// The client behind the remote.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

#[async_trait]
impl Remote for Mega {
    fn describe(&self, path: &RemotePath) -> String {
        format!("mega root '{path}'")
    }

    fn features(&self) -> Features {
        let link = self.client.is_link();
        let read_only = link || self.options.versions;
        Features {
            read_only,
            duplicate_names: true,
            modified: Some(std::time::Duration::from_secs(1)),
            set_modified: !read_only,
            server_copy: !read_only,
            server_move: !read_only,
            dir_move: !read_only,
            about: !link,
            link: !read_only,
            cleanup: !read_only,
            ids: true,
            lists_at_once: true,
            small_files: SMALL_FILES,
            likeness: true,
            metadata: !read_only,
            ..Features::default()
        }
    }

    async fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let tree = self.tree("looking up", path).await?;
        let tree = tree.read();
        let found = self.options.find(&tree, path);
        if let Found::VirtualRoot = found {
            return Ok(Entry::dir(RemotePath::root()));
        }
        found
            .nodes()
            .min_by_key(|node| node.kind().is_folder())
            .map(|node| self.options.entry(node, path.clone()))
            .ok_or_else(|| RemoteError::new(ErrorKind::NotFound, "looking up", path.as_str()))
    }

    async fn list(&self, dir: &Entry) -> Result<Vec<Entry>> {
        let op = "listing";
        let tree = self.tree(op, &dir.path).await?;
        let tree = tree.read();
        self.options
            .list(&tree, &self.options.found(&tree, dir), &dir.path)
            .map_err(|kind| RemoteError::new(kind, op, dir.path.as_str()))
    }

    async fn withheld(&self, dir: &Entry) -> Result<Vec<Withheld>> {
        let tree = self.tree("listing", &dir.path).await?;
        let tree = tree.read();
        let found = self.options.found(&tree, dir);
        let withheld = self.options.withheld(&tree, &found, &dir.path);
        Ok(withheld
            .iter()
            .map(|id| Withheld {
                why: format!("{} in it cannot be decrypted", id.as_str()),
                told: false,
            })
            .collect())
    }

    async fn totals(&self, dir: &Entry) -> Result<Option<Totals>> {
        let tree = self.tree("listing", &dir.path).await?;
        let tree = tree.read();
        Ok(self.options.totals(&self.options.found(&tree, dir)))
    }

    async fn read(&self, file: &Entry, span: Option<Span>) -> Result<ByteStream> {
        let op = "reading";
        let handle = self.handle(op, file).await?;
        let mut download = self
            .client
            .file(handle)
            .await
            .map_err(explain(op, &file.path))?;
        if let Some(span) = span {
            download = download.span(span.offset, span.length.unwrap_or(u64::MAX));
        }
        let path = file.path.clone();
        let stream = self.client.download(download);
        Ok(Box::pin(
            stream.map(move |bytes| bytes.map_err(explain(op, &path))),
        ))
    }

    async fn resumable(&self, file: &Entry) -> Result<Option<Arc<dyn Resumable>>> {
        let op = "reading";
        let handle = self.handle(op, file).await?;
        let download = self.client.file(handle).await;
        let download = download.map_err(explain(op, &file.path))?;
        Ok(Some(resume::begun(&self.client, download, &file.path)))
    }

    fn announce(&self, coming: Coming<'_>) {
        match coming {
            Coming::Write(size) => self.client.announce_upload(size),
            // Of an empty file nothing has to be fetched.
            Coming::Read(file) if file.size == Some(0) => {}
            Coming::Read(file) => {
                let handle = file.id.as_ref().map(EntryId::as_str);
                if let Some(handle) = handle.and_then(NodeHandle::parse) {
                    self.client.announce_download(handle);
                }
            }
        }
    }

    async fn likeness(&self, file: &Entry, with: Candidate, depth: Depth) -> Result<Likeness> {
        let op = "comparing";
        let handle = self.handle(op, file).await?;
        likeness::compare(&self.client, handle, with, depth)
            .await
            .map_err(explain(op, &file.path))
    }

    async fn mark(&self, file: &Entry) -> Result<Mark> {
        let handle = self.handle("looking up", file).await?;
        let mark = likeness::mark(&self.client, handle).await;
        mark.map_err(explain("looking up", &file.path))
    }

    async fn write(&self, to: &Destination, file: NewFile) -> Result<Entry> {
        let op = "writing";
        self.writable(op, &to.path)?;
        let (parent, name) = self.prepare(op, to).await?;
        let replaces = match &file.replace {
            Some(old) => Some(self.handle(op, old).await?),
            None => None,
        };
        let source = match file.content {
            Content::Stream(stream) => Source::Stream(streams::source(stream)),
            Content::Random(file) => Source::Random(streams::random(file)),
        };
        let node = self
            .client
            .upload(Upload {
                parent,
                name,
                size: file.size,
                mtime: file.modified.unwrap_or_else(Timestamp::now).as_second(),
                source,
                replaces,
                attributes: file
                    .metadata
                    .map(|kept| (metadata::ATTRIBUTE, metadata::text(&kept, to.path.name())))
                    .into_iter()
                    .collect(),
                progress: file.meter.map(streams::progress),
            })
            .await
            .map_err(explain(op, &to.path))?;
        self.entry_of(op, node.handle, &to.path).await
    }

    async fn make_dir(&self, dir: &RemotePath) -> Result<Entry> {
        let op = "making directory";
        self.writable(op, dir)?;
        if dir.is_root() {
            return self.stat(dir).await;
        }
        let handle = self.folder(op, dir).await?;
        self.entry_of(op, handle, dir).await
    }

    async fn remove(&self, entry: &Entry) -> Result<()> {
        let op = "removing";
        self.writable(op, &entry.path)?;
        let handle = self.handle(op, entry).await?;
        {
            let tree = self.tree(op, &entry.path).await?;
            let tree = tree.read();
            if tree.children(handle).next().is_some() {
                return Err(RemoteError::new(
                    ErrorKind::DirNotEmpty,
                    op,
                    entry.path.as_str(),
                ));
            }
        }
        self.client
            .discard(handle)
            .await
            .map_err(explain(op, &entry.path))
    }

    async fn purge(&self, dir: &Entry) -> Result<()> {
        let op = "purging";
        self.writable(op, &dir.path)?;
        if dir.path.is_root() {
            let error = RemoteError::new(ErrorKind::PermissionDenied, op, "")
                .because("the root of an account cannot be removed")
                .hint("use delete to remove the files in it");
            return Err(error);
        }
        let handles: Vec<NodeHandle> = match &dir.id {
            Some(_) => vec![self.handle(op, dir).await?],
            None => {
                let tree = self.tree(op, &dir.path).await?;
                let tree = tree.read();
                let found = self.options.find(&tree, &dir.path);
                found
                    .nodes()
                    .filter(|node| node.kind().is_folder())
                    .map(|node| node.handle())
                    .collect()
            }
        };
        if handles.is_empty() {
            return Err(RemoteError::new(
                ErrorKind::DirNotFound,
                op,
                dir.path.as_str(),
            ));
        }
        for handle in handles {
            self.client
                .discard(handle)
                .await
                .map_err(explain(op, &dir.path))?;
        }
        Ok(())
    }

    async fn rename(&self, entry: &Entry, to: &Destination) -> Result<Entry> {
        self.move_to(entry, to, None).await
    }

    async fn rename_over(&self, entry: &Entry, to: &Destination, old: &Entry) -> Result<Entry> {
        self.move_to(entry, to, Some(old)).await
    }

    async fn copy(&self, file: &Entry, to: &Destination, replace: Option<&Entry>) -> Result<Entry> {
        let op = "copying";
        self.writable(op, &to.path)?;
        let handle = self.handle(op, file).await?;
        let replaces = match replace {
            Some(old) => Some(self.handle(op, old).await?),
            None => None,
        };
        let (parent, name) = self.prepare(op, to).await?;
        let copy = self
            .client
            .copy_node(handle, parent, &name, replaces)
            .await
            .map_err(explain(op, &file.path))?;
        self.entry_of(op, copy.handle, &to.path).await
    }

    async fn set_modified(&self, entry: &Entry, modified: Timestamp) -> Result<()> {
        let op = "setting the time of";
        self.writable(op, &entry.path)?;
        if entry.is_dir() {
            let error = RemoteError::new(ErrorKind::Unsupported, op, entry.path.as_str());
            return Err(error.because("MEGA keeps no times of folders"));
        }
        let handle = self.handle(op, entry).await?;
        self.client
            .set_mtime(handle, modified.as_second())
            .await
            .map_err(explain(op, &entry.path))
    }

    async fn metadata(&self, entry: &Entry) -> Result<Option<Metadata>> {
        let tree = self.tree("looking up", &entry.path).await?;
        let tree = tree.read();
        let found = self.options.found(&tree, entry);
        Ok(found.nodes().next().map(metadata::of))
    }

    async fn set_metadata(&self, entry: &Entry, metadata: &Metadata) -> Result<()> {
        let op = "setting the metadata of";
        self.writable(op, &entry.path)?;
        let handle = self.handle(op, entry).await?;
        let (mut kept, modified) = {
            let tree = self.tree(op, &entry.path).await?;
            let tree = tree.read();
            let node = tree.node(handle);
            let kept = node.map(metadata::kept).unwrap_or_default();
            (kept, node.map(|node| node.modified()))
        };
        kept.extend(metadata);
        let text = metadata::text(&kept, entry.name());
        self.client
            .set_attribute(handle, metadata::ATTRIBUTE, Some(&text))
            .await
            .map_err(explain(op, &entry.path))?;
        match metadata.time("mtime").map(Timestamp::as_second) {
            Some(seconds) if !entry.is_dir() && modified != Some(seconds) => self
                .client
                .set_mtime(handle, seconds)
                .await
                .map_err(explain(op, &entry.path)),
            _ => Ok(()),
        }
    }

    async fn about(&self, _: &RemotePath) -> Result<About> {
        self.account_space().await
    }

    async fn link(&self, entry: &Entry, options: &LinkOptions) -> Result<String> {
        self.public_link(entry, options).await
    }

    async fn unlink(&self, entry: &Entry) -> Result<()> {
        self.withdraw_link(entry).await
    }

    async fn cleanup(&self) -> Result<u64> {
        self.client
            .empty_rubbish()
            .await
            .map_err(explain("cleaning up", &RemotePath::root()))
    }

    fn shown_link(&self) -> Option<String> {
        self.client.shown_link().map(|link| link.to_url())
    }

    fn cloud(&self) -> Option<&dyn Cloud> {
        (!self.client.is_link()).then_some(self)
    }

    async fn user_info(&self) -> Result<Vec<(&'static str, String)>> {
        let asked = self.client.user_info().await;
        let user = asked.map_err(explain("asking who uses", &RemotePath::root()))?;
        let mut rows = vec![
            ("Email", user.email),
            ("User", user.user.as_str().to_owned()),
        ];
        rows.extend(user.name.map(|name| ("Name", name)));
        Ok(rows)
    }

    async fn logout(&self) -> Result<()> {
        self.client
            .logout()
            .await
            .map_err(explain("logging out of", &RemotePath::root()))
    }
}
