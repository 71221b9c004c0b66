//! Keys encrypted with keys: AES-128 on each 16-byte block on its own, and the
//! proof that a share key is our own.
//!
//! Spec: docs/protocol.md#node-keys, docs/protocol.md#share-keys.

use aes::Aes128;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keys::{MasterKey, NodeKey, PasswordKey, ShareKey};
use super::{CryptoError, base64};

/// A key with its AES schedule computed: unwraps many keys cheaply.
pub struct Wrapper(Aes128);

impl Wrapper {
    /// Prepares the 16 key bytes.
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Aes128::new(&Array(*key)))
    }

    /// Encrypts whole blocks in place; a rest shorter than a block is not touched.
    pub fn encrypt_in_place(&self, data: &mut [u8]) {
        let (blocks, _) = Array::slice_as_chunks_mut(data);
        self.0.encrypt_blocks(blocks);
    }

    /// Decrypts whole blocks in place; a rest shorter than a block is not touched.
    pub fn decrypt_in_place(&self, data: &mut [u8]) {
        let (blocks, _) = Array::slice_as_chunks_mut(data);
        self.0.decrypt_blocks(blocks);
    }

    /// Decrypts a wrapped node key: 32 bytes for a file, 16 for a folder.
    ///
    /// # Errors
    /// [`CryptoError::Length`] or [`CryptoError::ZeroKey`].
    pub fn unwrap_node_key(&self, wrapped: &[u8]) -> Result<NodeKey, CryptoError> {
        let mut bytes = Zeroizing::new([0; 32]);
        let bytes = bytes.get_mut(..wrapped.len()).ok_or(CryptoError::Length {
            what: "node key",
            expected: 32,
            got: wrapped.len(),
        })?;
        bytes.copy_from_slice(wrapped);
        self.decrypt_in_place(bytes);
        NodeKey::from_slice(bytes)
    }
}

/// A key that wraps other keys.
pub trait Wrapping {
    /// Computes the key schedule, for use on many keys.
    fn wrapper(&self) -> Wrapper;

    /// Encrypts key bytes; a file key is two independent blocks.
    ///
    /// The last block is zero padded if the length is no multiple of 16, which
    /// no key has.
    fn wrap(&self, key: &[u8]) -> Vec<u8> {
        let mut wrapped = key.to_vec();
        wrapped.resize(key.len().next_multiple_of(16), 0);
        self.wrapper().encrypt_in_place(&mut wrapped);
        wrapped
    }

    /// Decrypts wrapped key bytes. Nothing is authenticated: a wrong key gives
    /// other bytes, not an error.
    ///
    /// # Errors
    /// [`CryptoError::Blocks`] if the data is empty or not whole blocks.
    fn unwrap_key(&self, wrapped: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if wrapped.is_empty() || !wrapped.len().is_multiple_of(16) {
            return Err(CryptoError::Blocks {
                what: "wrapped key",
            });
        }
        let mut key = wrapped.to_vec();
        self.wrapper().decrypt_in_place(&mut key);
        Ok(key)
    }

    /// Wraps a node key for a `k` field, as base64url without handle prefix.
    fn wrap_node_key(&self, key: &NodeKey) -> String {
        base64::encode(&self.wrap(&key.to_bytes()))
    }
}

macro_rules! wrapping {
    ($($key:ty),*) => {$(
        impl Wrapping for $key {
            fn wrapper(&self) -> Wrapper {
                Wrapper::new(self.as_bytes())
            }
        }
    )*};
}
wrapping!(MasterKey, ShareKey, PasswordKey);

/// Computes `ha`, the proof that we made the share key of folder `handle`:
/// AES(master key, handle || handle), the 8-character text twice.
///
/// # Errors
/// [`CryptoError::Length`] if the handle is not 8 bytes long.
pub fn share_key_proof(handle: &str, master: &MasterKey) -> Result<[u8; 16], CryptoError> {
    let text: [u8; 8] = handle
        .as_bytes()
        .try_into()
        .map_err(|_| CryptoError::Length {
            what: "node handle",
            expected: 8,
            got: handle.len(),
        })?;
    let mut block = [0; 16];
    block[..8].copy_from_slice(&text);
    block[8..].copy_from_slice(&text);
    master.wrapper().encrypt_in_place(&mut block);
    Ok(block)
}

/// Computes `ha` as it is sent: base64url, 22 characters.
///
/// # Errors
/// As [`share_key_proof`].
pub fn ha(handle: &str, master: &MasterKey) -> Result<String, CryptoError> {
    Ok(base64::encode(&share_key_proof(handle, master)?))
}

/// Opens an `ok` entry of the tree: checks `ha`, then unwraps the share key.
/// `None` is the all-zero placeholder of accounts that keep the key elsewhere.
///
/// # Errors
/// [`CryptoError::ShareKeyProof`] if the entry is not ours; otherwise what is
/// wrong with its texts.
pub fn open_own_share_key(
    handle: &str,
    ha: &str,
    k: &str,
    master: &MasterKey,
) -> Result<Option<ShareKey>, CryptoError> {
    let claimed: [u8; 16] = base64::decode_exact("share key proof", ha)?;
    let expected = share_key_proof(handle, master)?;
    let wrapped: [u8; 16] = base64::decode_exact("share key", k)?;
    if wrapped == [0; 16] {
        return Ok(None);
    }
    if !bool::from(claimed.ct_eq(&expected)) {
        return Err(CryptoError::ShareKeyProof);
    }
    let key = ShareKey::from_slice(&Zeroizing::new(master.unwrap_key(&wrapped)?))?;
    Ok((key.as_bytes() != &[0; 16]).then_some(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unwrapping_undoes_wrapping_and_refuses_partial_blocks() {
        let key = MasterKey::generate();
        let wrapped = key.wrap(&[5; 32]);
        assert_ne!(wrapped, [5; 32]);
        assert_eq!(key.unwrap_key(&wrapped).unwrap(), [5; 32]);
        for bad in [&wrapped[..31], &[][..]] {
            assert_eq!(
                key.unwrap_key(bad),
                Err(CryptoError::Blocks {
                    what: "wrapped key"
                })
            );
        }
    }

    #[test]
    fn the_zero_placeholder_is_no_key() {
        let master = MasterKey::generate();
        let zero = base64::encode(&[0; 16]);
        assert_eq!(
            open_own_share_key("AAAAAAAA", &zero, &zero, &master).unwrap(),
            None
        );
    }
}
