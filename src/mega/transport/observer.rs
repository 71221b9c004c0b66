//! A transport that keeps an eye on another one: what the server says on the
//! side, for `megarc doctor`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use super::{HttpRequest, HttpResponse, Received, Transport, TransportError, Turn};

/// What has been seen so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Requests sent.
    pub requests: u32,
    /// The last `Date` header, and when it came.
    pub date: Option<(String, SystemTime)>,
    /// Proofs of work that were given.
    pub proofs: u32,
    /// How long they took.
    pub proving: Duration,
}

/// Passes everything on, and takes notes.
pub struct Observer {
    inner: Arc<dyn Transport>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    seen: Seen,
    /// When a proof of work was asked for.
    asked: Option<Instant>,
}

impl Observer {
    /// An eye on `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self {
            inner,
            notes: Mutex::default(),
        }
    }

    /// What has been seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.notes().seen.clone()
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Observer {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        {
            let mut notes = self.notes();
            notes.seen.requests += 1;
            let proof = request.headers.iter().any(|(name, _)| name == "x-hashcash");
            if let Some(asked) = notes.asked.take().filter(|_| proof) {
                notes.seen.proofs += 1;
                notes.seen.proving += asked.elapsed();
            }
        }
        let response = self.inner.send(request).await?;
        let mut notes = self.notes();
        if response.status == 402 {
            notes.asked = Some(Instant::now());
        }
        if let Some(date) = response.header("date") {
            notes.seen.date = Some((date.to_owned(), SystemTime::now()));
        }
        Ok(response)
    }

    async fn admit(&self) {
        self.inner.admit().await;
    }

    async fn turn(&self) -> Turn {
        self.inner.turn().await
    }

    async fn receive(
        &self,
        request: HttpRequest,
        target: &mut [u8],
        filled: &mut usize,
    ) -> Result<Received, TransportError> {
        self.notes().seen.requests += 1;
        self.inner.receive(request, target, filled).await
    }
}
