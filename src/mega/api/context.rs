//! In whose name requests are sent: nobody's, a public link's, a session's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::mega::error::Error;
use crate::mega::handle::PublicHandle;

/// The id of a session as text (`sid`): a bearer secret, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(Arc<Zeroizing<String>>);

impl SessionId {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The text, for the URL.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(***)")
    }
}

/// Knows the current session, and makes a new one when the server has
/// forgotten it (`-15`).
#[async_trait]
pub trait SessionRenewer: Send + Sync {
    /// The session to send with.
    fn current(&self) -> SessionId;

    /// Replaces `stale`. If somebody else has replaced it already, their
    /// session is the answer and no login happens.
    ///
    /// # Errors
    /// The login failed.
    async fn renew(&self, stale: &SessionId) -> Result<SessionId, Error>;
}

/// In whose name a queue sends.
pub(super) enum Context {
    /// Nobody's: logins, and links to files.
    Anonymous,
    /// A folder link's: every command runs inside that folder.
    Link(PublicHandle),
    /// An account's.
    Session {
        renewer: Arc<dyn SessionRenewer>,
        /// Set by the first `-16`: nothing is sent after it.
        blocked: AtomicBool,
    },
}

impl Context {
    pub(super) fn session_id(&self) -> Option<SessionId> {
        match self {
            Self::Session { renewer, .. } => Some(renewer.current()),
            Self::Anonymous | Self::Link(_) => None,
        }
    }

    /// What goes into the URL after the request id. Contains secrets.
    pub(super) fn query(&self, session: Option<&SessionId>) -> String {
        match (self, session) {
            (Self::Link(handle), _) => format!("&n={handle}"),
            (_, Some(session)) => format!("&sid={}", session.reveal()),
            (_, None) => String::new(),
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        matches!(self, Self::Session { blocked, .. } if blocked.load(Ordering::Relaxed))
    }

    pub(super) fn block(&self) {
        if let Self::Session { blocked, .. } = self {
            blocked.store(true, Ordering::Relaxed);
        }
    }
}
