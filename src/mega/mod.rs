//! The MEGA client: crypto and API at the bottom, session and tree above them, transfers on top.

pub mod account;
pub mod api;
pub mod client;
pub mod crypto;
pub mod error;
pub mod handle;
pub mod session;
pub mod transport;
pub mod tree;

pub use client::{Client, ClientOptions, QuotaReaction};
pub use error::{Error, ErrorCode, LoginFailure};
pub use handle::{NodeHandle, PublicHandle, UserHandle};
