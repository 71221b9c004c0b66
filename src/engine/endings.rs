//! Work that is not cut off: whoever makes something for itself alone removes
//! it again, also when the user stops the command.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// The works under way that have to come to an end of their own.
#[derive(Default)]
pub struct Endings {
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Tells a work that it is to end soon.
pub struct Stopped(watch::Receiver<bool>);

impl Endings {
    /// Runs `work` beside the caller, who may be dropped meanwhile; `None`
    /// when it came to no end.
    pub async fn run<T, W>(&self, work: impl FnOnce(Stopped) -> W) -> Option<T>
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let work = work(Stopped(self.stop.subscribe()));
        let (done, result) = oneshot::channel();
        let task = tokio::spawn(async move {
            // Nobody may be waiting any more.
            let _ = done.send(work.await);
        });
        self.tasks().push(task);
        result.await.ok()
    }

    /// Asks all works to end, and waits until they have.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks {
            let _ = task.await;
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stopped {
    /// Waits until the work is to end.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_work_ends_when_it_is_asked_to_though_nobody_waits() {
        let endings = Endings::default();
        assert_eq!(endings.run(|_| async { 7 }).await, Some(7));
        let cleared = Arc::new(AtomicBool::new(false));
        let clear = Arc::clone(&cleared);
        let (begun, mut has_begun) = watch::channel(false);
        let work = endings.run(move |mut stopped| async move {
            begun.send_replace(true);
            stopped.wait().await;
            clear.store(true, Ordering::SeqCst);
        });
        tokio::select! {
            _ = work => unreachable!("nobody has stopped it"),
            _ = has_begun.wait_for(|begun| *begun) => {}
        }
        endings.stop().await;
        assert!(cleared.load(Ordering::SeqCst));
    }
}
