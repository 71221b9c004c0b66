//! Memory for transfers: 12 MiB shared by the whole process, and 2 MiB for
//! each connection of a transfer.
//!
//! Taking from the shared part never waits, and nobody else can take what is
//! a transfer's own: so a transfer that feeds another one (a copy between two
//! accounts) cannot end up waiting for itself.
//!
//! Buffers are used again: fresh memory costs more than the encryption.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

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
/// Permits stand for this many bytes each.
const UNIT: usize = 1 << 10;

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool {
    shared: Arc::new(Semaphore::new(SHARED / UNIT)),
    free: Mutex::new(Vec::new()),
});

struct Pool {
    shared: Arc<Semaphore>,
    free: Mutex<Vec<Vec<u8>>>,
}

/// What one transfer may use.
pub(crate) struct Budget {
    own: Arc<Semaphore>,
    capacity: usize,
}

/// The right to hold some bytes in memory, until dropped.
pub(crate) struct Permit {
    _permit: OwnedSemaphorePermit,
}

impl Budget {
    /// The budget of a transfer over `connections` connections.
    pub(crate) fn new(connections: usize) -> Self {
        let capacity = PER_CONNECTION * connections.max(1);
        Self {
            own: Arc::new(Semaphore::new(capacity / UNIT)),
            capacity,
        }
    }

    /// The longest piece that [`own`](Self::own) ever lets through.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity as u64
    }

    /// Takes from what is shared, if there is enough now.
    pub(crate) fn try_shared(&self, length: u64) -> Option<Permit> {
        let permit = Arc::clone(&POOL.shared)
            .try_acquire_many_owned(units(length))
            .ok()?;
        Some(Permit { _permit: permit })
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

/// A piece of memory that goes back to the pool when it is dropped.
pub(crate) struct Buffer {
    // Longer than `length` when it was used before: clearing would cost time.
    memory: Vec<u8>,
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
                .filter(|(_, memory)| memory.len() >= length)
                .min_by_key(|(_, memory)| memory.len())
                .map(|(at, _)| at);
            if best.is_none() {
                // Pieces grow: what has become too short makes room, so that
                // what is kept and what is used stay one and the same memory.
                let mut room = 0;
                while room < length
                    && let Some(memory) = free.pop()
                {
                    room += memory.len();
                }
            }
            best.map(|at| free.swap_remove(at))
        };
        Self {
            // Few lengths, so that one that was used fits the next use.
            memory: memory.unwrap_or_else(|| vec![0; length.next_power_of_two()]),
            length,
        }
    }

    /// The bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.get_mut(..self.length).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.memory.len() < SMALL {
            return;
        }
        let mut free = POOL.free.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = std::mem::take(&mut self.memory);
        let mut kept: usize = free.iter().map(Vec::len).sum();
        // The longest are the most useful.
        while kept + memory.len() > KEPT
            && let Some(at) = free.iter().position(|other| other.len() < memory.len())
        {
            kept -= free.swap_remove(at).len();
        }
        if kept + memory.len() <= KEPT {
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

    #[tokio::test]
    async fn the_own_part_is_there_whatever_others_hold() {
        let budget = Budget::new(1);
        let permit = budget.own(budget.capacity()).await.unwrap();
        assert!(budget.try_own(1).is_none());
        drop(permit);
        assert!(budget.try_own(1).is_some());
    }
}
