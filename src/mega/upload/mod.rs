//! Uploading a file: new key → address → pieces → completion.
//!
//! A piece that fails is sent again as the very same ciphertext. An upload that
//! the host gives up starts over with a *new* key: under one key and nonce two
//! different contents would reveal each other, and nobody can promise that a
//! source reads the same twice. A node appears only when everything was right.
//!
//! Content that stands in the account already is copied there instead.

mod duplicate;
mod finish;
mod known;
mod piece;
mod pipeline;
mod spool;

use std::sync::Arc;

pub(super) use self::known::KnownFiles;
use self::piece::PieceFailure;
use self::pipeline::Attempt;
use self::spool::spool;
use super::api::{NodeSource, RequestUpload};
use super::client::Client;
use super::content::{Progress, Source};
use super::crypto::content::{ContentCipher, meta_mac};
use super::crypto::fingerprint::Fingerprint;
use super::crypto::keys::{ContentKey, FileKey, Nonce};
use super::error::{Error, ErrorCode};
use super::handle::NodeHandle;
use super::node::Node;
use super::reader::Reader;

/// How often an upload starts over before it fails.
const ATTEMPTS: u32 = 4;

/// A file to upload.
pub struct Upload {
    /// The folder it goes into.
    pub parent: NodeHandle,
    /// Its name.
    pub name: String,
    /// Its size; `None` to find out by reading the source to its end first.
    pub size: Option<u64>,
    /// Its modification time in UTC seconds.
    pub mtime: i64,
    /// Its bytes.
    pub source: Source,
    /// The file that it replaces, which becomes its older version.
    pub replaces: Option<NodeHandle>,
    /// Who wants to know how it goes.
    pub progress: Option<Arc<dyn Progress>>,
}

/// What it takes to make the node once the bytes are there.
struct Complete {
    source: NodeSource,
    key: FileKey,
    fingerprint: Fingerprint,
}

impl Client {
    /// Uploads a file and returns its node.
    ///
    /// # Errors
    /// [`Error::SourceChanged`] when the source has another length than
    /// announced; [`Error::UploadLost`] when the host gave up and the source
    /// cannot be read again; whatever the server refuses.
    pub async fn upload(&self, upload: Upload) -> Result<Node, Error> {
        let (source, size) = match (upload.source, upload.size) {
            (source, Some(size)) => (source, size),
            (Source::Stream(stream), None) => spool(stream).await?,
            (Source::Random(file), None) => {
                let size = file.size();
                (Source::Random(file), size)
            }
        };
        let place = finish::Place {
            parent: upload.parent,
            name: upload.name,
            replaces: upload.replaces,
        };
        if let Source::Random(random) = &source {
            let copied = self.copy_instead(random, upload.mtime, &place).await?;
            if let Some(node) = copied {
                if let Some(progress) = &upload.progress {
                    progress.copied(size);
                }
                return Ok(node);
            }
        }
        let mut reader = Reader::new(source, size)?;
        let mut attempt = 1;
        loop {
            let lost = match self
                .attempt(&mut reader, size, attempt, &upload.progress, upload.mtime)
                .await
            {
                Ok(complete) => match self.finish_upload(&place, complete).await {
                    // The server does not know the token (any more).
                    Err(Error::Api { code, .. }) if code == ErrorCode::ENOENT => {
                        self.require_parent(upload.parent).await?;
                        if let Some(progress) = &upload.progress {
                            progress.rewound(size);
                        }
                        code
                    }
                    result => return result,
                },
                Err(PieceFailure::Final(error)) => return Err(error),
                Err(PieceFailure::Lost(code)) => code,
            };
            if attempt >= ATTEMPTS || !reader.rewind() {
                return Err(Error::UploadLost(lost));
            }
            tracing::debug!(
                target: "megarc",
                "the upload starts over, attempt {attempt} was lost: {lost}"
            );
            self.api().retries().pause(attempt).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        reader: &mut Reader,
        size: u64,
        attempt: u32,
        progress: &Option<Arc<dyn Progress>>,
        mtime: i64,
    ) -> Result<Complete, PieceFailure> {
        let early = match attempt {
            1 => self.state().ahead.take_upload(size).await,
            _ => None,
        };
        let address = match early {
            Some(address) => address,
            None => self.ask_address(size).await.map_err(PieceFailure::Final)?,
        };
        let (key, nonce): (ContentKey, Nonce) = FileKey::generate();
        let attempt = Attempt {
            api: self.api(),
            address: address.into(),
            cipher: ContentCipher::new(&key, &nonce),
            size,
            mtime,
            connections: self.options().upload_connections.max(1),
            progress: progress.clone(),
        };
        let mut sent = attempt.run(reader).await?;
        // All pieces stored and no token: the host has lost count.
        let token = sent
            .token
            .take()
            .ok_or(PieceFailure::Lost(ErrorCode::EINCOMPLETE))?;
        let mac = meta_mac(&key, &sent.macs);
        Ok(Complete {
            source: NodeSource::Upload { token },
            key: FileKey::new(key, nonce, mac),
            fingerprint: sent.fingerprint,
        })
    }

    async fn ask_address(&self, size: u64) -> Result<String, Error> {
        let request = RequestUpload {
            size,
            use_https: self.options().use_https,
        };
        self.api().call(request).await
    }

    /// Says that a file of `size` bytes will be uploaded soon, so that its
    /// address can be asked for together with others.
    pub fn announce_upload(&self, size: u64) {
        let use_https = self.options().use_https;
        self.state().ahead.upload(self.api(), size, use_https);
    }

    /// Fails if the target folder is what the server could not find.
    async fn require_parent(&self, parent: NodeHandle) -> Result<(), Error> {
        let tree = self.tree().await?;
        let known = tree.read().node(parent).is_some();
        if known {
            Ok(())
        } else {
            Err(Error::NotFound("the folder to upload into".to_owned()))
        }
    }
}
