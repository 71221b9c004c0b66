//! Hashing several prefixes of one challenge at once, in each way there is.

use std::time::Instant;

use sha2::{Digest, Sha256};

use super::Challenge;
#[cfg(target_arch = "x86_64")]
use super::schedule::Prepared;
#[cfg(target_arch = "x86_64")]
use crate::mega::crypto::cpu::{Sha4, Sha16};

/// One way to hash, prepared for a challenge.
pub struct Hasher<'a> {
    challenge: &'a Challenge,
    way: Way,
}

enum Way {
    /// One prefix after the other, over the plain buffer.
    Plain,
    /// Four on SHA-NI.
    #[cfg(target_arch = "x86_64")]
    Four(Sha4, Box<Prepared>),
    /// Sixteen on AVX-512.
    #[cfg(target_arch = "x86_64")]
    Sixteen(Sha16, Box<Prepared>),
}

/// The ways of this processor to try several prefixes at once.
#[cfg(target_arch = "x86_64")]
fn wide(challenge: &Challenge) -> Vec<Way> {
    let prepared = || Box::new(Prepared::new(&challenge.token_bytes));
    let four = Sha4::detect().map(|sha| Way::Four(sha, prepared()));
    let sixteen = Sha16::detect().map(|sha| Way::Sixteen(sha, prepared()));
    four.into_iter().chain(sixteen).collect()
}

/// Other processors have none yet.
#[cfg(not(target_arch = "x86_64"))]
fn wide(_: &Challenge) -> Vec<Way> {
    Vec::new()
}

impl<'a> Hasher<'a> {
    /// All ways that this machine has; the plain one is the first.
    pub fn available(challenge: &'a Challenge) -> Vec<Self> {
        let mut ways = vec![Way::Plain];
        ways.extend(wide(challenge));
        ways.into_iter()
            .map(|way| Self { challenge, way })
            .collect()
    }

    /// The fastest way. SHA units and wide vectors rank differently from one
    /// processor generation to the next, by a factor of two either way, so a
    /// stretch of a millisecond or less is timed.
    pub(super) fn fastest(challenge: &'a Challenge) -> Self {
        let timed = Self::available(challenge)
            .into_iter()
            .min_by_key(Self::cost);
        timed.unwrap_or(Self {
            challenge,
            way: Way::Plain,
        })
    }

    /// Nanoseconds that one prefix takes for a stretch of the buffer.
    fn cost(&self) -> u128 {
        const STRETCH: usize = 300;
        let start = Instant::now();
        match &self.way {
            Way::Plain => {
                // three blocks a count; wins where the build is not optimised
                let stretch = [0; 3 * 64 * STRETCH];
                std::hint::black_box(Sha256::digest(stretch));
            }
            #[cfg(target_arch = "x86_64")]
            Way::Four(sha, prepared) => prepared.stretch::<4>(STRETCH, |states, blocks, count| {
                sha.compress(states, blocks, count);
            }),
            #[cfg(target_arch = "x86_64")]
            Way::Sixteen(sha, prepared) => {
                prepared.stretch::<16>(STRETCH, |states, blocks, count| {
                    sha.compress(states, blocks, count);
                });
            }
        }
        start.elapsed().as_nanos() / u128::from(self.batch())
    }

    /// The way's name, for benchmarks.
    pub fn name(&self) -> &'static str {
        match self.way {
            Way::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Way::Four(..) => "sha-ni, 4 at once",
            #[cfg(target_arch = "x86_64")]
            Way::Sixteen(..) => "avx-512, 16 at once",
        }
    }

    /// How many prefixes are hashed at once.
    pub fn batch(&self) -> u32 {
        match self.way {
            Way::Plain => 1,
            #[cfg(target_arch = "x86_64")]
            Way::Four(..) => 4,
            #[cfg(target_arch = "x86_64")]
            Way::Sixteen(..) => 16,
        }
    }

    /// The first words of the hashes with the prefixes from `first` on, one
    /// batch of them.
    pub fn words(&self, first: u32) -> Vec<u32> {
        match &self.way {
            Way::Plain => vec![self.challenge.word(first.to_be_bytes())],
            #[cfg(target_arch = "x86_64")]
            Way::Four(sha, prepared) => prepared
                .words::<4>(first, |states, blocks, count| {
                    sha.compress(states, blocks, count);
                })
                .to_vec(),
            #[cfg(target_arch = "x86_64")]
            Way::Sixteen(sha, prepared) => prepared
                .words::<16>(first, |states, blocks, count| {
                    sha.compress(states, blocks, count);
                })
                .to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn challenge() -> Challenge {
        let token = b"a token of forty-eight bytes, no two of it equal";
        let token = crate::mega::crypto::base64::encode(token);
        Challenge::parse(&format!("1:9:1:{token}")).unwrap()
    }

    #[test]
    fn every_way_gives_the_plain_words() {
        let challenge = challenge();
        for hasher in Hasher::available(&challenge) {
            if cfg!(debug_assertions) && hasher.batch() > 4 {
                continue; // takes long without optimisation; see the next test
            }
            let first = 0x0102_03FE;
            let words = hasher.words(first);
            assert_eq!(words.len(), hasher.batch() as usize);
            let last = words.len() - 1;
            for i in [0, last] {
                let prefix = (first + i as u32).to_be_bytes();
                assert_eq!(words[i], challenge.word(prefix), "{} {i}", hasher.name());
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn sixteen_chains_equal_four() {
        let (Some(four), Some(sixteen)) = (Sha4::detect(), Sha16::detect()) else {
            return;
        };
        let blocks =
            [1, 2, 3u32].map(|n| std::array::from_fn(|i| n.wrapping_mul(0x9E37_79B9 ^ i as u32)));
        let start: [[u32; 8]; 16] =
            std::array::from_fn(|c| std::array::from_fn(|i| (c as u32 * 77 + i as u32) << 20));
        let mut wide = start;
        sixteen.compress(&mut wide, &blocks, 5);
        for (narrow, wide) in start.as_chunks::<4>().0.iter().zip(wide.as_chunks::<4>().0) {
            let mut narrow = *narrow;
            four.compress(&mut narrow, &blocks, 5);
            assert_eq!(&narrow, wide);
        }
    }
}
