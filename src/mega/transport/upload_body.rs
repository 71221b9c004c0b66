//! A request body that is handed over in slices, so that progress shows.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};

/// Small enough to notice a stalled connection, large enough to cost nothing.
const SLICE: usize = 128 * 1024;

/// The same where bytes are held back: small enough for an even flow.
const PACED_SLICE: usize = 16 * 1024;

/// Ends when so many bytes may leave.
pub type Pace = Arc<dyn Fn(u64) -> BoxFuture<'static, ()> + Send + Sync>;

/// When something last moved on a connection.
#[derive(Clone)]
pub(super) struct Activity {
    start: Instant,
    last_millis: Arc<AtomicU64>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            last_millis: Arc::default(),
        }
    }

    fn touch(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_millis.store(millis, Ordering::Relaxed);
    }

    /// When a connection that may rest for `idle` counts as stalled.
    pub(super) fn deadline(&self, idle: Duration) -> Instant {
        self.start + Duration::from_millis(self.last_millis.load(Ordering::Relaxed)) + idle
    }
}

/// A body of known length whose slices share the caller's memory. The
/// connection asks for the next slice when it has room, and each request for
/// one counts as progress.
pub(super) struct UploadBody {
    rest: Bytes,
    activity: Activity,
    pace: Option<Pace>,
    /// The next slice waits for this. Nobody shares it; the lock says so.
    turn: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl UploadBody {
    pub(super) fn new(bytes: Bytes, activity: Activity, pace: Option<Pace>) -> Self {
        Self {
            rest: bytes,
            activity,
            pace,
            turn: Mutex::default(),
        }
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.activity.touch();
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let slice = if self.pace.is_some() {
            PACED_SLICE
        } else {
            SLICE
        };
        let length = self.rest.len().min(slice);
        if let Some(pace) = self.pace.clone() {
            // Whoever waits looks up at least once a second, and so counts
            // as awake.
            let slot = self.turn.get_mut().unwrap_or_else(PoisonError::into_inner);
            let turn = slot.get_or_insert_with(|| pace(length as u64));
            ready!(turn.as_mut().poll(cx));
            *slot = None;
        }
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    use super::*;

    /// When each frame of a paced body came, and how long it was.
    #[tokio::test(start_paused = true)]
    async fn a_paced_body_flows_evenly() {
        let pace: Pace =
            Arc::new(|bytes| tokio::time::sleep(Duration::from_millis(bytes / 16)).boxed());
        let bytes = Bytes::from(vec![7; 100_000]);
        let mut body = UploadBody::new(bytes, Activity::new(), Some(pace));
        let start = Instant::now();
        let (mut sent, mut last) = (0, Duration::ZERO);
        while let Some(frame) = body.frame().await {
            let length = frame.unwrap().into_data().unwrap().len();
            let now = start.elapsed();
            assert!(length <= PACED_SLICE);
            assert!(now - last <= Duration::from_millis(1100), "{now:?}");
            (sent, last) = (sent + length, now);
        }
        assert_eq!(sent, 100_000);
        assert!(last >= Duration::from_millis(6200), "{last:?}");
    }

    #[tokio::test]
    async fn without_a_pace_slices_are_large() {
        let mut body = UploadBody::new(Bytes::from(vec![7; 2 * SLICE]), Activity::new(), None);
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap().len(), SLICE);
    }
}
