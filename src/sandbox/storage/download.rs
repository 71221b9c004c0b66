//! `GET /dl/<token>[/<first>-[<last>]]`: a range of ciphertext goes out.

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use crate::sandbox::body::{PIECE, Pool, Reply, Source};
use crate::sandbox::crypto::raid;
use crate::sandbox::http::{Answer, bytes, plain, quota_exceeded};
use crate::sandbox::server::Server;
use crate::sandbox::store::blobs::Content;

use super::transfers::Address;

/// Serves one range; `shift` is a fault that takes it from further on.
pub fn send(server: &Server, rest: &str, shift: u64) -> Answer {
    server.counters.count(|stats| stats.pieces_down += 1);
    let (token, range) = match rest.split_once('/') {
        Some((token, range)) => (token, Some(range)),
        None => (rest, None),
    };
    let address = Address::read(server.store.secret(), token);
    let Some(address) = address.filter(|_| !server.transfers.is_dead(token)) else {
        return plain(403, "");
    };
    let Some(blob) = server.store.read(|world| world.blob(address.blob).cloned()) else {
        return plain(404, "");
    };
    let length = address
        .part
        .map_or(blob.size, |part| raid::part_size(blob.size, part));
    let Some(range) = parse_range(range, length) else {
        return plain(404, "");
    };
    let range = shifted(range, shift, length);
    let quota = server.store.read(|world| {
        world
            .user(address.payer)
            .and_then(|user| user.transfer_quota)
    });
    if let Some(quota) = quota {
        let (used, wait) = server.transfers.window(address.payer);
        if used >= quota {
            return quota_exceeded(wait);
        }
    }
    let size = range.end - range.start;
    server.transfers.downloaded(address.payer, size);
    server
        .counters
        .bytes_down
        .fetch_add(size, Ordering::Relaxed);
    if blob.inline && address.part.is_none() {
        return match server.store.inline_content(address.blob) {
            Ok(Some(whole)) => {
                let start = usize::try_from(range.start).unwrap_or(usize::MAX);
                let end = usize::try_from(range.end).unwrap_or(usize::MAX);
                let part = whole.get(start..end).map(|part| whole.slice_ref(part));
                bytes(Reply::whole(part.unwrap_or_default()))
            }
            _ => plain(503, ""),
        };
    }
    let Ok(content) = server.store.content(address.blob, blob.inline) else {
        return plain(503, "");
    };
    let range_size = size;
    let source: Box<dyn Source> = match address.part {
        None => Box::new(Stretch {
            content,
            range,
            pool: server.pool.clone(),
        }),
        Some(part) => Box::new(Part {
            content,
            size: blob.size,
            part,
            range,
        }),
    };
    bytes(Reply::pieces(source, Some(range_size)))
}

/// Reads `<first>-<last>`, `<first>-` or nothing; the end is clamped.
fn parse_range(text: Option<&str>, size: u64) -> Option<Range<u64>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Some(0..size);
    };
    let (first, last) = text.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = match last {
        "" => size,
        last => last.parse::<u64>().ok()?.saturating_add(1).min(size),
    };
    (first <= end || first <= size).then_some(first.min(end)..end)
}

/// The same length from further on, or from the start if the end is near.
fn shifted(range: Range<u64>, shift: u64, length: u64) -> Range<u64> {
    let size = range.end - range.start;
    match range.end.saturating_add(shift) <= length {
        true => range.start + shift..range.end + shift,
        false if shift > 0 => 0..size,
        false => range,
    }
}

impl Source for Box<dyn Source> {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        (**self).next()
    }
}

/// A stretch of a file.
struct Stretch {
    content: Content,
    range: Range<u64>,
    pool: Pool,
}

/// The next bytes of a range, at most one piece.
fn next_piece(range: &mut Range<u64>) -> Option<(u64, usize)> {
    let left = range.end - range.start;
    if left == 0 {
        return None;
    }
    let start = range.start;
    let length = left.min(PIECE as u64);
    range.start += length;
    Some((start, usize::try_from(length).unwrap_or(PIECE)))
}

impl Source for Stretch {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some((start, length)) = next_piece(&mut self.range) else {
            return Ok(None);
        };
        let mut buffer = self.pool.lend(length);
        self.content.read_at(start, buffer.fill())?;
        Ok(Some(buffer.into_bytes()))
    }
}

/// A stretch of one CloudRAID part, put together from the whole file.
struct Part {
    content: Content,
    size: u64,
    part: u8,
    range: Range<u64>,
}

impl Source for Part {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some((start, length)) = next_piece(&mut self.range) else {
            return Ok(None);
        };
        let range = start..start + length as u64;
        let content = &self.content;
        raid::read_part(self.size, self.part, range, |offset, buffer| {
            content.read_at(offset, buffer)
        })
        .map(|piece| Some(Bytes::from(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_clamped_and_never_negative() {
        assert_eq!(parse_range(None, 10), Some(0..10));
        assert_eq!(parse_range(Some("3-5"), 10), Some(3..6));
        assert_eq!(parse_range(Some("3-"), 10), Some(3..10));
        assert_eq!(parse_range(Some("0-10"), 10), Some(0..10));
        assert_eq!(parse_range(Some("0-0"), 0), Some(0..0));
        assert_eq!(parse_range(Some("10-12"), 10), Some(10..10));
        assert_eq!(parse_range(Some("11-12"), 10), None);
        assert_eq!(parse_range(Some("5-3"), 10), Some(4..4));
        assert_eq!(parse_range(Some("x-3"), 10), None);
        assert_eq!(parse_range(Some("-3"), 10), None);
    }
}
