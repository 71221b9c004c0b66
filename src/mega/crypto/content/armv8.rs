//! Content kernel on the AES instructions of ARMv8: six lanes, one block of
//! each a step.
//!
//! As in the kernels for x86-64, the keystream of the next step and the MACs of
//! this step go through the rounds together. Six lanes are twelve blocks in
//! flight; with the eleven round keys they fill the 32 vector registers.

use std::arch::aarch64::*;

use super::lanes::{Direction, Work};
use crate::mega::crypto::cpu::{RoundKeys, load_block, store_block};

const LANES: usize = 6;

/// Computes the AES-128 key schedule.
#[target_feature(enable = "neon,aes")]
pub(in crate::mega::crypto) fn expand_key(key: &[u8; 16]) -> RoundKeys {
    const CONSTANTS: [u32; 10] = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1B, 0x36];
    let mut keys = [[0; 16]; 11];
    keys[0] = *key;
    let mut words = [0_u32; 4];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    for (round, constant) in keys[1..].iter_mut().zip(CONSTANTS) {
        let mut carried = substitute(words[3]).rotate_right(8) ^ constant;
        for (word, bytes) in words.iter_mut().zip(round.as_chunks_mut::<4>().0) {
            *word ^= carried;
            carried = *word;
            *bytes = word.to_le_bytes();
        }
    }
    keys
}

/// The S-box on each byte of a word.
#[inline]
#[target_feature(enable = "neon,aes")]
fn substitute(word: u32) -> u32 {
    // the instruction shifts rows as well, which leaves four equal columns as
    // they are
    let columns = vreinterpretq_u8_u32(vdupq_n_u32(word));
    vgetq_lane_u32::<0>(vreinterpretq_u32_u8(vaeseq_u8(columns, vdupq_n_u8(0))))
}

/// Walks whole blocks: as many steps as the longest lane has, every other
/// lane being as long, or empty.
#[target_feature(enable = "neon,aes")]
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
#[target_feature(enable = "neon,aes")]
fn walk<const DECRYPT: bool>(keys: &RoundKeys, nonce: u64, work: &mut [Work<'_>; LANES]) {
    let zero = vdupq_n_u8(0);
    let mut round = [zero; 11];
    for (slot, key) in round.iter_mut().zip(keys) {
        *slot = load_block(key);
    }
    // both halves are reversed on the way to the wire: the counter becomes
    // big-endian, and the nonce gets its own order back
    let nonce = vcreate_u64(nonce.swap_bytes());
    let mut base = [vdupq_n_u64(0); LANES];
    let mut mac = [zero; LANES];
    for l in 0..LANES {
        base[l] = vcombine_u64(nonce, vcreate_u64(work[l].block));
        mac[l] = load_block(&work[l].mac);
    }
    let steps = work.iter().map(|w| w.data.len() / 16).max().unwrap_or(0);
    let data = work.each_mut().map(|w| w.data.as_chunks_mut::<16>().0);

    // keystream of the first step
    let mut stream = [zero; LANES];
    for l in 0..LANES {
        let mut s = vrev64q_u8(vreinterpretq_u8_u64(base[l]));
        for key in &round[..9] {
            s = vaesmcq_u8(vaeseq_u8(s, *key));
        }
        stream[l] = veorq_u8(vaeseq_u8(s, round[9]), round[10]);
    }
    let one = vcombine_u64(vcreate_u64(0), vcreate_u64(1));
    let mut ahead = one;
    for i in 0..steps {
        let mut next = [zero; LANES];
        for l in 0..LANES {
            let mut plain = zero;
            if let Some(block) = data[l].get_mut(i) {
                let given = load_block(block);
                let result = veorq_u8(given, stream[l]);
                store_block(block, result);
                plain = if DECRYPT { result } else { given };
            }
            mac[l] = veorq_u8(mac[l], plain);
            next[l] = vrev64q_u8(vreinterpretq_u8_u64(vaddq_u64(base[l], ahead)));
        }
        for key in &round[..9] {
            for l in 0..LANES {
                mac[l] = vaesmcq_u8(vaeseq_u8(mac[l], *key));
                next[l] = vaesmcq_u8(vaeseq_u8(next[l], *key));
            }
        }
        for l in 0..LANES {
            mac[l] = veorq_u8(vaeseq_u8(mac[l], round[9]), round[10]);
            stream[l] = veorq_u8(vaeseq_u8(next[l], round[9]), round[10]);
        }
        ahead = vaddq_u64(ahead, one);
    }
    for (w, mac) in work.iter_mut().zip(mac) {
        store_block(&mut w.mac, mac);
    }
}
