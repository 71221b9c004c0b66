//! Interrupt and terminate: the first asks for a clean end, the second ends.
//!
//! They are waited for on a thread of their own, so that even a runtime that
//! is busy, or shutting down, hears the second one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// The first signal, once there is one.
#[derive(Clone)]
pub(super) struct Signals(watch::Receiver<Option<Signal>>);

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signal {
    /// Its number.
    pub number: u8,
    /// Its name, as rclone logs it.
    pub name: &'static str,
}

const INTERRUPT: Signal = Signal {
    number: 2,
    name: "interrupt",
};
const TERMINATE: Signal = Signal {
    number: 15,
    name: "terminated",
};

impl Signals {
    /// Begins to listen. While the user is asked something, nothing runs that would
    /// have to end well, and a waiting thread cannot be woken: the first
    /// signal ends the process then.
    ///
    /// # Errors
    /// The system refuses threads or handlers.
    pub(super) fn listen(asking: Arc<AtomicBool>) -> std::io::Result<Self> {
        let (first, seen) = watch::channel(None);
        let (installing, installed) = std::sync::mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(wait(first, &asking, installing)))?;
        // ends when the sender is dropped: no command begins without handlers
        let _ = installed.recv();
        Ok(Self(seen))
    }

    /// Waits for the first signal.
    pub(super) async fn first(&mut self) -> Signal {
        loop {
            if let Some(signal) = *self.0.borrow_and_update() {
                return signal;
            }
            if self.0.changed().await.is_err() {
                // No handlers, no signals: the default action ends us.
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(unix)]
async fn wait(
    first: watch::Sender<Option<Signal>>,
    asking: &AtomicBool,
    installing: std::sync::mpsc::Sender<()>,
) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut interrupt) = signal(SignalKind::interrupt()) else {
        return;
    };
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    drop(installing);
    loop {
        let signal = tokio::select! {
            _ = interrupt.recv() => INTERRUPT,
            _ = terminate.recv() => TERMINATE,
        };
        note(&first, asking, signal);
    }
}

#[cfg(not(unix))]
async fn wait(
    first: watch::Sender<Option<Signal>>,
    asking: &AtomicBool,
    installing: std::sync::mpsc::Sender<()>,
) {
    drop(installing);
    while tokio::signal::ctrl_c().await.is_ok() {
        note(&first, asking, INTERRUPT);
    }
}

#[expect(
    clippy::exit,
    reason = "the user insists, and nothing may hold the process"
)]
fn note(first: &watch::Sender<Option<Signal>>, asking: &AtomicBool, signal: Signal) {
    if first.borrow().is_some() || asking.load(Ordering::SeqCst) {
        std::process::exit(128 + i32::from(signal.number));
    }
    first.send_replace(Some(signal));
}
