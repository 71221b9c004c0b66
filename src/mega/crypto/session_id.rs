//! The session id: what the server gives at login and wants with each request.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..16 | opaque |
//! | 16..27 | the user handle, 11 ASCII characters |
//! | 27..43 | opaque |
//!
//! Spec: docs/protocol.md#rsa-key-and-session-id.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::keys::MasterKey;
use super::wrap::Wrapping;
use super::{CryptoError, base64};

/// A session id whose form has been checked.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionId([u8; 43]);

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId(***)")
    }
}

impl PartialEq for SessionId {
    /// Compares in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SessionId {}

impl SessionId {
    /// The length in bytes.
    pub const LEN: usize = 43;

    /// Takes 43 bytes that name a user where a session id does.
    ///
    /// # Errors
    /// [`CryptoError::SessionId`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, CryptoError> {
        let id = Self(bytes.try_into().map_err(|_| CryptoError::SessionId)?);
        id.user_handle()
            .filter(|handle| base64::is_base64url(handle))
            .ok_or(CryptoError::SessionId)?;
        Ok(id)
    }

    /// Opens a `tsid`, the session id of an account without RSA key: its last
    /// 16 bytes are its first 16 encrypted with the master key.
    ///
    /// # Errors
    /// [`CryptoError::Base64`], or [`CryptoError::SessionId`] if the check fails.
    pub fn from_tsid(tsid: &str, master: &MasterKey) -> Result<Self, CryptoError> {
        let id = Self::from_slice(&base64::decode(tsid)?)?;
        let (head, rest) = id.0.split_at(16);
        let expected = master.wrap(head);
        let tail = rest.get(11..).unwrap_or_default();
        bool::from(expected.ct_eq(tail))
            .then_some(id)
            .ok_or(CryptoError::SessionId)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 43] {
        &self.0
    }

    /// The text that goes into `sid=`: 58 characters.
    pub fn to_text(&self) -> String {
        base64::encode(&self.0)
    }

    /// The handle of the user whose session it is; the login compares it with `u`.
    pub fn user_handle(&self) -> Option<&str> {
        std::str::from_utf8(self.0.get(16..27)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_name_no_user_are_refused() {
        assert_eq!(SessionId::from_slice(&[0; 43]), Err(CryptoError::SessionId));
        assert_eq!(
            SessionId::from_slice(&[b'A'; 42]),
            Err(CryptoError::SessionId)
        );
        assert!(SessionId::from_slice(&[b'A'; 43]).is_ok());
    }
}
