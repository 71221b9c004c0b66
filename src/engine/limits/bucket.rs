//! A speed that is kept on average: who moves bytes pays for them in time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A longer wait looks again whether the rate has changed.
const LOOK: Duration = Duration::from_secs(1);

/// What is owed at one rate. Bytes are counted when they have moved, and the
/// mover waits until they are paid for: within any time there pass at most
/// rate × time, and one piece of each mover.
#[derive(Default)]
pub(super) struct Bucket(Mutex<Debt>);

#[derive(Default)]
struct Debt {
    bytes: f64,
    since: Option<Instant>,
}

impl Bucket {
    /// Counts bytes that have moved and waits until they are paid for at the
    /// rate that `rate` names while it waits; `None`: at once.
    pub(super) async fn pass(&self, bytes: u64, rate: impl Fn() -> Option<u64>) {
        #[expect(clippy::cast_precision_loss, reason = "a fraction of a byte is free")]
        let mut new = bytes as f64;
        while let Some(wait) = self.owed(std::mem::take(&mut new), rate()) {
            tokio::time::sleep(wait.min(LOOK)).await;
        }
    }

    /// Adds to the debt, and says how long all of it takes to be paid.
    fn owed(&self, new: f64, rate: Option<u64>) -> Option<Duration> {
        let mut debt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let Some(rate) = rate.filter(|rate| *rate > 0) else {
            *debt = Debt::default();
            return None;
        };
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let rate = rate as f64;
        let passed = debt.since.map_or(Duration::ZERO, |since| now - since);
        debt.since = Some(now);
        debt.bytes = (debt.bytes - passed.as_secs_f64() * rate).max(0.0) + new;
        let seconds = debt.bytes / rate;
        // What is owed for less than that is not worth a wait.
        (seconds > 1e-4).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LOOK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_take_their_time() {
        let bucket = Bucket::default();
        let start = Instant::now();
        for _ in 0..10 {
            bucket.pass(1000, || Some(500)).await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((19.9..20.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn movers_share_the_rate() {
        let bucket = Bucket::default();
        let start = Instant::now();
        let one = async {
            for _ in 0..5 {
                bucket.pass(100, || Some(100)).await;
            }
        };
        let other = async {
            for _ in 0..5 {
                bucket.pass(100, || Some(100)).await;
            }
        };
        tokio::join!(one, other);
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_goes_lets_go() {
        let bucket = Bucket::default();
        let start = Instant::now();
        let rate = || (start.elapsed() < Duration::from_secs(3)).then_some(1);
        bucket.pass(1_000_000, rate).await;
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
