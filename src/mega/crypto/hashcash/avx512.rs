//! Sixteen SHA-256 chains side by side, one a vector element, over prepared
//! schedules.
//!
//! All sixteen hash the same blocks, so a schedule word is one broadcast.

use std::arch::x86_64::*;

use crate::mega::crypto::cpu::{load_words512, store_words512};

const CHAINS: usize = 16;

/// Compresses the three prepared blocks (schedule words plus round constants),
/// one after the other, `count` times, into each of sixteen states.
#[target_feature(enable = "avx512f")]
pub(in crate::mega::crypto) fn compress(
    states: &mut [[u32; 8]; CHAINS],
    blocks: &[[u32; 64]; 3],
    count: usize,
) {
    let mut state = [_mm512_setzero_si512(); 8];
    for (word, vector) in state.iter_mut().enumerate() {
        *vector = load_words512(&states.each_ref().map(|state| state[word]));
    }
    for _ in 0..count {
        for block in blocks {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
            for words in block.as_chunks::<8>().0 {
                for word in words {
                    let s1 = xor3(
                        _mm512_ror_epi32::<6>(e),
                        _mm512_ror_epi32::<11>(e),
                        _mm512_ror_epi32::<25>(e),
                    );
                    // e chooses between f and g; the majority of a, b and c
                    let choice = _mm512_ternarylogic_epi32::<0xCA>(e, f, g);
                    let majority = _mm512_ternarylogic_epi32::<0xE8>(a, b, c);
                    let s0 = xor3(
                        _mm512_ror_epi32::<2>(a),
                        _mm512_ror_epi32::<13>(a),
                        _mm512_ror_epi32::<22>(a),
                    );
                    let given = _mm512_add_epi32(h, _mm512_set1_epi32(*word as i32));
                    let t1 = _mm512_add_epi32(_mm512_add_epi32(given, choice), s1);
                    let t2 = _mm512_add_epi32(s0, majority);
                    (h, g, f, e) = (g, f, e, _mm512_add_epi32(d, t1));
                    (d, c, b, a) = (c, b, a, _mm512_add_epi32(t1, t2));
                }
            }
            for (sum, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *sum = _mm512_add_epi32(*sum, word);
            }
        }
    }
    for (word, vector) in state.into_iter().enumerate() {
        let mut words = [0; CHAINS];
        store_words512(&mut words, vector);
        for (state, value) in states.iter_mut().zip(words) {
            state[word] = value;
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}
