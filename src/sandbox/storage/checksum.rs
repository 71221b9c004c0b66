//! The checksum of an upload piece: twelve slots, XORed in turn.
//!
//! The witness has a plain one of its own; this one is for every byte that
//! comes in, and works on words.

use crate::sandbox::crypto::base64;

/// A checksum over bytes that come in parts.
#[derive(Debug, Default)]
pub struct Checksum {
    words: [u64; 3],
    rest: Vec<u8>,
}

/// Two rounds of twelve slots: whole 64-bit words.
const ROUND: usize = 24;

impl Checksum {
    /// Takes in the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        if !self.rest.is_empty() {
            let missing = (ROUND - self.rest.len()).min(bytes.len());
            let (head, tail) = bytes.split_at(missing);
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() < ROUND {
                return;
            }
            let round = std::mem::take(&mut self.rest);
            self.fold(&round);
        }
        let whole = bytes.len() - bytes.len() % ROUND;
        let (rounds, rest) = bytes.split_at(whole);
        self.fold(rounds);
        self.rest.extend_from_slice(rest);
    }

    fn fold(&mut self, rounds: &[u8]) {
        let [mut a, mut b, mut c] = self.words;
        for round in rounds.chunks_exact(ROUND) {
            let word = |at: usize| {
                round
                    .get(at..at + 8)
                    .and_then(|bytes| bytes.try_into().ok())
                    .map_or(0, u64::from_le_bytes)
            };
            a ^= word(0);
            b ^= word(8);
            c ^= word(16);
        }
        self.words = [a, b, c];
    }

    /// The text that the client must have sent.
    pub fn finish(self) -> String {
        let mut slots = [0u8; 12];
        let folded = self.words.iter().flat_map(|word| word.to_le_bytes());
        for (index, byte) in folded
            .enumerate()
            .chain(self.rest.iter().copied().enumerate())
        {
            if let Some(slot) = slots.get_mut(index % 12) {
                *slot ^= byte;
            }
        }
        base64::encode(&slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_as_the_plain_loop() {
        let bytes: Vec<u8> = (0..1000u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut slots = [0u8; 12];
        for (index, byte) in bytes.iter().enumerate() {
            slots[index % 12] ^= byte;
        }
        for cut in [0, 1, 11, 12, 23, 24, 25, 500, 999, 1000] {
            let mut sum = Checksum::default();
            sum.update(&bytes[..cut]);
            sum.update(&bytes[cut..]);
            assert_eq!(sum.finish(), base64::encode(&slots), "cut at {cut}");
        }
        assert_eq!(Checksum::default().finish(), "AAAAAAAAAAAAAAAA");
    }
}
