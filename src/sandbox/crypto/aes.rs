//! AES-128 on single blocks, and the three modes MEGA uses, as loops.
//!
//! Nothing here comes from a mode library: ECB is a map over blocks, CBC a
//! fold, CTR a counter written out. See the folder's header for why.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

/// Bytes in an AES block.
pub const BLOCK: usize = 16;

/// How many blocks are handed to the processor at once.
const BATCH: usize = 256;

/// One AES-128 key, ready to use.
pub struct Aes(Aes128);

impl Aes {
    /// Expands a key.
    pub fn new(key: &[u8; 16]) -> Aes {
        Aes(Aes128::new(&Array(*key)))
    }

    /// Encrypts one block.
    pub fn encrypt_block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = Array(block);
        self.0.encrypt_block(&mut block);
        block.0
    }

    /// Decrypts one block.
    pub fn decrypt_block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = Array(block);
        self.0.decrypt_block(&mut block);
        block.0
    }

    /// Encrypts independent blocks side by side.
    pub fn encrypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        self.0
            .encrypt_blocks(Array::cast_slice_from_core_mut(blocks));
    }

    /// ECB: each block on its own. `None` unless the length is a multiple of 16.
    pub fn ecb_encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let (blocks, rest) = plain.as_chunks::<BLOCK>();
        let encrypted = blocks
            .iter()
            .flat_map(|block| self.encrypt_block(*block))
            .collect();
        rest.is_empty().then_some(encrypted)
    }

    /// The inverse of [`Aes::ecb_encrypt`].
    pub fn ecb_decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (blocks, rest) = cipher.as_chunks::<BLOCK>();
        let plain = blocks
            .iter()
            .flat_map(|block| self.decrypt_block(*block))
            .collect();
        rest.is_empty().then_some(plain)
    }

    /// CBC with a zero IV. `None` unless the length is a multiple of 16.
    pub fn cbc_encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let (blocks, rest) = plain.as_chunks::<BLOCK>();
        let mut previous = [0; BLOCK];
        let mut cipher = Vec::with_capacity(plain.len());
        for block in blocks {
            previous = self.encrypt_block(xor(*block, previous));
            cipher.extend(previous);
        }
        rest.is_empty().then_some(cipher)
    }

    /// The inverse of [`Aes::cbc_encrypt`].
    pub fn cbc_decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (blocks, rest) = cipher.as_chunks::<BLOCK>();
        let mut previous = [0; BLOCK];
        let mut plain = Vec::with_capacity(cipher.len());
        for block in blocks {
            plain.extend(xor(self.decrypt_block(*block), previous));
            previous = *block;
        }
        rest.is_empty().then_some(plain)
    }

    /// CTR from any byte offset, in place: counter block = nonce ‖ offset / 16,
    /// the latter in 8 big-endian bytes.
    pub fn ctr(&self, nonce: &[u8; 8], offset: u64, data: &mut [u8]) {
        let skip = (offset % 16) as usize;
        let mut number = offset / 16;
        let (head, body) = data.split_at_mut(data.len().min((BLOCK - skip) % BLOCK));
        if !head.is_empty() {
            let key_stream = self.encrypt_block(counter_block(nonce, number));
            xor_into(head, &key_stream[skip..]);
            number = number.wrapping_add(1);
        }
        let mut key_stream = [[0; BLOCK]; BATCH];
        for piece in body.chunks_mut(BATCH * BLOCK) {
            let count = piece.len().div_ceil(BLOCK);
            for block in &mut key_stream[..count] {
                *block = counter_block(nonce, number);
                number = number.wrapping_add(1);
            }
            self.encrypt_blocks(&mut key_stream[..count]);
            xor_into(piece, key_stream.as_flattened());
        }
    }
}

fn counter_block(nonce: &[u8; 8], number: u64) -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(nonce);
    block[8..].copy_from_slice(&number.to_be_bytes());
    block
}

/// XOR of two blocks.
pub fn xor(left: [u8; 16], right: [u8; 16]) -> [u8; 16] {
    (u128::from_ne_bytes(left) ^ u128::from_ne_bytes(right)).to_ne_bytes()
}

/// XORs as much of `mask` as fits into `data`; the mask must be long enough.
fn xor_into(data: &mut [u8], mask: &[u8]) {
    let (blocks, tail) = data.as_chunks_mut::<BLOCK>();
    let (masks, _) = mask.as_chunks::<BLOCK>();
    for (block, mask) in blocks.iter_mut().zip(masks) {
        *block = xor(*block, *mask);
    }
    let done = blocks.len() * BLOCK;
    for (byte, mask) in tail.iter_mut().zip(&mask[done..]) {
        *byte ^= mask;
    }
}
