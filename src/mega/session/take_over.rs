//! Sessions that another program opened: rclone leaves its own in its
//! configuration, and it is as good as one of ours.

use std::sync::Arc;

use super::key_pair::Fixed;
use super::store::SessionStore;
use super::{Credentials, Secret, Session};
use crate::mega::api::{Api, SessionId, UserInfo};
use crate::mega::crypto::keys::MasterKey;
use crate::mega::crypto::{CryptoError, base64, session_id};
use crate::mega::error::Error;
use crate::mega::handle::UserHandle;

/// A session as it stands in rclone's configuration.
#[derive(Debug, Clone)]
pub struct ForeignSession {
    /// `session_id`, in base64url.
    pub id: Secret,
    /// `master_key`, in base64.
    pub master_key: Secret,
}

/// Keeps a foreign session as if this program had opened it, after the server
/// has said that it is the account's.
///
/// # Errors
/// It is no session, has ended, or is another account's; the server could not
/// be asked; there is no place to keep it.
pub(in crate::mega) async fn take_over(
    api: &Api,
    foreign: &ForeignSession,
    credentials: &Credentials,
    store: &SessionStore,
) -> Result<(), Error> {
    let mut session = parse(foreign).map_err(|_| bad("it is no session id with a master key"))?;
    let asked = api.with_renewer(Arc::new(Fixed(session.id.clone())));
    let account = asked.call(UserInfo).await?;
    if account.user != session.user || account.email.to_ascii_lowercase() != credentials.account() {
        return Err(bad("the session is that of another account"));
    }
    session.wrapped_private_key = account.private_key;
    // A wrong master key opens no RSA key.
    session
        .private_key()
        .map_err(|_| bad("the master key is not that of the account"))?;
    let slot = store.slot(
        api.base_url(),
        &credentials.account(),
        &credentials.password,
    );
    let slot = slot.ok_or_else(|| bad("there is no place to keep the session"))?;
    slot.save(&session);
    Ok(())
}

fn parse(foreign: &ForeignSession) -> Result<Session, CryptoError> {
    let id = base64::decode(foreign.id.reveal().trim())?;
    let id = session_id::SessionId::from_slice(&id)?;
    let user = id.user_handle().and_then(UserHandle::parse);
    Ok(Session {
        id: SessionId::new(id.to_text()),
        user: user.ok_or(CryptoError::SessionId)?,
        master_key: MasterKey::from_slice(&base64::decode(foreign.master_key.reveal().trim())?)?,
        wrapped_private_key: None,
    })
}

fn bad(what: &str) -> Error {
    Error::Invalid(what.to_owned())
}
