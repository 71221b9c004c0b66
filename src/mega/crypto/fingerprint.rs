//! The fingerprint attribute `c`: sparse checksums of a file and its mtime.
//!
//! base64url of: 16 bytes CRC block, 1 byte L, L bytes mtime little-endian
//! (as few as hold it, 0 to 8). The block is, over the plaintext:
//!
//! | size | block |
//! | --- | --- |
//! | 0..=16 | the content itself, zero padded |
//! | 17..=8192 | four CRC-32, part i covering `i*size/4 .. (i+1)*size/4` |
//! | above | four CRC-32, each over 32 windows of 64 bytes, see [`windows`] |
//!
//! CRCs are stored big-endian. Spec: docs/protocol.md#fingerprint.

use super::{CryptoError, base64};

const LANES: usize = 4;
const WINDOWS_A_LANE: usize = 32;
const WINDOWS: usize = LANES * WINDOWS_A_LANE;
const WINDOW: usize = 64;
/// The most bytes that are looked at; files up to this size are read whole.
const SAMPLE: usize = WINDOWS * WINDOW;

/// Fingerprint of one content at one modification time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// The content part.
    pub crc: [u8; 16],
    /// Modification time, UTC seconds.
    pub mtime: i64,
}

impl Fingerprint {
    /// Reads the text of the attribute.
    ///
    /// # Errors
    /// [`CryptoError::Fingerprint`] for anything malformed.
    pub fn parse(text: &str) -> Result<Self, CryptoError> {
        // What an honest one has, and a little more.
        let mut short = [0; 32];
        let long;
        let bytes = if text.len() <= 40 {
            base64::decode_slice(text, &mut short).map_err(|_| CryptoError::Fingerprint)?
        } else {
            long = base64::decode(text).map_err(|_| CryptoError::Fingerprint)?;
            &long
        };
        let (crc, rest) = bytes
            .split_first_chunk::<16>()
            .ok_or(CryptoError::Fingerprint)?;
        let (length, rest) = rest.split_first().ok_or(CryptoError::Fingerprint)?;
        let time = rest
            .get(..usize::from(*length))
            .filter(|time| time.len() <= 8)
            .ok_or(CryptoError::Fingerprint)?;
        let mut mtime = [0; 8];
        for (slot, byte) in mtime.iter_mut().zip(time) {
            *slot = *byte;
        }
        Ok(Self {
            crc: *crc,
            mtime: i64::from_le_bytes(mtime),
        })
    }

    /// Writes the text of the attribute.
    pub fn encode(&self) -> String {
        let time = self.mtime.to_le_bytes();
        let length = 8 - time.iter().rev().take_while(|b| **b == 0).count();
        let mut bytes = self.crc.to_vec();
        bytes.extend(u8::try_from(length));
        bytes.extend(time.iter().take(length));
        base64::encode(&bytes)
    }

    /// Tells whether two fingerprints are of the same content. The size is not
    /// part of a fingerprint: compare it as well.
    pub fn same_content(&self, other: &Self) -> bool {
        self.crc == other.crc
    }

    /// Computes the fingerprint of a file that can be read at any offset.
    /// `read_at` fills the whole buffer from the offset.
    ///
    /// # Errors
    /// Whatever `read_at` fails with.
    pub fn from_reader<E>(
        size: u64,
        mtime: i64,
        read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        sample(&windows(size), size, mtime, read_at)
    }

    /// As [`from_reader`](Self::from_reader), but with the window offsets of
    /// old official clients, which computed in 32 bits. Differs for files of
    /// 33,818,705 bytes and more; a comparison that fails should try this form
    /// before it calls a file changed.
    ///
    /// # Errors
    /// Whatever `read_at` fails with.
    pub fn from_reader_legacy32<E>(
        size: u64,
        mtime: i64,
        read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        sample(&windows_legacy32(size), size, mtime, read_at)
    }
}

/// The windows (offset, length) that the fingerprint of a file of `size` bytes
/// looks at, in order: the whole file up to 8192 bytes; then window number k of
/// 128 starts at `(size - 64) * k / 127`. Near 8 KiB they overlap.
pub fn windows(size: u64) -> Vec<(u64, usize)> {
    window_list(size, |span, k| {
        let start = u128::from(span) * u128::from(k) / (WINDOWS as u128 - 1);
        u64::try_from(start).unwrap_or(span)
    })
}

/// The windows of old official clients: the product wraps at 32 bits.
fn windows_legacy32(size: u64) -> Vec<(u64, usize)> {
    window_list(size, |span, k| {
        let wrapped = (span as u32).wrapping_mul(k as u32);
        u64::from(wrapped / (WINDOWS as u32 - 1)).min(span)
    })
}

/// Whether old official clients wrote another fingerprint for files of this
/// size: in smaller ones the product does not wrap.
pub fn has_legacy_form(size: u64) -> bool {
    windows(size) != windows_legacy32(size)
}

fn window_list(size: u64, start: impl Fn(u64, u64) -> u64) -> Vec<(u64, usize)> {
    match usize::try_from(size) {
        Ok(0) => Vec::new(),
        Ok(small) if small <= SAMPLE => vec![(0, small)],
        _ => (0..WINDOWS as u64)
            .map(|k| (start(size - WINDOW as u64, k), WINDOW))
            .collect(),
    }
}

fn sample<E>(
    windows: &[(u64, usize)],
    size: u64,
    mtime: i64,
    mut read_at: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<Fingerprint, E> {
    let mut bytes = vec![0; windows.iter().map(|(_, length)| length).sum()];
    let mut rest = bytes.as_mut_slice();
    for (offset, length) in windows {
        let Some((window, after)) = rest.split_at_mut_checked(*length) else {
            break; // cannot be: the buffer is the sum of the lengths
        };
        read_at(*offset, window)?;
        rest = after;
    }
    Ok(Fingerprint {
        crc: checksum(&bytes, size),
        mtime,
    })
}

/// Computes the CRC block over the sampled bytes of a file of `size` bytes.
fn checksum(sample: &[u8], size: u64) -> [u8; 16] {
    let mut block = [0; 16];
    if size <= 16 {
        for (slot, byte) in block.iter_mut().zip(sample) {
            *slot = *byte;
        }
        return block;
    }
    for (i, slot) in block.chunks_exact_mut(4).enumerate() {
        // with windows every lane has 2048 bytes, so the same cut holds
        let part = i * sample.len() / LANES..(i + 1) * sample.len() / LANES;
        let crc = crc32fast::hash(sample.get(part).unwrap_or_default());
        slot.copy_from_slice(&crc.to_be_bytes());
    }
    block
}

/// Computes a fingerprint while a file of known size streams by, in order.
/// Keeps at most 8 KiB.
#[derive(Clone)]
pub struct FingerprintBuilder {
    size: u64,
    position: u64,
    windows: Vec<(u64, usize)>,
    /// The first window that is not complete yet.
    next: usize,
    sample: Vec<u8>,
}

impl std::fmt::Debug for FingerprintBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FingerprintBuilder")
            .field("size", &self.size)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl FingerprintBuilder {
    /// Starts on a file of `size` bytes.
    pub fn new(size: u64) -> Self {
        let windows = windows(size);
        let sample = vec![0; windows.iter().map(|(_, length)| length).sum()];
        Self {
            size,
            position: 0,
            windows,
            next: 0,
            sample,
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        let start = self.position;
        let end = start.saturating_add(data.len() as u64);
        self.position = end;
        let window_length = self.windows.first().map_or(1, |(_, length)| *length);
        for (k, (offset, length)) in self.windows.iter().enumerate().skip(self.next) {
            let window_end = offset + *length as u64;
            if *offset >= end {
                break;
            }
            // the part of the window that these bytes hold
            let from = (*offset).max(start);
            let to = window_end.min(end);
            if from < to {
                let source = (from - start) as usize..(to - start) as usize;
                let at = k * window_length + (from - offset) as usize;
                let target = at..at + source.len();
                if let (Some(target), Some(source)) =
                    (self.sample.get_mut(target), data.get(source))
                {
                    target.copy_from_slice(source);
                }
            }
            if window_end <= end {
                self.next = k + 1;
            }
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`CryptoError::ContentLength`] if it was not as long as announced.
    pub fn finish(&self, mtime: i64) -> Result<Fingerprint, CryptoError> {
        if self.position != self.size {
            return Err(CryptoError::ContentLength);
        }
        Ok(Fingerprint {
            crc: checksum(&self.sample, self.size),
            mtime,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn streaming_in_any_pieces_equals_random_access() {
        for size in [0usize, 1, 16, 17, 100, 8192, 8193, 8250, 20_000, 131_072] {
            let content: Vec<u8> = (0..size).map(|i| (i * 7 + i / 251) as u8).collect();
            let whole = Fingerprint::from_reader(size as u64, 5, |offset, buffer| {
                let offset = offset as usize;
                buffer.copy_from_slice(&content[offset..offset + buffer.len()]);
                Ok::<_, ()>(())
            })
            .unwrap();
            for piece in [1, 63, 64, 100, 5000, 1 << 20] {
                let mut builder = FingerprintBuilder::new(size as u64);
                for data in content.chunks(piece) {
                    builder.update(data);
                }
                assert_eq!(builder.finish(5).unwrap(), whole, "{size} by {piece}");
            }
        }
    }

    #[test]
    fn a_negative_time_survives() {
        let fingerprint = Fingerprint {
            crc: [1; 16],
            mtime: -1,
        };
        assert_eq!(
            Fingerprint::parse(&fingerprint.encode()).unwrap(),
            fingerprint
        );
    }

    #[test]
    fn a_file_of_another_length_has_no_fingerprint() {
        let mut builder = FingerprintBuilder::new(3);
        builder.update(b"ab");
        assert_eq!(builder.finish(0), Err(CryptoError::ContentLength));
        builder.update(b"cd");
        assert_eq!(builder.finish(0), Err(CryptoError::ContentLength));
    }
}
