//! Work demanded by a 402 answer, from the side that demands it.

use sha2::{Digest, Sha256};

use super::{Malformed, base64, random};

/// How often the token is repeated in the hashed buffer.
const REPEATS: usize = 262_144;

/// One demand, as the `X-Hashcash` header of a 402 answer carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// 0 (hard) … 255 (easy).
    pub easiness: u8,
    /// When it was made, UTC seconds.
    pub time: i64,
    /// 48 random bytes.
    pub token: [u8; 48],
}

impl Challenge {
    /// Makes a fresh demand.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(easiness: u8, time: i64) -> Result<Challenge, Malformed> {
        Ok(Challenge {
            easiness,
            time,
            token: random()?,
        })
    }

    /// Reads a header; exactly four fields, version 1, 64 characters of token.
    pub fn parse(header: &str) -> Option<Challenge> {
        let mut fields = header.split(':');
        let (version, easiness) = (fields.next()?, fields.next()?);
        let (time, token) = (fields.next()?, fields.next()?);
        let well_formed = version == "1" && token.len() == 64 && fields.next().is_none();
        let token = base64::decode_strict(token).filter(|_| well_formed)?;
        Some(Challenge {
            easiness: easiness.parse().ok()?,
            time: time.parse().ok()?,
            token: token.try_into().ok()?,
        })
    }

    /// The header's value.
    pub fn header(&self) -> String {
        format!(
            "1:{}:{}:{}",
            self.easiness,
            self.time,
            base64::encode(&self.token)
        )
    }

    /// The greatest first word of the digest that counts as done.
    pub fn threshold(&self) -> u32 {
        threshold(self.easiness)
    }

    /// Whether the client's `X-Hashcash` header answers this demand.
    pub fn accepts(&self, header: &str) -> bool {
        let fields: Vec<&str> = header.split(':').collect();
        let ["1", token, prefix] = fields.as_slice() else {
            return false;
        };
        let Some(prefix) =
            base64::decode_strict(prefix).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok())
        else {
            return false;
        };
        *token == base64::encode(&self.token) && self.word(prefix) <= self.threshold()
    }

    /// The first 32 bits of SHA-256 over the prefix and the repeated token.
    pub fn word(&self, prefix: [u8; 4]) -> u32 {
        // hash in pages, so that the 12 MB buffer is never built
        let page = self.token.repeat(1024);
        let mut hash = Sha256::new_with_prefix(prefix);
        for _ in 0..REPEATS / 1024 {
            hash.update(&page);
        }
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        u32::from_be_bytes([a, b, c, d])
    }
}

/// `(((e & 63) << 1) + 1) << ((e >> 6) * 7 + 3)`: larger e, easier.
pub fn threshold(easiness: u8) -> u32 {
    let e = u32::from(easiness);
    (((e & 63) << 1) + 1) << ((e >> 6) * 7 + 3)
}
