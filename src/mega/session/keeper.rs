//! Keeps the current session of one account, across renewals and processes.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tracing::debug;

use super::key_pair::Fixed;
use super::login::log_in;
use super::store::{SessionStore, Slot};
use super::{Credentials, Session};
use crate::mega::api::{Api, Logout, SessionId, SessionRenewer};
use crate::mega::error::{Error, ErrorCode, LoginFailure};

/// The session of an account: the same for every request and every clone.
pub struct SessionKeeper {
    login_api: Api,
    credentials: Credentials,
    slot: Option<Slot>,
    current: Mutex<Arc<Session>>,
    renewing: tokio::sync::Mutex<()>,
}

impl SessionKeeper {
    /// Takes the session from `store`, or logs in over `login_api` (which has
    /// no session of its own) and keeps the result there.
    ///
    /// A stored session is not asked for its validity: if it is gone, the
    /// first command's `-15` brings a new one.
    ///
    /// # Errors
    /// The login failed.
    pub async fn open(
        login_api: Api,
        credentials: Credentials,
        store: Option<&SessionStore>,
    ) -> Result<Self, Error> {
        let slot = store.and_then(|store| {
            store.slot(
                login_api.base_url(),
                &credentials.account(),
                &credentials.password,
            )
        });
        let stored = slot.as_ref().and_then(Slot::load);
        let session = match stored {
            Some(session) => session,
            None => obtain(&login_api, &credentials, slot.as_ref(), None).await?,
        };
        Ok(Self {
            login_api,
            credentials,
            slot,
            current: Mutex::new(Arc::new(session)),
            renewing: tokio::sync::Mutex::default(),
        })
    }

    /// The current session.
    #[must_use]
    pub fn session(&self) -> Arc<Session> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the session that `store` has, if it has one, and forgets it. Nobody
    /// logs in for that.
    ///
    /// # Errors
    /// The server could not be asked; the stored session is gone all the same.
    pub async fn end_stored(
        login_api: Api,
        credentials: Credentials,
        store: &SessionStore,
    ) -> Result<(), Error> {
        let account = credentials.account();
        let slot = store.slot(login_api.base_url(), &account, &credentials.password);
        let Some(session) = slot.as_ref().and_then(Slot::load) else {
            return Ok(());
        };
        let keeper = Self {
            login_api,
            credentials,
            slot,
            current: Mutex::new(Arc::new(session)),
            renewing: tokio::sync::Mutex::default(),
        };
        keeper.log_out().await
    }

    /// Ends the session at the server and forgets it here.
    ///
    /// # Errors
    /// The server could not be asked; the stored session is gone all the same.
    pub async fn log_out(&self) -> Result<(), Error> {
        if let Some(slot) = &self.slot {
            slot.remove();
        }
        let api = self
            .login_api
            .with_renewer(Arc::new(Fixed(self.session().id.clone())));
        match api.call(Logout).await {
            Err(error) if error.code() == Some(ErrorCode::ESID) => Ok(()),
            other => other,
        }
    }
}

#[async_trait]
impl SessionRenewer for SessionKeeper {
    fn current(&self) -> SessionId {
        self.session().id.clone()
    }

    async fn renew(&self, stale: &SessionId) -> Result<SessionId, Error> {
        let _one_at_a_time = self.renewing.lock().await;
        let before = self.session();
        if before.id != *stale {
            return Ok(before.id.clone());
        }
        let slot = self.slot.as_ref();
        let session = obtain(&self.login_api, &self.credentials, slot, Some(stale)).await?;
        if session.user != before.user {
            let what = "another account answers to this e-mail address now";
            return Err(LoginFailure::BadAnswer(what.to_owned()).into());
        }
        let id = session.id.clone();
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(session);
        Ok(id)
    }
}

/// Gets a session other than `stale`: the one that another process has stored
/// meanwhile, or a new one.
async fn obtain(
    api: &Api,
    credentials: &Credentials,
    slot: Option<&Slot>,
    stale: Option<&SessionId>,
) -> Result<Session, Error> {
    let Some(slot) = slot else {
        return log_in(api, credentials).await;
    };
    // Held until the new session is stored: of many processes that start at
    // once, one logs in and the others find its session here.
    let _lock = slot.lock().await;
    if let Some(session) = slot.load().filter(|session| Some(&session.id) != stale) {
        debug!(target: "megarc", "another process has logged in meanwhile, using its session");
        return Ok(session);
    }
    let session = log_in(api, credentials).await?;
    slot.save(&session);
    Ok(session)
}
