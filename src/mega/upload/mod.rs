//! Uploading a file: new key → address → pieces → completion.
//!
//! A piece that fails is sent again as the very same ciphertext. An upload that
//! the host gives up starts over with a *new* key: under one key and nonce two
//! different contents would reveal each other, and nobody can promise that a
//! source reads the same twice. A node appears only when everything was right.
//! A large upload keeps a journal, and a later run goes on with it.
//!
//! Content that stands in the account already is copied there instead.

mod duplicate;
mod finish;
mod journal;
mod known;
mod piece;
mod pipeline;
mod spool;

use std::sync::Arc;

use self::journal::SharedJournal;
pub use self::journal::{Begun, JournalStore};
pub(super) use self::known::KnownFiles;
use self::piece::PieceFailure;
use self::pipeline::Attempt;
use self::spool::spool;
use super::api::{NodeSource, RequestUpload};
use super::client::Client;
use super::content::{Progress, Source};
use super::crypto::content::{ContentCipher, meta_mac};
use super::crypto::fingerprint::Fingerprint;
use super::crypto::keys::FileKey;
use super::crypto::seal;
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
    /// More of its attributes: wire names and values.
    pub attributes: Vec<(&'static str, String)>,
    /// Who wants to know how it goes.
    pub progress: Option<Arc<dyn Progress>>,
}

/// What stays the same for all attempts at an upload.
struct Task {
    size: u64,
    mtime: i64,
    progress: Option<Arc<dyn Progress>>,
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
            attributes: upload.attributes,
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
        let _room = self.room_for(size).await?;
        let journal = self.journal_of(&source, size, &place)?;
        let random = match &source {
            Source::Random(random) => Some(Arc::clone(random)),
            Source::Stream(_) => None,
        };
        let mut reader = Reader::new(source, size)?;
        let task = Task {
            size,
            mtime: upload.mtime,
            progress: upload.progress,
        };
        let mut attempt = 1;
        loop {
            let lost = match self
                .attempt(&mut reader, &task, attempt, journal.as_ref())
                .await
            {
                Ok((complete, moved)) => {
                    match self.finish_upload(&place, complete, random.as_ref()).await {
                        // The server does not know the token (any more), or what
                        // it has stored is not what was sent.
                        Err(Error::Api { code, .. })
                            if matches!(code, ErrorCode::ENOENT | ErrorCode::EKEY) =>
                        {
                            self.require_parent(upload.parent).await?;
                            if let Some(progress) = &task.progress {
                                // What an earlier run has brought was not counted.
                                progress.rewound(moved);
                            }
                            code
                        }
                        result => {
                            if let (Ok(_), Some(journal)) = (&result, &journal) {
                                journal.hold().remove();
                            }
                            return result;
                        }
                    }
                }
                Err(PieceFailure::Final(error)) => return Err(error),
                Err(PieceFailure::Lost(code)) => code,
                Err(PieceFailure::OtherSource) => ErrorCode::EINCOMPLETE,
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

    /// The journal of a large upload from a source that can be found again.
    fn journal_of(
        &self,
        source: &Source,
        size: u64,
        place: &finish::Place,
    ) -> Result<Option<SharedJournal>, Error> {
        let (Some(store), Source::Random(source), true) = (
            &self.options().journals,
            source,
            size >= journal::WORTH_KEEPING,
        ) else {
            return Ok(None);
        };
        let Some(identity) = source.identity() else {
            return Ok(None);
        };
        let session = self.session()?;
        let key = seal::derive(&session.master_key, "megarc upload journal");
        let place = format!("{}/{}/{}", session.user, place.parent, place.name);
        let journal = store.open(key, &place, &identity);
        Ok(journal.map(SharedJournal::new))
    }

    /// Sends the content; returns how many bytes were moved for that, too.
    async fn attempt(
        &self,
        reader: &mut Reader,
        task: &Task,
        attempt: u32,
        journal: Option<&SharedJournal>,
    ) -> Result<(Complete, u64), PieceFailure> {
        if let Some(progress) = &task.progress {
            progress.kept(0);
        }
        // Only the first attempt goes on: what it loses is lost.
        let old = journal.filter(|_| attempt == 1);
        let begun = old.and_then(|journal| journal.hold().begun().map(Begun::place));
        let goes_on = begun.is_some();
        let (address, key, nonce) = match begun {
            Some(begun) => {
                tracing::debug!(target: "megarc", "going on with the upload that an earlier run has begun");
                begun
            }
            None => {
                let address = self.address_for(task.size, attempt).await?;
                let (key, nonce) = FileKey::generate();
                if let Some(journal) = journal {
                    journal.hold().begin(&address, &key, &nonce);
                }
                (address, key, nonce)
            }
        };
        let attempt = Attempt {
            api: self.api(),
            address: address.into(),
            cipher: ContentCipher::new(&key, &nonce),
            size: task.size,
            mtime: task.mtime,
            connections: self.options().upload_connections.max(1),
            progress: task.progress.clone(),
        };
        let mut sent = match attempt.run(reader, journal).await {
            // The host of an old address may be gone for good.
            Err(PieceFailure::Final(Error::Transport(error))) if goes_on => {
                tracing::debug!(target: "megarc", "the earlier upload cannot be gone on with: {error}");
                return Err(PieceFailure::Lost(ErrorCode::EEXPIRED));
            }
            sent => sent?,
        };
        // All pieces stored and no token: the host has lost count.
        let token = sent
            .token
            .take()
            .ok_or(PieceFailure::Lost(ErrorCode::EINCOMPLETE))?;
        let mac = meta_mac(&key, &sent.macs);
        let complete = Complete {
            source: NodeSource::Upload { token },
            key: FileKey::new(key, nonce, mac),
            fingerprint: sent.fingerprint,
        };
        Ok((complete, sent.moved))
    }

    async fn address_for(&self, size: u64, attempt: u32) -> Result<String, PieceFailure> {
        let early = match attempt {
            1 => self.state().ahead.take_upload(size).await,
            _ => None,
        };
        match early {
            Some(address) => Ok(address),
            None => self.ask_address(size).await.map_err(PieceFailure::Final),
        }
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
