//! How fast the pieces of a download come, and from when on an address counts
//! as slow: some servers of a store are busier than others, and a new address
//! mostly leads to another one.
//!
//! Only the pieces of the same download tell what is slow. On a line that is
//! slow as a whole nothing is asked anew.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Nothing counts as slow before this time.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many times longer than the others a slow piece takes.
const SLOWER: f64 = 4.0;
/// Shorter pieces say more about round trips than about speed.
const TELLING: u64 = 256 << 10;
/// How much the last piece says about the next one.
const WEIGHT: f64 = 0.25;

#[derive(Default)]
pub(super) struct Pace(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Seconds a byte, as far as known.
    usual: Option<f64>,
    /// How often an address was given up for being slow.
    given_up: i32,
}

impl Pace {
    /// Takes notice of a piece of `bytes` bytes that took `time`.
    pub(super) fn took(&self, bytes: u64, time: Duration) {
        if bytes < TELLING {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let this = time.as_secs_f64() / bytes as f64;
        known.usual = Some(
            known
                .usual
                .map_or(this, |usual| usual + (this - usual) * WEIGHT),
        );
    }

    /// How long `bytes` bytes may take; `None` where nothing is known yet. The
    /// time doubles whenever it has not helped.
    pub(super) fn limit(&self, bytes: u64) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = Duration::try_from_secs_f64(known.usual? * bytes as f64 * SLOWER).ok()?;
        usual
            .max(PATIENCE)
            .checked_mul(1 << known.given_up.clamp(0, 30))
    }

    /// An address was given up.
    pub(super) fn gave_up(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.given_up = known.given_up.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn slow_is_what_takes_several_times_as_long_as_the_others() {
        let pace = Pace::default();
        assert_eq!(pace.limit(4 * MIB), None);
        pace.took(1000, Duration::from_secs(60));
        assert_eq!(pace.limit(4 * MIB), None);
        pace.took(4 * MIB, Duration::from_millis(1));
        assert_eq!(pace.limit(4 * MIB), Some(PATIENCE));

        let slow_line = Pace::default();
        slow_line.took(MIB, Duration::from_secs(10));
        let limit = slow_line.limit(MIB).unwrap_or_default().as_secs_f64();
        assert!((39.9..40.1).contains(&limit), "{limit}");
    }

    #[test]
    fn a_line_that_has_become_slow_is_learnt() {
        let pace = Pace::default();
        pace.took(MIB, Duration::from_millis(100));
        for _ in 0..20 {
            pace.took(MIB, Duration::from_secs(10));
        }
        assert!(pace.limit(MIB) > Some(Duration::from_secs(38)));
    }

    #[test]
    fn patience_grows_and_ends_nowhere() {
        let pace = Pace::default();
        pace.took(MIB, Duration::from_millis(1));
        pace.gave_up();
        assert_eq!(pace.limit(MIB), Some(PATIENCE * 2));
        for _ in 0..100 {
            pace.gave_up();
        }
        assert!(pace.limit(MIB) > Some(Duration::from_secs(1 << 30)));
    }
}
