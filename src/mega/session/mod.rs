//! Sessions: one login, then never again.
//!
//! [`SessionKeeper`] holds the current session of an account. It takes it from
//! the sealed store if there is one, logs in otherwise, and logs in again when
//! the server has forgotten the session. Spec: docs/protocol.md, "Login".

mod keeper;
mod key_pair;
mod login;
mod mfa;
mod opening;
mod secret;
mod store;
mod take_over;

use std::fmt;

pub use keeper::SessionKeeper;
pub use mfa::{CodeCallback, MfaSource};
pub use secret::Secret;
pub use store::SessionStore;
pub use take_over::ForeignSession;
pub(super) use take_over::take_over;

use crate::mega::api::SessionId;
use crate::mega::crypto::base64;
use crate::mega::crypto::keys::MasterKey;
use crate::mega::crypto::rsa::RsaPrivateKey;
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::error::Error;
use crate::mega::handle::UserHandle;

/// Who logs in, and with what.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The e-mail address as the user wrote it.
    pub email: String,
    /// The password in the clear.
    pub password: Secret,
    /// Where codes of the second factor come from.
    pub mfa: MfaSource,
}

impl Credentials {
    /// The address as the server knows it: trimmed, ASCII letters in lower case.
    #[must_use]
    pub fn account(&self) -> String {
        self.email.trim().to_ascii_lowercase()
    }
}

/// An open session: what it takes to speak for an account.
#[derive(Clone)]
pub struct Session {
    /// The bearer secret of each request.
    pub id: SessionId,
    /// The account's user handle.
    pub user: UserHandle,
    /// Opens the keys of the account's nodes.
    pub master_key: MasterKey,
    /// The RSA private key, still under the master key (base64url); it is
    /// needed so seldom that it is opened only then.
    wrapped_private_key: Option<String>,
}

impl Session {
    /// The account's RSA key: for keys that others sent us. `None` for an
    /// account that has none.
    ///
    /// # Errors
    /// The key is damaged.
    pub fn private_key(&self) -> Result<Option<RsaPrivateKey>, Error> {
        let Some(wrapped) = &self.wrapped_private_key else {
            return Ok(None);
        };
        let blob = self.master_key.unwrap_key(&base64::decode(wrapped)?)?;
        Ok(Some(RsaPrivateKey::parse(&blob)?))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
