//! How long to wait before the next try. Arithmetic only.

use std::time::Duration;

/// A delay that doubles with every failure, up to a cap, plus up to half of
/// itself by chance, so that many clients do not come back in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The delay after the first failure.
    pub base: Duration,
    /// The longest delay before the jitter is added.
    pub cap: Duration,
}

impl Default for Backoff {
    /// Starts where the official client starts (0.1 s). The official client
    /// goes on to ten minutes; a command line gives up sooner instead.
    fn default() -> Self {
        Self {
            base: Duration::from_millis(100),
            cap: Duration::from_secs(8),
        }
    }
}

impl Backoff {
    /// The delay after `failures` failures (1 for the first), where `chance`
    /// is any random number.
    #[must_use]
    pub fn delay(&self, failures: u32, chance: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        let plain = self.base.saturating_mul(1 << doublings).min(self.cap);
        plain + plain.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap() {
        let backoff = Backoff::default();
        let millis = |failures| backoff.delay(failures, 0).as_millis();
        assert_eq!(
            [1, 2, 3, 7, 8, 100].map(millis),
            [100, 200, 400, 6400, 8000, 8000]
        );
    }

    #[test]
    fn jitter_adds_at_most_half() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(1, u32::MAX), Duration::from_millis(150));
        assert!(backoff.delay(1, 1 << 31) > backoff.delay(1, 1 << 30));
    }
}
