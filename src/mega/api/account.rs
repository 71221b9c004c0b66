//! The account: `ug`, `uga`, `uq`.
//!
//! Spec: docs/protocol.md, "User data and quota".

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::command::{Command, Route};
use super::fields::{Fields, as_number};
use crate::mega::error::Error;
use crate::mega::handle::{NodeHandle, UserHandle};

/// `ug`: who the session belongs to.
#[derive(Debug)]
pub struct UserInfo;

/// The answer to [`UserInfo`].
#[derive(Clone)]
pub struct UserInfoReply {
    /// The user handle.
    pub user: UserHandle,
    /// The e-mail address.
    pub email: String,
    /// The full name, if the account has one.
    pub name: Option<String>,
    /// The RSA private key under the master key (base64url).
    pub private_key: Option<String>,
    /// The RSA public key (base64url).
    pub public_key: Option<String>,
    /// The account keeps old versions of files (no `^!dv`).
    pub keeps_versions: bool,
    /// The `^!keys` attribute (base64url), where the server sent it along.
    pub keys: Option<String>,
}

impl fmt::Debug for UserInfoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfoReply")
            .field("user", &self.user)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl Command for UserInfo {
    const NAME: &'static str = "ug";
    const ROUTE: Route = Route::Batched;
    type Reply = UserInfoReply;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "v": 1})
    }

    fn parse(reply: Value) -> Result<UserInfoReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        let user = fields.text("u")?;
        Ok(UserInfoReply {
            user: UserHandle::parse(&user)
                .ok_or_else(|| Error::protocol(Self::NAME, "field 'u' is no user handle"))?,
            email: fields.optional_text("email")?.unwrap_or_default(),
            name: fields
                .optional_text("name")?
                .filter(|name| !name.is_empty()),
            private_key: fields
                .optional_text("privk")?
                .filter(|text| !text.is_empty()),
            public_key: fields
                .optional_text("pubk")?
                .filter(|text| !text.is_empty()),
            keeps_versions: attribute(fields.take("^!dv")).as_deref() != Some("1"),
            keys: attribute(fields.take("^!keys")),
        })
    }
}

/// The value of a user attribute: bare, or in `{"av":..,"v":..}`.
fn attribute(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text),
        Value::Object(mut map) => match map.remove("av")? {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// `uga`: one attribute of a user.
#[derive(Debug)]
pub struct UserAttribute {
    /// Whose attribute.
    pub user: UserHandle,
    /// Its name with prefix, such as `^!keys`.
    pub name: String,
}

/// The answer to [`UserAttribute`].
#[derive(Clone)]
pub struct UserAttributeReply {
    /// The value (base64url, or whatever the attribute holds).
    pub value: String,
    /// The version, for a later write.
    pub version: Option<String>,
}

/// Attributes hold keys.
impl fmt::Debug for UserAttributeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAttributeReply")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Command for UserAttribute {
    const NAME: &'static str = "uga";
    const ROUTE: Route = Route::Batched;
    type Reply = UserAttributeReply;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "u": self.user.as_str(), "ua": self.name, "v": 1})
    }

    fn parse(reply: Value) -> Result<UserAttributeReply, Error> {
        // Servers of before `v:1` answer with the bare value.
        if let Value::String(value) = reply {
            return Ok(UserAttributeReply {
                value,
                version: None,
            });
        }
        let mut fields = Fields::new(Self::NAME, reply)?;
        Ok(UserAttributeReply {
            value: fields.text("av")?,
            version: fields.optional_text("v")?,
        })
    }
}

/// `uq`: storage and transfer.
#[derive(Debug)]
pub struct Quota;

/// The answer to [`Quota`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotaReply {
    /// Bytes used, with old versions and the rubbish.
    pub used: u64,
    /// Bytes allowed.
    pub allowed: u64,
    /// Use below each root and incoming share.
    pub by_root: BTreeMap<NodeHandle, RootUse>,
    /// Bytes of transfer that the plan allows; 0 for free accounts.
    pub transfer_allowed: u64,
    /// Bytes of that which are used.
    pub transfer_used: u64,
    /// Free transfer used in each of the last hours, oldest first.
    pub free_transfer_by_hour: Vec<u64>,
    /// How long the window of free transfer has been open.
    pub free_window_age: Option<Duration>,
}

/// What one root holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RootUse {
    /// Bytes of current files.
    pub bytes: u64,
    /// Current files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Bytes of old versions.
    pub version_bytes: u64,
    /// Old versions.
    pub versions: u64,
}

impl Command for Quota {
    const NAME: &'static str = "uq";
    const ROUTE: Route = Route::Batched;
    type Reply = QuotaReply;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "strg": 1, "xfer": 1, "pro": 1, "v": 2})
    }

    fn parse(reply: Value) -> Result<QuotaReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        let by_root = match fields.take("cstrgn") {
            Some(Value::Object(map)) => map
                .iter()
                .filter_map(|(handle, row)| Some((NodeHandle::parse(handle)?, root_use(row))))
                .collect(),
            _ => BTreeMap::new(),
        };
        Ok(QuotaReply {
            used: fields.size("cstrg")?,
            allowed: fields.size("mstrg")?,
            by_root,
            transfer_allowed: fields.optional_size("mxfer")?.unwrap_or(0),
            transfer_used: fields.optional_size("caxfer")?.unwrap_or(0),
            free_transfer_by_hour: match fields.take("tah") {
                Some(Value::Array(hours)) => hours.iter().map(size).collect(),
                _ => Vec::new(),
            },
            free_window_age: fields
                .take("bt")
                .and_then(|value| u64::try_from(as_number(&value)?).ok())
                .map(Duration::from_secs),
        })
    }
}

fn size(value: &Value) -> u64 {
    as_number(value)
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0)
}

fn root_use(row: &Value) -> RootUse {
    let column = |at: usize| row.get(at).map_or(0, size);
    RootUse {
        bytes: column(0),
        files: column(1),
        folders: column(2),
        version_bytes: column(3),
        versions: column(4),
    }
}
