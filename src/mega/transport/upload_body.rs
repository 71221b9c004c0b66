//! A request body that is handed over in slices, so that progress shows.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Small enough to notice a stalled connection, large enough to cost nothing.
const SLICE: usize = 128 * 1024;

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
}

impl UploadBody {
    pub(super) fn new(bytes: Bytes, activity: Activity) -> Self {
        Self {
            rest: bytes,
            activity,
        }
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.activity.touch();
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(SLICE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
