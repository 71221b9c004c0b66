//! The MEGA client: crypto and API at the bottom, session and tree above them, transfers on top.

pub mod account;
mod ahead;
pub mod api;
pub mod buffers;
pub mod client;
pub mod compare;
pub mod content;
pub mod crypto;
pub mod download;
pub mod error;
mod fetch;
pub mod handle;
pub mod links;
pub mod node;
mod operations;
mod pieces;
mod private;
mod quota;
mod reader;
pub mod session;
pub mod state;
pub mod transport;
pub mod tree;
pub mod turns;
pub mod upload;

pub use client::{Client, ClientOptions, QuotaReaction};
pub use error::{Error, ErrorCode, LoginFailure};
pub use handle::{NodeHandle, PublicHandle, UserHandle};
