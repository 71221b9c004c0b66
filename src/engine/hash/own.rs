//! The sums that cloud stores have invented for themselves.

use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::Digest;

use super::Algorithm;

/// Cuts a stream into blocks of one size, the last one shorter.
struct Blocks {
    size: usize,
    kept: Vec<u8>,
}

impl Blocks {
    fn new(size: usize) -> Self {
        Self {
            size,
            kept: Vec::new(),
        }
    }

    /// Takes bytes and hands every full block on.
    fn push(&mut self, mut bytes: &[u8], mut full: impl FnMut(&[u8])) {
        while self.kept.len() + bytes.len() >= self.size {
            let (head, rest) = bytes.split_at(self.size - self.kept.len());
            self.kept.extend_from_slice(head);
            full(&self.kept);
            self.kept.clear();
            bytes = rest;
        }
        self.kept.extend_from_slice(bytes);
    }
}

/// SHA-256 over the SHA-256 of each block of 4 MiB.
pub(super) struct Dropbox {
    block: Sha256,
    room: usize,
    outer: Sha256,
}

impl Dropbox {
    const BLOCK: usize = 4 << 20;
}

impl Default for Dropbox {
    fn default() -> Self {
        Self {
            block: Sha256::new(),
            room: Self::BLOCK,
            outer: Sha256::new(),
        }
    }
}

impl Algorithm for Dropbox {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(self.room));
            self.block.update(head);
            self.room -= head.len();
            bytes = rest;
            if self.room == 0 {
                self.outer.update(self.block.finalize_reset());
                self.room = Self::BLOCK;
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        if self.room < Self::BLOCK {
            self.outer.update(self.block.finalize_reset());
        }
        self.outer.finalize().to_vec()
    }
}

/// SHA-1 over a prefix, the content and its length; content of up to 20 bytes
/// is its own sum.
#[derive(Default)]
pub(super) struct Mailru {
    start: Vec<u8>,
    inner: Option<Sha1>,
    size: u64,
}

impl Mailru {
    const SHORT: usize = 20;
}

impl Algorithm for Mailru {
    fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if let Some(inner) = &mut self.inner {
            inner.update(bytes);
            return;
        }
        self.start.extend_from_slice(bytes);
        if self.start.len() > Self::SHORT {
            let inner = Sha1::new()
                .chain_update("mrCloud")
                .chain_update(&self.start);
            self.inner = Some(inner);
            self.start = Vec::new();
        }
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        match self.inner {
            Some(inner) => inner
                .chain_update(self.size.to_string())
                .finalize()
                .to_vec(),
            None => {
                self.start.resize(Self::SHORT, 0);
                self.start
            }
        }
    }
}

/// Every byte is added, without carry, into 160 bits, each 11 bits further
/// than the one before; at the end the length is added to the last 64.
#[derive(Default)]
pub(super) struct Quickxor {
    bits: [u8; 20],
    size: u64,
}

impl Algorithm for Quickxor {
    fn update(&mut self, bytes: &[u8]) {
        let mut at = usize::try_from(self.size % 160).unwrap_or(0) * 11 % 160;
        for byte in bytes {
            let [low, high] = (u16::from(*byte) << (at % 8)).to_le_bytes();
            let (cell, next) = (at / 8, (at / 8 + 1) % 20);
            if let Some(cell) = self.bits.get_mut(cell) {
                *cell ^= low;
            }
            if let Some(cell) = self.bits.get_mut(next) {
                *cell ^= high;
            }
            at = (at + 11) % 160;
        }
        self.size += bytes.len() as u64;
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        for (bit, length) in self.bits.iter_mut().skip(12).zip(self.size.to_le_bytes()) {
            *bit ^= length;
        }
        self.bits.to_vec()
    }
}

type Sum = [u8; 20];

/// A tree of SHA-1 with 256 branches over blocks of 4 KiB, the last one
/// filled with zeros. A block of zeros alone, and what consists of those, has
/// the sum zero; a parent adds up the sums of its other children, each hashed
/// with its place, as numbers of 160 bits.
pub(super) struct Hidrive {
    blocks: Blocks,
    /// For each level the children that have no parent yet.
    levels: Vec<Vec<Sum>>,
}

impl Hidrive {
    const BLOCK: usize = 4096;
    const BRANCHES: usize = 256;

    fn add(levels: &mut Vec<Vec<Sum>>, level: usize, sum: Sum) {
        if levels.len() <= level {
            levels.push(Vec::new());
        }
        let Some(children) = levels.get_mut(level) else {
            return;
        };
        if children.len() == Self::BRANCHES {
            let parent = parent(&std::mem::replace(children, vec![sum]));
            Self::add(levels, level + 1, parent);
        } else {
            children.push(sum);
        }
    }
}

impl Default for Hidrive {
    fn default() -> Self {
        Self {
            blocks: Blocks::new(Self::BLOCK),
            levels: Vec::new(),
        }
    }
}

impl Algorithm for Hidrive {
    fn update(&mut self, bytes: &[u8]) {
        let Self { blocks, levels } = self;
        blocks.push(bytes, |block| Self::add(levels, 0, block_sum(block)));
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        if !self.blocks.kept.is_empty() {
            self.blocks.kept.resize(Self::BLOCK, 0);
            let last = block_sum(&self.blocks.kept);
            Self::add(&mut self.levels, 0, last);
        }
        let mut level = 0;
        while let Some(children) = self.levels.get(level) {
            let top = level + 1 == self.levels.len();
            if let ([root], true) = (children.as_slice(), top) {
                return root.to_vec();
            }
            let parent = parent(children);
            level += 1;
            Self::add(&mut self.levels, level, parent);
        }
        Sum::default().to_vec()
    }
}

fn block_sum(block: &[u8]) -> Sum {
    if block.iter().all(|byte| *byte == 0) {
        return Sum::default();
    }
    Sha1::digest(block).into()
}

fn parent(children: &[Sum]) -> Sum {
    let mut total = Sum::default();
    for (place, child) in (0..=u8::MAX).zip(children) {
        if *child == Sum::default() {
            continue;
        }
        let hashed: Sum = Sha1::new()
            .chain_update(child)
            .chain_update([place])
            .finalize()
            .into();
        let mut carry = 0;
        for (digit, added) in total.iter_mut().zip(hashed).rev() {
            let [sum, over] = (u16::from(*digit) + u16::from(added) + carry).to_le_bytes();
            *digit = sum;
            carry = u16::from(over);
        }
    }
    total
}
