//! The private attribute `^!keys`, where upgraded accounts keep share keys.
//! Read only: a mistake in writing it locks other clients out.
//!
//! base64url of: 0x14, 0x00, 12-byte IV, AES-128-GCM ciphertext ending with
//! the 16-byte tag; key = HKDF-SHA256(master key, no salt, info 0x01). The
//! plaintext is records of tag (1), length (3, big-endian), data.
//! Spec: docs/protocol.md#keys-attribute.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes128Gcm, KeyInit};
use cipher::Array;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::{MasterKey, ShareKey};
use super::{CryptoError, base64};

const HEADER: [u8; 2] = [0x14, 0];
const TAG_GENERATION: u8 = 4;
const TAG_SHARE_KEYS: u8 = 48;
/// One share key record: handle (6), key (16), flags (1).
const SHARE_RECORD: usize = 23;

/// What the attribute holds for us.
#[derive(Debug, Clone)]
pub struct KeysAttribute {
    /// Grows with each write; a decrease means that the server rolled back.
    pub generation: u32,
    /// The share keys, by folder.
    pub shares: Vec<StoredShareKey>,
}

/// A share key as stored.
#[derive(Debug, Clone)]
pub struct StoredShareKey {
    /// The shared folder's handle, 8 characters.
    pub handle: String,
    /// Its key.
    pub key: ShareKey,
    /// Given to others over a verified channel.
    pub trusted: bool,
    /// The share exists.
    pub in_use: bool,
}

impl KeysAttribute {
    /// Decrypts and parses the attribute's value.
    ///
    /// # Errors
    /// [`CryptoError::Base64`], [`CryptoError::Sealed`] if it was changed or
    /// belongs to another master key, [`CryptoError::KeysAttribute`] if the
    /// records are broken.
    pub fn parse(value: &str, master: &MasterKey) -> Result<Self, CryptoError> {
        let bytes = base64::decode(value)?;
        let rest = bytes
            .strip_prefix(&HEADER)
            .ok_or(CryptoError::KeysAttribute)?;
        let (iv, ciphertext) = rest
            .split_first_chunk::<12>()
            .ok_or(CryptoError::KeysAttribute)?;
        let plain = store_cipher(master)?
            .decrypt(&Array(*iv), ciphertext)
            .map_err(|_| CryptoError::Sealed)?;
        Self::parse_records(&Zeroizing::new(plain))
    }

    /// Parses the decrypted records; unknown tags are passed over.
    pub fn parse_records(mut records: &[u8]) -> Result<Self, CryptoError> {
        let mut result = Self {
            generation: 0,
            shares: Vec::new(),
        };
        while let Some((&[tag, a, b, c], rest)) = records.split_first_chunk::<4>() {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let (data, after) = rest
                .split_at_checked(length)
                .ok_or(CryptoError::KeysAttribute)?;
            match tag {
                TAG_GENERATION => {
                    let bytes = data.try_into().map_err(|_| CryptoError::KeysAttribute)?;
                    result.generation = u32::from_be_bytes(bytes);
                }
                TAG_SHARE_KEYS => result.shares = parse_shares(data)?,
                _ => {}
            }
            records = after;
        }
        if !records.is_empty() {
            return Err(CryptoError::KeysAttribute);
        }
        Ok(result)
    }
}

fn parse_shares(data: &[u8]) -> Result<Vec<StoredShareKey>, CryptoError> {
    let (entries, rest) = data.as_chunks::<SHARE_RECORD>();
    if !rest.is_empty() {
        return Err(CryptoError::KeysAttribute);
    }
    entries
        .iter()
        .map(|entry| {
            let (handle, rest) = entry.split_at(6);
            let (key, flags) = rest.split_at(16);
            let flags = flags.first().copied().unwrap_or_default();
            Ok(StoredShareKey {
                handle: base64::encode(handle),
                key: ShareKey::from_slice(key)?,
                trusted: flags & 1 != 0,
                in_use: flags & 2 != 0,
            })
        })
        .collect()
}

fn store_cipher(master: &MasterKey) -> Result<Aes128Gcm, CryptoError> {
    let mut key = Zeroizing::new([0; 16]);
    Hkdf::<Sha256>::new(None, master.as_bytes())
        .expand(&[1], key.as_mut_slice())
        .map_err(|_| CryptoError::KeysAttribute)?;
    Ok(Aes128Gcm::new(&Array(*key)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(tag: u8, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&[tag], &length[1..], data].concat()
    }

    fn sealed(master: &MasterKey, records: &[u8]) -> String {
        let iv = [5; 12];
        let ciphertext = store_cipher(master)
            .unwrap()
            .encrypt(&Array(iv), records)
            .unwrap();
        base64::encode(&[&HEADER[..], &iv, &ciphertext].concat())
    }

    #[test]
    fn share_keys_and_generation_are_read_past_unknown_records() {
        let master = MasterKey::generate();
        let share = [&[1; 6][..], &[2; 16], &[3]].concat();
        let other = [&[4; 6][..], &[5; 16], &[0]].concat();
        let records = [
            record(1, &[1]),
            record(4, &[0, 0, 1, 2]),
            record(99, &[7; 300]),
            record(48, &[share, other].concat()),
        ]
        .concat();
        let keys = KeysAttribute::parse(&sealed(&master, &records), &master).unwrap();
        assert_eq!(keys.generation, 258);
        assert_eq!(keys.shares.len(), 2);
        assert_eq!(keys.shares[0].handle, base64::encode(&[1; 6]));
        assert_eq!(keys.shares[0].key, ShareKey::from_bytes([2; 16]));
        assert!(keys.shares[0].trusted && keys.shares[0].in_use);
        assert!(!keys.shares[1].trusted && !keys.shares[1].in_use);
    }

    #[test]
    fn each_kind_of_damage_has_its_error() {
        let master = MasterKey::generate();
        let good = sealed(&master, &record(48, &[0; 23]));
        let error = |value: &str, key: &MasterKey| KeysAttribute::parse(value, key).unwrap_err();
        assert_eq!(error(&good, &MasterKey::generate()), CryptoError::Sealed);
        assert_eq!(error(&good[..60], &master), CryptoError::Sealed);
        assert_eq!(error("FQAA", &master), CryptoError::KeysAttribute);
        for records in [record(48, &[0; 22]), vec![48, 0, 0, 9, 1], vec![1, 2]] {
            assert_eq!(
                error(&sealed(&master, &records), &master),
                CryptoError::KeysAttribute
            );
        }
    }
}
