//! A MEGA-protocol server on this machine. It shares no code with the client.

pub mod accounts;
pub mod crypto;
pub mod faults;
pub mod witness;
