//! Guards of what runs: a transfer, a check.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::Stats;

/// A transfer under way: counts the bytes that arrive.
pub struct Transfer {
    stats: Arc<Stats>,
    id: u64,
    copied: AtomicBool,
}

impl Transfer {
    pub(super) fn new(stats: &Arc<Stats>, id: u64) -> Self {
        Self {
            stats: Arc::clone(stats),
            id,
            copied: AtomicBool::new(false),
        }
    }

    /// Ends the transfer with success.
    pub fn finish(&self) {
        let mut state = self.stats.lock();
        if state.end_transfer(self.id).is_some() {
            state.counts.transfers += 1;
        }
    }

    /// Whether the destination turned out to have the content already, so that
    /// it was copied there.
    pub fn was_copied(&self) -> bool {
        self.copied.load(Ordering::Relaxed)
    }

    /// Counts bytes that the destination had already.
    pub fn copied(&self, bytes: u64) {
        self.add(bytes);
        self.copied.store(true, Ordering::Relaxed);
        self.stats.update(|counts| {
            counts.server_copies += 1;
            counts.server_copy_bytes = counts.server_copy_bytes.saturating_add(bytes);
        });
    }

    /// Counts bytes; returns those of all transfers so far.
    pub fn add(&self, bytes: u64) -> u64 {
        let now = Instant::now();
        let mut state = self.stats.lock();
        state.counts.bytes += bytes;
        if let Some(flight) = state.transferring.get_mut(&self.id) {
            flight.bytes += bytes;
        }
        state.measure(now);
        state.counts.bytes
    }

    /// Notes how many bytes in all an earlier try left, which need not be moved
    /// again: they are part of the file, and of no sum of what was moved.
    pub fn kept(&self, bytes: u64) {
        let mut state = self.stats.lock();
        if let Some(flight) = state.transferring.get_mut(&self.id) {
            flight.kept = bytes;
        }
    }

    /// Takes back bytes that have to be sent again.
    pub fn rewound(&self, bytes: u64) {
        let mut state = self.stats.lock();
        state.counts.bytes = state.counts.bytes.saturating_sub(bytes);
        if let Some(flight) = state.transferring.get_mut(&self.id) {
            flight.bytes = flight.bytes.saturating_sub(bytes);
        }
    }

    /// Takes back all that was counted, before another try.
    pub fn restart(&self) {
        let mut state = self.stats.lock();
        if let Some(flight) = state.transferring.get_mut(&self.id) {
            let bytes = std::mem::take(&mut flight.bytes);
            flight.kept = 0;
            state.counts.bytes = state.counts.bytes.saturating_sub(bytes);
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.stats.lock().end_transfer(self.id);
    }
}

/// A comparison under way.
pub struct Check {
    stats: Arc<Stats>,
    id: u64,
}

impl Check {
    pub(super) fn new(stats: &Arc<Stats>, id: u64) -> Self {
        Self {
            stats: Arc::clone(stats),
            id,
        }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        let mut state = self.stats.lock();
        if state.checking.remove(&self.id).is_some() {
            state.counts.checks += 1;
        }
    }
}
