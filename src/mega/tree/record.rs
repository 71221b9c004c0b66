//! What the arena keeps of one node.

use crate::mega::handle::NodeHandle;
use crate::mega::node::NodeKind;

/// "No such place".
pub(super) const NONE: u32 = u32::MAX;

/// What a record knows besides its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u8);

impl Flags {
    /// The key is there.
    pub const KEY: Self = Self(1);
    /// The attributes decrypted and the name is there.
    pub const NAME: Self = Self(2);
    /// The attributes have a fingerprint.
    pub const FINGERPRINT: Self = Self(4);
    /// There are attributes beyond name and fingerprint.
    pub const EXTRA: Self = Self(8);
    /// The record is free.
    pub const FREE: Self = Self(16);

    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn from_bits(bits: u8) -> Self {
        Self(bits & (Self::FREE.0 - 1))
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }
}

/// One node; see the module.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub handle: NodeHandle,
    pub parent: u32,
    pub first_child: u32,
    pub next: u32,
    /// The sibling before; of the first child the last one.
    pub previous: u32,
    pub name_at: u32,
    pub name_len: u16,
    pub kind: NodeKind,
    pub flags: Flags,
    pub size: u64,
    pub created: i64,
    pub mtime: i64,
    pub crc: [u8; 16],
}

impl Record {
    /// A node of which nothing else is known.
    pub fn new(handle: NodeHandle, kind: NodeKind) -> Self {
        Self {
            handle,
            parent: NONE,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            name_at: 0,
            name_len: 0,
            kind,
            flags: Flags::default(),
            size: 0,
            created: 0,
            mtime: 0,
            crc: [0; 16],
        }
    }
}

/// A node key, in words that are wiped quickly.
pub(super) type Key = [u64; 4];

/// The bytes of a key.
pub(super) fn key_bytes(key: &Key) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (slot, word) in bytes.chunks_exact_mut(8).zip(key) {
        slot.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// A key of these bytes.
pub(super) fn key_of(bytes: &[u8; 32]) -> Key {
    let mut key = [0; 4];
    for (word, bytes) in key.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_ne_bytes(*bytes);
    }
    key
}
