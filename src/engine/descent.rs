//! One job for every directory of a tree: several run at a time, results come
//! depth first and in order, whatever finishes first.
//!
//! Memory is bounded by the look-ahead: no more than `ahead` results exist
//! that have not been delivered (plus one, so that the next is always begun).

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::task::{JoinError, JoinHandle};

type Job<K, T> = Arc<dyn Fn(K) -> BoxFuture<'static, T> + Send + Sync>;

/// The directories still to come, the next one last.
pub(super) struct Descent<K, T> {
    stack: Vec<Slot<K, T>>,
    job: Job<K, T>,
    ahead: usize,
    begun: usize,
}

enum Slot<K, T> {
    Waiting(K),
    Begun(Task<T>),
    /// Only while a slot changes from one state to the other.
    Empty,
}

/// A task that ends with its handle.
pub(super) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Begins to work.
    pub(super) fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Whether the result is there.
    pub(super) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// The result; `None` only where the runtime ends.
    pub(super) async fn join(mut self) -> Option<T> {
        match (&mut self.0).await {
            Ok(result) => Some(result),
            Err(e) => resume(e),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<K, T: Send + 'static> Descent<K, T> {
    /// Prepares to run `job`, up to `ahead` at a time; 0 for jobs that have
    /// nothing to wait for: each is done when its result is wanted.
    pub(super) fn new(
        ahead: usize,
        job: impl Fn(K) -> BoxFuture<'static, T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            stack: Vec::new(),
            job: Arc::new(job),
            ahead,
            begun: 0,
        }
    }

    /// Adds directories to be visited next, in this order.
    pub(super) fn enter(&mut self, keys: Vec<K>) {
        self.stack.extend(keys.into_iter().rev().map(Slot::Waiting));
    }

    /// The next result; `None` when all are delivered.
    pub(super) async fn next(&mut self) -> Option<T> {
        self.begin_jobs();
        match self.stack.pop()? {
            Slot::Begun(task) => {
                self.begun -= 1;
                task.join().await
            }
            Slot::Waiting(key) => {
                // Others want to run, too, although nothing is waited for here.
                tokio::task::coop::consume_budget().await;
                Some((self.job)(key).await)
            }
            Slot::Empty => None,
        }
    }

    fn begin_jobs(&mut self) {
        for (depth, slot) in self.stack.iter_mut().rev().take(self.ahead).enumerate() {
            if depth > 0 && self.begun >= self.ahead {
                break;
            }
            *slot = match std::mem::replace(slot, Slot::Empty) {
                Slot::Waiting(key) => {
                    self.begun += 1;
                    Slot::Begun(Task::spawn((self.job)(key)))
                }
                other => other,
            };
        }
    }
}

/// A panic in a job goes on in the caller. The task is aborted by nobody but
/// its own handle's end, so no other failure is possible.
fn resume<T>(error: JoinError) -> Option<T> {
    if let Ok(panic) = error.try_into_panic() {
        std::panic::resume_unwind(panic);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn delivers_depth_first_with_bounded_lookahead() {
        for (ahead, bound) in [(3, 4), (1, 2), (0, 1)] {
            assert!(most_at_a_time(ahead).await <= bound, "{ahead}");
        }
    }

    async fn most_at_a_time(ahead: usize) -> usize {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (r, m) = (running.clone(), most.clone());
        let mut descent = Descent::new(ahead, move |key: String| {
            let (r, m) = (r.clone(), m.clone());
            Box::pin(async move {
                m.fetch_max(r.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                r.fetch_sub(1, Ordering::SeqCst);
                key
            })
        });
        descent.enter(vec![String::new()]);
        let mut seen = Vec::new();
        while let Some(key) = descent.next().await {
            if key.len() < 3 {
                descent.enter(vec![format!("{key}a"), format!("{key}b")]);
            }
            seen.push(key);
        }
        let mut sorted = seen.clone();
        sorted.sort();
        assert_eq!(seen, sorted, "pre-order is the order of the names here");
        assert_eq!(seen.len(), 15);
        most.load(Ordering::SeqCst)
    }
}
