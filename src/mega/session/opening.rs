//! The answer of `us`, opened with the password key. Pure.

use super::Session;
use crate::mega::api::{LoginReply, SessionId};
use crate::mega::crypto::keys::{MasterKey, PasswordKey};
use crate::mega::crypto::rsa::RsaPrivateKey;
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::crypto::{CryptoError, base64, session_id};
use crate::mega::error::LoginFailure;
use crate::mega::handle::UserHandle;

/// A session, and whether the account still lacks its RSA key.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) needs_key_pair: bool,
}

/// Opens master key, RSA key and session id, and checks that all of them
/// belong to the same account.
pub(super) fn open(reply: LoginReply, password_key: &PasswordKey) -> Result<Opened, LoginFailure> {
    let wrapped = base64::decode(&reply.master_key).map_err(bad("master key"))?;
    let master = password_key
        .unwrap_key(&wrapped)
        .map_err(bad("master key"))?;
    let master_key = MasterKey::from_slice(&master).map_err(bad("master key"))?;

    let id = match (&reply.rsa_session, &reply.temporary_session) {
        (Some(csid), _) => {
            let wrapped = reply.private_key.as_deref().ok_or_else(|| {
                LoginFailure::BadAnswer(
                    "the session needs an RSA key and none came with it".to_owned(),
                )
            })?;
            let wrapped = base64::decode(wrapped).map_err(bad("RSA key"))?;
            let blob = master_key.unwrap_key(&wrapped).map_err(bad("RSA key"))?;
            let rsa = RsaPrivateKey::parse(&blob).map_err(bad("RSA key"))?;
            let csid = base64::decode(csid).map_err(bad("session id"))?;
            rsa.decrypt_session_id(&csid).map_err(bad("session id"))?
        }
        (None, Some(tsid)) => {
            session_id::SessionId::from_tsid(tsid, &master_key).map_err(bad("session id"))?
        }
        (None, None) => return Err(LoginFailure::BadAnswer("no session id".to_owned())),
    };

    let user = id
        .user_handle()
        .and_then(UserHandle::parse)
        .ok_or_else(|| LoginFailure::BadAnswer("the session id names no user".to_owned()))?;
    if reply
        .user
        .as_deref()
        .is_some_and(|announced| announced != user.as_str())
    {
        return Err(LoginFailure::BadAnswer(
            "the session id names another user".to_owned(),
        ));
    }
    Ok(Opened {
        needs_key_pair: reply.rsa_session.is_none() && reply.private_key.is_none(),
        session: Session {
            id: SessionId::new(id.to_text()),
            user,
            master_key,
            wrapped_private_key: reply.private_key,
        },
    })
}

fn bad(what: &'static str) -> impl Fn(CryptoError) -> LoginFailure {
    move |error| LoginFailure::BadAnswer(format!("{what}: {error}"))
}
