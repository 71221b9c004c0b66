//! SHA-256 with the message schedule computed apart from the rounds (FIPS 180-4).
//!
//! The hashed buffer is prefix (4 bytes), then the 48-byte token again and
//! again, 12,582,916 bytes in all: after the first block only three different
//! blocks occur, in turn, and the last one is padding after 4 bytes. Their
//! schedules are computed once for a challenge; the buffer never exists.

/// Round constants.
const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// Start value of the hash.
const START: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// Schedule words plus round constants of one block.
type Schedule = [u32; 64];

/// Whole blocks of the buffer, the first one not counted.
const BLOCKS_AFTER_FIRST: usize = (4 + super::TOKEN * super::REPEATS) / 64 - 1;

/// The schedules of one token.
pub(super) struct Prepared {
    /// Bytes 4..64 of the first block are known, the prefix is not.
    first: [u8; 64],
    /// The three blocks that take turns.
    turns: [Schedule; 3],
    last: Schedule,
}

impl Prepared {
    /// Prepares a token.
    pub(super) fn new(token: &[u8; super::TOKEN]) -> Self {
        // byte number n of the buffer, past the prefix
        let at = |n: usize| token[(n - 4) % super::TOKEN];
        let mut first = [0; 64];
        for (n, slot) in first.iter_mut().enumerate().skip(4) {
            *slot = at(n);
        }
        let turns = [1, 2, 3].map(|number| prepare(&std::array::from_fn(|n| at(number * 64 + n))));
        // the buffer ends 4 bytes into its last block: a one bit, zeros, and
        // the length in bits
        let mut last = [0; 64];
        last[..4].copy_from_slice(&token[super::TOKEN - 4..]);
        last[4] = 0x80;
        let bits = (4 + super::TOKEN * super::REPEATS) as u64 * 8;
        last[56..].copy_from_slice(&bits.to_be_bytes());
        Self {
            first,
            turns,
            last: prepare(&last),
        }
    }

    /// The first words of `N` hashes, with the prefixes from `first` on.
    /// `middle` compresses the three blocks `count` times into all states.
    pub(super) fn words<const N: usize>(
        &self,
        first: u32,
        middle: impl FnOnce(&mut [[u32; 8]; N], &[Schedule; 3], usize),
    ) -> [u32; N] {
        const { assert!(BLOCKS_AFTER_FIRST % 3 == 2) };
        let mut states = std::array::from_fn(|n| {
            let mut block = self.first;
            // counted big-endian; any order would do
            let prefix = first.wrapping_add(n as u32);
            block[..4].copy_from_slice(&prefix.to_be_bytes());
            let mut state = START;
            compress(&mut state, &prepare(&block));
            state
        });
        middle(&mut states, &self.turns, BLOCKS_AFTER_FIRST / 3);
        states.map(|mut state| {
            compress(&mut state, &self.turns[0]);
            compress(&mut state, &self.turns[1]);
            compress(&mut state, &self.last);
            state[0]
        })
    }
}

impl Prepared {
    /// Lets `middle` compress a stretch, to time it.
    pub(super) fn stretch<const N: usize>(
        &self,
        count: usize,
        middle: impl FnOnce(&mut [[u32; 8]; N], &[Schedule; 3], usize),
    ) {
        let mut states = [START; N];
        middle(&mut states, &self.turns, count);
        std::hint::black_box(states);
    }
}

/// Computes the schedule of a block.
fn prepare(block: &[u8; 64]) -> Schedule {
    let mut w = [0u32; 64];
    for (slot, bytes) in w.iter_mut().zip(block.as_chunks::<4>().0) {
        *slot = u32::from_be_bytes(*bytes);
    }
    for t in 16..64 {
        let (a, b) = (w[t - 15], w[t - 2]);
        let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        w[t] = w[t - 16]
            .wrapping_add(s0)
            .wrapping_add(w[t - 7])
            .wrapping_add(s1);
    }
    for (word, constant) in w.iter_mut().zip(K) {
        *word = word.wrapping_add(constant);
    }
    w
}

/// Compresses one prepared block into a state.
fn compress(state: &mut [u32; 8], schedule: &Schedule) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for word in schedule {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*word);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
        (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));
    }
    for (slot, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *slot = slot.wrapping_add(word);
    }
}
