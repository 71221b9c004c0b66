//! A MEGA-protocol server on this machine. It shares no code with the client.
//!
//! For `megarc sandbox`, for `:sandbox:` and for tests: accounts, storage that
//! never sees a key, events, links and quota, durable on disk. It is written
//! from docs/protocol.md alone and imports nothing of ours outside this folder,
//! so that a mistake in the client cannot hide in the server.
//!
//! | file | what |
//! | --- | --- |
//! | `server.rs` | the listener and what all connections share |
//! | `http.rs` | which address goes where |
//! | `api/` | the commands of `/cs` |
//! | `channel.rs`, `events.rs` | the event channel |
//! | `storage/` | upload and download hosts |
//! | `store/` | memory, database, content files |
//! | `trouble.rs` | applies what `faults.rs` decides |
//! | `embedded.rs` | `:sandbox:` |
//! | `seed.rs` | fills accounts for trials with many nodes |
//! | `accounts.rs`, `crypto/`, `witness.rs` | the second implementation of the cryptography |

pub mod accounts;
mod api;
mod body;
mod channel;
mod clock;
pub mod crypto;
pub mod embedded;
mod events;
pub mod faults;
mod http;
mod json;
mod random;
mod seed;
mod server;
mod stats;
mod storage;
pub mod store;
mod text;
mod trouble;
pub mod witness;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use accounts::{AccountSpec, Mfa, RsaSource};
pub use faults::Faults;
pub use server::{Account, Handle, start};
pub use stats::Stats;

/// Why the sandbox cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    /// An error that says `what`.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<crypto::Malformed> for Error {
    fn from(source: crypto::Malformed) -> Self {
        Self(source.to_string())
    }
}

/// What sort of sandbox to start.
#[derive(Clone)]
pub struct Options {
    /// Where the state is kept; a temporary folder if absent.
    pub dir: Option<PathBuf>,
    /// Where to listen; port 0 picks a free one.
    pub addr: SocketAddr,
    /// What shall go wrong.
    pub faults: Faults,
    /// Accounts to make if they do not exist yet.
    pub accounts: Vec<AccountSpec>,
    /// How many nodes each account that is made is filled with.
    pub seed_nodes: u64,
    /// Time added to every answer.
    pub latency: Duration,
    /// Whether uploads are checked against the protocol, for accounts that the
    /// sandbox made.
    pub witness: bool,
    /// Whether downloads with `v:2` get six addresses.
    pub cloudraid: bool,
    /// How long a wait for events may last.
    pub longest_wait: Duration,
    /// A word that `/sandbox/word` answers, by which the server is known again.
    pub word: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: None,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            faults: Faults::default(),
            accounts: Vec::new(),
            seed_nodes: 0,
            latency: Duration::ZERO,
            witness: true,
            cloudraid: false,
            longest_wait: Duration::from_secs(30),
            word: None,
        }
    }
}
