//! Downloading a file: address → ranges, several at a time → decrypted, in
//! order, and verified at the end.
//!
//! The stream of a whole file ends cleanly only when the length was right and
//! the chunk MACs fold into the MAC of the file's key. Part of a file cannot
//! be verified.

mod address;
mod desk;
mod driver;
mod fill;
mod pace;
mod range;
mod sample;
mod standing;
mod striped;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use self::address::Address;
use self::driver::{Driver, Event};
pub use self::standing::Standing;
use super::api::DownloadTarget;
use super::client::Client;
use super::content::ContentStream;
use super::crypto::CryptoError;
use super::crypto::content::{MacMatch, verify_meta_mac};
use super::crypto::keys::{ChunkMac, FileKey, NodeKey};
use super::error::Error;
use super::handle::NodeHandle;
use super::node::NodeKind;

/// A file to download.
#[derive(Clone)]
pub struct Download {
    target: DownloadTarget,
    size: u64,
    key: FileKey,
    span: Option<(u64, u64)>,
}

impl Download {
    /// The file of `size` bytes at `target`, opened by `key`.
    #[must_use]
    pub fn new(target: DownloadTarget, size: u64, key: FileKey) -> Self {
        Self {
            target,
            size,
            key,
            span: None,
        }
    }

    /// Only `length` bytes from `offset`, cut to what there is; unverified.
    #[must_use]
    pub fn span(mut self, offset: u64, length: u64) -> Self {
        let start = offset.min(self.size);
        self.span = Some((start, start.saturating_add(length).min(self.size)));
        self
    }

    /// The file's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Client {
    /// What it takes to download a file of the tree.
    ///
    /// # Errors
    /// There is no such file, or its key is not known.
    pub async fn file(&self, file: NodeHandle) -> Result<Download, Error> {
        let tree = self.tree().await?;
        let tree = tree.read();
        let node = tree
            .node(file)
            .filter(|node| node.kind() == NodeKind::File)
            .ok_or_else(|| Error::NotFound("the file".to_owned()))?;
        let Some(NodeKey::File(key)) = node.key() else {
            return Err(Error::Invalid("the file's key is not known".to_owned()));
        };
        Ok(Download::new(self.target(file), node.size(), key))
    }

    fn target(&self, file: NodeHandle) -> DownloadTarget {
        match &self.state().link {
            Some(link) => link.download_target(file),
            None => DownloadTarget::Node(file),
        }
    }

    /// Says that `file` will be downloaded soon, so that its address can be
    /// asked for together with others.
    pub fn announce_download(&self, file: NodeHandle) {
        let use_https = self.options().use_https;
        let target = self.target(file);
        self.state().ahead.download(self.api(), target, use_https);
    }

    /// Downloads a file; nothing is asked of the server before the stream is
    /// polled for the first time.
    #[must_use]
    pub fn download(&self, download: Download) -> ContentStream {
        let address = Address::new(self, download.target, download.size);
        let connections = self.options().download_connections.max(1);
        let driver = Driver::new(Arc::new(address), download, connections);
        Box::pin(stream::unfold(State::Idle(Box::new(driver)), next).fuse())
    }
}

/// The consumer's side of a download.
enum State {
    Idle(Box<Driver>),
    Running(Running),
    Over,
}

/// The task that drives a download, stopped when the stream is dropped.
struct Running {
    events: mpsc::Receiver<Event>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(state: State) -> Option<(Result<bytes::Bytes, Error>, State)> {
    let mut running = match state {
        State::Idle(driver) => {
            let (sender, events) = mpsc::channel(1);
            let task = tokio::spawn(driver.run(sender));
            Running { events, task }
        }
        State::Running(running) => running,
        State::Over => return None,
    };
    match running.events.recv().await {
        Some(Event::Data(bytes)) => Some((Ok(bytes), State::Running(running))),
        Some(Event::Failed(error)) => Some((Err(error), State::Over)),
        Some(Event::Verified) => None,
        // A driver that ends without a word has not verified anything.
        None => Some((Err(stopped()), State::Over)),
    }
}

/// The last word about a whole file: whether its chunk MACs, all of them in
/// order, fold into the MAC of its key.
fn verify(download: &Download, macs: &[ChunkMac]) -> Result<(), Error> {
    let (size, key) = (download.size, &download.key);
    if download.span.is_some() {
        return Ok(());
    }
    match verify_meta_mac(key.aes_key(), macs, size, key.nonce(), key.meta_mac()) {
        Ok(MacMatch::PeerVariant) => {
            tracing::info!(
                target: "megarc",
                "the content's MAC has the form that one other client gives to files of {size} bytes: accepted"
            );
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(CryptoError::MacMismatch) => Err(Error::MacMismatch),
        Err(error) => Err(error.into()),
    }
}

fn stopped() -> Error {
    Error::Invalid("the download was stopped".to_owned())
}
