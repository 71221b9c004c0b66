//! The 32-byte file key K and what it holds.
//!
//! | bytes of K | content |
//! | --- | --- |
//! | 0..16 | A xor K\[16..32\], A being the AES key of content and attributes |
//! | 16..24 | nonce |
//! | 24..32 | meta-MAC |
//!
//! Links and `k` fields carry K; the ciphers use A. Spec:
//! docs/protocol.md#node-keys.

use zeroize::Zeroizing;

use super::CryptoError;
use super::keys::{ContentKey, FolderKey, MetaMac, Nonce};

/// An unpacked file key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileKey {
    content_key: ContentKey,
    nonce: Nonce,
    meta_mac: MetaMac,
}

impl FileKey {
    /// The length of the packed form, in bytes.
    pub const LEN: usize = 32;

    /// Joins the three parts once the meta-MAC is known.
    pub fn new(content_key: ContentKey, nonce: Nonce, meta_mac: MetaMac) -> Self {
        Self {
            content_key,
            nonce,
            meta_mac,
        }
    }

    /// Makes the fresh half of a file key. The pair must not encrypt a second
    /// content: two contents under one pair reveal both.
    pub fn generate() -> (ContentKey, Nonce) {
        (ContentKey::generate(), Nonce::generate())
    }

    /// Unpacks the 32 bytes of a `k` field or link.
    ///
    /// # Errors
    /// [`CryptoError::ZeroKey`] if A would be all zero.
    pub fn unpack(packed: &[u8; 32]) -> Result<Self, CryptoError> {
        let (front, back) = packed.split_at(16);
        let mut content_key = Zeroizing::new([0; 16]);
        for (a, (x, y)) in content_key.iter_mut().zip(front.iter().zip(back)) {
            *a = x ^ y;
        }
        if *content_key == [0; 16] {
            return Err(CryptoError::ZeroKey);
        }
        let (nonce, meta_mac) = back.split_at(8);
        Ok(Self {
            content_key: ContentKey::from_bytes(*content_key),
            nonce: Nonce::from_slice(nonce)?,
            meta_mac: MetaMac::from_slice(meta_mac)?,
        })
    }

    /// Unpacks a slice that must be 32 bytes long.
    ///
    /// # Errors
    /// [`CryptoError::Length`] or [`CryptoError::ZeroKey`].
    pub fn from_slice(packed: &[u8]) -> Result<Self, CryptoError> {
        let packed: Zeroizing<[u8; 32]> =
            Zeroizing::new(packed.try_into().map_err(|_| CryptoError::Length {
                what: "file key",
                expected: Self::LEN,
                got: packed.len(),
            })?);
        Self::unpack(&packed)
    }

    /// Packs the key into the 32 bytes that `k` fields and links carry.
    pub fn pack(&self) -> [u8; 32] {
        let mut packed = [0; 32];
        let (front, back) = packed.split_at_mut(16);
        let (nonce, meta_mac) = back.split_at_mut(8);
        nonce.copy_from_slice(self.nonce.as_bytes());
        meta_mac.copy_from_slice(self.meta_mac.as_bytes());
        for (k, (a, b)) in front
            .iter_mut()
            .zip(self.content_key.as_bytes().iter().zip(back.iter()))
        {
            *k = a ^ b;
        }
        packed
    }

    /// A: the key of the content and the attributes.
    pub fn aes_key(&self) -> &ContentKey {
        &self.content_key
    }

    /// The nonce of the content's counter.
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// The MAC that the whole content must have.
    pub fn meta_mac(&self) -> &MetaMac {
        &self.meta_mac
    }
}

/// A node's key, by the kind of node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKey {
    /// Of a file.
    File(FileKey),
    /// Of a folder.
    Folder(FolderKey),
}

impl NodeKey {
    /// Reads a key by its length: 32 bytes for a file, 16 for a folder.
    ///
    /// # Errors
    /// [`CryptoError::Length`] or [`CryptoError::ZeroKey`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, CryptoError> {
        if bytes.len() == FileKey::LEN {
            return FileKey::from_slice(bytes).map(Self::File);
        }
        let key = FolderKey::from_slice(bytes)?;
        if key.as_bytes() == &[0; 16] {
            return Err(CryptoError::ZeroKey);
        }
        Ok(Self::Folder(key))
    }

    /// The key of the node's attributes: A for a file, the key itself for a folder.
    pub fn attr_key(&self) -> &[u8; 16] {
        match self {
            Self::File(key) => key.aes_key().as_bytes(),
            Self::Folder(key) => key.as_bytes(),
        }
    }

    /// Writes the same bytes as [`to_bytes`](Self::to_bytes) to the front of `out`.
    pub fn put(&self, out: &mut [u8; 32]) {
        match self {
            Self::File(key) => *out = key.pack(),
            Self::Folder(key) => {
                let (front, _) = out.split_at_mut(FolderKey::LEN);
                front.copy_from_slice(key.as_bytes());
            }
        }
    }

    /// The bytes that are wrapped into a `k` field: 32 or 16.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::File(key) => key.pack().to_vec(),
            Self::Folder(key) => key.as_bytes().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn equal_halves_are_refused() {
        assert_eq!(FileKey::unpack(&[7; 32]), Err(CryptoError::ZeroKey));
        assert_eq!(NodeKey::from_slice(&[0; 16]), Err(CryptoError::ZeroKey));
    }

    #[test]
    fn packing_and_unpacking_are_inverse() {
        let (content_key, nonce) = FileKey::generate();
        let key = FileKey::new(content_key, nonce, MetaMac::from_bytes([9; 8]));
        assert_eq!(FileKey::unpack(&key.pack()).unwrap(), key);
    }
}
