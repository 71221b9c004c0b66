//! Work done side by side, its results taken in the order in which it began.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::descent::Task;

/// Results that wait for their turn.
pub(super) struct InOrder<T> {
    queue: VecDeque<Slot<T>>,
    permits: Arc<Semaphore>,
    most: usize,
}

enum Slot<T> {
    Known(T),
    Begun(Task<T>),
}

impl<T: Send + 'static> InOrder<T> {
    /// Works on `at_a_time` things at the same time, and keeps `most` results
    /// waiting for one that takes long.
    pub(super) fn new(at_a_time: usize, most: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            permits: Arc::new(Semaphore::new(at_a_time.max(1))),
            most,
        }
    }

    /// Adds a result that needs no work.
    pub(super) fn add(&mut self, result: T) {
        self.queue.push_back(Slot::Known(result));
    }

    /// Begins to work, as soon as it may.
    pub(super) async fn begin(&mut self, work: impl Future<Output = T> + Send + 'static) {
        // Nobody closes it.
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        self.queue.push_back(Slot::Begun(Task::spawn(async move {
            let result = work.await;
            drop(permit);
            result
        })));
    }

    /// The next result, if it is there; waits for it where too many others do.
    pub(super) async fn next_ready(&mut self) -> Option<T> {
        let ready = match self.queue.front()? {
            Slot::Known(_) => true,
            Slot::Begun(task) => task.is_finished(),
        };
        if ready || self.queue.len() > self.most {
            self.next().await
        } else {
            None
        }
    }

    /// The next result; `None` when nothing is left.
    pub(super) async fn next(&mut self) -> Option<T> {
        match self.queue.pop_front()? {
            Slot::Known(result) => Some(result),
            Slot::Begun(task) => task.join().await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn what_begins_first_comes_first() {
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        let mut queue = InOrder::new(4, 10);
        queue
            .begin(async move {
                gate.await.unwrap();
                1
            })
            .await;
        queue.begin(async { 2 }).await;
        queue.add(3);
        assert_eq!(queue.next_ready().await, None);
        open.send(()).unwrap();
        let mut all = Vec::new();
        while let Some(result) = queue.next().await {
            all.push(result);
        }
        assert_eq!(all, [1, 2, 3]);
    }
}
