//! The nodes of one chunk as bytes, and back: what a piece of a snapshot holds.
//!
//! | bytes, little-endian | content |
//! | --- | --- |
//! | 4, 4 | count of nodes, bytes of all their names |
//! | 88 for each node | handle(8), number of the parent(4), type(1), flags(1), length of the name(2), size(8), created(8), modified(8), CRC(16), key(32) |
//! | | the names, one after the other |
//! | for each with flag 8 | number in the piece(4), length(4), all attributes as JSON |
//!
//! Nodes are numbered through all pieces, parents before their children and the
//! children of one folder in a row: a piece is read without the others, and
//! [`Arena::of`](super::arena::Arena::of) links what was read in one go.

use zeroize::Zeroizing;

use super::arena::{CHUNK, Chunk, Seat};
use super::record::{Flags, Record, key_bytes, key_of};
use super::{NodeKind, Tree};
use crate::mega::handle::NodeHandle;

/// Bytes of a node without its name.
pub(super) const FIXED: usize = 88;
/// Few pieces are larger.
const USUAL: usize = 8 + CHUNK * (FIXED + 40);

/// A piece in the clear: it holds keys.
pub(super) type Plain = Zeroizing<Vec<u8>>;

/// An empty piece with room.
pub(super) fn empty() -> Plain {
    Zeroizing::new(Vec::with_capacity(USUAL))
}

/// A piece that was read.
pub(super) struct Found {
    pub chunk: Chunk,
    /// Whole attributes of the nodes that have more than the usual ones.
    pub extras: Vec<(NodeHandle, Box<str>)>,
}

impl Tree {
    /// Writes the nodes that sit at `seats`.
    pub(super) fn put_piece(&self, seats: &[Seat], out: &mut Vec<u8>) {
        let records = || {
            let seats = seats.iter();
            seats.filter_map(|seat| Some((seat, self.arena.record(seat.place)?)))
        };
        let lengths = records().map(|(_, record)| usize::from(record.name_len));
        for count in [records().count(), lengths.sum()] {
            out.extend_from_slice(&u32::try_from(count).unwrap_or(0).to_le_bytes());
        }
        for (seat, record) in records() {
            out.extend_from_slice(record.handle.as_bytes());
            out.extend_from_slice(&seat.parent.to_le_bytes());
            out.extend_from_slice(&[record.kind as u8, record.flags.bits()]);
            out.extend_from_slice(&record.name_len.to_le_bytes());
            out.extend_from_slice(&record.size.to_le_bytes());
            out.extend_from_slice(&record.created.to_le_bytes());
            out.extend_from_slice(&record.mtime.to_le_bytes());
            out.extend_from_slice(&record.crc);
            let key = self.arena.key(seat.place).map(key_bytes);
            out.extend_from_slice(&key.unwrap_or_default());
        }
        for (seat, record) in records() {
            out.extend_from_slice(self.arena.name(seat.place, record).as_bytes());
        }
        for (number, (_, record)) in (0_u32..).zip(records()) {
            if record.flags.has(Flags::EXTRA) {
                let extra = self.extras.get(&record.handle).map_or("", |text| text);
                let length = u32::try_from(extra.len()).unwrap_or(0);
                out.extend_from_slice(&number.to_le_bytes());
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(extra.as_bytes());
            }
        }
    }
}

/// Reads a piece; `None` if it is damaged.
pub(super) fn read(piece: &[u8]) -> Option<Found> {
    let mut found = Found {
        chunk: Chunk::default(),
        extras: Vec::new(),
    };
    let mut rest = piece;
    let count = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
    let names = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
    let (rows, after) = rest.split_at_checked(count.checked_mul(FIXED)?)?;
    let (names, mut rest) = after.split_at_checked(names)?;
    if count > CHUNK {
        return None;
    }
    let names = std::str::from_utf8(names).ok()?;
    let chunk = &mut found.chunk;
    names.clone_into(&mut chunk.names);
    chunk.records.reserve_exact(count);
    chunk.keys.reserve_exact(count);
    let (mut name_at, mut extras) = (0_usize, 0);
    for row in rows.as_chunks::<FIXED>().0 {
        let (record, key) = node(name_at, row)?;
        name_at += usize::from(record.name_len);
        extras += usize::from(record.flags.has(Flags::EXTRA));
        if !names.is_char_boundary(name_at) {
            return None;
        }
        chunk.records.push(record);
        chunk.keys.push(key_of(&key));
    }
    while !rest.is_empty() {
        let number = u32::from_le_bytes(take(&mut rest)?);
        let length = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
        let (extra, after) = rest.split_at_checked(length)?;
        rest = after;
        let record = chunk.records.get(number as usize)?;
        let extra = std::str::from_utf8(extra).ok()?;
        found.extras.push((record.handle, extra.into()));
    }
    (name_at == names.len() && found.extras.len() == extras).then_some(found)
}

fn node(name_at: usize, row: &[u8; FIXED]) -> Option<(Record, [u8; 32])> {
    let rest = &mut row.as_slice();
    let handle = NodeHandle::from_bytes(take(rest)?)?;
    let parent = u32::from_le_bytes(take(rest)?);
    let [kind, flags] = take(rest)?;
    let record = Record {
        parent,
        name_at: u32::try_from(name_at).ok()?,
        name_len: u16::from_le_bytes(take(rest)?),
        flags: Flags::from_bits(flags),
        size: u64::from_le_bytes(take(rest)?),
        created: i64::from_le_bytes(take(rest)?),
        mtime: i64::from_le_bytes(take(rest)?),
        crc: take(rest)?,
        ..Record::new(handle, NodeKind::from_wire(i64::from(kind))?)
    };
    Some((record, take(rest)?))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}
