//! Quotas: waiting until more may be transferred, and whether a file fits in.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::client::{Client, QuotaReaction};
use super::error::{Error, ErrorCode};
use super::transport::RetryPolicy;

/// How long the quota stays used up when the server does not say.
const UNKNOWN: Duration = Duration::from_secs(3600);
/// No answer makes us wait longer at a time: then the server is asked again.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// How often the log says how long it will still take.
const TELL: Duration = Duration::from_secs(60);

/// One wait for all transfers of a client: the rest of them come after it.
#[derive(Default)]
pub(super) struct QuotaGate(tokio::sync::Mutex<Option<Instant>>);

impl QuotaGate {
    /// Waits until more transfer is allowed, or fails, as the user wishes.
    pub(super) async fn pass(
        &self,
        reaction: QuotaReaction,
        retry_after: Option<Duration>,
        retries: &RetryPolicy,
    ) -> Result<(), Error> {
        if reaction == QuotaReaction::Fail {
            return Err(Error::Quota { retry_after });
        }
        let refused = Instant::now();
        let mut last = self.0.lock().await;
        // Another transfer has waited meanwhile.
        if last.is_some_and(|end| end >= refused) {
            return Ok(());
        }
        let mut left = retry_after.unwrap_or(UNKNOWN).min(LONGEST);
        tracing::warn!(
            target: "megarc",
            "Transfer quota exceeded, waiting {} for more (--mega-quota fail ends instead)",
            clock(left)
        );
        while !left.is_zero() {
            let step = left.min(TELL);
            retries.wait(step).await;
            left -= step;
            if !left.is_zero() {
                tracing::warn!(target: "megarc", "Transfer quota exceeded, {} to wait", clock(left));
            }
        }
        *last = Some(Instant::now());
        Ok(())
    }
}

/// A time as a clock shows it.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}", seconds % 60)
}

/// What is left of an account's storage, as far as is known.
#[derive(Default)]
pub(super) struct Space {
    left: tokio::sync::Mutex<Option<u64>>,
    /// Bytes on their way, which the server does not count yet.
    coming: Mutex<u64>,
}

/// Room for a file that is on its way.
pub(super) struct Room<'a> {
    space: &'a Space,
    bytes: u64,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut coming = self.space.coming();
        *coming = coming.saturating_sub(self.bytes);
    }
}

impl Space {
    fn coming(&self) -> std::sync::MutexGuard<'_, u64> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Makes sure, before the first byte is sent, that a file of `size` bytes
    /// fits into the account.
    ///
    /// The server is asked at the first upload, and again before a file is
    /// refused: somebody may have made room.
    pub(super) async fn room_for(&self, size: u64) -> Result<Room<'_>, Error> {
        let space = &self.state().space;
        let mut left = space.left.lock().await;
        let mut asked = false;
        loop {
            let known = match *left {
                Some(known) => known,
                None => {
                    asked = true;
                    let quota = self.quota().await?;
                    // Some plans have no bound.
                    let known = match quota.allowed {
                        0 => u64::MAX,
                        allowed => allowed.saturating_sub(quota.used),
                    };
                    known.saturating_sub(*space.coming())
                }
            };
            if size <= known {
                *left = Some(known - size);
                *space.coming() += size;
                return Ok(Room { space, bytes: size });
            }
            *left = None;
            if asked {
                tracing::debug!(target: "megarc", "a file of {size} bytes does not fit: {known} are left");
                return Err(Error::api("u", ErrorCode::EOVERQUOTA));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// A policy that writes its waits down.
    fn waits() -> (RetryPolicy, Arc<Mutex<Vec<u64>>>) {
        let noted = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&noted);
        let policy = RetryPolicy::new(3).with_sleeper(Arc::new(move |time| {
            if let Ok(mut notes) = notes.lock() {
                notes.push(time.as_secs());
            }
            Box::pin(async {})
        }));
        (policy, noted)
    }

    #[tokio::test]
    async fn the_wait_is_told_in_steps_and_has_an_end() {
        for (time, steps) in [
            (Some(Duration::from_secs(30)), vec![30]),
            (Some(Duration::from_secs(150)), vec![60, 60, 30]),
            (None, vec![60; 60]),
            (Some(Duration::MAX), vec![60; 1440]),
        ] {
            let (policy, noted) = waits();
            let gate = QuotaGate::default();
            let passed = gate.pass(QuotaReaction::Wait, time, &policy).await;
            assert!(passed.is_ok());
            assert_eq!(noted.lock().map(|noted| noted.clone()).ok(), Some(steps));
        }
    }

    #[tokio::test]
    async fn who_does_not_want_to_wait_is_told_when() {
        let (policy, noted) = waits();
        let time = Some(Duration::from_secs(30));
        let failed = QuotaGate::default()
            .pass(QuotaReaction::Fail, time, &policy)
            .await;
        assert!(matches!(failed, Err(Error::Quota { retry_after }) if retry_after == time));
        assert_eq!(noted.lock().map(|noted| noted.len()).ok(), Some(0));
    }

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!(clock(Duration::from_secs(5)), "0:00:05");
        assert_eq!(clock(Duration::from_secs(3 * 3600 + 65)), "3:01:05");
    }
}
