//! The content of files: AES-CTR, a CBC-MAC a chunk, a MAC over those.
//!
//! | value | how |
//! | --- | --- |
//! | counter block | nonce (8), block number = offset / 16 (8, big-endian) |
//! | chunk MAC | CBC-MAC under A over the chunk's plaintext, start value nonce twice, last block zero padded |
//! | meta-MAC | m = AES(m xor chunk MAC) over all chunks from m = 0, then m\[0..4\] xor m\[4..8\], m\[8..12\] xor m\[12..16\] |
//!
//! Spec: docs/protocol.md#content. A chunk's MAC is a chain and
//! cannot be hurried, but chunks do not depend on each other: hand over
//! several at once, and they are walked side by side.

#[cfg(target_arch = "x86_64")]
pub(super) mod aes_ni;
#[cfg(target_arch = "aarch64")]
pub(super) mod armv8;
pub(super) mod lanes;
mod portable;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
pub(super) mod vaes256;
#[cfg(target_arch = "x86_64")]
pub(super) mod vaes512;

use aes::Aes128;
use cipher::{
    Array, BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper,
    StreamCipherSeek,
};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use zeroize::Zeroizing;

use self::lanes::Direction;
use super::CryptoError;
use super::chunks::{chunks, is_chunk_start};
pub use super::cpu::ContentKernel;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::cpu::Lanes;
use super::keys::{ChunkMac, ContentKey, MetaMac, Nonce};

type CtrCore = ctr::CtrCore<Aes128, ctr::flavors::Ctr64BE>;
type Ctr = StreamCipherCoreWrapper<CtrCore>;

/// One chunk to encrypt or decrypt in place.
pub struct ChunkJob<'a> {
    /// Where the chunk starts in the file; a chunk start of the chunk table,
    /// thus a multiple of 16.
    pub offset: u64,
    /// The whole chunk.
    pub data: &'a mut [u8],
    /// Filled in by the kernel.
    pub mac: ChunkMac,
}

impl<'a> ChunkJob<'a> {
    /// A job on the chunk that starts at `offset`.
    pub fn new(offset: u64, data: &'a mut [u8]) -> Self {
        debug_assert!(is_chunk_start(offset));
        Self {
            offset,
            data,
            mac: ChunkMac::default(),
        }
    }
}

/// Encrypts and decrypts one file's content. One pair of key and nonce
/// belongs to one content only.
#[derive(Clone)]
pub struct ContentCipher {
    key: ContentKey,
    nonce: Nonce,
    aes: Aes128,
    kernel: ContentKernel,
}

impl std::fmt::Debug for ContentCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentCipher(***)")
    }
}

impl ContentCipher {
    /// Prepares the ciphers of one file.
    pub fn new(key: &ContentKey, nonce: &Nonce) -> Self {
        Self {
            key: key.clone(),
            nonce: nonce.clone(),
            aes: Aes128::new(&Array(*key.as_bytes())),
            kernel: ContentKernel::best(),
        }
    }

    /// Chooses another kernel than the machine's fastest, to test or measure it.
    pub fn with_kernel(mut self, kernel: ContentKernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// Encrypts whole chunks in place and computes their MACs. Any number of
    /// jobs, in any order; eight or more at once are fastest.
    pub fn encrypt_chunks(&self, jobs: &mut [ChunkJob<'_>]) {
        self.walk_chunks(Direction::Encrypt, jobs);
    }

    /// Decrypts whole chunks in place and computes their MACs. Costs the same
    /// as encrypting.
    pub fn decrypt_chunks(&self, jobs: &mut [ChunkJob<'_>]) {
        self.walk_chunks(Direction::Decrypt, jobs);
    }

    fn walk_chunks(&self, direction: Direction, jobs: &mut [ChunkJob<'_>]) {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        if let Some(keys) = self.kernel.expand_key(self.key.as_bytes()) {
            let keys = Zeroizing::new(keys);
            let nonce = u64::from_le_bytes(*self.nonce.as_bytes());
            let kernel = self.kernel;
            let step = kernel.step();
            return match kernel.lanes() {
                Lanes::Six => lanes::walk(self, direction, step, jobs, |work| {
                    kernel.run6(&keys, nonce, direction, work);
                }),
                #[cfg(target_arch = "x86_64")]
                Lanes::Eight => lanes::walk(self, direction, step, jobs, |work| {
                    kernel.run8(&keys, nonce, direction, work);
                }),
            };
        }
        lanes::walk(self, direction, portable::STEP, jobs, |work| {
            portable::run(&self.aes, self.nonce.as_bytes(), direction, work);
        });
    }

    /// Start value of a chunk MAC: the nonce twice.
    fn mac_start(&self) -> [u8; 16] {
        let mut start = [0; 16];
        start[..8].copy_from_slice(self.nonce.as_bytes());
        start[8..].copy_from_slice(self.nonce.as_bytes());
        start
    }

    /// Continues a chunk MAC that stands at a block boundary.
    fn resume_mac(&self, state: [u8; 16]) -> ChunkMacState {
        ChunkMacState {
            aes: self.aes.clone(),
            state,
            filled: 0,
        }
    }

    /// Encrypts or decrypts bytes from any offset, without a MAC. What is
    /// decrypted so cannot be verified.
    pub fn apply_keystream(&self, offset: u64, data: &mut [u8]) {
        let start = counter_block(self.nonce.as_bytes(), offset / 16);
        let mut ctr = keystream(&self.aes, start);
        ctr.seek(offset % 16);
        ctr.apply_keystream(data);
    }
}

/// The MAC of one chunk whose plaintext comes in parts.
#[derive(Clone)]
pub struct ChunkMacState {
    aes: Aes128,
    state: [u8; 16],
    /// Bytes of the current block that are xored in but not encrypted yet.
    filled: usize,
}

impl std::fmt::Debug for ChunkMacState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChunkMacState(***)")
    }
}

impl ChunkMacState {
    /// Starts a chunk.
    pub fn new(cipher: &ContentCipher) -> Self {
        cipher.resume_mac(cipher.mac_start())
    }

    /// Takes the next plaintext bytes.
    pub fn update(&mut self, data: &[u8]) {
        let (head, data) = data.split_at(data.len().min((16 - self.filled) % 16));
        self.absorb(head);
        let (blocks, tail) = data.as_chunks::<16>();
        for block in blocks {
            let sum = u128::from_ne_bytes(self.state) ^ u128::from_ne_bytes(*block);
            self.state = sum.to_ne_bytes();
            self.encrypt();
        }
        self.absorb(tail);
    }

    /// Takes bytes that do not go beyond the current block.
    fn absorb(&mut self, part: &[u8]) {
        for (slot, byte) in self.state.iter_mut().skip(self.filled).zip(part) {
            *slot ^= byte;
        }
        self.filled += part.len();
        if self.filled == 16 {
            self.encrypt();
        }
    }

    fn encrypt(&mut self) {
        let mut block = Array(self.state);
        self.aes.encrypt_block(&mut block);
        self.state = block.0;
        self.filled = 0;
    }

    /// Ends the chunk.
    pub fn finish(mut self) -> ChunkMac {
        if self.filled > 0 {
            self.encrypt();
        }
        ChunkMac::from_bytes(self.state)
    }
}

/// The key stream from a counter block on.
fn keystream(aes: &Aes128, start: [u8; 16]) -> Ctr {
    Ctr::from_core(CtrCore::inner_iv_init(aes.clone(), &Array(start)))
}

/// Counter block number `block` of a file.
fn counter_block(nonce: &[u8; 8], block: u64) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[..8].copy_from_slice(nonce);
    counter[8..].copy_from_slice(&block.to_be_bytes());
    counter
}

/// Folds the chunk MACs, in file order, into the meta-MAC of the file key.
pub fn meta_mac<'a>(key: &ContentKey, macs: impl IntoIterator<Item = &'a ChunkMac>) -> MetaMac {
    let aes = Aes128::new(&Array(*key.as_bytes()));
    let mut state: cipher::Block<Aes128> = Array([0; 16]);
    for mac in macs {
        for (slot, byte) in state.0.iter_mut().zip(mac.as_bytes()) {
            *slot ^= byte;
        }
        aes.encrypt_block(&mut state);
    }
    let mut folded = [0; 8];
    for (i, slot) in folded.iter_mut().enumerate() {
        let at = i + i / 4 * 4;
        *slot = state.0[at] ^ state.0[at + 4];
    }
    MetaMac::from_bytes(folded)
}

/// How a content matched the MAC in its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacMatch {
    /// As MEGA defines it.
    Exact,
    /// As one other client computes it for some sizes: with one more, empty
    /// chunk at the end. The content is right; worth a debug message.
    PeerVariant,
    /// An empty file: clients disagree on its MAC, so it is never checked.
    Unchecked,
}

/// Compares the chunk MACs of a complete file of `size` bytes with the
/// meta-MAC in its key.
///
/// # Errors
/// [`CryptoError::MacMismatch`]: the content is not what was uploaded.
pub fn verify_meta_mac(
    key: &ContentKey,
    macs: &[ChunkMac],
    size: u64,
    nonce: &Nonce,
    expected: &MetaMac,
) -> Result<MacMatch, CryptoError> {
    if size == 0 {
        return Ok(MacMatch::Unchecked);
    }
    if meta_mac(key, macs) == *expected {
        return Ok(MacMatch::Exact);
    }
    if ends_on_chunk_boundary(size) {
        let empty = ChunkMac::from_bytes(ContentCipher::new(key, nonce).mac_start());
        if meta_mac(key, macs.iter().chain([&empty])) == *expected {
            return Ok(MacMatch::PeerVariant);
        }
    }
    Err(CryptoError::MacMismatch)
}

/// Tells whether the size, rounded up to whole blocks, ends exactly where a
/// full chunk ends.
fn ends_on_chunk_boundary(size: u64) -> bool {
    size.checked_next_multiple_of(16)
        .is_some_and(is_chunk_start)
}

/// The MACs that a file of `size` bytes must have, counted.
pub fn expected_mac_count(size: u64) -> usize {
    chunks(size).count()
}
