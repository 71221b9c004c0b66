//! Content kernel on AES-NI: four lanes, one block of each a step.
//!
//! The keystream of the next step and the MAC of this step go through the
//! rounds together: eight chains in flight fill the unit, and encrypting costs
//! what decrypting costs, although a decrypted block must be known before it
//! can enter the MAC.

use std::arch::x86_64::*;

use super::lanes::{Direction, Work};
use crate::mega::crypto::cpu::{RoundKeys, load128, store128};

const LANES: usize = 6;

/// Computes the AES-128 key schedule.
#[target_feature(enable = "aes,avx")]
pub(in crate::mega::crypto) fn expand_key(key: &[u8; 16]) -> RoundKeys {
    /// One step: `assist` is aeskeygenassist of the previous round key.
    #[target_feature(enable = "sse2")]
    fn next(previous: __m128i, assist: __m128i) -> __m128i {
        let mut key = previous;
        key = _mm_xor_si128(key, _mm_slli_si128::<4>(key));
        key = _mm_xor_si128(key, _mm_slli_si128::<8>(key));
        _mm_xor_si128(key, _mm_shuffle_epi32::<0xFF>(assist))
    }
    let mut keys = [[0; 16]; 11];
    let mut round = load128(key);
    macro_rules! put {
        ($index:literal, $constant:literal) => {
            store128(&mut keys[$index - 1], round);
            round = next(round, _mm_aeskeygenassist_si128::<$constant>(round));
        };
    }
    put!(1, 0x01);
    put!(2, 0x02);
    put!(3, 0x04);
    put!(4, 0x08);
    put!(5, 0x10);
    put!(6, 0x20);
    put!(7, 0x40);
    put!(8, 0x80);
    put!(9, 0x1B);
    put!(10, 0x36);
    store128(&mut keys[10], round);
    keys
}

/// Walks whole blocks: as many steps as the longest lane has, every other
/// lane being as long, or empty.
#[target_feature(enable = "aes,avx")]
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
#[target_feature(enable = "aes,avx")]
fn walk<const DECRYPT: bool>(keys: &RoundKeys, nonce: u64, work: &mut [Work<'_>; LANES]) {
    let mut round = [_mm_setzero_si128(); 11];
    for (slot, key) in round.iter_mut().zip(keys) {
        *slot = load128(key);
    }
    // the counter is a number in the upper half; on the wire it is big-endian
    let wire = _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0);
    let mut base = [_mm_setzero_si128(); LANES];
    let mut mac = [_mm_setzero_si128(); LANES];
    for l in 0..LANES {
        base[l] = _mm_set_epi64x(work[l].block as i64, nonce as i64);
        mac[l] = load128(&work[l].mac);
    }
    let steps = work.iter().map(|w| w.data.len() / 16).max().unwrap_or(0);
    let data = work.each_mut().map(|w| w.data.as_chunks_mut::<16>().0);

    // keystream of the first step
    let mut stream = [_mm_setzero_si128(); LANES];
    for l in 0..LANES {
        let mut s = _mm_xor_si128(_mm_shuffle_epi8(base[l], wire), round[0]);
        for key in &round[1..10] {
            s = _mm_aesenc_si128(s, *key);
        }
        stream[l] = _mm_aesenclast_si128(s, round[10]);
    }
    let one = _mm_set_epi64x(1, 0);
    let mut ahead = one;
    for i in 0..steps {
        let mut next = [_mm_setzero_si128(); LANES];
        for l in 0..LANES {
            let mut plain = _mm_setzero_si128();
            if let Some(block) = data[l].get_mut(i) {
                let given = load128(block);
                let result = _mm_xor_si128(given, stream[l]);
                store128(block, result);
                plain = if DECRYPT { result } else { given };
            }
            mac[l] = _mm_xor_si128(_mm_xor_si128(mac[l], plain), round[0]);
            let counter = _mm_add_epi64(base[l], ahead);
            next[l] = _mm_xor_si128(_mm_shuffle_epi8(counter, wire), round[0]);
        }
        for key in &round[1..10] {
            for l in 0..LANES {
                mac[l] = _mm_aesenc_si128(mac[l], *key);
                next[l] = _mm_aesenc_si128(next[l], *key);
            }
        }
        for l in 0..LANES {
            mac[l] = _mm_aesenclast_si128(mac[l], round[10]);
            stream[l] = _mm_aesenclast_si128(next[l], round[10]);
        }
        ahead = _mm_add_epi64(ahead, one);
    }
    for (w, mac) in work.iter_mut().zip(mac) {
        store128(&mut w.mac, mac);
    }
}
