//! One attempt at an upload: read, encrypt, send, several pieces at a time.
//!
//! Pieces are read in order, as many at a time as fill the lanes of the content
//! kernel, encrypted together on the blocking pool and sent by tasks of their
//! own. Whatever goes wrong, the tasks end with the attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::journal::{Known, SharedJournal};
use super::piece::{OutgoingPiece, PieceFailure, send};
use crate::mega::api::Api;
use crate::mega::buffers::{Budget, Buffer, Permit};
use crate::mega::content::Progress;
use crate::mega::crypto::content::{ChunkJob, ContentCipher};
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::crypto::upload_checksum::checksum;
use crate::mega::error::Error;
use crate::mega::pieces::{LANES, PieceSizer, chunks_between, split_chunks};
use crate::mega::reader::Reader;

/// What is known once all bytes are with the server.
pub(super) struct Sent {
    pub token: Option<String>,
    pub macs: Vec<ChunkMac>,
    pub fingerprint: Fingerprint,
    /// Bytes that were sent for it in this attempt.
    pub moved: u64,
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
    /// Sends everything that `reader` has, but for what the journal knows to
    /// be there.
    pub(super) async fn run(
        &self,
        reader: &mut Reader,
        journal: Option<&SharedJournal>,
    ) -> Result<Sent, PieceFailure> {
        let token = journal.and_then(|journal| journal.hold().begun()?.token.clone());
        let mut outcome = Outcome {
            token,
            journal: journal.cloned(),
            ..Outcome::default()
        };
        let mut sending = JoinSet::new();
        let result = self.pump(reader, &mut sending, &mut outcome).await;
        // Nothing writes into the journal of what comes next.
        sending.shutdown().await;
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
            moved: outcome.counted,
        })
    }

    async fn pump(
        &self,
        reader: &mut Reader,
        sending: &mut JoinSet<Result<Arrived, PieceFailure>>,
        outcome: &mut Outcome,
    ) -> Result<Fingerprint, PieceFailure> {
        let budget = Budget::new(self.connections, self.size);
        let mut sizer = PieceSizer::new();
        let line = Arc::new(Semaphore::new(self.connections.max(1)));
        let mut position = 0;
        loop {
            while sending.len() >= self.connections.max(1) {
                self.join(sending, &mut sizer, outcome).await?;
            }
            let batch = self.reserve(&budget, &sizer, position, outcome).await?;
            position = batch.last().map_or(self.size, |room| room.end);
            for (piece, permit) in self.prepare(reader, batch).await? {
                if !self.is_needed(&piece, outcome)? {
                    continue;
                }
                let journal = outcome.journal.clone();
                sending.spawn(self.deliver(piece, permit, Arc::clone(&line), journal));
            }
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
            self.join(sending, &mut sizer, outcome).await?;
        }
        Ok(fingerprint)
    }

    /// Chooses the next pieces, as many as fill the kernel's lanes, and waits
    /// until there is room for the first of them.
    async fn reserve(
        &self,
        budget: &Budget,
        sizer: &PieceSizer,
        position: u64,
        outcome: &Outcome,
    ) -> Result<Vec<Room>, PieceFailure> {
        // What was sent before is cut as it was cut then.
        let next = |from: u64, limit: u64| {
            outcome
                .piece_end(from)
                .unwrap_or_else(|| sizer.end(from, self.size, limit))
        };
        let mut end = next(position, u64::MAX);
        let permit = match budget.try_shared(end - position) {
            Some(permit) => permit,
            None => {
                end = next(position, budget.capacity());
                let room = (end - position).min(budget.capacity());
                budget.own(room).await.ok_or_else(stopped)?
            }
        };
        let mut chunks = chunks_between(position, end);
        let mut batch = vec![Room {
            start: position,
            end,
            permit,
        }];
        while end < self.size && chunks < LANES {
            let start = end;
            let behind = next(start, u64::MAX);
            chunks += chunks_between(start, behind);
            let permit = budget.try_shared(behind - start);
            let Some(permit) = permit.or_else(|| budget.try_own(behind - start)) else {
                break;
            };
            batch.push(Room {
                start,
                end: behind,
                permit,
            });
            end = behind;
        }
        Ok(batch)
    }

    /// Reads and encrypts the pieces of a batch.
    async fn prepare(
        &self,
        reader: &mut Reader,
        batch: Vec<Room>,
    ) -> Result<Vec<(Encrypted, Permit)>, PieceFailure> {
        let mut plain = Vec::with_capacity(batch.len());
        for room in batch {
            let length = usize::try_from(room.end - room.start).unwrap_or(usize::MAX);
            let buffer = reader.read(length).await.map_err(PieceFailure::Final)?;
            plain.push((room.start, buffer, room.permit));
        }
        let cipher = self.cipher.clone();
        tokio::task::spawn_blocking(move || encrypt(&cipher, plain))
            .await
            .map_err(|_| stopped())
    }

    /// Whether a piece has to be sent; the journal notes it before it is.
    fn is_needed(&self, piece: &Encrypted, outcome: &mut Outcome) -> Result<bool, PieceFailure> {
        let Some(journal) = &outcome.journal else {
            return Ok(true);
        };
        let mut journal = journal.hold();
        let start = piece.piece.offset;
        let length = piece.piece.ciphertext.len() as u64;
        match journal.look_up(start, start + length, &piece.macs) {
            Known::New => journal.sending(start, start + length, &piece.macs),
            Known::Sent => {}
            Known::Other => return Err(PieceFailure::OtherSource),
            Known::Stored => {
                outcome.macs.push((start, piece.macs.clone()));
                outcome.kept += length;
                if let Some(progress) = &self.progress {
                    progress.kept(outcome.kept);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends one piece; the journal notes that it has arrived.
    fn deliver(
        &self,
        piece: Encrypted,
        permit: Permit,
        line: Arc<Semaphore>,
        journal: Option<SharedJournal>,
    ) -> impl Future<Output = Result<Arrived, PieceFailure>> + Send + use<> {
        let (api, address) = (self.api.clone(), Arc::clone(&self.address));
        let pace = self.progress.as_ref().and_then(|progress| progress.pace());
        async move {
            let _turn = line.acquire_owned().await.map_err(|_| stopped())?;
            let started = Instant::now();
            let Encrypted { piece, macs } = piece;
            let token = send(
                &**api.transport(),
                api.retries(),
                &address,
                &piece,
                pace.as_ref(),
            )
            .await?;
            let (offset, length) = (piece.offset, piece.ciphertext.len() as u64);
            // Before the connection takes the next one: whenever it all ends,
            // a piece for each is what may have to be sent again.
            if let Some(journal) = journal {
                journal.hold().stored(offset, token.as_deref());
            }
            drop((piece, permit));
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
    /// Bytes that were there from an earlier run.
    kept: u64,
    journal: Option<SharedJournal>,
}

impl Outcome {
    /// The end of the piece that an earlier run sent from `start` on.
    fn piece_end(&self, start: u64) -> Option<u64> {
        self.journal.as_ref()?.hold().begun()?.piece_end(start)
    }
}

/// A stretch of the file, and the right to hold it in memory.
struct Room {
    start: u64,
    end: u64,
    permit: Permit,
}

/// A piece ready to be sent.
struct Encrypted {
    piece: OutgoingPiece,
    macs: Vec<ChunkMac>,
}

/// Encrypts pieces in place, all chunks of all of them side by side.
fn encrypt(
    cipher: &ContentCipher,
    mut plain: Vec<(u64, Buffer, Permit)>,
) -> Vec<(Encrypted, Permit)> {
    let mut jobs: Vec<ChunkJob<'_>> = plain
        .iter_mut()
        .flat_map(|(offset, buffer, _)| split_chunks(*offset, buffer.bytes_mut()))
        .map(|(offset, chunk)| ChunkJob::new(offset, chunk))
        .collect();
    cipher.encrypt_chunks(&mut jobs);
    let macs: Vec<(u64, ChunkMac)> = jobs.iter().map(|job| (job.offset, job.mac)).collect();
    plain
        .into_iter()
        .map(|(offset, buffer, permit)| {
            let end = offset + buffer.as_ref().len() as u64;
            let macs = macs
                .iter()
                .filter(|(at, _)| (offset..end).contains(at))
                .map(|(_, mac)| *mac)
                .collect();
            let piece = OutgoingPiece {
                offset,
                checksum: checksum(buffer.as_ref()),
                ciphertext: Bytes::from_owner(buffer),
            };
            (Encrypted { piece, macs }, permit)
        })
        .collect()
}

fn stopped() -> PieceFailure {
    PieceFailure::Final(Error::Invalid("the upload was stopped".to_owned()))
}
