//! Sealing of what is kept on disk between runs: sessions, trees, journals.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0 | version, 1 |
//! | 1..13 | random nonce |
//! | 13.. | AES-256-GCM ciphertext, ending with the 16-byte tag |
//!
//! The context (what the blob is and whose) is authenticated, not stored: a
//! blob moved to another place does not open there. The random nonce allows
//! 2^32 blobs under one key.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use cipher::Array;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::CryptoError;
pub use super::keys::SealKey;
use super::keys::{MasterKey, fill_random};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
/// What stands before the ciphertext.
const FRONT: usize = 1 + NONCE;

/// The key for sealing what belongs to an account, for one purpose.
pub fn derive(master: &MasterKey, purpose: &str) -> SealKey {
    let mut key = Zeroizing::new([0; SealKey::LEN]);
    let filled = Hkdf::<Sha256>::new(None, master.as_bytes()).expand(purpose.as_bytes(), &mut *key);
    // fails only for keys of more than 8160 bytes
    debug_assert!(filled.is_ok());
    SealKey::from_bytes(*key)
}

/// Seals `plaintext` for `context`.
pub fn seal(key: &SealKey, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(plaintext.len() + FRONT + TAG);
    sealed.extend_from_slice(plaintext);
    seal_in_place(key, context, &mut sealed);
    sealed
}

/// As [`seal`], of a plaintext that nobody needs any more.
pub fn seal_in_place(key: &SealKey, context: &[u8], text: &mut Vec<u8>) {
    let mut nonce = [0; NONCE];
    fill_random(&mut nonce);
    let cipher = Aes256Gcm::new(&Array(*key.as_bytes()));
    let tag = cipher.encrypt_inout_detached(&Array(nonce), context, text.as_mut_slice().into());
    match tag {
        Ok(tag) => text.extend_from_slice(&tag),
        // fails only above 64 GiB, and an empty blob does not open
        Err(_) => text.clear(),
    }
    text.splice(..0, [VERSION].into_iter().chain(nonce));
}

/// Opens what [`seal`] made for the same context.
///
/// # Errors
/// [`CryptoError::Sealed`] for any change, another key or another context.
pub fn open(key: &SealKey, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let mut text = sealed.to_vec();
    let length = open_in_place(key, context, &mut text)?.len();
    text.drain(..FRONT);
    text.truncate(length);
    Ok(text)
}

/// As [`open`], where the sealed bytes stand.
///
/// # Errors
/// As [`open`]; nothing can be said about the bytes then.
pub fn open_in_place<'a>(
    key: &SealKey,
    context: &[u8],
    sealed: &'a mut [u8],
) -> Result<&'a [u8], CryptoError> {
    let (front, rest) = sealed
        .split_first_chunk_mut::<FRONT>()
        .ok_or(CryptoError::Sealed)?;
    let (version, nonce) = front.split_first_chunk::<1>().ok_or(CryptoError::Sealed)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| CryptoError::Sealed)?;
    if version != &[VERSION] {
        return Err(CryptoError::Sealed);
    }
    let (text, tag) = rest
        .split_last_chunk_mut::<TAG>()
        .ok_or(CryptoError::Sealed)?;
    Aes256Gcm::new(&Array(*key.as_bytes()))
        .decrypt_inout_detached(&Array(nonce), context, (&mut *text).into(), &Array(*tag))
        .map_err(|_| CryptoError::Sealed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn opens_only_untouched_with_the_same_key_and_context() {
        let key = SealKey::generate();
        let sealed = seal(&key, b"session of a", b"secret");
        assert_eq!(open(&key, b"session of a", &sealed).unwrap(), b"secret");
        assert_eq!(
            open(&key, b"session of b", &sealed),
            Err(CryptoError::Sealed)
        );
        assert_eq!(
            open(&SealKey::generate(), b"session of a", &sealed),
            Err(CryptoError::Sealed)
        );
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 0x10;
            assert_eq!(
                open(&key, b"session of a", &changed),
                Err(CryptoError::Sealed),
                "byte {i}"
            );
            assert_eq!(
                open(&key, b"session of a", &sealed[..i]),
                Err(CryptoError::Sealed)
            );
        }
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        let key = SealKey::generate();
        assert_ne!(seal(&key, b"", b"x"), seal(&key, b"", b"x"));
    }
}
