//! CloudRAID: one ciphertext striped over six parts, any five of which do.
//!
//! A sector has 16 bytes, a line 5 sectors. Sector s of line L stands at
//! offset 16 L of part s + 1; part 0 holds the XOR of a line's sectors (short
//! ones zero padded), cut to the length of part 1. Spec: docs/protocol.md#cloudraid.

use super::CryptoError;

/// Bytes of a sector.
pub const SECTOR: usize = 16;
/// Number of parts, parity included.
pub const PARTS: usize = 6;
/// Bytes of the file in one line.
pub const LINE: usize = (PARTS - 1) * SECTOR;

/// The size of part `part` (0 is parity) of a file of `size` bytes.
pub fn part_size(size: u64, part: usize) -> u64 {
    let rest = size % LINE as u64;
    let before = (part.saturating_sub(1) * SECTOR) as u64;
    let tail = rest.saturating_sub(before).min(SECTOR as u64);
    (size - rest) / (PARTS as u64 - 1) + tail
}

/// Where byte `position` of the file stands: (part, offset in the part).
pub fn locate(position: u64) -> (usize, u64) {
    let line = position / LINE as u64;
    let in_line = (position % LINE as u64) as usize;
    let offset = line * SECTOR as u64 + (in_line % SECTOR) as u64;
    (1 + in_line / SECTOR, offset)
}

/// The stretch of part `part` that holds lines `first_line` to before
/// `end_line` of a file of `size` bytes, as (first byte, byte after the last).
/// Empty where the part ends earlier.
pub fn stretch(size: u64, part: usize, first_line: u64, end_line: u64) -> (u64, u64) {
    let length = part_size(size, part);
    let start = first_line.saturating_mul(SECTOR as u64).min(length);
    let end = end_line.saturating_mul(SECTOR as u64).min(length);
    (start, end.max(start))
}

/// Puts whole lines together again, rebuilding at most one missing part.
///
/// `parts[i]` is what was fetched of part i from offset `16 * first_line` on:
/// equally many lines of each, or up to the part's end. Fills `out` with the
/// file's bytes from offset `80 * first_line + skip` on.
///
/// # Errors
/// [`CryptoError::Raid`] if two parts are missing, one is shorter or longer
/// than the others allow, or all of them do not fill `out`.
pub fn join(
    size: u64,
    first_line: u64,
    parts: &[Option<&[u8]>; PARTS],
    skip: usize,
    out: &mut [u8],
) -> Result<(), CryptoError> {
    let lines = parts
        .iter()
        .flatten()
        .map(|part| part.len().div_ceil(SECTOR))
        .max()
        .unwrap_or_default();
    // what each part has between first_line and first_line + lines
    let mut lengths = [0usize; PARTS];
    for (part, length) in lengths.iter_mut().enumerate() {
        let start = first_line.saturating_mul(SECTOR as u64);
        let available = part_size(size, part).saturating_sub(start);
        *length = usize::try_from(available)
            .unwrap_or(usize::MAX)
            .min(lines * SECTOR);
    }
    let mut missing = None;
    for (part, (data, length)) in parts.iter().zip(lengths).enumerate() {
        match data {
            Some(data) if data.len() == length => {}
            None if missing.is_none() => missing = Some((part, length)),
            _ => return Err(CryptoError::Raid),
        }
    }
    let rebuilt = missing.map(|(part, length)| (part, rebuild(parts, length)));
    let data = |part: usize| match &rebuilt {
        Some((index, bytes)) if *index == part => bytes.as_slice(),
        _ => parts.get(part).copied().flatten().unwrap_or_default(),
    };
    let (mut skip, mut rest) = (skip, out);
    for line in 0..lines {
        for part in 1..PARTS {
            let bytes = data(part);
            let end = bytes.len().min((line + 1) * SECTOR);
            let sector = bytes.get(line * SECTOR..end).unwrap_or_default();
            let (skipped, sector) = sector.split_at(skip.min(sector.len()));
            skip -= skipped.len();
            let (now, later) = rest.split_at_mut(sector.len().min(rest.len()));
            now.copy_from_slice(sector.get(..now.len()).unwrap_or_default());
            rest = later;
        }
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(CryptoError::Raid)
    }
}

/// XORs the five parts that are present; absent bytes count as zero.
fn rebuild(parts: &[Option<&[u8]>; PARTS], length: usize) -> Vec<u8> {
    let mut sum = vec![0; length];
    for part in parts.iter().flatten() {
        for (slot, byte) in sum.iter_mut().zip(*part) {
            *slot ^= byte;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_byte_is_where_locate_says() {
        let size = 1003u64;
        let file: Vec<u8> = (0..size).map(|i| (i * 31) as u8).collect();
        let mut parts: Vec<Vec<u8>> = (0..PARTS)
            .map(|part| vec![0; part_size(size, part) as usize])
            .collect();
        for (position, byte) in file.iter().enumerate() {
            let (part, offset) = locate(position as u64);
            parts[part][offset as usize] = *byte;
            parts[0][offset as usize] ^= byte;
        }
        // from line 3 on, each part missing in turn
        for missing in 0..PARTS {
            let fetched: [Option<&[u8]>; PARTS] =
                std::array::from_fn(|i| (i != missing).then(|| &parts[i][3 * SECTOR..]));
            for (skip, length) in [(0, file.len() - 3 * LINE), (5, 100), (81, 16), (17, 0)] {
                let mut out = vec![0; length];
                join(size, 3, &fetched, skip, &mut out).unwrap();
                assert_eq!(out, &file[3 * LINE + skip..][..length]);
            }
            let mut more = vec![0; file.len() - 3 * LINE + 1];
            assert_eq!(
                join(size, 3, &fetched, 0, &mut more),
                Err(CryptoError::Raid)
            );
        }
    }

    #[test]
    fn two_missing_or_uneven_parts_are_refused() {
        let part = [0u8; 16];
        let mut out = [1; 80];
        let all: [Option<&[u8]>; PARTS] = [Some(&part); PARTS];
        join(80, 0, &all, 0, &mut out).unwrap();
        assert_eq!(out, [0; 80]);
        let mut two = all;
        two[1] = None;
        two[4] = None;
        let mut short = all;
        short[2] = Some(&part[..15]);
        for parts in [two, short, [None; PARTS]] {
            assert_eq!(join(80, 0, &parts, 0, &mut out), Err(CryptoError::Raid));
        }
    }
}
