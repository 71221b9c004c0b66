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
        let (head, body) = bytes.split_at(bytes.len().min((12 - self.next) % 12));
        self.add(head);
        let (rows, tail) = body.as_chunks::<12>();
        for row in rows {
            let (a, b) = halves(row);
            let (c, d) = halves(&self.slots);
            self.slots[..8].copy_from_slice(&(a ^ c).to_ne_bytes());
            self.slots[8..].copy_from_slice(&(b ^ d).to_ne_bytes());
        }
        self.add(tail);
    }

    fn add(&mut self, bytes: &[u8]) {
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

fn halves(row: &[u8; 12]) -> (u64, u32) {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *row;
    (
        u64::from_ne_bytes([a, b, c, d, e, f, g, h]),
        u32::from_ne_bytes(rest),
    )
}
