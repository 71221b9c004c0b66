//! Drives a download: keeps several pieces on their way, hands them out in
//! order, and has the last word about whether they are right.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::address::Address;
use super::range::fetch;
use super::{Download, stopped, verify};
use crate::mega::buffers::{Budget, Buffer, Permit};
use crate::mega::crypto::content::{ChunkJob, ContentCipher};
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::error::Error;
use crate::mega::pieces::{LANES, PieceSizer, chunks_between, split_chunks};

/// What the consumer gets at most at a time: keeps progress smooth.
const HAND_OUT: usize = 1 << 20;

/// What a download tells its consumer.
pub(super) enum Event {
    /// The next bytes.
    Data(Bytes),
    /// The end: everything was right.
    Verified,
    /// The end: it was not.
    Failed(Error),
}

/// A download; see the module.
pub(super) struct Driver {
    address: Arc<Address>,
    download: Download,
    cipher: ContentCipher,
    connections: usize,
}

/// A piece of ciphertext.
struct Piece {
    offset: u64,
    content: Held,
    took: Duration,
}

/// Memory with the right to hold it; both go back when the consumer has done
/// with the last byte.
struct Held {
    buffer: Buffer,
    _permit: Option<Permit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.buffer.as_ref()
    }
}

/// A piece on its way; stops when it is dropped.
struct OnItsWay(JoinHandle<Result<Piece, Error>>);

impl OnItsWay {
    async fn arrive(mut self) -> Result<Piece, Error> {
        (&mut self.0).await.map_err(|_| stopped())?
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Driver {
    pub(super) fn new(address: Arc<Address>, download: Download, connections: usize) -> Self {
        let cipher = ContentCipher::new(download.key.aes_key(), download.key.nonce());
        Self {
            address,
            download,
            cipher,
            connections,
        }
    }

    /// Runs to the end, or until nobody listens any more.
    pub(super) async fn run(self: Box<Self>, events: mpsc::Sender<Event>) {
        let last = match self.transfer(&events).await {
            Ok(()) => Event::Verified,
            Err(error) => Event::Failed(error),
        };
        // Nobody listens any more: nobody needs the verdict.
        let _ = events.send(last).await;
    }

    async fn transfer(&self, events: &mpsc::Sender<Event>) -> Result<(), Error> {
        let mut macs = Vec::new();
        let (mut position, end) = self.download.span.unwrap_or((0, self.download.size));
        let budget = Budget::new(self.connections, end - position);
        let line = Arc::new(Semaphore::new(self.connections));
        let mut sizer = PieceSizer::new();
        let mut pieces: VecDeque<OnItsWay> = VecDeque::new();
        loop {
            while position < end && pieces.len() < self.connections + 2 {
                let (next, permit) = match self.reserve(&budget, &sizer, position, end) {
                    Some((next, permit)) => (next, Some(permit)),
                    // A consumer may keep what it gets as long as it likes:
                    // one piece at a time comes in any case.
                    None if pieces.is_empty() => {
                        (sizer.end(position, end, budget.capacity()), None)
                    }
                    None => break,
                };
                let length = usize::try_from(next - position).unwrap_or(usize::MAX);
                let piece = self.fetch(position, length, permit, Arc::clone(&line));
                pieces.push_back(OnItsWay(tokio::spawn(piece)));
                position = next;
            }
            let Some(first) = pieces.pop_front() else {
                break;
            };
            // What has arrived with it keeps the kernel's lanes full.
            let mut batch = vec![first.arrive().await?];
            let mut chunks = batch.iter().map(Piece::chunks).sum::<usize>();
            while chunks < LANES && pieces.front().is_some_and(|piece| piece.0.is_finished()) {
                let Some(piece) = pieces.pop_front() else {
                    break;
                };
                let piece = piece.arrive().await?;
                chunks += piece.chunks();
                batch.push(piece);
            }
            for piece in &batch {
                sizer.took(piece.content.as_ref().len() as u64, piece.took);
            }
            for piece in self.decrypt(batch, &mut macs).await? {
                let mut rest = piece;
                while !rest.is_empty() {
                    let part = rest.split_to(rest.len().min(HAND_OUT));
                    if events.send(Event::Data(part)).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        verify(&self.download, &macs)
    }

    /// The end of the next piece, and the room for it. `None` when there is no
    /// room before an earlier piece has been handed out.
    fn reserve(
        &self,
        budget: &Budget,
        sizer: &PieceSizer,
        position: u64,
        end: u64,
    ) -> Option<(u64, Permit)> {
        // A span may start anywhere: its first piece goes to a chunk's end.
        let next = sizer.end(position, end, u64::MAX);
        if let Some(permit) = budget.try_shared(next - position) {
            return Some((next, permit));
        }
        let next = sizer.end(position, end, budget.capacity());
        Some((next, budget.try_own(next - position)?))
    }

    fn fetch(
        &self,
        offset: u64,
        length: usize,
        permit: Option<Permit>,
        line: Arc<Semaphore>,
    ) -> impl Future<Output = Result<Piece, Error>> + Send + use<> {
        let address = Arc::clone(&self.address);
        async move {
            let turn = line.acquire_owned().await.map_err(|_| stopped())?;
            let started = Instant::now();
            let buffer = fetch(&address, offset, length).await?;
            drop(turn);
            Ok(Piece {
                offset,
                content: Held {
                    buffer,
                    _permit: permit,
                },
                took: started.elapsed(),
            })
        }
    }

    /// Decrypts pieces that follow each other; adds the MACs of their chunks.
    async fn decrypt(
        &self,
        mut batch: Vec<Piece>,
        macs: &mut Vec<ChunkMac>,
    ) -> Result<Vec<Bytes>, Error> {
        let cipher = self.cipher.clone();
        let whole = self.download.span.is_none();
        let (plain, found) = tokio::task::spawn_blocking(move || {
            let mut found: Vec<ChunkMac> = Vec::new();
            if whole {
                let mut jobs: Vec<ChunkJob<'_>> = batch
                    .iter_mut()
                    .flat_map(|piece| split_chunks(piece.offset, piece.content.buffer.bytes_mut()))
                    .map(|(offset, chunk)| ChunkJob::new(offset, chunk))
                    .collect();
                cipher.decrypt_chunks(&mut jobs);
                found.extend(jobs.iter().map(|job| job.mac));
            } else {
                for piece in &mut batch {
                    cipher.apply_keystream(piece.offset, piece.content.buffer.bytes_mut());
                }
            }
            let plain: Vec<Bytes> = batch
                .into_iter()
                .map(|piece| Bytes::from_owner(piece.content))
                .collect();
            (plain, found)
        })
        .await
        .map_err(|_| stopped())?;
        macs.extend(found);
        Ok(plain)
    }
}

impl Piece {
    fn chunks(&self) -> usize {
        chunks_between(
            self.offset,
            self.offset + self.content.as_ref().len() as u64,
        )
    }
}
