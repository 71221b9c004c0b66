//! What the store keeps beside nodes: users, sessions, links, shares, answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::accounts::AccountRecord;
use crate::sandbox::text::{Handle, UserHandle};

use super::node::BlobId;

/// An account with its roots and limits.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// Keys, password check, second factor.
    pub account: AccountRecord,
    /// The Cloud Drive.
    pub cloud: Handle,
    /// The vault.
    pub vault: Handle,
    /// The rubbish bin.
    pub rubbish: Handle,
    /// Unix seconds.
    pub created: i64,
    /// Bytes that may be stored.
    pub quota: u64,
    /// Bytes that may be downloaded an hour; unlimited if absent.
    pub transfer_quota: Option<u64>,
    /// Whether the server holds the master key and may check uploads.
    pub witnessed: bool,
}

/// A value kept for the client under a name: `^!keys`, `^!dv`, `+puEd255`, ...
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attribute {
    /// The value, opaque.
    pub value: String,
    /// Changes with every write.
    pub version: String,
}

/// All attributes of one user.
pub type Attributes = BTreeMap<String, Attribute>;

/// A login.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub user: UserHandle,
    /// The name under which `usl` lists it and `usr` ends it.
    pub id: UserHandle,
    /// Key that the client seals its stored session with.
    pub sek: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds of the last login step seen.
    pub used: i64,
    /// The client's own name.
    pub agent: String,
    /// Where it came from.
    pub address: String,
    /// The client's device id, if it gave one.
    pub device: Option<String>,
}

/// A public link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// The node it opens.
    pub node: Handle,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds after which it opens nothing.
    pub expires: Option<i64>,
}

/// How a folder is shared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Share {
    /// Share key under the owner's master key; none if the client keeps it
    /// elsewhere and sent zero bytes.
    pub key: Option<String>,
    /// The owner's proof that the key is his.
    pub proof: Option<String>,
    /// Whether links may be made, and since when.
    pub exported: Option<i64>,
    /// Accounts that see it.
    #[serde(default)]
    pub targets: BTreeMap<String, Target>,
}

/// One account's part in a share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// 0 read-only, 1 read-write, 2 full.
    pub access: u8,
    /// Share key for this account, as the owner sent it.
    pub key: Option<String>,
    /// Unix seconds.
    pub since: i64,
}

impl Share {
    /// Whether nobody is left to share with.
    pub fn is_over(&self) -> bool {
        self.exported.is_none() && self.targets.is_empty()
    }
}

/// Stored content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Blob {
    /// Bytes.
    pub size: u64,
    /// Whether the bytes stand in the database, not in a file of their own.
    pub inline: bool,
    /// How many nodes use it.
    #[serde(skip)]
    pub uses: u64,
}

/// A stored thumbnail or preview.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileAttribute {
    /// Content, under the same rules as a node's.
    pub blob: BlobId,
}

/// An answer kept so that a repeated request is not carried out twice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Which request: session, link context and request id.
    pub key: String,
    /// Hash of the request's body.
    pub body: u64,
    /// The answer's text.
    pub text: String,
}
