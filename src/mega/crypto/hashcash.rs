//! Hashcash: work that the server may demand, mostly at login (HTTP 402).
//!
//! Challenge `1:<easiness>:<time>:<token>`; the token is 64 characters of
//! base64url, 48 bytes. To find: a 4-byte prefix such that the first 32 bits,
//! big-endian, of SHA-256(prefix || token * 262144) are at most the threshold.
//! Answer `1:<token>:<prefix>`, the prefix being 6 characters of base64url.
//! Spec: docs/protocol.md#hashcash.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
mod hasher;
#[cfg(target_arch = "x86_64")]
mod schedule;
#[cfg(target_arch = "x86_64")]
pub(super) mod sha_ni;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sha2::{Digest, Sha256};

pub use self::hasher::Hasher;
use super::base64;

/// How often the token stands in the hashed buffer.
const REPEATS: usize = 262_144;
const TOKEN: usize = 48;

/// A challenge, as the `X-Hashcash` header of a 402 answer gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    easiness: u8,
    token: String,
    token_bytes: [u8; TOKEN],
}

impl Challenge {
    /// Parses the header's value; `None` for one to be ignored.
    pub fn parse(header: &str) -> Option<Self> {
        let mut fields = header.trim().split(':');
        let (version, easiness) = (fields.next()?, fields.next()?);
        let (time, token) = (fields.next()?, fields.next()?);
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if fields.next().is_some() || version != "1" || !number(easiness) || !number(time) {
            return None;
        }
        if token.len() != TOKEN / 3 * 4 || !base64::is_base64url(token) {
            return None;
        }
        Some(Self {
            easiness: easiness.parse().ok()?,
            token: token.to_owned(),
            token_bytes: base64::decode(token).ok()?.try_into().ok()?,
        })
    }

    /// The greatest first word that a solution may have.
    pub fn threshold(&self) -> u32 {
        let e = u32::from(self.easiness);
        (((e & 63) << 1) + 1) << ((e >> 6) * 7 + 3)
    }

    /// How many prefixes must be tried on average.
    pub fn expected_tries(&self) -> u64 {
        (1 << 32) / (u64::from(self.threshold()) + 1)
    }

    /// The first 32 bits of the hash with this prefix. Hashes 12 MiB.
    pub fn word(&self, prefix: [u8; 4]) -> u32 {
        const AT_ONCE: usize = 256;
        let tokens = self.token_bytes.repeat(AT_ONCE);
        let mut hash = Sha256::new();
        hash.update(prefix);
        for _ in 0..REPEATS / AT_ONCE {
            hash.update(&tokens);
        }
        let digest = hash.finalize();
        let [a, b, c, d, ..] = digest.0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Tells whether a prefix solves the challenge.
    pub fn verify(&self, prefix: [u8; 4]) -> bool {
        self.word(prefix) <= self.threshold()
    }

    /// The header value that hands in a prefix.
    pub fn answer(&self, prefix: [u8; 4]) -> String {
        format!("1:{}:{}", self.token, base64::encode(&prefix))
    }

    /// Searches on `threads` threads until a prefix is found, and returns the
    /// header value; `None` if `cancel` was set meanwhile. Blocks: call it from
    /// a thread of its own.
    pub fn solve(&self, threads: usize, cancel: &AtomicBool) -> Option<String> {
        let next = AtomicU64::new(0);
        let found = Mutex::new(None);
        let done = AtomicBool::new(false);
        let hasher = Hasher::fastest(self);
        let batch = u64::from(hasher.batch());
        let threshold = self.threshold();
        let search = || {
            while !done.load(Ordering::Relaxed) && !cancel.load(Ordering::Relaxed) {
                let Ok(first) = u32::try_from(next.fetch_add(batch, Ordering::Relaxed)) else {
                    return; // every prefix was tried
                };
                let words = hasher.words(first);
                if let Some(n) = words.iter().position(|word| *word <= threshold) {
                    done.store(true, Ordering::Relaxed);
                    let prefix = first.wrapping_add(n as u32).to_be_bytes();
                    *found.lock().unwrap_or_else(|e| e.into_inner()) = Some(prefix);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(search);
            }
            search();
        });
        let prefix = found.into_inner().unwrap_or_else(|e| e.into_inner())?;
        Some(self.answer(prefix))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn challenge(easiness: u8) -> Challenge {
        let token = base64::encode(&[7; TOKEN]);
        Challenge::parse(&format!("1:{easiness}:1731410499:{token}")).unwrap()
    }

    #[test]
    fn a_cancelled_search_ends_without_answer() {
        assert_eq!(challenge(0).solve(2, &AtomicBool::new(true)), None);
    }

    #[test]
    fn what_solve_finds_verifies() {
        let challenge = challenge(255);
        let answer = challenge.solve(2, &AtomicBool::new(false)).unwrap();
        let prefix = base64::decode(answer.rsplit(':').next().unwrap()).unwrap();
        assert!(challenge.verify(prefix.try_into().unwrap()));
        assert!(answer.starts_with("1:BwcH"));
    }

    #[test]
    fn signs_and_extra_fields_are_no_challenge() {
        let token = base64::encode(&[7; TOKEN]);
        for header in [
            format!("1:+9:1:{token}"),
            format!("1:9:1:{token}:x"),
            format!("1:9::{token}"),
            format!("1:9:1:{}*", &token[1..]),
        ] {
            assert_eq!(Challenge::parse(&header), None, "{header}");
        }
    }
}
