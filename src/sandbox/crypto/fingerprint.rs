//! The fingerprint of attribute `c`, fed with a file's plaintext in order.

use super::{Malformed, base64};

/// Windows of a large file: four lanes of 32, 64 bytes each.
const WINDOWS: u64 = 128;
const WINDOW: u64 = 64;
/// Up to here the whole file is hashed.
const SMALL: u64 = 8_192;

/// A decoded attribute `c`.
#[derive(Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Four CRCs, or the content itself up to 16 bytes.
    pub block: [u8; 16],
    /// Modification time in UTC seconds.
    pub mtime: i64,
}

impl Fingerprint {
    /// Reads the attribute's text.
    ///
    /// # Errors
    /// When it is no base64, too short, or its time has more than 8 bytes.
    pub fn parse(text: &str) -> Result<Fingerprint, Malformed> {
        let bytes = base64::decode(text).ok_or(Malformed("the fingerprint is no base64url"))?;
        let (block, rest) = bytes
            .split_first_chunk::<16>()
            .ok_or(Malformed("the fingerprint is too short"))?;
        let (length, time) = rest
            .split_first()
            .ok_or(Malformed("the fingerprint has no time"))?;
        let time = time
            .get(..usize::from(*length))
            .filter(|time| time.len() <= 8);
        let time = time.ok_or(Malformed("the fingerprint's time has a wrong length"))?;
        let mtime = time
            .iter()
            .rev()
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Ok(Fingerprint {
            block: *block,
            mtime: mtime.cast_signed(),
        })
    }

    /// Writes the attribute's text.
    pub fn text(&self) -> String {
        let time = self.mtime.cast_unsigned().to_le_bytes();
        let length = 8 - time.iter().rev().take_while(|byte| **byte == 0).count();
        base64::encode(&[&self.block[..], &[length as u8], &time[..length]].concat())
    }
}

/// Computes the CRC block while the plaintext goes by.
pub struct Fingerprinter {
    size: u64,
    position: u64,
    head: Vec<u8>,
    windows: Vec<Window>,
    legacy: Vec<Window>,
}

struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn at(start: u64) -> Window {
        Window {
            start,
            bytes: Vec::new(),
        }
    }
}

/// Where the windows of a file begin, in lane order: as defined, and as old
/// official clients had it, who multiplied in 32 bits. None for a small file.
pub fn window_starts(size: u64) -> (Vec<u64>, Vec<u64>) {
    if size <= SMALL {
        return (Vec::new(), Vec::new());
    }
    let spread = size - WINDOW;
    let exact = |index| u128::from(spread) * u128::from(index) / u128::from(WINDOWS - 1);
    let wrapped = |index| (spread as u32).wrapping_mul(index as u32) / (WINDOWS as u32 - 1);
    let starts = (0..WINDOWS).map(|index| exact(index) as u64).collect();
    let legacy = (0..WINDOWS)
        .map(|index| u64::from(wrapped(index)).min(spread))
        .collect();
    (starts, legacy)
}

impl Fingerprinter {
    /// Starts on a file of known size.
    pub fn new(size: u64) -> Fingerprinter {
        let (starts, legacy) = window_starts(size);
        Fingerprinter {
            size,
            position: 0,
            head: Vec::new(),
            windows: starts.into_iter().map(Window::at).collect(),
            legacy: legacy.into_iter().map(Window::at).collect(),
        }
    }

    /// Passes over bytes that lie in no window.
    pub fn skip(&mut self, bytes: u64) {
        self.position += bytes;
    }

    /// Takes the next bytes of plaintext.
    pub fn update(&mut self, bytes: &[u8]) {
        if self.size <= SMALL {
            self.head.extend_from_slice(bytes);
        }
        for window in self.windows.iter_mut().chain(&mut self.legacy) {
            let from = (window.start + window.bytes.len() as u64).saturating_sub(self.position);
            let to = (window.start + WINDOW)
                .saturating_sub(self.position)
                .min(bytes.len() as u64);
            if window.start + window.bytes.len() as u64 >= self.position && from < to {
                window
                    .bytes
                    .extend_from_slice(&bytes[from as usize..to as usize]);
            }
        }
        self.position += bytes.len() as u64;
    }

    /// The block as defined, and as old official clients computed it.
    pub fn finish(self) -> ([u8; 16], [u8; 16]) {
        if self.size > SMALL {
            return (lanes(&self.windows), lanes(&self.legacy));
        }
        let mut block = [0; 16];
        if let Some(start) = block.get_mut(..self.head.len()) {
            start.copy_from_slice(&self.head);
            return (block, block);
        }
        let part = |number: usize| number * self.head.len() / 4;
        for (index, slot) in block.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            *slot = crc32fast::hash(&self.head[part(index)..part(index + 1)]).to_be_bytes();
        }
        (block, block)
    }
}

fn lanes(windows: &[Window]) -> [u8; 16] {
    let mut block = [0; 16];
    for (slot, lane) in block
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(windows.chunks(32))
    {
        let mut crc = crc32fast::Hasher::new();
        for window in lane {
            crc.update(&window.bytes);
        }
        *slot = crc.finalize().to_be_bytes();
    }
    block
}
