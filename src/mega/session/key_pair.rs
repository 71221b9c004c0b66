//! Gives an account its RSA keys: `up` with `privk` and `pubk`.
//!
//! A confirmed account that has never been opened has none; the official
//! clients make them at the first login. Until then its sessions are
//! temporary ones (`tsid`).

use std::sync::Arc;

use async_trait::async_trait;
use tracing::info;

use super::Session;
use crate::mega::api::{Api, SessionId, SessionRenewer, SetKeyPair};
use crate::mega::crypto::wrap::Wrapping;
use crate::mega::crypto::{base64, rsa};
use crate::mega::error::{Error, ErrorCode};

/// What the official clients make.
const BITS: usize = 2048;

/// Makes a key pair and stores it in the account, the private half under the
/// master key.
pub(super) async fn make_key_pair(api: &Api, session: &Session) -> Result<(), Error> {
    info!(target: "megarc", "The account has no RSA key yet: making one");
    let made = tokio::task::spawn_blocking(|| rsa::generate(BITS)).await;
    let (private, public) =
        made.map_err(|_| Error::Invalid("making the key was interrupted".to_owned()))??;
    let api = api.with_renewer(Arc::new(Fixed(session.id.clone())));
    api.call(SetKeyPair {
        private_key: base64::encode(&session.master_key.wrap(&private)),
        public_key: base64::encode(&public),
    })
    .await
}

/// A session that is not worth renewing.
pub(super) struct Fixed(pub(super) SessionId);

#[async_trait]
impl SessionRenewer for Fixed {
    fn current(&self) -> SessionId {
        self.0.clone()
    }

    async fn renew(&self, _: &SessionId) -> Result<SessionId, Error> {
        Err(Error::api("sid", ErrorCode::ESID))
    }
}
