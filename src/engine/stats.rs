//! What a run has done: the counters that progress, log and exit code read.
//!
//! One mutex guards everything, so that a [`Snapshot`] is of one moment.
//! Totals are what is done, what runs and what is queued; they grow until all
//! listings are complete.

mod speed;
mod transfer;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Class, Error};
use speed::Speed;
pub use transfer::{Check, Transfer};

/// The counters of a run; shared by all its tasks.
pub struct Stats {
    started: Instant,
    state: Mutex<State>,
}

struct State {
    counts: Counts,
    last_error: Option<Error>,
    fatal: bool,
    retry: bool,
    retry_after: Option<Duration>,
    queued_transfers: u64,
    queued_bytes: u64,
    queued_checks: u64,
    next_id: u64,
    transferring: BTreeMap<u64, Flight>,
    checking: BTreeMap<u64, String>,
    speed: Speed,
    tick: Instant,
    /// Time in which at least one transfer ran, up to `busy_since`.
    busy: Duration,
    busy_since: Option<Instant>,
}

struct Flight {
    name: String,
    size: Option<u64>,
    bytes: u64,
    /// Bytes that an earlier try had left there.
    kept: u64,
    started: Instant,
    speed: Speed,
}

/// Plain numbers, all monotonic but `errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Bytes that arrived, copied on a server, or would have in a dry run.
    pub bytes: u64,
    /// Files transferred.
    pub transfers: u64,
    /// Comparisons and deletions done.
    pub checks: u64,
    /// Entries seen in listings.
    pub listed: u64,
    /// Files deleted.
    pub deletes: u64,
    /// Directories removed.
    pub deleted_dirs: u64,
    /// Bytes of the deleted files.
    pub deleted_bytes: u64,
    /// Files renamed or moved by the server.
    pub renames: u64,
    /// Files copied by the server.
    pub server_copies: u64,
    /// Bytes of these.
    pub server_copy_bytes: u64,
    /// Files moved by the server.
    pub server_moves: u64,
    /// Bytes of these.
    pub server_move_bytes: u64,
    /// Errors counted since the last reset.
    pub errors: u64,
}

/// A transfer under way, for the progress block.
#[derive(Debug, Clone, PartialEq)]
pub struct Transferring {
    /// Path inside the source.
    pub name: String,
    /// Size, where known.
    pub size: Option<u64>,
    /// Bytes that arrived.
    pub bytes: u64,
    /// Bytes a second, moving average.
    pub speed: f64,
    /// Bytes a second since its start.
    pub speed_average: f64,
    /// Time left at this speed; `None`: not known.
    pub eta: Option<Duration>,
}

/// The statistics at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The counters.
    pub counts: Counts,
    /// Bytes done, running and queued.
    pub total_bytes: u64,
    /// Bytes that the running transfers have still to move.
    pub running_bytes: u64,
    /// Files done, running and queued.
    pub total_transfers: u64,
    /// Comparisons done, running and queued.
    pub total_checks: u64,
    /// Text of the last error.
    pub last_error: Option<String>,
    /// A fatal error has been met.
    pub fatal_error: bool,
    /// An error has been met that another try may mend.
    pub retry_error: bool,
    /// Files being transferred, in the order they started.
    pub transferring: Vec<Transferring>,
    /// Files being compared or deleted, in the order they started.
    pub checking: Vec<String>,
    /// Files waiting for a transfer.
    pub queued_transfers: u64,
    /// Pairs waiting for a comparison.
    pub queued_checks: u64,
    /// Bytes a second, moving average.
    pub speed: f64,
    /// Time left at this speed; `None`: not known.
    pub eta: Option<Duration>,
    /// Time since the start.
    pub elapsed: Duration,
    /// Time in which something was transferred.
    pub transfer_time: Duration,
}

impl Stats {
    /// All zero, the clock started.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            started: now,
            state: Mutex::new(State {
                counts: Counts::default(),
                last_error: None,
                fatal: false,
                retry: false,
                retry_after: None,
                queued_transfers: 0,
                queued_bytes: 0,
                queued_checks: 0,
                next_id: 0,
                transferring: BTreeMap::new(),
                checking: BTreeMap::new(),
                speed: Speed::default(),
                tick: now,
                busy: Duration::ZERO,
                busy_since: None,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Counters stay usable after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the plain counters.
    pub fn update(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock().counts);
    }

    /// Counts an error, unless it has been counted already, and returns it
    /// marked so.
    pub fn count_error(&self, error: Error) -> Error {
        if error.is_counted() {
            return error;
        }
        let error = error.counted();
        let mut state = self.lock();
        state.counts.errors += 1;
        match error.class {
            Class::Fatal => state.fatal = true,
            Class::Retry => state.retry = true,
            Class::NoRetry => {}
        }
        state.retry_after = state.retry_after.max(error.retry_after);
        state.last_error = Some(error.clone());
        error
    }

    /// Number of errors since the last reset.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.lock().counts.errors
    }

    /// The last error since the last reset.
    #[must_use]
    pub fn last_error(&self) -> Option<Error> {
        self.lock().last_error.clone()
    }

    /// Whether an error was met that another try may mend.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        self.lock().retry
    }

    /// Whether a fatal error was met.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.lock().fatal
    }

    /// The longest pause that a store asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.lock().retry_after
    }

    /// Forgets the errors, before the command is tried again.
    pub fn reset_errors(&self) {
        let mut state = self.lock();
        state.counts.errors = 0;
        state.last_error = None;
        state.fatal = false;
        state.retry = false;
        state.retry_after = None;
    }

    /// A file waits for its transfer.
    pub fn queue_transfer(&self, size: Option<u64>) {
        let mut state = self.lock();
        state.queued_transfers += 1;
        state.queued_bytes = state.queued_bytes.saturating_add(size.unwrap_or(0));
    }

    /// A file waits no longer.
    pub fn unqueue_transfer(&self, size: Option<u64>) {
        let mut state = self.lock();
        state.queued_transfers = state.queued_transfers.saturating_sub(1);
        state.queued_bytes = state.queued_bytes.saturating_sub(size.unwrap_or(0));
    }

    /// A pair waits for its comparison.
    pub fn queue_check(&self) {
        self.lock().queued_checks += 1;
    }

    /// A pair waits no longer.
    pub fn unqueue_check(&self) {
        let mut state = self.lock();
        state.queued_checks = state.queued_checks.saturating_sub(1);
    }

    /// A transfer begins; it ends with [`Transfer::finish`], or without
    /// success when dropped.
    #[must_use]
    pub fn begin_transfer(self: &Arc<Self>, name: &str, size: Option<u64>) -> Arc<Transfer> {
        let now = Instant::now();
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        if state.transferring.is_empty() {
            state.busy_since = Some(now);
        }
        state.transferring.insert(
            id,
            Flight {
                name: name.to_owned(),
                size,
                bytes: 0,
                kept: 0,
                started: now,
                speed: Speed::default(),
            },
        );
        drop(state);
        Arc::new(Transfer::new(self, id))
    }

    /// A comparison or deletion begins; it is counted when the guard goes.
    #[must_use]
    pub fn begin_check(self: &Arc<Self>, name: &str) -> Check {
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.checking.insert(id, name.to_owned());
        drop(state);
        Check::new(self, id)
    }

    /// Everything, as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = Instant::now();
        let mut state = self.lock();
        state.measure(now);
        // A hostile server may claim any size.
        let left = state.transferring.values().map(Flight::left);
        let running = left.fold(0, u64::saturating_add);
        let begun = state.counts.bytes.saturating_add(running);
        let total_bytes = begun.saturating_add(state.queued_bytes);
        Snapshot {
            counts: state.counts,
            total_bytes,
            running_bytes: running,
            total_transfers: state.counts.transfers
                + state.queued_transfers
                + state.transferring.len() as u64,
            total_checks: state.counts.checks + state.queued_checks + state.checking.len() as u64,
            last_error: state.last_error.as_ref().map(ToString::to_string),
            fatal_error: state.fatal,
            retry_error: state.retry,
            transferring: state.transferring.values().map(|f| f.show(now)).collect(),
            checking: state.checking.values().cloned().collect(),
            queued_transfers: state.queued_transfers,
            queued_checks: state.queued_checks,
            speed: state.speed.per_second(),
            eta: state
                .speed
                .time_for(total_bytes.saturating_sub(state.counts.bytes)),
            elapsed: now - self.started,
            transfer_time: state.busy
                + state.busy_since.map_or(Duration::ZERO, |since| now - since),
        }
    }
}

impl State {
    /// Feeds the moving averages, at most once a second.
    fn measure(&mut self, now: Instant) {
        let passed = now - self.tick;
        if passed < Duration::from_secs(1) {
            return;
        }
        self.tick = now;
        self.speed.feed(self.counts.bytes, passed);
        for flight in self.transferring.values_mut() {
            flight.speed.feed(flight.bytes, passed);
        }
    }

    fn end_transfer(&mut self, id: u64) -> Option<Flight> {
        let flight = self.transferring.remove(&id);
        if flight.is_some()
            && self.transferring.is_empty()
            && let Some(since) = self.busy_since.take()
        {
            self.busy += Instant::now() - since;
        }
        flight
    }
}

impl Flight {
    /// Bytes that it has still to move.
    fn left(&self) -> u64 {
        let there = self.bytes + self.kept;
        self.size.unwrap_or(there).saturating_sub(there)
    }

    fn show(&self, now: Instant) -> Transferring {
        let seconds = (now - self.started).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let average = if seconds > 0.0 {
            self.bytes as f64 / seconds
        } else {
            0.0
        };
        Transferring {
            name: self.name.clone(),
            size: self.size,
            bytes: self.bytes + self.kept,
            speed: self.speed.per_second(),
            speed_average: average,
            eta: self.size.and_then(|_| self.speed.time_for(self.left())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::remote::ErrorKind;

    #[test]
    fn totals_are_done_running_and_queued() {
        let stats = Stats::new();
        stats.queue_transfer(Some(10));
        let one = stats.begin_transfer("one", Some(4));
        one.add(3);
        let s = stats.snapshot();
        assert_eq!((s.counts.bytes, s.total_bytes), (3, 14));
        assert_eq!((s.counts.transfers, s.total_transfers), (0, 2));
        one.add(1);
        one.finish();
        stats.unqueue_transfer(Some(10));
        let s = stats.snapshot();
        assert_eq!((s.counts.bytes, s.total_bytes), (4, 4));
        assert_eq!((s.counts.transfers, s.total_transfers), (1, 1));
        assert!(s.transferring.is_empty());
    }

    #[test]
    fn a_dropped_transfer_is_no_success_and_a_retry_counts_once() {
        let stats = Stats::new();
        let one = stats.begin_transfer("one", Some(4));
        one.add(3);
        one.restart();
        assert_eq!(stats.snapshot().counts.bytes, 0);
        drop(one);
        let s = stats.snapshot();
        assert_eq!((s.counts.transfers, s.total_transfers), (0, 0));
    }

    #[test]
    fn an_error_is_counted_once_and_classified() {
        let stats = Stats::new();
        let error = stats.count_error(Error::new(ErrorKind::Io, "x").class(Class::NoRetry));
        stats.count_error(error);
        assert_eq!(stats.errors(), 1);
        assert!(!stats.can_retry() && !stats.is_fatal());
        stats.count_error(Error::new(ErrorKind::Io, "y"));
        assert!(stats.can_retry());
        stats.reset_errors();
        assert_eq!(stats.errors(), 0);
        assert!(!stats.can_retry());
    }

    #[tokio::test(start_paused = true)]
    async fn speed_and_eta_follow_the_clock() {
        let stats = Stats::new();
        let one = stats.begin_transfer("one", Some(100));
        one.add(10);
        let s = stats.snapshot();
        assert_eq!((s.speed, s.eta), (0.0, None));
        tokio::time::advance(Duration::from_secs(1)).await;
        let s = stats.snapshot();
        assert!((s.speed - 10.0).abs() < 1e-6);
        assert_eq!(s.eta, Some(Duration::from_secs(9)));
        assert_eq!(s.transferring[0].eta, Some(Duration::from_secs(9)));
        assert_eq!(s.transfer_time, Duration::from_secs(1));
    }
}
