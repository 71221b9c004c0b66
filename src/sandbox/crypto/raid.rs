//! CloudRAID: a file's ciphertext striped over five parts and their parity.
//!
//! Line = 5 sectors of 16 bytes. Sector s of line L stands at 16·L of part
//! s + 1; part 0 holds their XOR, short sectors counting as zero padded.

use std::io;
use std::ops::Range;

const SECTOR: u64 = 16;
const LINE: u64 = 80;

/// Size in bytes of part 0 to 5 of a file of `size` bytes.
pub fn part_size(size: u64, part: u8) -> u64 {
    let rest = size % LINE;
    let before = SECTOR * u64::from(part.saturating_sub(1));
    (size - rest) / 5 + rest.saturating_sub(before).min(SECTOR)
}

/// Reads `range` of one part, taking the file's bytes from `read_at(offset,
/// buffer)`, which must fill the buffer.
///
/// # Errors
/// What `read_at` fails with. A range beyond the part is clamped.
pub fn read_part(
    size: u64,
    part: u8,
    range: Range<u64>,
    mut read_at: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let range = range.start..range.end.min(part_size(size, part));
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let lines = range.start / SECTOR..range.end.div_ceil(SECTOR);
    let start = lines.start * LINE;
    let end = (lines.end * LINE).min(size);
    let mut stripes = vec![0; (end - start) as usize];
    read_at(start, &mut stripes)?;
    stripes.resize(((lines.end - lines.start) * LINE) as usize, 0);
    let mut bytes = Vec::with_capacity(stripes.len() / 5);
    for line in stripes.as_chunks::<80>().0 {
        let sectors = line.as_chunks::<16>().0;
        match part {
            0 => bytes.extend(
                sectors
                    .iter()
                    .fold([0; 16], |sum, sector| super::aes::xor(sum, *sector)),
            ),
            _ => bytes.extend(
                sectors
                    .get(usize::from(part) - 1)
                    .copied()
                    .unwrap_or_default(),
            ),
        }
    }
    let offset = lines.start * SECTOR;
    Ok(bytes[(range.start - offset) as usize..(range.end - offset) as usize].to_vec())
}
