//! Memory for transfers: 12 MiB shared by the whole process, and 2 MiB for
//! each connection of a transfer.
//!
//! Taking from the shared part never waits, and nobody else can take what is
//! a transfer's own: so a transfer that feeds another one (a copy between two
//! accounts) cannot end up waiting for itself.
//!
//! With a limit ([`limit`], `--max-buffer-memory`) what is shared is what the
//! limit leaves: each transfer takes the room for two chunks out of it when it
//! begins, and has that whether or not there was so much left. So all goes on
//! under any limit, if need be a chunk at a time, and within the limit as long
//! as it has 2 MiB for each transfer that runs.
//!
//! Buffers are used again: fresh memory costs more than the encryption. They
//! begin where a page of memory begins: some processors copy three times slower
//! to a place that lies a few bytes further in its page than the source, and an
//! allocator's large pieces lie so, behind a header of 16 bytes, while a file's
//! pages lie at 0.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all transfers of the process share.
const SHARED: usize = 12 << 20;
/// What each connection of a transfer has for itself.
const PER_CONNECTION: usize = 2 << 20;
/// What is kept for later use at most: what one transfer over four connections
/// has in use, so that a long one never asks the system for memory again.
const KEPT: usize = SHARED + 4 * PER_CONNECTION;
/// Buffers below this length come from the allocator and go back to it.
const SMALL: usize = 256 << 10;
/// Where buffers of the pool begin: at a multiple of this.
const PAGE: usize = 4 << 10;
/// Permits stand for this many bytes each.
const UNIT: usize = 1 << 10;

/// The longest chunk of MEGA's, which is the shortest piece that any transfer
/// can go on with.
const CHUNK: usize = 1 << 20;

/// What all buffers together shall take at most, in bytes.
static LIMIT: OnceLock<usize> = OnceLock::new();

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::new(LIMIT.get().copied()));

/// Bounds the memory of all transfers of the process, in bytes. Has to be
/// called before the first transfer begins, and counts once.
pub fn limit(bytes: u64) {
    let _ = LIMIT.set(usize::try_from(bytes).unwrap_or(usize::MAX));
}

struct Pool {
    shared: Arc<Semaphore>,
    /// What `shared` began with, where all buffers have to come out of it.
    limit: Option<usize>,
    free: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    fn new(limit: Option<usize>) -> Self {
        let shared = limit.unwrap_or(SHARED) / UNIT;
        Self {
            shared: Arc::new(Semaphore::new(shared.min(Semaphore::MAX_PERMITS))),
            limit,
            free: Mutex::new(Vec::new()),
        }
    }

    /// How much may be kept for later use: what is not in use.
    fn kept(&self) -> usize {
        match self.limit {
            None => KEPT,
            Some(_) => KEPT.min(self.shared.available_permits().saturating_mul(UNIT)),
        }
    }

    fn take(&self, bytes: usize) -> Option<Permit> {
        let permit = Arc::clone(&self.shared)
            .try_acquire_many_owned(units(bytes as u64))
            .ok()?;
        Some(Permit { _permit: permit })
    }
}

/// What one transfer may use.
pub(crate) struct Budget {
    own: Arc<Semaphore>,
    capacity: usize,
    /// The room for its own part, where that counts as shared.
    _room: Option<Permit>,
}

/// The right to hold some bytes in memory, until dropped.
pub(crate) struct Permit {
    _permit: OwnedSemaphorePermit,
}

impl Budget {
    /// The budget of a transfer of `size` bytes over `connections` connections.
    pub(crate) fn new(connections: usize, size: u64) -> Self {
        Self::of(&POOL, connections, size)
    }

    fn of(pool: &Pool, connections: usize, size: u64) -> Self {
        let (capacity, room) = match pool.limit {
            None => (PER_CONNECTION * connections.max(1), None),
            Some(_) => {
                // One piece comes while the one before is being handed out.
                let room = usize::try_from(size).unwrap_or(usize::MAX);
                (CHUNK, pool.take(room.min(2 * CHUNK)))
            }
        };
        Self {
            own: Arc::new(Semaphore::new(capacity / UNIT)),
            capacity,
            _room: room,
        }
    }

    /// The longest piece that [`own`](Self::own) ever lets through.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    /// Takes from what is shared, if there is enough now.
    pub(crate) fn try_shared(&self, length: u64) -> Option<Permit> {
        POOL.take(usize::try_from(length).ok()?)
    }

    /// Takes from the transfer's own part, if there is enough now.
    pub(crate) fn try_own(&self, length: u64) -> Option<Permit> {
        let permit = Arc::clone(&self.own)
            .try_acquire_many_owned(units(length))
            .ok()?;
        Some(Permit { _permit: permit })
    }

    /// Takes from the transfer's own part as soon as there is enough.
    pub(crate) async fn own(&self, length: u64) -> Option<Permit> {
        let permit = Arc::clone(&self.own)
            .acquire_many_owned(units(length))
            .await
            .ok()?;
        Some(Permit { _permit: permit })
    }
}

fn units(length: u64) -> u32 {
    u32::try_from(length.div_ceil(UNIT as u64)).unwrap_or(u32::MAX)
}

/// The length of the longest buffer that finds room in `memory`.
fn room(memory: &[u8]) -> usize {
    memory.len().saturating_sub(PAGE)
}

/// A piece of memory that goes back to the pool when it is dropped.
pub(crate) struct Buffer {
    // Longer than `length` when it was used before: clearing would cost time.
    memory: Vec<u8>,
    /// Where the bytes begin in it.
    start: usize,
    length: usize,
}

impl Buffer {
    /// A buffer of `length` bytes of any content.
    pub(crate) fn take(length: usize) -> Self {
        let memory = if length < SMALL {
            None
        } else {
            let mut free = POOL.free.lock().unwrap_or_else(PoisonError::into_inner);
            let best = free
                .iter()
                .enumerate()
                .filter(|(_, memory)| room(memory) >= length)
                .min_by_key(|(_, memory)| memory.len())
                .map(|(at, _)| at);
            if best.is_none() {
                // Pieces grow: what has become too short makes room, so that
                // what is kept and what is used stay one and the same memory.
                let mut gone = 0;
                while gone < length
                    && let Some(memory) = free.pop()
                {
                    gone += room(&memory);
                }
            }
            best.map(|at| free.swap_remove(at))
        };
        let memory = memory.unwrap_or_else(|| match length {
            ..SMALL => vec![0; length],
            // Few lengths, so that one that was used fits the next use.
            _ => vec![0; length.next_power_of_two() + PAGE],
        });
        let start = match length {
            ..SMALL => 0,
            _ => memory.as_ptr().addr().wrapping_neg() % PAGE,
        };
        Self {
            memory,
            start,
            length,
        }
    }

    /// The bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let end = self.start + self.length;
        self.memory.get_mut(self.start..end).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        let end = self.start + self.length;
        self.memory.get(self.start..end).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if room(&self.memory) < SMALL {
            return;
        }
        let mut free = POOL.free.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = std::mem::take(&mut self.memory);
        let mut kept: usize = free.iter().map(|memory| room(memory)).sum();
        // The longest are the most useful.
        let most = POOL.kept();
        while kept + room(&memory) > most
            && let Some(at) = free.iter().position(|other| other.len() < memory.len())
        {
            kept -= room(&free.swap_remove(at));
        }
        if kept + room(&memory) <= most {
            free.push(memory);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_buffer_has_the_length_asked_for_whatever_it_was_before() {
        drop(Buffer::take(1 << 20));
        for length in [0, 5, SMALL, SMALL + 7, 1 << 20] {
            let mut buffer = Buffer::take(length);
            assert_eq!(
                (buffer.as_ref().len(), buffer.bytes_mut().len()),
                (length, length)
            );
        }
    }

    #[test]
    fn long_buffers_begin_with_a_page() {
        for length in [SMALL, SMALL + 7, 1 << 20, 3 << 20] {
            let mut buffer = Buffer::take(length);
            assert!(buffer.as_ref().as_ptr().addr().is_multiple_of(PAGE));
            assert!(buffer.bytes_mut().as_ptr().addr().is_multiple_of(PAGE));
        }
    }

    #[tokio::test]
    async fn under_a_limit_a_chunk_goes_on_whatever_others_hold() {
        let pool = Pool::new(Some(5 << 20));
        let left = || pool.shared.available_permits() * UNIT;
        let first = Budget::of(&pool, 4, 100 << 20);
        assert_eq!((first.capacity(), left()), (1 << 20, 3 << 20));
        let small = Budget::of(&pool, 4, 4 << 10);
        assert_eq!(left(), (3 << 20) - (4 << 10));
        let second = Budget::of(&pool, 4, 2 << 20);
        let third = Budget::of(&pool, 4, 2 << 20);
        assert!(pool.take(1 << 20).is_none(), "the limit is reached");
        for budget in [&first, &second, &third, &small] {
            let permit = budget.own(budget.capacity()).await.unwrap();
            assert!(budget.try_own(1).is_none());
            drop(permit);
        }
        drop((first, second, third, small));
        assert_eq!(left(), 5 << 20);
    }

    #[test]
    fn what_is_kept_counts_as_in_use() {
        let pool = Pool::new(Some(3 << 20));
        assert_eq!(pool.kept(), 3 << 20);
        let _held = pool.take(2 << 20).unwrap();
        assert_eq!(pool.kept(), 1 << 20);
        assert_eq!(Pool::new(None).kept(), KEPT);
        assert_eq!(Pool::new(Some(0)).kept(), 0);
    }

    #[tokio::test]
    async fn the_own_part_is_there_whatever_others_hold() {
        let budget = Budget::new(1, 1 << 30);
        let permit = budget.own(budget.capacity()).await.unwrap();
        assert!(budget.try_own(1).is_none());
        drop(permit);
        assert!(budget.try_own(1).is_some());
    }
}
