//! A moving average of bytes a second.

use std::time::Duration;

/// How many measurements the average leans on once it is warm.
const PERIOD: u32 = 16;

/// Exponentially weighted; the first measurements count fully, so that it
/// does not creep up from zero.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Speed {
    average: f64,
    fed: u32,
    bytes: u64,
}

impl Speed {
    /// Takes in that the counter stands at `bytes`, `passed` after last time.
    pub(super) fn feed(&mut self, bytes: u64, passed: Duration) {
        let seconds = passed.as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        self.fed = (self.fed + 1).min(PERIOD);
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let now = bytes.saturating_sub(self.bytes) as f64 / seconds;
        self.bytes = bytes;
        let weight = f64::from(self.fed);
        self.average = (self.average * (weight - 1.0) + now) / weight;
    }

    /// Bytes a second.
    pub(super) fn per_second(self) -> f64 {
        self.average
    }

    /// Whole seconds for `bytes` more; `None` without a speed.
    pub(super) fn time_for(self, bytes: u64) -> Option<Duration> {
        if self.average <= 0.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let seconds = bytes as f64 / self.average;
        // Beyond some centuries a number says no more.
        (seconds < 1e10).then(|| Duration::from_secs_f64(seconds.round()))
    }
}
