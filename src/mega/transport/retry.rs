//! How often to try again, and how to wait in between.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Backoff;

/// Waits for a time; tests put in one that only writes the time down.
pub type Sleeper = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The bounds of retrying one request (`--low-level-retries`).
#[derive(Clone)]
pub struct RetryPolicy {
    /// How many times a failed request is sent again.
    pub low_level_retries: u32,
    /// The delays in between.
    pub backoff: Backoff,
    sleeper: Sleeper,
    chance: Arc<dyn Fn() -> u32 + Send + Sync>,
}

impl RetryPolicy {
    /// Retries `low_level_retries` times, waiting in real time.
    #[must_use]
    pub fn new(low_level_retries: u32) -> Self {
        Self {
            low_level_retries,
            backoff: Backoff::default(),
            sleeper: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
            // Jitter needs no secrecy, only spread: without entropy it is zero.
            chance: Arc::new(|| getrandom::u32().unwrap_or(0)),
        }
    }

    /// Replaces the waiting, and takes the jitter away: for tests.
    #[must_use]
    pub fn with_sleeper(mut self, sleeper: Sleeper) -> Self {
        self.sleeper = sleeper;
        self.chance = Arc::new(|| 0);
        self
    }

    /// Whether another try is allowed after `failures` failures.
    #[must_use]
    pub fn allows(&self, failures: u32) -> bool {
        failures <= self.low_level_retries
    }

    /// The delay that follows failure number `failures`.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        self.backoff.delay(failures, (self.chance)())
    }

    /// Waits as long as failure number `failures` demands.
    pub async fn pause(&self, failures: u32) {
        self.wait(self.delay(failures)).await;
    }

    /// Waits for `time`.
    pub async fn wait(&self, time: Duration) {
        (self.sleeper)(time).await;
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new(10)
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("low_level_retries", &self.low_level_retries)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
