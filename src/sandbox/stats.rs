//! Counters: what clients asked for, so that tests can say "logged in once".

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::store::blobs::locked;

/// How many refusals are kept.
const MOST_REFUSALS: usize = 50;

/// A snapshot of the counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Successful logins with a password.
    pub logins: u64,
    /// Requests to the API.
    pub requests: u64,
    /// Commands by name.
    pub commands: BTreeMap<String, u64>,
    /// Answers repeated because the same request came again.
    pub replays: u64,
    /// Request ids that came again with another body: a fault of the client.
    pub reused_ids: u64,
    /// Requests to the event channel.
    pub polls: u64,
    /// Upload pieces received.
    pub pieces_up: u64,
    /// Download ranges served.
    pub pieces_down: u64,
    /// Bytes of upload pieces.
    pub bytes_up: u64,
    /// Bytes of download ranges.
    pub bytes_down: u64,
    /// Challenges set and solved.
    pub hashcash: u64,
    /// Faults applied.
    pub faults: u64,
    /// TCP connections accepted.
    pub connections: u64,
    /// The last uploads that the witness refused, with the reason.
    pub refusals: Vec<String>,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes of upload pieces.
    pub bytes_up: AtomicU64,
    /// Bytes of download ranges.
    pub bytes_down: AtomicU64,
    rest: Mutex<Stats>,
}

impl Counters {
    /// Changes the counters that are not worth an atomic of their own.
    pub fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut locked(&self.rest));
    }

    /// Counts one command.
    pub fn command(&self, name: &str) {
        self.count(|stats| {
            let room = stats.commands.len() < 200;
            match stats.commands.get_mut(name) {
                Some(count) => *count += 1,
                // A hostile client could invent names without end.
                None if room => {
                    stats.commands.insert(name.chars().take(20).collect(), 1);
                }
                None => {}
            }
        });
    }

    /// Notes an upload that the witness refused.
    pub fn refuse(&self, reason: String) {
        self.count(|stats| {
            if stats.refusals.len() >= MOST_REFUSALS {
                stats.refusals.remove(0);
            }
            stats.refusals.push(reason);
        });
    }

    /// The counters now.
    pub fn snapshot(&self) -> Stats {
        let mut stats = locked(&self.rest).clone();
        stats.bytes_up = self.bytes_up.load(Ordering::Relaxed);
        stats.bytes_down = self.bytes_down.load(Ordering::Relaxed);
        stats
    }
}
