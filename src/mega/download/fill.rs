//! A download into a file that takes its pieces in any order.
//!
//! A connection asks for its next piece when the last one stands on the disk,
//! noted there: whenever it all ends, a piece for each connection is what has
//! to be fetched again, and no more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::address::Address;
use super::desk::{Delivery, Desk};
use super::range::fetch;
use super::standing::Standing;
use super::{Download, stopped, verify};
use crate::mega::buffers::{Budget, Permit};
use crate::mega::client::Client;
use crate::mega::content::Draft;
use crate::mega::crypto::content::ContentCipher;
use crate::mega::crypto::keys::ChunkMac;
use crate::mega::error::Error;
use crate::mega::pieces::PieceSizer;

/// What is told of at a time: keeps progress and limits smooth.
const STEP: u64 = 1 << 20;

/// A piece that stands in the draft.
struct Piece {
    offset: u64,
    length: u64,
    macs: Vec<ChunkMac>,
    took: Duration,
}

struct Fill {
    address: Arc<Address>,
    download: Download,
    desk: Arc<Desk>,
    draft: Arc<dyn Draft>,
    /// A turn for each connection: held until the piece is written.
    turns: Arc<Semaphore>,
    connections: usize,
}

impl Client {
    /// Downloads a whole file into `draft`, but for what stands there already.
    /// Its clean end vouches for all of the content. When it has ended nothing
    /// writes into `draft` any more.
    ///
    /// # Errors
    /// The download failed; the content is not that of the key; what `draft`
    /// says, as [`Error::Source`].
    pub async fn fill(&self, download: Download, draft: Arc<dyn Draft>) -> Result<(), Error> {
        let connections = self.options().download_connections.max(1);
        let cipher = ContentCipher::new(download.key.aes_key(), download.key.nonce());
        let fill = Fill {
            address: Arc::new(Address::new(self, download.target, download.size)),
            desk: Arc::new(Desk::new(cipher, Arc::clone(&draft))),
            draft,
            turns: Arc::new(Semaphore::new(connections)),
            connections,
            download,
        };
        let mut standing = fill.download.standing(Arc::clone(&fill.draft)).await?;
        fill.draft.kept(standing.kept);
        let mut coming = JoinSet::new();
        let brought = fill.bring(&mut coming, &mut standing).await;
        coming.shutdown().await;
        // A thread that writes cannot be stopped, only waited for.
        let all = u32::try_from(connections).unwrap_or(u32::MAX);
        let _all = fill.turns.acquire_many(all).await;
        brought?;
        let macs: Option<Vec<ChunkMac>> = standing.macs.into_iter().collect();
        verify(&fill.download, &macs.ok_or_else(stopped)?)
    }
}

impl Fill {
    /// Fetches what is missing.
    async fn bring(
        &self,
        coming: &mut JoinSet<Result<Piece, Error>>,
        standing: &mut Standing,
    ) -> Result<(), Error> {
        let budget = Budget::new(self.connections, self.download.size);
        let mut sizer = PieceSizer::new();
        for (start, gap_end) in standing.gaps(self.download.size) {
            let mut position = start;
            while position < gap_end {
                while coming.len() >= self.connections {
                    self.join(coming, &mut sizer, standing).await?;
                }
                let mut end = sizer.end(position, gap_end, u64::MAX);
                let permit = match budget.try_shared(end - position) {
                    Some(permit) => permit,
                    None => {
                        end = sizer.end(position, gap_end, budget.capacity());
                        budget.own(end - position).await.ok_or_else(stopped)?
                    }
                };
                coming.spawn(self.piece(position, end, permit));
                position = end;
            }
        }
        while !coming.is_empty() {
            self.join(coming, &mut sizer, standing).await?;
        }
        Ok(())
    }

    async fn join(
        &self,
        coming: &mut JoinSet<Result<Piece, Error>>,
        sizer: &mut PieceSizer,
        standing: &mut Standing,
    ) -> Result<(), Error> {
        let Some(piece) = coming.join_next().await else {
            return Ok(());
        };
        let piece = piece.map_err(|_| stopped())??;
        sizer.took(piece.length, piece.took);
        standing.take_in(piece.offset, piece.macs);
        let mut left = piece.length;
        while left > 0 {
            let step = left.min(STEP);
            self.draft.passed(step).await.map_err(Error::Source)?;
            left -= step;
        }
        Ok(())
    }

    /// Brings one piece to where it belongs.
    fn piece(
        &self,
        offset: u64,
        end: u64,
        permit: Permit,
    ) -> impl Future<Output = Result<Piece, Error>> + Send + use<> {
        let (address, turns) = (Arc::clone(&self.address), Arc::clone(&self.turns));
        let desk = Arc::clone(&self.desk);
        let note_at = self.download.note_at(offset);
        let length = end - offset;
        async move {
            let turn = turns.acquire_owned().await.map_err(|_| stopped())?;
            let started = Instant::now();
            let length_here = usize::try_from(length).unwrap_or(usize::MAX);
            let buffer = fetch(&address, offset, length_here).await?;
            let took = started.elapsed();
            let piece = Delivery {
                offset,
                buffer,
                note_at,
                permit,
                turn,
            };
            let macs = desk.take(piece).await?;
            Ok(Piece {
                offset,
                length,
                macs,
                took,
            })
        }
    }
}
