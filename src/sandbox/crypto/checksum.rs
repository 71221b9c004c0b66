//! The checksum in the address of an upload piece (`c=` and `d=`).

use super::base64;

/// Twelve slots that the bytes of one POST body are XORed into in turn.
#[derive(Default)]
pub struct PieceChecksum {
    slots: [u8; 12],
    next: usize,
}

impl PieceChecksum {
    /// Adds the body's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.slots[self.next] ^= byte;
            self.next = (self.next + 1) % 12;
        }
    }

    /// The sixteen characters the address must carry.
    pub fn text(&self) -> String {
        base64::encode(&self.slots)
    }
}
