//! The checksum that travels with an upload piece (`c=`, `d=`).
//!
//! 12 bytes: XOR of the piece's ciphertext, byte i into slot i mod 12, i
//! counting from the start of the request body. Sent as 16 characters of
//! base64url. Spec: docs/protocol.md#upload-checksum.

use super::base64;

const SLOTS: usize = 12;
/// The least number of bytes that is a multiple of 12 and of a cache line.
const STRIDE: usize = 192;

/// Computes the parameter of one piece.
pub fn checksum(piece: &[u8]) -> String {
    let mut state = UploadChecksum::default();
    state.update(piece);
    state.finish()
}

/// Computes the parameter of a piece that is made of several buffers.
#[derive(Debug, Clone, Default)]
pub struct UploadChecksum {
    slots: [u8; SLOTS],
    /// Slot of the next byte.
    at: usize,
}

impl UploadChecksum {
    /// Takes the next ciphertext bytes of the piece.
    pub fn update(&mut self, data: &[u8]) {
        // fold stride by stride into a line that the compiler keeps in vector
        // registers, then the line into the slots: one load a byte read
        let mut line = [0u8; STRIDE];
        let (strides, rest) = data.as_chunks::<STRIDE>();
        for stride in strides {
            for (sum, byte) in line.iter_mut().zip(stride) {
                *sum ^= byte;
            }
        }
        if !strides.is_empty() {
            self.fold(&line);
        }
        self.fold(rest);
    }

    fn fold(&mut self, data: &[u8]) {
        for (i, byte) in data.iter().enumerate() {
            self.slots[(self.at + i) % SLOTS] ^= byte;
        }
        self.at = (self.at + data.len()) % SLOTS;
    }

    /// The parameter's text.
    pub fn finish(&self) -> String {
        base64::encode(&self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_cut_give_the_same_sum() {
        let data: Vec<u8> = (0..5000u32).map(|i| ((i * i) >> 3) as u8).collect();
        for cut in [1, 5, 12, 191, 192, 193, 1000, 4999] {
            let mut state = UploadChecksum::default();
            let (head, tail) = data.split_at(cut);
            state.update(head);
            state.update(tail);
            assert_eq!(state.finish(), checksum(&data), "cut at {cut}");
        }
    }
}
