//! Logging in and out: `us0`, `us`, `up`, `sml`, `usl`, `usr`.
//!
//! Spec: docs/protocol.md, "Login".

use std::fmt;

use serde_json::{Value, json};

use super::command::{Command, Route};
use super::fields::{Fields, acknowledge, as_number};
use crate::mega::error::Error;

/// `us0`: which version an account is, and its salt.
#[derive(Debug)]
pub struct Prelogin {
    /// The e-mail address in lower case.
    pub email: String,
}

/// How an account derives its password key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreloginReply {
    /// The old way, without salt.
    V1,
    /// PBKDF2 with this salt (base64url).
    V2 {
        /// The salt as text.
        salt: String,
    },
}

impl Command for Prelogin {
    const NAME: &'static str = "us0";
    const ROUTE: Route = Route::Alone;
    type Reply = PreloginReply;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "user": self.email})
    }

    fn parse(reply: Value) -> Result<PreloginReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        match fields.number("v")? {
            1 => Ok(PreloginReply::V1),
            2 => Ok(PreloginReply::V2 {
                salt: fields.text("s")?,
            }),
            other => Err(Error::protocol(
                Self::NAME,
                format!("account version {other}, this program knows 1 and 2"),
            )),
        }
    }
}

/// `us`: opens a session.
pub struct Login {
    /// The e-mail address in lower case.
    pub email: String,
    /// The user hash: proves the password.
    pub user_hash: String,
    /// The six digits of the second factor.
    pub code: Option<String>,
}

/// Hides the proof and the code.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// The answer to [`Login`]; everything in it is still encrypted.
pub struct LoginReply {
    /// The master key under the password key (base64url).
    pub master_key: String,
    /// The RSA private key under the master key (base64url).
    pub private_key: Option<String>,
    /// The session id under the RSA key (base64url).
    pub rsa_session: Option<String>,
    /// The session id of an account without RSA key (base64url).
    pub temporary_session: Option<String>,
    /// The user handle; the official client requires it, older servers may omit it.
    pub user: Option<String>,
}

impl fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginReply")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Command for Login {
    const NAME: &'static str = "us";
    const ROUTE: Route = Route::Alone;
    type Reply = LoginReply;

    fn to_json(&self) -> Value {
        let mut command = json!({"a": Self::NAME, "user": self.email, "uh": self.user_hash});
        if let Some(code) = &self.code {
            command["mfa"] = json!(code);
        }
        command
    }

    fn parse(reply: Value) -> Result<LoginReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        Ok(LoginReply {
            master_key: fields.text("k")?,
            private_key: fields
                .optional_text("privk")?
                .filter(|text| !text.is_empty()),
            rsa_session: fields
                .optional_text("csid")?
                .filter(|text| !text.is_empty()),
            temporary_session: fields
                .optional_text("tsid")?
                .filter(|text| !text.is_empty()),
            user: fields.optional_text("u")?,
        })
    }
}

/// `up` with a key pair: gives an account its RSA keys.
pub struct SetKeyPair {
    /// The private key under the master key (base64url).
    pub private_key: String,
    /// The public key (base64url).
    pub public_key: String,
}

impl Command for SetKeyPair {
    const NAME: &'static str = "up";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "privk": self.private_key, "pubk": self.public_key})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `sml`: ends this session.
#[derive(Debug)]
pub struct Logout;

impl Command for Logout {
    const NAME: &'static str = "sml";
    const ROUTE: Route = Route::Alone;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `usl`: the sessions of the account.
#[derive(Debug)]
pub struct Sessions;

/// One entry of [`Sessions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// When it was opened, in Unix seconds.
    pub opened: i64,
    /// When it was last used, in Unix seconds.
    pub last_used: i64,
    /// The client's user agent.
    pub user_agent: String,
    /// The client's address.
    pub address: String,
    /// Two letters.
    pub country: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The name for [`KillSessions`]; not the session id itself.
    pub id: String,
    /// Whether it is still open.
    pub alive: bool,
}

impl Command for Sessions {
    const NAME: &'static str = "usl";
    const ROUTE: Route = Route::Batched;
    type Reply = Vec<SessionInfo>;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "x": 1, "d": 1})
    }

    fn parse(reply: Value) -> Result<Vec<SessionInfo>, Error> {
        let Value::Array(rows) = reply else {
            return Err(Error::protocol(Self::NAME, "no list of sessions"));
        };
        let text = |row: &Value, at: usize| {
            row.get(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let number = |row: &Value, at: usize| row.get(at).and_then(as_number).unwrap_or_default();
        Ok(rows
            .iter()
            .filter(|row| row.is_array())
            .map(|row| SessionInfo {
                opened: number(row, 0),
                last_used: number(row, 1),
                user_agent: text(row, 2),
                address: text(row, 3),
                country: text(row, 4),
                current: number(row, 5) == 1,
                id: text(row, 6),
                alive: number(row, 7) == 1,
            })
            .collect())
    }
}

/// `usr`: ends other sessions.
#[derive(Debug)]
pub enum KillSessions {
    /// All but this one.
    AllOthers,
    /// Those with these [`SessionInfo::id`]s.
    Named(Vec<String>),
}

impl Command for KillSessions {
    const NAME: &'static str = "usr";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        match self {
            Self::AllOthers => json!({"a": Self::NAME, "ko": 1}),
            Self::Named(ids) => json!({"a": Self::NAME, "s": ids}),
        }
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}
