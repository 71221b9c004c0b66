//! A transport that has a bounded number of requests on their way
//! (`--max-connections`): one more waits until another has come to its end,
//! the body of its answer included.
//!
//! Whoever has a turn never waits for another one, so that one turn is enough
//! for everything.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BodyStream, HttpRequest, HttpResponse, Received, Transport, TransportError};

/// The right to have a request on its way, until dropped.
#[derive(Debug, Default)]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

/// Passes everything on when its turn comes.
pub struct Bounded {
    inner: Arc<dyn Transport>,
    turns: Arc<Semaphore>,
}

impl Bounded {
    /// `inner`, with as many requests at a time as there are `turns`.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, turns: Arc<Semaphore>) -> Self {
        Self { inner, turns }
    }
}

#[async_trait]
impl Transport for Bounded {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let turn = self.turn().await;
        let mut response = self.inner.send(request).await?;
        let length = response.body.length();
        response.body = BodyStream::new(held(response.body, turn), length);
        Ok(response)
    }

    async fn admit(&self) {
        self.inner.admit().await;
    }

    async fn turn(&self) -> Turn {
        // It is never closed: then nobody would be held back.
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        Turn {
            _permit: permit.ok(),
        }
    }

    async fn receive(
        &self,
        request: HttpRequest,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Received, TransportError> {
        self.inner.receive(request, target, filled).await
    }
}

/// The same pieces; the turn ends with the last of them, or with the stream.
fn held(
    body: BodyStream,
    turn: Turn,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, TransportError>> {
    stream::unfold((body, turn), |(mut body, turn)| async move {
        let piece = body.next().await?;
        Some((piece, (body, turn)))
    })
    .fuse()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Answers everything at once.
    struct Ready;

    #[async_trait]
    impl Transport for Ready {
        async fn send(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
            Ok(HttpResponse::new(200, "body"))
        }
    }

    /// What a future comes to if it is asked once.
    fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_turn_lasts_as_long_as_the_body() {
        let bounded = Bounded::new(Arc::new(Ready), Arc::new(Semaphore::new(2)));
        let send = || at_once(bounded.send(HttpRequest::get("http://h")));
        let first = send().unwrap().unwrap();
        let mut second = send().unwrap().unwrap();
        assert!(send().is_none(), "two are on their way");
        drop(first);
        let third = send().unwrap().unwrap();
        assert!(send().is_none(), "two are on their way");
        // Read to its end, the body itself may still be there.
        at_once(second.body.next()).unwrap().unwrap().unwrap();
        assert!(at_once(second.body.next()).unwrap().is_none());
        let turn = at_once(bounded.turn()).unwrap();
        assert!(at_once(bounded.turn()).is_none());
        drop((turn, third));
        assert!(at_once(bounded.turn()).is_some());
    }

    #[test]
    fn who_has_a_turn_receives_without_another() {
        let bounded = Bounded::new(Arc::new(Ready), Arc::new(Semaphore::new(1)));
        let _turn = at_once(bounded.turn()).unwrap();
        let (mut target, mut filled) = ([0; 4], 0);
        let request = HttpRequest::get("http://h");
        let received = at_once(bounded.receive(request, &mut target, &mut filled));
        assert!(matches!(received, Some(Ok(Received::Body))));
        assert_eq!(&target, b"body");
    }
}
