//! Where pieces that have arrived are decrypted and written: by one thread a
//! file, as many at once as fill the lanes of the content kernel.
//!
//! A piece has half as many chunks as the kernel has lanes, and two threads
//! that write into one file wait for each other in the system. So what arrives
//! while the thread is at work is taken up together. The thread comes when
//! there is something to do, and goes when there is nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::stopped;
use crate::mega::buffers::{Buffer, Permit};
use crate::mega::content::Draft;
use crate::mega::crypto::content::{ChunkJob, ContentCipher};
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::error::Error;
use crate::mega::pieces::{LANES, chunks_between, split_chunks};

/// A piece of ciphertext, and what has to be held until it is written.
pub(super) struct Delivery {
    pub offset: u64,
    pub buffer: Buffer,
    /// Where its chunk MACs are noted.
    pub note_at: u64,
    pub permit: Permit,
    pub turn: OwnedSemaphorePermit,
}

impl Delivery {
    fn chunks(&self) -> usize {
        chunks_between(self.offset, self.offset + self.buffer.as_ref().len() as u64)
    }
}

/// The desk of one file.
pub(super) struct Desk {
    cipher: ContentCipher,
    draft: Arc<dyn Draft>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Delivery, Reply)>,
    /// A thread is at work, or about to be.
    is_busy: bool,
}

type Reply = oneshot::Sender<Result<Vec<ChunkMac>, Error>>;

impl Desk {
    pub(super) fn new(cipher: ContentCipher, draft: Arc<dyn Draft>) -> Self {
        Self {
            cipher,
            draft,
            state: Mutex::default(),
        }
    }

    /// Decrypts a piece and writes it, and behind the file its chunk MACs,
    /// which are returned. Once handed over it is written, whether or not
    /// anybody waits for that.
    pub(super) async fn take(self: &Arc<Self>, piece: Delivery) -> Result<Vec<ChunkMac>, Error> {
        let (reply, written) = oneshot::channel();
        let is_idle = {
            let mut state = self.state();
            state.waiting.push_back((piece, reply));
            !std::mem::replace(&mut state.is_busy, true)
        };
        if is_idle {
            let desk = Arc::clone(self);
            tokio::task::spawn_blocking(move || desk.work());
        }
        written.await.map_err(|_| stopped())?
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let closed = CloseAtPanic(self);
        while let Some(batch) = self.next_batch() {
            self.write(batch);
        }
        std::mem::forget(closed);
    }

    /// Pieces that fill the kernel's lanes, or what there is; `None` ends it.
    fn next_batch(&self) -> Option<Vec<(Delivery, Reply)>> {
        let mut state = self.state();
        let (mut batch, mut chunks) = (Vec::new(), 0);
        while chunks < LANES
            && let Some((piece, reply)) = state.waiting.pop_front()
        {
            chunks += piece.chunks();
            batch.push((piece, reply));
        }
        state.is_busy = !batch.is_empty();
        state.is_busy.then_some(batch)
    }

    fn write(&self, mut batch: Vec<(Delivery, Reply)>) {
        let mut macs = {
            let chunks = batch.iter_mut().flat_map(|(piece, _)| {
                split_chunks(piece.offset, piece.buffer.bytes_mut())
                    .map(|(offset, chunk)| ChunkJob::new(offset, chunk))
            });
            let mut jobs: Vec<ChunkJob<'_>> = chunks.collect();
            self.cipher.decrypt_chunks(&mut jobs);
            let macs: Vec<ChunkMac> = jobs.iter().map(|job| job.mac).collect();
            macs.into_iter()
        };
        for (piece, reply) in batch {
            let chunks = piece.chunks();
            let Delivery {
                offset,
                buffer,
                note_at,
                permit,
                turn,
            } = piece;
            let macs: Vec<ChunkMac> = macs.by_ref().take(chunks).collect();
            let written = self.draft.write_all_at(buffer.as_ref(), offset);
            if written.is_ok() {
                let notes: Vec<u8> = macs.iter().flat_map(|mac| *mac.as_bytes()).collect();
                // What is noted stands. What cannot be noted is fetched again
                // one day, and that is all.
                let _ = self.draft.write_all_at(&notes, note_at);
            }
            drop((buffer, permit, turn));
            // Whoever has gone needs no answer.
            let _ = reply.send(written.map(|()| macs).map_err(Error::Source));
        }
    }
}

/// Tells those who wait, should the thread come to an end by a panic.
struct CloseAtPanic<'a>(&'a Desk);

impl Drop for CloseAtPanic<'_> {
    fn drop(&mut self) {
        *self.0.state() = State::default();
    }
}
