//! Content kernel on 512-bit VAES: eight lanes, four blocks of each a step.
//!
//! As in [`aes_ni`](super::aes_ni), the next keystream and this step's MACs go
//! through the rounds together. A register holds four lanes' MACs, so the
//! plaintext is transposed four by four: from four blocks of one lane to the
//! same block of four lanes. Two registers of MACs and two of keystream in
//! flight fill the unit; more lanes would not be faster.

use std::arch::x86_64::*;

use super::lanes::{Direction, Work};
use crate::mega::crypto::cpu::{RoundKeys, load128, load512, store512};

const LANES: usize = 8;

/// Walks whole steps of 64 bytes: as many as the longest lane has, every other
/// lane being as long, or empty.
#[target_feature(enable = "aes,vaes,avx2,avx512f,avx512bw")]
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

/// From four blocks of each of four lanes to four lanes' block 0, 1, 2, 3.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let ab01 = _mm512_shuffle_i32x4::<0x44>(a, b);
    let ab23 = _mm512_shuffle_i32x4::<0xEE>(a, b);
    let cd01 = _mm512_shuffle_i32x4::<0x44>(c, d);
    let cd23 = _mm512_shuffle_i32x4::<0xEE>(c, d);
    [
        _mm512_shuffle_i32x4::<0x88>(ab01, cd01),
        _mm512_shuffle_i32x4::<0xDD>(ab01, cd01),
        _mm512_shuffle_i32x4::<0x88>(ab23, cd23),
        _mm512_shuffle_i32x4::<0xDD>(ab23, cd23),
    ]
}

#[inline]
#[target_feature(enable = "aes,vaes,avx2,avx512f,avx512bw")]
fn walk<const DECRYPT: bool>(keys: &RoundKeys, nonce: u64, work: &mut [Work<'_>; LANES]) {
    let zero = _mm512_setzero_si512();
    let mut round = [zero; 11];
    for (slot, key) in round.iter_mut().zip(keys) {
        *slot = _mm512_broadcast_i32x4(load128(key));
    }
    let wire = _mm512_broadcast_i32x4(_mm_set_epi8(
        8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0,
    ));
    let mut base = [zero; LANES];
    for (slot, w) in base.iter_mut().zip(work.iter()) {
        let n = nonce as i64;
        let [c0, c1, c2, c3] = [0, 1, 2, 3].map(|k| w.block.wrapping_add(k) as i64);
        *slot = _mm512_set_epi64(c3, n, c2, n, c1, n, c0, n);
    }
    let mut mac = [zero; 2];
    for (slot, group) in mac.iter_mut().zip(work.as_chunks::<4>().0) {
        let mut bytes = [0; 64];
        for (to, w) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(group) {
            *to = w.mac;
        }
        *slot = load512(&bytes);
    }
    let steps = work.iter().map(|w| w.data.len() / 64).max().unwrap_or(0);
    let data = work.each_mut().map(|w| w.data.as_chunks_mut::<64>().0);

    // keystream of the first step
    let mut stream = [zero; LANES];
    for l in 0..LANES {
        let mut s = _mm512_xor_si512(_mm512_shuffle_epi8(base[l], wire), round[0]);
        for key in &round[1..10] {
            s = _mm512_aesenc_epi128(s, *key);
        }
        stream[l] = _mm512_aesenclast_epi128(s, round[10]);
    }
    let four = _mm512_set_epi64(4, 0, 4, 0, 4, 0, 4, 0);
    let mut ahead = four;
    for i in 0..steps {
        let mut plain = [zero; LANES];
        for l in 0..LANES {
            if let Some(blocks) = data[l].get_mut(i) {
                let given = load512(blocks);
                let result = _mm512_xor_si512(given, stream[l]);
                store512(blocks, result);
                plain[l] = if DECRYPT { result } else { given };
            }
        }
        let [p0, p1, p2, p3, p4, p5, p6, p7] = plain;
        let low = transpose([p0, p1, p2, p3]);
        let high = transpose([p4, p5, p6, p7]);
        for j in 0..4 {
            let mut m0 = _mm512_xor_si512(_mm512_xor_si512(mac[0], low[j]), round[0]);
            let mut m1 = _mm512_xor_si512(_mm512_xor_si512(mac[1], high[j]), round[0]);
            let c0 = _mm512_add_epi64(base[2 * j], ahead);
            let c1 = _mm512_add_epi64(base[2 * j + 1], ahead);
            let mut s0 = _mm512_xor_si512(_mm512_shuffle_epi8(c0, wire), round[0]);
            let mut s1 = _mm512_xor_si512(_mm512_shuffle_epi8(c1, wire), round[0]);
            for key in &round[1..10] {
                m0 = _mm512_aesenc_epi128(m0, *key);
                m1 = _mm512_aesenc_epi128(m1, *key);
                s0 = _mm512_aesenc_epi128(s0, *key);
                s1 = _mm512_aesenc_epi128(s1, *key);
            }
            mac[0] = _mm512_aesenclast_epi128(m0, round[10]);
            mac[1] = _mm512_aesenclast_epi128(m1, round[10]);
            stream[2 * j] = _mm512_aesenclast_epi128(s0, round[10]);
            stream[2 * j + 1] = _mm512_aesenclast_epi128(s1, round[10]);
        }
        ahead = _mm512_add_epi64(ahead, four);
    }
    for (group, mac) in work.as_chunks_mut::<4>().0.iter_mut().zip(mac) {
        let mut bytes = [0; 64];
        store512(&mut bytes, mac);
        for (w, mac) in group.iter_mut().zip(bytes.as_chunks::<16>().0) {
            w.mac = *mac;
        }
    }
}
