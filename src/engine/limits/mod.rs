//! What a run may use at most: bytes a second, bytes in all, time.
//!
//! Speeds hold back: a [`Paced`] meter waits after each piece. The other two
//! end the run, in one of three [`Cutoff`] ways.

mod bucket;
pub mod timetable;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::stats::Transfer;
use super::{Class, Error, Run, Stats};
use crate::remote::{ErrorKind, Location, Meter, Pace, RemoteError};
use bucket::Bucket;
pub use timetable::{Rate, Slot, Timetable};

/// How a run ends when it has used up what it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cutoff {
    /// In the middle of files.
    #[default]
    Hard,
    /// Files that run are finished, none begins.
    Soft,
    /// As soft, and no file begins that would go beyond `--max-transfer`.
    Cautious,
}

impl Cutoff {
    /// rclone's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hard => "HARD",
            Self::Soft => "SOFT",
            Self::Cautious => "CAUTIOUS",
        }
    }
}

/// The limits that the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Speed of all transfers together.
    pub all: Timetable,
    /// Speed of each file.
    pub file: Timetable,
    /// Bytes in all; `None`: no limit.
    pub transfer: Option<u64>,
    /// Time in all; `None`: no limit.
    pub duration: Option<Duration>,
    /// What happens at the end of the two.
    pub cutoff: Cutoff,
}

/// Which way content goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From this machine into a store.
    Up,
    /// From a store to this machine.
    Down,
    /// From store to store, through this machine.
    Through,
    /// Between two places of this machine.
    Within,
}

impl Way {
    /// The way from `src` to `dst`.
    #[must_use]
    pub fn between(src: &Location, dst: &Location) -> Self {
        match (src.remote.features().local, dst.remote.features().local) {
            (true, true) => Self::Within,
            (true, false) => Self::Up,
            (false, true) => Self::Down,
            (false, false) => Self::Through,
        }
    }

    /// Bytes a second at this rate.
    fn limit(self, rate: Rate) -> Option<u64> {
        match self {
            Self::Up => rate.upward(),
            Self::Down => rate.downward(),
            Self::Within => rate.within(),
            Self::Through => match (rate.upward(), rate.downward()) {
                (Some(up), Some(down)) => Some(up.min(down)),
                (up, down) => up.or(down),
            },
        }
    }
}

/// The limits of a run and what is used of them.
#[derive(Default)]
pub struct Limits {
    asked: Asked,
    up: Bucket,
    down: Bucket,
    within: Bucket,
    /// The user has switched the speed limit off for now.
    off: AtomicBool,
    /// The rate that was last spoken of.
    spoken: Mutex<Option<Rate>>,
    deadline: OnceLock<Instant>,
    /// Work was left undone for want of time.
    late: AtomicBool,
    /// The end has been announced.
    told: AtomicBool,
}

impl Limits {
    /// Nothing used yet.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            ..Self::default()
        }
    }

    /// Says which speed limit the run begins with.
    pub fn announce(&self) {
        let rate = self.asked.all.at(clock());
        *self.spoken() = Some(rate);
        if rate.is_set() {
            tracing::info!("Starting bandwidth limiter at {rate} Byte/s");
        }
    }

    /// Switches the speed limit off, or on again.
    pub fn toggle(&self) {
        let off = !self.off.fetch_xor(true, Ordering::SeqCst);
        let state = if off { "disabled" } else { "enabled" };
        tracing::warn!("Bandwidth limit {state} by user");
    }

    /// The rate that holds now; a change is logged.
    fn rate(&self) -> Rate {
        let rate = self.asked.all.at(clock());
        let off = self.off.load(Ordering::SeqCst);
        let before = self.spoken().replace(rate);
        if before.is_some_and(|before| before != rate) {
            if off {
                tracing::warn!(
                    "Scheduled bandwidth change. Limit will be set to {rate} Byte/s when toggled on again."
                );
            } else if rate.is_set() {
                tracing::warn!("Scheduled bandwidth change. Limit set to {rate} Byte/s");
            } else {
                tracing::warn!("Scheduled bandwidth change. Bandwidth limits disabled");
            }
        }
        if off { Rate::default() } else { rate }
    }

    fn spoken(&self) -> std::sync::MutexGuard<'_, Option<Rate>> {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `bytes` that went this way are paid for.
    async fn pass(&self, way: Way, bytes: u64) {
        if self.asked.all == Timetable::default() {
            return;
        }
        let bucket = match way {
            Way::Up | Way::Through => &self.up,
            Way::Down => &self.down,
            Way::Within => &self.within,
        };
        bucket.pass(bytes, || way.limit(self.rate())).await;
    }

    /// Begins the time that the run may take, and says when it ends.
    pub fn start_clock(&self, dst: &Location) {
        let Some(duration) = self.asked.duration.filter(|d| !d.is_zero()) else {
            return;
        };
        let now = Instant::now();
        let _ = self.deadline.set(now + duration);
        let end = jiff::Zoned::now()
            .saturating_add(duration)
            .strftime("%Y/%m/%d %H:%M:%S");
        tracing::info!(
            object = %dst.describe(),
            "Transfer session {} deadline: {end}",
            self.asked.cutoff.word()
        );
    }

    /// Whether the time is over. Who asks has work left that is not begun.
    pub fn is_late(&self) -> bool {
        let over = self
            .deadline
            .get()
            .is_some_and(|end| Instant::now() >= *end);
        if over {
            self.late.store(true, Ordering::SeqCst);
        }
        over
    }

    /// That the time was too short for the work, if it was.
    #[must_use]
    pub fn overtime(&self) -> Option<Error> {
        self.late
            .load(Ordering::SeqCst)
            .then(|| Error::from(ErrorKind::MaxDuration).class(Class::Fatal))
    }

    /// Ends when files that run have to be given up for want of time.
    pub async fn cut(&self) {
        match self.deadline.get() {
            Some(end) if self.asked.cutoff == Cutoff::Hard => {
                tokio::time::sleep_until(*end).await;
                self.late.store(true, Ordering::SeqCst);
            }
            _ => std::future::pending().await,
        }
    }

    /// Whether a file of this size may begin.
    ///
    /// # Errors
    /// It may not: fatal where the cutoff is hard.
    pub fn admit(&self, stats: &Stats, size: Option<u64>) -> Result<(), Error> {
        let Some(most) = self.asked.transfer else {
            return Ok(());
        };
        let now = stats.snapshot();
        let used = match self.asked.cutoff {
            Cutoff::Cautious => (now.counts.bytes)
                .saturating_add(now.running_bytes)
                .saturating_add(size.unwrap_or(0)),
            Cutoff::Hard | Cutoff::Soft => now.counts.bytes,
        };
        if used < most {
            return Ok(());
        }
        let class = match self.asked.cutoff {
            Cutoff::Hard => Class::Fatal,
            Cutoff::Soft | Cutoff::Cautious => Class::NoRetry,
        };
        Err(Error::from(ErrorKind::MaxTransfer).class(class))
    }

    /// Whether a file that runs has to stop.
    fn is_exceeded(&self, bytes: u64) -> bool {
        self.asked.cutoff == Cutoff::Hard && self.asked.transfer.is_some_and(|most| bytes >= most)
    }

    /// Says once that `error` ends the run; other errors do not.
    pub fn tell(&self, error: &Error) {
        if !matches!(error.kind, ErrorKind::MaxTransfer | ErrorKind::MaxDuration)
            || self.told.swap(true, Ordering::SeqCst)
        {
            return;
        }
        if error.class == Class::Fatal {
            tracing::error!("Cancelling sync due to fatal error: {error}");
        } else {
            tracing::warn!("{error} - stopping transfers");
        }
    }

    /// Whether nothing more may begin.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.told.load(Ordering::SeqCst) || self.is_late()
    }
}

fn clock() -> jiff::civil::DateTime {
    jiff::Zoned::now().datetime()
}

/// Counts the bytes of one file and holds it back as the limits say.
pub struct Paced {
    transfer: Arc<Transfer>,
    limits: Arc<Limits>,
    way: Way,
    own: Arc<Bucket>,
    /// Bytes that were waited for before they left.
    paid: Arc<AtomicU64>,
}

impl Paced {
    /// The meter of `transfer`, which goes this way.
    #[must_use]
    pub fn new(run: &Run, transfer: &Arc<Transfer>, way: Way) -> Self {
        Self {
            transfer: Arc::clone(transfer),
            limits: Arc::clone(&run.limits),
            way,
            own: Arc::default(),
            paid: Arc::default(),
        }
    }
}

impl Limits {
    /// Whether speed is limited at any time.
    fn paces(&self) -> bool {
        let none = Timetable::default();
        self.asked.all != none || self.asked.file != none
    }

    /// Waits until bytes of one file, which go this way, are paid for.
    async fn pay(&self, way: Way, own: &Bucket, bytes: u64) {
        self.pass(way, bytes).await;
        let table = &self.asked.file;
        if *table != Timetable::default() {
            own.pass(bytes, || way.limit(table.at(clock()))).await;
        }
    }
}

#[async_trait]
impl Meter for Paced {
    async fn passed(&self, bytes: u64) -> Result<(), RemoteError> {
        let all = self.transfer.add(bytes);
        if self.limits.is_exceeded(all) {
            return Err(RemoteError::new(ErrorKind::MaxTransfer, "transferring", ""));
        }
        if self.limits.paces() {
            let paid = self
                .paid
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |paid| {
                    Some(paid.saturating_sub(bytes))
                })
                .unwrap_or(0);
            let left = bytes.saturating_sub(paid);
            if left > 0 {
                self.limits.pay(self.way, &self.own, left).await;
            }
        }
        Ok(())
    }

    fn pace(&self) -> Option<Pace> {
        if !self.limits.paces() {
            return None;
        }
        let (limits, own) = (Arc::clone(&self.limits), Arc::clone(&self.own));
        let (paid, way) = (Arc::clone(&self.paid), self.way);
        Some(Arc::new(move |bytes| {
            let (limits, own, paid) = (limits.clone(), own.clone(), paid.clone());
            Box::pin(async move {
                limits.pay(way, &own, bytes).await;
                paid.fetch_add(bytes, Ordering::SeqCst);
            })
        }))
    }

    fn rewound(&self, bytes: u64) {
        self.transfer.rewound(bytes);
    }

    fn copied(&self, bytes: u64) {
        self.transfer.copied(bytes);
    }

    fn kept(&self, bytes: u64) {
        self.transfer.kept(bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::engine::Options;

    #[tokio::test(start_paused = true)]
    async fn what_was_waited_for_before_is_not_waited_for_again() {
        let rate = Rate {
            up: Some(1000),
            down: Some(1000),
        };
        let run = Run::new(Options {
            limits: Asked {
                all: Timetable::always(rate),
                ..Asked::default()
            },
            ..Options::default()
        });
        let transfer = run.stats.begin_transfer("f", Some(10_000));
        let meter = Paced::new(&run, &transfer, Way::Up);
        let pace = meter.pace().unwrap();
        let start = Instant::now();
        let took = |start: Instant| start.elapsed().as_secs_f64();
        for part in 1..=4_u32 {
            pace(1000).await;
            assert!((took(start) - f64::from(part)).abs() < 0.1);
        }
        meter.passed(3000).await.unwrap();
        assert!(took(start) < 4.1);
        meter.passed(3000).await.unwrap();
        assert!((took(start) - 6.0).abs() < 0.1, "{}", took(start));
        assert!(
            Paced::new(&Run::new(Options::default()), &transfer, Way::Up)
                .pace()
                .is_none()
        );
    }
}
