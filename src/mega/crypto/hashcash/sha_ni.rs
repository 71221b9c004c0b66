//! Four SHA-256 chains side by side on SHA-NI, over prepared schedules.
//!
//! One chain waits for its own result after every two rounds; four fill those
//! gaps. All four hash the same blocks, so one loaded schedule serves them.

use std::arch::x86_64::*;

use crate::mega::crypto::cpu::{load_words, store_words};

const CHAINS: usize = 4;

/// Compresses the three prepared blocks (schedule words plus round constants),
/// one after the other, `count` times, into each of four states.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(in crate::mega::crypto) fn compress(
    states: &mut [[u32; 8]; CHAINS],
    blocks: &[[u32; 64]; 3],
    count: usize,
) {
    let zero = _mm_setzero_si128();
    // the instructions want the words a b e f and c d g h together
    let mut abef = [zero; CHAINS];
    let mut cdgh = [zero; CHAINS];
    for c in 0..CHAINS {
        let halves = states[c].as_chunks::<4>().0;
        let dcba = _mm_shuffle_epi32::<0xB1>(load_words(&halves[0]));
        let hgfe = _mm_shuffle_epi32::<0x1B>(load_words(&halves[1]));
        abef[c] = _mm_alignr_epi8::<8>(dcba, hgfe);
        cdgh[c] = _mm_blend_epi16::<0xF0>(hgfe, dcba);
    }
    for _ in 0..count {
        for block in blocks {
            let (before_abef, before_cdgh) = (abef, cdgh);
            for words in block.as_chunks::<4>().0 {
                let low = load_words(words);
                let high = _mm_shuffle_epi32::<0x0E>(low);
                for c in 0..CHAINS {
                    cdgh[c] = _mm_sha256rnds2_epu32(cdgh[c], abef[c], low);
                }
                for c in 0..CHAINS {
                    abef[c] = _mm_sha256rnds2_epu32(abef[c], cdgh[c], high);
                }
            }
            for c in 0..CHAINS {
                abef[c] = _mm_add_epi32(abef[c], before_abef[c]);
                cdgh[c] = _mm_add_epi32(cdgh[c], before_cdgh[c]);
            }
        }
    }
    for c in 0..CHAINS {
        let feba = _mm_shuffle_epi32::<0x1B>(abef[c]);
        let dchg = _mm_shuffle_epi32::<0xB1>(cdgh[c]);
        let halves = states[c].as_chunks_mut::<4>().0;
        store_words(&mut halves[0], _mm_blend_epi16::<0xF0>(feba, dchg));
        store_words(&mut halves[1], _mm_alignr_epi8::<8>(dchg, feba));
    }
}
