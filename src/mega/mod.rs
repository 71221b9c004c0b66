//! The MEGA client: crypto and API at the bottom, session and tree above them, transfers on top.

pub mod api;
pub mod crypto;
pub mod session;
pub mod transport;
pub mod tree;
