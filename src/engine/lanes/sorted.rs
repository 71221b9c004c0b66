//! The queue of transfers in an order that the user wants.
//!
//! There is one queue for all: files begin in its order. The workers for small
//! files, of which a store may have many, take the file at its end if that is a
//! small one, and else leave it to the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

use super::super::transfer::Job;
use super::is_small;
use super::order::{End, Key, Order};

/// What feeders and takers share.
struct Shared {
    order: Order,
    jobs: Mutex<BTreeMap<Key, Job>>,
    room: Semaphore,
    /// The number of the next file.
    next: AtomicU64,
    feeders: AtomicUsize,
    /// Something came, went, or nothing more comes.
    changed: Notify,
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<Key, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts files in. When the last one is dropped nothing more comes.
pub(super) struct Feeder(Arc<Shared>);

impl Feeder {
    /// A queue for `backlog` files.
    pub(super) fn new(order: Order, backlog: usize) -> Self {
        Self(Arc::new(Shared {
            order,
            jobs: Mutex::default(),
            room: Semaphore::new(backlog),
            next: AtomicU64::new(0),
            feeders: AtomicUsize::new(1),
            changed: Notify::new(),
        }))
    }

    /// Worker `number` of `all`, for any files or for small ones alone.
    pub(super) fn taker(&self, number: usize, all: usize, small: bool) -> Taker {
        Taker {
            shared: Arc::clone(&self.0),
            end: self.0.order.end(number, all),
            small,
        }
    }

    /// Adds a file, as soon as there is room.
    pub(super) async fn put(&self, job: Job) {
        // Nobody closes it.
        if let Ok(room) = self.0.room.acquire().await {
            room.forget();
        }
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let key = self.0.order.key(&job, number);
        self.0.jobs().insert(key, job);
        self.0.changed.notify_waiters();
    }
}

impl Clone for Feeder {
    fn clone(&self) -> Self {
        self.0.feeders.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        if self.0.feeders.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.changed.notify_waiters();
        }
    }
}

/// Takes files out, from one end.
#[derive(Clone)]
pub(super) struct Taker {
    shared: Arc<Shared>,
    end: End,
    small: bool,
}

impl Taker {
    /// The next file; `None` when all are done.
    pub(super) async fn next(&self) -> Option<Job> {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let over = self.shared.feeders.load(Ordering::SeqCst) == 0;
            let (job, empty) = self.take();
            if let Some(job) = job {
                self.shared.room.add_permits(1);
                // Another file stands at the end now.
                self.shared.changed.notify_waiters();
                return Some(job);
            }
            if over && empty {
                return None;
            }
            changed.await;
        }
    }

    /// The file at the end, if it is for this worker; whether there is none.
    fn take(&self) -> (Option<Job>, bool) {
        let mut jobs = self.shared.jobs();
        let found = match self.end {
            End::First => jobs.first_entry(),
            End::Last => jobs.last_entry(),
        };
        match found {
            None => (None, true),
            Some(found) if self.small && !is_small(found.get()) => (None, false),
            Some(found) => (Some(found.remove()), false),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::SMALL;
    use super::super::tests::job;
    use super::*;

    async fn all(order: &str, sizes: &[u64]) -> Vec<u64> {
        let feeder = Feeder::new(Order::parse(order).unwrap().unwrap(), 100);
        let takers = [feeder.taker(0, 2, false), feeder.taker(1, 2, false)];
        for size in sizes {
            feeder.put(job("x", Some(*size))).await;
        }
        drop(feeder);
        let mut taken = Vec::new();
        for taker in takers.iter().cycle() {
            match taker.next().await {
                Some(job) => taken.push(job.src.size.unwrap()),
                None => break,
            }
        }
        taken
    }

    #[tokio::test]
    async fn files_come_in_their_order() {
        let sizes = [3, 1, 5, 2, 4];
        assert_eq!(all("size", &sizes).await, [1, 2, 3, 4, 5]);
        assert_eq!(all("size,desc", &sizes).await, [5, 4, 3, 2, 1]);
        assert_eq!(all("size,mixed", &sizes).await, [1, 5, 2, 4, 3]);
    }

    #[tokio::test]
    async fn workers_for_small_files_leave_the_order_as_it_is() {
        let feeder = Feeder::new(Order::parse("name").unwrap().unwrap(), 100);
        let (any, small) = (feeder.taker(0, 1, false), feeder.taker(0, 1, true));
        feeder.put(job("b", Some(1))).await;
        feeder.put(job("a", Some(SMALL + 1))).await;
        drop(feeder);
        let first = tokio::spawn(async move { small.next().await.unwrap().name });
        tokio::task::yield_now().await;
        assert_eq!(any.next().await.unwrap().name, "a");
        assert_eq!(first.await.unwrap(), "b");
        assert!(any.next().await.is_none());
    }

    #[tokio::test]
    async fn a_full_queue_waits_for_room() {
        let feeder = Feeder::new(Order::parse("size").unwrap().unwrap(), 1);
        let taker = feeder.taker(0, 1, false);
        feeder.put(job("a", Some(1))).await;
        let more = feeder.clone();
        let putting = tokio::spawn(async move { more.put(job("b", Some(2))).await });
        tokio::task::yield_now().await;
        assert!(!putting.is_finished());
        assert_eq!(taker.next().await.unwrap().name, "a");
        putting.await.unwrap();
        drop(feeder);
        assert_eq!(taker.next().await.unwrap().name, "b");
        assert!(taker.next().await.is_none());
    }
}
