//! Addresses asked for ahead: where the next files go, or come from.
//!
//! A small file waits for its address as long as for its bytes. Whoever knows
//! which files come next says so, and the questions leave in the requests that
//! go out anyway. An address that was asked ahead is only ever an early answer:
//! without one, or after a refusal, the file asks for itself.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::api::{Api, DownloadTarget, RequestDownload, RequestDownloadReply, RequestUpload};
use super::error::Error;

/// Addresses asked for and not taken at most; what is announced beyond that
/// is not asked for.
const MOST: usize = 128;

/// An address older than this is not trusted any more.
const FRESH: Duration = Duration::from_secs(600);

/// The questions on their way and the answers that wait; see the module.
#[derive(Default)]
pub(super) struct Ahead {
    /// By size.
    uploads: Mutex<Tickets<u64, String>>,
    /// By file.
    downloads: Mutex<Tickets<DownloadTarget, RequestDownloadReply>>,
}

type Tickets<K, T> = HashMap<K, VecDeque<Ticket<T>>>;

/// One question; it is taken back when this is dropped.
struct Ticket<T> {
    asked: Instant,
    task: JoinHandle<Result<T, Error>>,
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Ahead {
    /// A file of `size` bytes will be uploaded.
    pub(super) fn upload(&self, api: &Api, size: u64, use_https: bool) {
        let api = api.clone();
        announce(&self.uploads, size, async move {
            api.call(RequestUpload { size, use_https }).await
        });
    }

    /// The file at `target` will be downloaded.
    pub(super) fn download(&self, api: &Api, target: DownloadTarget, use_https: bool) {
        let request = RequestDownload {
            target,
            use_https,
            with_address: true,
            // Only small files are announced: one address is enough.
            striped: false,
        };
        let api = api.clone();
        announce(
            &self.downloads,
            target,
            async move { api.call(request).await },
        );
    }

    /// The address for an upload of `size` bytes, if it was asked for.
    pub(super) async fn take_upload(&self, size: u64) -> Option<String> {
        take(&self.uploads, &size).await
    }

    /// The answer about a download, if it was asked for.
    pub(super) async fn take_download(
        &self,
        target: DownloadTarget,
    ) -> Option<RequestDownloadReply> {
        take(&self.downloads, &target).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn announce<K: Eq + Hash, T: Send + 'static>(
    tickets: &Mutex<Tickets<K, T>>,
    key: K,
    question: impl Future<Output = Result<T, Error>> + Send + 'static,
) {
    let mut tickets = lock(tickets);
    let mut count = 0;
    tickets.retain(|_, row| {
        row.retain(|ticket| ticket.asked.elapsed() < FRESH);
        count += row.len();
        !row.is_empty()
    });
    if count < MOST {
        tickets.entry(key).or_default().push_back(Ticket {
            asked: Instant::now(),
            task: tokio::spawn(question),
        });
    }
}

async fn take<K: Eq + Hash, T>(tickets: &Mutex<Tickets<K, T>>, key: &K) -> Option<T> {
    let mut ticket = {
        let mut tickets = lock(tickets);
        let row = tickets.get_mut(key)?;
        let ticket = row.pop_front();
        if row.is_empty() {
            tickets.remove(key);
        }
        ticket.filter(|ticket| ticket.asked.elapsed() < FRESH)?
    };
    (&mut ticket.task).await.ok()?.ok()
}
