//! The sandbox's own cryptography: a deliberate second implementation.
//!
//! Everything in this folder also exists in `mega::crypto`, and that is the
//! point. A round trip through one's own code proves the plumbing only: a
//! mistake made in both directions (a nonce in the wrong half, a flat chunk
//! schedule, a key folded twice) passes it unnoticed. So this side was written
//! from docs/protocol.md alone, on single AES blocks and plain loops, with
//! another library for RSA, and imports nothing of ours. Do not "clean up" the
//! duplication; `tests/architecture.rs` keeps the wall.
//!
//! Both sides are tied to the vectors of `tests/vectors`, made elsewhere, so
//! that they cannot share one misreading (`tests/witness_vectors.rs`).

pub mod aes;
pub mod attributes;
pub mod base64;
pub mod checksum;
pub mod chunks;
pub mod content;
pub mod fingerprint;
pub mod hashcash;
pub mod mpi;
pub mod node_key;
pub mod password;
pub mod raid;
pub mod rsa;
pub mod test_key;
pub mod totp;

/// Something that does not have the form the protocol asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

/// Fills an array with random bytes of the operating system.
///
/// # Errors
/// When the system's generator fails.
pub fn random<const N: usize>() -> Result<[u8; N], Malformed> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Malformed("the system's random generator failed"))?;
    Ok(bytes)
}

/// Reads a base64url value of exactly `N` bytes.
///
/// # Errors
/// When the text is no base64 or has another length.
pub fn decode_exactly<const N: usize>(
    text: &str,
    what: &'static str,
) -> Result<[u8; N], Malformed> {
    let bytes = base64::decode(text).ok_or(Malformed(what))?;
    bytes.try_into().map_err(|_| Malformed(what))
}
