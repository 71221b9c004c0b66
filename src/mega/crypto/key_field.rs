//! The `k` field of a node: its key, once for everybody who may have it.
//!
//! Sub-keys separated by `/`, each `<handle>:<base64url>`. The handle is a
//! user's (the key is wrapped by that user's master key) or a shared folder's
//! (by its share key). 22 characters are a folder key, 43 a file key, more is
//! RSA. A text without any `:` is under the own master key.
//! Spec: docs/protocol.md#node-keys.

use super::keys::NodeKey;
use super::rsa::RsaPrivateKey;
use super::wrap::Wrapper;
use super::{CryptoError, base64};

/// The most characters a wrapped AES key has; longer values are RSA.
const LONGEST_AES: usize = 43;

/// What is needed to open node keys: implemented by whoever holds the account.
pub trait KeyRing {
    /// The own user handle, or on a folder link the root's node handle.
    fn own_handle(&self) -> &str;
    /// The master key, or on a folder link the link key.
    fn own_key(&self) -> &Wrapper;
    /// The key of the shared folder `handle`, if known.
    fn share_key(&self, handle: &str) -> Option<&Wrapper>;
    /// The account's RSA key, if it has one.
    fn rsa_key(&self) -> Option<&RsaPrivateKey>;
}

/// Finds the sub-key we can open and opens it: our own first, wherever it
/// stands, then the first known share's. `None` if there is none: the node
/// stays without key.
///
/// # Errors
/// What is wrong with the chosen sub-key. Others are not tried: guessing gives
/// garbage.
pub fn open_node_key(
    field: &str,
    is_file: bool,
    ring: &impl KeyRing,
) -> Result<Option<NodeKey>, CryptoError> {
    if field.is_empty() {
        return Ok(None);
    }
    // Nearly every node of an account has one sub-key, and it is ours.
    let own = field.strip_prefix(ring.own_handle());
    if let Some(value) = own.and_then(|rest| rest.strip_prefix(':'))
        && memchr::memchr2(b'/', b':', value.as_bytes()).is_none()
    {
        return open_value(value, is_file, ring.own_key(), ring.rsa_key()).map(Some);
    }
    if !field.contains(':') {
        return open_value(field, is_file, ring.own_key(), ring.rsa_key()).map(Some);
    }
    let sub_keys = || field.split('/').filter_map(|sub| sub.split_once(':'));
    if let Some((_, value)) = sub_keys().find(|(handle, _)| *handle == ring.own_handle()) {
        return open_value(value, is_file, ring.own_key(), ring.rsa_key()).map(Some);
    }
    for (handle, value) in sub_keys() {
        if let Some(key) = ring.share_key(handle) {
            return open_value(value, is_file, key, ring.rsa_key()).map(Some);
        }
    }
    Ok(None)
}

/// Opens one value: AES by its length, else RSA.
fn open_value(
    value: &str,
    is_file: bool,
    wrapper: &Wrapper,
    rsa: Option<&RsaPrivateKey>,
) -> Result<NodeKey, CryptoError> {
    let expected = if is_file { 32 } else { 16 };
    if value.len() > LONGEST_AES {
        let bytes = base64::decode(value)?;
        let rsa = rsa.ok_or(CryptoError::RsaKey)?;
        return NodeKey::from_slice(&rsa.decrypt_key(&bytes, expected)?);
    }
    let mut bytes = [0; 32];
    let bytes = base64::decode_slice(value, &mut bytes)?;
    if bytes.len() != expected {
        return Err(CryptoError::Length {
            what: "node key",
            expected,
            got: bytes.len(),
        });
    }
    wrapper.unwrap_node_key(bytes)
}
