//! One attempt at an upload: read, encrypt, send, several pieces at a time.
//!
//! Pieces are read in order, encrypted on the blocking pool and sent by tasks
//! of their own. Whatever goes wrong, the tasks end with the attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::piece::{OutgoingPiece, PieceFailure, send};
use crate::mega::api::Api;
use crate::mega::buffers::{Budget, Buffer, Permit};
use crate::mega::content::Progress;
use crate::mega::crypto::content::ContentCipher;
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::crypto::upload_checksum::checksum;
use crate::mega::error::Error;
use crate::mega::pieces::{PieceSizer, encrypt_piece};
use crate::mega::reader::Reader;

/// What is known once all bytes are with the server.
pub(super) struct Sent {
    pub token: Option<String>,
    pub macs: Vec<ChunkMac>,
    pub fingerprint: Fingerprint,
}

/// A piece that arrived.
struct Arrived {
    offset: u64,
    length: u64,
    macs: Vec<ChunkMac>,
    token: Option<String>,
    took: Duration,
}

/// What stays the same for all pieces of an attempt.
pub(super) struct Attempt<'a> {
    pub api: &'a Api,
    pub address: Arc<str>,
    pub cipher: ContentCipher,
    pub size: u64,
    pub mtime: i64,
    pub connections: usize,
    pub progress: Option<Arc<dyn Progress>>,
}

impl Attempt<'_> {
    /// Sends everything that `reader` has.
    pub(super) async fn run(&self, reader: &mut Reader) -> Result<Sent, PieceFailure> {
        let mut outcome = Outcome::default();
        let result = self.pump(reader, &mut outcome).await;
        if result.is_err()
            && let Some(progress) = &self.progress
        {
            progress.rewound(outcome.counted);
        }
        let fingerprint = result?;
        outcome.macs.sort_by_key(|(offset, _)| *offset);
        Ok(Sent {
            token: outcome.token,
            macs: outcome
                .macs
                .into_iter()
                .flat_map(|(_, macs)| macs)
                .collect(),
            fingerprint,
        })
    }

    async fn pump(
        &self,
        reader: &mut Reader,
        outcome: &mut Outcome,
    ) -> Result<Fingerprint, PieceFailure> {
        let budget = Budget::new(self.connections);
        let mut sizer = PieceSizer::new();
        let mut sending = JoinSet::new();
        let mut position = 0;
        loop {
            while sending.len() >= self.connections.max(1) {
                self.join(&mut sending, &mut sizer, outcome).await?;
            }
            let (end, permit) = self.reserve(&budget, &sizer, position).await?;
            let length = usize::try_from(end - position).unwrap_or(usize::MAX);
            let plain = reader.read(length).await.map_err(PieceFailure::Final)?;
            sending.spawn(self.deliver(position, plain, permit));
            position = end;
            // An empty file is one empty piece.
            if position >= self.size {
                break;
            }
        }
        let fingerprint = reader
            .finish(self.mtime)
            .await
            .map_err(PieceFailure::Final)?;
        while !sending.is_empty() {
            self.join(&mut sending, &mut sizer, outcome).await?;
        }
        Ok(fingerprint)
    }

    /// Chooses the end of the next piece and waits until there is room for it.
    async fn reserve(
        &self,
        budget: &Budget,
        sizer: &PieceSizer,
        position: u64,
    ) -> Result<(u64, Permit), PieceFailure> {
        let end = sizer.end(position, self.size, u64::MAX);
        if let Some(permit) = budget.try_shared(end - position) {
            return Ok((end, permit));
        }
        let end = sizer.end(position, self.size, budget.capacity());
        match budget.own(end - position).await {
            Some(permit) => Ok((end, permit)),
            None => Err(stopped()),
        }
    }

    /// Encrypts and sends one piece.
    fn deliver(
        &self,
        offset: u64,
        mut plain: Buffer,
        permit: Permit,
    ) -> impl Future<Output = Result<Arrived, PieceFailure>> + Send + use<> {
        let cipher = self.cipher.clone();
        let (api, address) = (self.api.clone(), Arc::clone(&self.address));
        async move {
            let started = Instant::now();
            let length = plain.as_ref().len() as u64;
            let (macs, checksum, ciphertext) = tokio::task::spawn_blocking(move || {
                let macs = encrypt_piece(&cipher, offset, plain.bytes_mut());
                (macs, checksum(plain.as_ref()), Bytes::from_owner(plain))
            })
            .await
            .map_err(|_| stopped())?;
            let piece = OutgoingPiece {
                offset,
                ciphertext,
                checksum,
            };
            let token = send(&**api.transport(), api.retries(), &address, &piece).await?;
            drop(permit);
            Ok(Arrived {
                offset,
                length,
                macs,
                token,
                took: started.elapsed(),
            })
        }
    }

    async fn join(
        &self,
        sending: &mut JoinSet<Result<Arrived, PieceFailure>>,
        sizer: &mut PieceSizer,
        outcome: &mut Outcome,
    ) -> Result<(), PieceFailure> {
        let Some(arrived) = sending.join_next().await else {
            return Ok(());
        };
        let arrived = arrived.map_err(|_| stopped())??;
        sizer.took(arrived.length, arrived.took);
        outcome.macs.push((arrived.offset, arrived.macs));
        outcome.token = arrived.token.or(outcome.token.take());
        outcome.counted += arrived.length;
        if let Some(progress) = &self.progress {
            let may_go_on = progress.passed(arrived.length).await;
            may_go_on.map_err(|why| PieceFailure::Final(Error::Source(why)))?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Outcome {
    token: Option<String>,
    macs: Vec<(u64, Vec<ChunkMac>)>,
    counted: u64,
}

fn stopped() -> PieceFailure {
    PieceFailure::Final(Error::Invalid("the upload was stopped".to_owned()))
}
