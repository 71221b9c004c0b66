//! Node keys: folding, unfolding, and wrapping under a master or share key.

use super::aes::{Aes, xor};
use super::{Malformed, base64};

/// What a 32-byte file key consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FileKey {
    /// AES key of content and attributes.
    pub content_key: [u8; 16],
    /// Upper half of the CTR counter block.
    pub nonce: [u8; 8],
    /// What the whole content's MAC must be.
    pub meta_mac: [u8; 8],
}

/// A decrypted node key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NodeKey {
    /// A file's 32 bytes, unfolded.
    File(FileKey),
    /// A folder's 16 bytes.
    Folder([u8; 16]),
}

impl FileKey {
    /// Unfolds `(A ⊕ (nonce ‖ MAC)) ‖ nonce ‖ MAC`.
    pub fn unfold(packed: &[u8; 32]) -> FileKey {
        let (mut left, mut right) = ([0; 16], [0; 16]);
        left.copy_from_slice(&packed[..16]);
        right.copy_from_slice(&packed[16..]);
        let (mut nonce, mut meta_mac) = ([0; 8], [0; 8]);
        nonce.copy_from_slice(&right[..8]);
        meta_mac.copy_from_slice(&right[8..]);
        FileKey {
            content_key: xor(left, right),
            nonce,
            meta_mac,
        }
    }

    /// Folds the three parts into the 32 bytes of links and `k` fields.
    pub fn fold(&self) -> [u8; 32] {
        let mut right = [0; 16];
        right[..8].copy_from_slice(&self.nonce);
        right[8..].copy_from_slice(&self.meta_mac);
        let mut packed = [0; 32];
        packed[..16].copy_from_slice(&xor(self.content_key, right));
        packed[16..].copy_from_slice(&right);
        packed
    }
}

impl NodeKey {
    /// The key that the node's attributes are under.
    pub fn attribute_key(&self) -> &[u8; 16] {
        match self {
            NodeKey::File(key) => &key.content_key,
            NodeKey::Folder(key) => key,
        }
    }

    /// The key's bytes as they stand in `k` fields and links, before wrapping.
    pub fn packed(&self) -> Vec<u8> {
        match self {
            NodeKey::File(key) => key.fold().to_vec(),
            NodeKey::Folder(key) => key.to_vec(),
        }
    }
}

/// Unwraps one value of a `k` field: AES-ECB under a master or share key, in
/// base64url, 16 bytes for a folder and 32 for a file.
///
/// # Errors
/// When the value has another length or is no base64.
pub fn unwrap(wrapping_key: &[u8; 16], value: &str) -> Result<NodeKey, Malformed> {
    let bytes = base64::decode(value).ok_or(Malformed("the node key is no base64url"))?;
    let plain = Aes::new(wrapping_key)
        .ecb_decrypt(&bytes)
        .unwrap_or_default();
    match (
        <[u8; 16]>::try_from(plain.as_slice()),
        <[u8; 32]>::try_from(plain.as_slice()),
    ) {
        (Ok(folder), _) => Ok(NodeKey::Folder(folder)),
        (_, Ok(file)) => Ok(NodeKey::File(FileKey::unfold(&file))),
        _ => Err(Malformed("the node key has neither 16 nor 32 bytes")),
    }
}

/// The inverse of [`unwrap`].
pub fn wrap(wrapping_key: &[u8; 16], key: &NodeKey) -> String {
    let encrypted = Aes::new(wrapping_key).ecb_encrypt(&key.packed());
    base64::encode(&encrypted.unwrap_or_default())
}

/// The proof that a share key was put there by its owner: AES-ECB(master key,
/// handle ‖ handle), the handle as its eight characters.
///
/// # Errors
/// When the handle does not have eight characters.
pub fn handle_auth(master_key: &[u8; 16], handle: &str) -> Result<[u8; 16], Malformed> {
    let twice = [handle, handle].concat();
    let block = twice
        .as_bytes()
        .try_into()
        .map_err(|_| Malformed("the node handle does not have 8 characters"))?;
    Ok(Aes::new(master_key).encrypt_block(block))
}
