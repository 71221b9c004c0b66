//! File content: CTR, chunk MACs, and the meta-MAC over a stream of ciphertext.

use std::io::{self, Read};

use super::aes::{Aes, BLOCK, xor};
use super::chunks;
use super::fingerprint::Fingerprinter;
use super::node_key::FileKey;

/// Chunks whose MACs are computed side by side: one chunk is a serial chain of
/// AES calls, eight of them keep the AES units busy.
const LANES: usize = 8;

/// What reading a whole file's ciphertext gave.
pub struct Digest {
    /// One MAC a chunk, in file order.
    pub chunk_macs: Vec<[u8; 16]>,
    /// The CRC block of the plaintext, as attribute `c` carries it.
    pub fingerprint: [u8; 16],
    /// The same with the 32-bit window arithmetic of old official clients.
    pub legacy_fingerprint: [u8; 16],
}

/// Reads exactly `size` bytes of ciphertext and computes everything that the
/// node key and the attributes say about them. Holds at most 8 MiB.
///
/// # Errors
/// When the reader fails or ends early.
pub fn digest(key: &FileKey, size: u64, ciphertext: &mut impl Read) -> io::Result<Digest> {
    let cipher = Aes::new(&key.content_key);
    let mut chunk_macs = Vec::new();
    let mut fingerprinter = Fingerprinter::new(size);
    let mut memory = Vec::new();
    let table: Vec<(u64, u64)> = chunks::table(size).collect();
    for group in table.chunks(LANES) {
        let Some((start, _)) = group.first() else {
            break;
        };
        let length: u64 = group.iter().map(|(_, length)| length).sum();
        let buffer = page_aligned(&mut memory, length as usize);
        ciphertext.read_exact(buffer)?;
        cipher.ctr(&key.nonce, *start, buffer);
        fingerprinter.update(buffer);
        chunk_macs.extend(group_macs(&cipher, &key.nonce, group, buffer));
    }
    let (fingerprint, legacy_fingerprint) = fingerprinter.finish();
    Ok(Digest {
        chunk_macs,
        fingerprint,
        legacy_fingerprint,
    })
}

/// `length` bytes of `memory`, which grows if need be, from where a page begins:
/// some processors copy from a file three times slower to any other place.
fn page_aligned(memory: &mut Vec<u8>, length: usize) -> &mut [u8] {
    const PAGE: usize = 4 << 10;
    if memory.len() < length + PAGE {
        memory.resize(length + PAGE, 0);
    }
    let begin = memory.as_ptr().addr().wrapping_neg() % PAGE;
    &mut memory[begin..begin + length]
}

/// The MAC of one chunk of plaintext: CBC-MAC from nonce ‖ nonce, the last
/// block zero padded.
pub fn chunk_mac(cipher: &Aes, nonce: &[u8; 8], plain: &[u8]) -> [u8; 16] {
    plain.chunks(BLOCK).fold(initial(nonce), |mac, block| {
        cipher.encrypt_block(xor(mac, padded(block)))
    })
}

/// Folds chunk MACs into the 8 bytes that a node key carries.
pub fn meta_mac(cipher: &Aes, chunk_macs: &[[u8; 16]]) -> [u8; 8] {
    let m = chunk_macs
        .iter()
        .fold([0; 16], |m, mac| cipher.encrypt_block(xor(m, *mac)));
    std::array::from_fn(|index| {
        let from = index % 4 + 8 * (index / 4);
        m[from] ^ m[from + 4]
    })
}

/// The MAC of a chunk without data; one peer appends it (see the witness).
pub fn initial(nonce: &[u8; 8]) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..8].copy_from_slice(nonce);
    iv[8..].copy_from_slice(nonce);
    iv
}

/// MACs of consecutive chunks whose plaintext is `plain`, walked in parallel.
fn group_macs(cipher: &Aes, nonce: &[u8; 8], group: &[(u64, u64)], plain: &[u8]) -> Vec<[u8; 16]> {
    let mut rest = plain;
    let parts: Vec<&[u8]> = group
        .iter()
        .map(|(_, length)| {
            let (part, tail) = rest.split_at(*length as usize);
            rest = tail;
            part
        })
        .collect();
    // all lanes together as far as the shortest goes, then each on its own
    let common = parts
        .iter()
        .map(|part| part.len() / BLOCK)
        .min()
        .unwrap_or(0);
    let lanes: Vec<&[[u8; BLOCK]]> = parts.iter().map(|part| part.as_chunks().0).collect();
    let mut macs = vec![initial(nonce); parts.len()];
    for row in 0..common {
        for (mac, lane) in macs.iter_mut().zip(&lanes) {
            *mac = xor(*mac, lane[row]);
        }
        cipher.encrypt_blocks(&mut macs);
    }
    for (mac, part) in macs.iter_mut().zip(&parts) {
        for block in part[common * BLOCK..].chunks(BLOCK) {
            *mac = cipher.encrypt_block(xor(*mac, padded(block)));
        }
    }
    macs
}

fn padded(block: &[u8]) -> [u8; 16] {
    let mut full = [0; 16];
    full[..block.len()].copy_from_slice(block);
    full
}
