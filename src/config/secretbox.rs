//! XSalsa20 with Poly1305, as NaCl's secretbox: what seals configuration
//! files, ours and rclone's.
//!
//! A key may seal many texts, each under a fresh nonce.

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub(super) const NONCE: usize = 24;
/// Bytes of a tag.
pub(super) const TAG: usize = 16;

/// `tag, 16 bytes ‖ ciphertext` of a text.
pub(super) fn seal(key: &[u8; 32], nonce: &[u8; NONCE], text: &[u8]) -> Vec<u8> {
    let (mut cipher, mac_key) = start(key, nonce);
    let mut sealed = text.to_vec();
    cipher.apply_keystream(&mut sealed);
    let tag = Poly1305::new((&*mac_key).into()).compute_unpadded(&sealed);
    [tag.as_slice(), &sealed].concat()
}

/// The text of `tag ‖ ciphertext`; `None` when key or bytes are wrong.
pub(super) fn open(key: &[u8; 32], nonce: &[u8; NONCE], boxed: &[u8]) -> Option<Vec<u8>> {
    let (tag, sealed) = boxed.split_first_chunk::<TAG>()?;
    let (mut cipher, mac_key) = start(key, nonce);
    let expected = Poly1305::new((&*mac_key).into()).compute_unpadded(sealed);
    if !bool::from(expected.as_slice().ct_eq(tag)) {
        return None;
    }
    let mut text = sealed.to_vec();
    cipher.apply_keystream(&mut text);
    Some(text)
}

/// The cipher behind the 32 bytes of key stream that authenticate.
fn start(key: &[u8; 32], nonce: &[u8; NONCE]) -> (XSalsa20, Zeroizing<[u8; 32]>) {
    let mut cipher = XSalsa20::new(key.into(), nonce.into());
    let mut mac_key = Zeroizing::new([0; 32]);
    cipher.apply_keystream(&mut *mac_key);
    (cipher, mac_key)
}

#[cfg(test)]
mod tests {
    use super::{open, seal};

    #[test]
    fn one_bit_anywhere_is_noticed() {
        let sealed = seal(&[1; 32], &[2; 24], b"text");
        assert_eq!(
            open(&[1; 32], &[2; 24], &sealed).as_deref(),
            Some(&b"text"[..])
        );
        assert_eq!(open(&[3; 32], &[2; 24], &sealed), None);
        assert_eq!(open(&[1; 32], &[3; 24], &sealed), None);
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            if let Some(byte) = flipped.get_mut(at) {
                *byte ^= 0x40;
            }
            assert_eq!(open(&[1; 32], &[2; 24], &flipped), None, "byte {at}");
        }
        assert_eq!(open(&[1; 32], &[2; 24], &sealed[..15]), None);
    }
}
