//! Content kernel on 256-bit VAES: eight lanes, two blocks of each a step.
//!
//! As in [`aes_ni`](super::aes_ni), the next keystream and this step's MACs go
//! through the rounds together. A register holds two lanes' MACs, so the
//! plaintext is transposed two by two: from two blocks of one lane to the same
//! block of two lanes.

use std::arch::x86_64::*;

use super::lanes::{Direction, Work};
use crate::mega::crypto::cpu::{RoundKeys, load128, load256, store256};

const LANES: usize = 8;
const PAIRS: usize = LANES / 2;

/// Walks whole steps of 32 bytes: as many as the longest lane has, every other
/// lane being as long, or empty.
#[target_feature(enable = "aes,vaes,avx2")]
pub(in crate::mega::crypto) fn run(
    keys: &RoundKeys,
    nonce: u64,
    direction: Direction,
    work: &mut [Work<'_>; LANES],
) {
    match direction {
        Direction::Encrypt => walk::<false>(keys, nonce, work),
        Direction::Decrypt => walk::<true>(keys, nonce, work),
    }
}

#[inline]
#[target_feature(enable = "aes,vaes,avx2")]
fn walk<const DECRYPT: bool>(keys: &RoundKeys, nonce: u64, work: &mut [Work<'_>; LANES]) {
    let zero = _mm256_setzero_si256();
    let mut round = [zero; 11];
    for (slot, key) in round.iter_mut().zip(keys) {
        *slot = _mm256_broadcastsi128_si256(load128(key));
    }
    let wire = _mm256_broadcastsi128_si256(_mm_set_epi8(
        8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0,
    ));
    let mut base = [zero; LANES];
    for (slot, w) in base.iter_mut().zip(work.iter()) {
        let (n, c) = (nonce as i64, w.block as i64);
        *slot = _mm256_set_epi64x(c.wrapping_add(1), n, c, n);
    }
    let mut mac = [zero; PAIRS];
    for (slot, pair) in mac.iter_mut().zip(work.as_chunks::<2>().0) {
        *slot = _mm256_set_m128i(load128(&pair[1].mac), load128(&pair[0].mac));
    }
    let steps = work.iter().map(|w| w.data.len() / 32).max().unwrap_or(0);
    let data = work.each_mut().map(|w| w.data.as_chunks_mut::<32>().0);

    // keystream of the first step
    let mut stream = [zero; LANES];
    for l in 0..LANES {
        let mut s = _mm256_xor_si256(_mm256_shuffle_epi8(base[l], wire), round[0]);
        for key in &round[1..10] {
            s = _mm256_aesenc_epi128(s, *key);
        }
        stream[l] = _mm256_aesenclast_epi128(s, round[10]);
    }
    let two = _mm256_set_epi64x(2, 0, 2, 0);
    let mut ahead = two;
    for i in 0..steps {
        let mut plain = [zero; LANES];
        for l in 0..LANES {
            if let Some(blocks) = data[l].get_mut(i) {
                let given = load256(blocks);
                let result = _mm256_xor_si256(given, stream[l]);
                store256(blocks, result);
                plain[l] = if DECRYPT { result } else { given };
            }
        }
        for half in 0..2 {
            let mut next = [zero; PAIRS];
            for p in 0..PAIRS {
                let (a, b) = (plain[2 * p], plain[2 * p + 1]);
                let block = if half == 0 {
                    _mm256_permute2x128_si256::<0x20>(a, b)
                } else {
                    _mm256_permute2x128_si256::<0x31>(a, b)
                };
                mac[p] = _mm256_xor_si256(_mm256_xor_si256(mac[p], block), round[0]);
                let counter = _mm256_add_epi64(base[half * PAIRS + p], ahead);
                next[p] = _mm256_xor_si256(_mm256_shuffle_epi8(counter, wire), round[0]);
            }
            for key in &round[1..10] {
                for p in 0..PAIRS {
                    mac[p] = _mm256_aesenc_epi128(mac[p], *key);
                    next[p] = _mm256_aesenc_epi128(next[p], *key);
                }
            }
            for p in 0..PAIRS {
                mac[p] = _mm256_aesenclast_epi128(mac[p], round[10]);
                stream[half * PAIRS + p] = _mm256_aesenclast_epi128(next[p], round[10]);
            }
        }
        ahead = _mm256_add_epi64(ahead, two);
    }
    for (pair, mac) in work.as_chunks_mut::<2>().0.iter_mut().zip(mac) {
        let mut bytes = [0; 32];
        store256(&mut bytes, mac);
        for (w, mac) in pair.iter_mut().zip(bytes.as_chunks::<16>().0) {
            w.mac = *mac;
        }
    }
}
