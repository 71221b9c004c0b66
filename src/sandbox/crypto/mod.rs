//! The sandbox's own cryptography: a deliberate second implementation.
//!
//! Everything in this folder also exists in `mega::crypto`, and that is the
//! point. A round trip through one's own code proves the plumbing only: a
//! mistake made in both directions (a nonce in the wrong half, a flat chunk
//! schedule, a key folded twice) passes it unnoticed. So this side was written
//! from docs/protocol.md alone, on single AES blocks and plain loops, with
//! another library for RSA, and imports nothing of ours. Do not "clean up" the
//! duplication; `tests/architecture.rs` keeps the wall.
