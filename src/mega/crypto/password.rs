//! From password to keys, for both account versions.
//!
//! Version 1 hashes the password's UTF-16 units with 65536 rounds of AES;
//! version 2 is PBKDF2. Spec: docs/protocol.md#version-1-passwords, #version-2.

use aes::Aes128;
use cipher::{Array, BlockCipherEncrypt, KeyInit};
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use super::base64;
use super::keys::PasswordKey;

/// Start value of the version 1 password key.
const V1_START: [u8; 16] = [
    0x93, 0xC4, 0x67, 0xE3, 0x7D, 0xB0, 0xC7, 0xA4, 0xD1, 0xBE, 0x3F, 0x81, 0x01, 0x52, 0xCB, 0x56,
];
const V1_KEY_ROUNDS: usize = 65536;
const V1_HASH_ROUNDS: usize = 16384;
const V2_ROUNDS: u32 = 100_000;

/// Derives the password key of a version 1 account as the official clients do.
pub fn derive_v1(password: &str) -> PasswordKey {
    derive_v1_bytes(&pack_utf16(password))
}

/// Derives the version 1 key from the password's UTF-8 bytes, as accounts made
/// by other clients may need it. Same as [`derive_v1`] for ASCII.
pub fn derive_v1_utf8(password: &str) -> PasswordKey {
    derive_v1_bytes(password.as_bytes())
}

/// Packs a password the way the official clients hash it: one byte a UTF-16
/// unit; the unit's high byte is or-ed into the byte before, and lost for every
/// fourth unit, because the arithmetic is 32 bits wide for four units.
fn pack_utf16(password: &str) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(vec![0u8; password.encode_utf16().count()]);
    for (i, unit) in password.encode_utf16().enumerate() {
        let [high, low] = unit.to_be_bytes();
        if i % 4 != 0
            && let Some(before) = packed.get_mut(i - 1)
        {
            *before |= high;
        }
        if let Some(slot) = packed.get_mut(i) {
            *slot |= low;
        }
    }
    packed
}

fn derive_v1_bytes(password: &[u8]) -> PasswordKey {
    let ciphers: Vec<Aes128> = password
        .chunks(16)
        .map(|part| {
            let mut block = Zeroizing::new([0; 16]);
            for (slot, byte) in block.iter_mut().zip(part) {
                *slot = *byte;
            }
            Aes128::new(&Array(*block))
        })
        .collect();
    let mut key = Array(V1_START);
    for _ in 0..V1_KEY_ROUNDS {
        for cipher in &ciphers {
            cipher.encrypt_block(&mut key);
        }
    }
    let result = PasswordKey::from_bytes(key.0);
    key.0.zeroize();
    result
}

/// Computes the version 1 user hash `uh` from the e-mail (lower-cased here)
/// and the password key: 8 bytes, 11 characters.
pub fn user_hash_v1(email: &str, key: &PasswordKey) -> String {
    let mut hash: cipher::Block<Aes128> = Array([0; 16]);
    for (i, byte) in email.to_ascii_lowercase().bytes().enumerate() {
        hash.0[i % 16] ^= byte;
    }
    let cipher = Aes128::new(&Array(*key.as_bytes()));
    for _ in 0..V1_HASH_ROUNDS {
        cipher.encrypt_block(&mut hash);
    }
    let mut short = [0; 8];
    short[..4].copy_from_slice(&hash.0[..4]);
    short[4..].copy_from_slice(&hash.0[8..12]);
    base64::encode(&short)
}

/// Derives the password key and the user hash `uh` (16 bytes, 22 characters)
/// of a version 2 account. Takes about 55 ms of CPU.
///
/// The password's UTF-8 bytes are used as they are: no normalisation, and no
/// trimming (the web client trims when a password is *set*, so one typed with
/// outer spaces may only work trimmed).
pub fn derive_v2(password: &str, salt: &[u8]) -> (PasswordKey, String) {
    let mut derived = Zeroizing::new([0u8; 32]);
    pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, V2_ROUNDS, derived.as_mut_slice());
    let (key, hash) = derived.split_at(16);
    let mut key_bytes = Zeroizing::new([0; 16]);
    key_bytes.copy_from_slice(key);
    (PasswordKey::from_bytes(*key_bytes), base64::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_password_leaves_the_start_value() {
        assert_eq!(derive_v1("").as_bytes(), &V1_START);
    }

    #[test]
    fn every_fourth_unit_loses_its_high_byte() {
        assert_eq!(*pack_utf16("\u{1141}\u{2242}"), [0x41 | 0x22, 0x42]);
    }
}
