//! MEGA cryptography: synchronous functions on slices, no I/O, no runtime.
//!
//! Every format here is written down byte by byte in docs/protocol.md; each
//! file cites its section. Three rules hold throughout:
//!
//! - a kind of secret is a type of its own, prints `***`, compares in constant
//!   time and is wiped when dropped ([`keys`]);
//! - what a server or a file supplied is never indexed or unwrapped: it is
//!   parsed, or refused with a [`CryptoError`] that says what was wrong;
//! - `unsafe` stands in one file, the processor kernels, and a portable path
//!   computes the same.

pub mod attributes;
pub mod base64;
pub mod chunks;
pub mod content;
mod cpu;
mod error;
pub mod file_key;
pub mod fingerprint;
pub mod hashcash;
pub mod key_field;
pub mod keys;
pub mod keys_attribute;
pub mod link;
pub mod mpi;
pub mod password;
pub mod password_link;
pub mod raid;
pub mod rsa;
pub mod seal;
pub mod session_id;
pub mod upload_answer;
pub mod upload_checksum;
pub mod wrap;

pub use error::CryptoError;
