//! Links and shares: `l`, `s2`, `k`, `pli`, and the `cr` lists that carry keys.
//!
//! Spec: docs/protocol.md, "Keys for shared folders", "Folder export".

use std::fmt;

use serde_json::{Value, json};

use super::command::{Command, Route};
use super::fields::{Fields, acknowledge, as_number};
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::{NodeHandle, PublicHandle};

/// Node keys encrypted to share keys, so that others can read the nodes (`cr`).
#[derive(Clone, Default)]
pub struct KeyRequest {
    /// The shares.
    pub shares: Vec<NodeHandle>,
    /// The nodes by handle. Empty inside `p`: there the entries of the
    /// request are meant, by their place.
    pub nodes: Vec<NodeHandle>,
    /// Index of the share, index of the node, key under the share key (base64url).
    pub keys: Vec<(usize, usize, String)>,
}

impl KeyRequest {
    pub(super) fn to_json(&self) -> Value {
        let handles =
            |list: &[NodeHandle]| list.iter().map(NodeHandle::to_string).collect::<Vec<_>>();
        let keys: Vec<Value> = self
            .keys
            .iter()
            .flat_map(|(share, node, key)| [json!(share), json!(node), json!(key)])
            .collect();
        json!([handles(&self.shares), handles(&self.nodes), keys])
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("shares", &self.shares)
            .field("nodes", &self.nodes)
            .field("keys", &self.keys.len())
            .finish()
    }
}

/// `l`: makes a public link, or finds the one that exists.
#[derive(Debug)]
pub struct Export {
    /// The file, or a folder exported by [`Share`] before.
    pub node: NodeHandle,
    /// When the link ends, in Unix seconds (paid accounts).
    pub expires: Option<i64>,
}

impl Command for Export {
    const NAME: &'static str = "l";
    const ROUTE: Route = Route::Batched;
    type Reply = PublicHandle;

    fn to_json(&self) -> Value {
        let mut command = json!({"a": Self::NAME, "n": self.node.as_str()});
        if let Some(expires) = self.expires {
            command["ets"] = json!(expires);
        }
        command
    }

    fn parse(reply: Value) -> Result<PublicHandle, Error> {
        let text = match &reply {
            Value::String(text) => Some(text.as_str()),
            Value::Array(parts) => parts.last().and_then(Value::as_str),
            Value::Object(map) => map.get("ph").and_then(Value::as_str),
            _ => None,
        };
        text.and_then(PublicHandle::parse)
            .ok_or_else(|| Error::protocol(Self::NAME, "no public handle"))
    }
}

/// `l` with `d`: takes the public link back.
#[derive(Debug)]
pub struct Unexport {
    /// The exported node.
    pub node: NodeHandle,
}

impl Command for Unexport {
    const NAME: &'static str = "l";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "n": self.node.as_str(), "d": 1})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `s2` for everybody: gives a folder a share key, so that it can have a link.
#[derive(Debug)]
pub struct Share {
    /// The folder.
    pub folder: NodeHandle,
    /// The share key under the master key (base64url).
    pub share_key: String,
    /// The handle's authentication under the master key (base64url).
    pub authentication: String,
    /// The keys of every node of the subtree, the folder included.
    pub keys: KeyRequest,
}

/// The answer to [`Share`].
#[derive(Clone)]
pub struct ShareReply {
    /// The folder had a share key already: this one, under the master key.
    pub existing_key: Option<String>,
}

impl fmt::Debug for ShareReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShareReply")
            .field("has_existing_key", &self.existing_key.is_some())
            .finish()
    }
}

impl Command for Share {
    const NAME: &'static str = "s2";
    const ROUTE: Route = Route::Batched;
    type Reply = ShareReply;

    fn to_json(&self) -> Value {
        json!({
            "a": Self::NAME,
            "n": self.folder.as_str(),
            "s": [{"u": "EXP", "r": 0}],
            "ok": self.share_key,
            "ha": self.authentication,
            "cr": self.keys.to_json(),
        })
    }

    fn parse(reply: Value) -> Result<ShareReply, Error> {
        if reply.is_number() {
            return Ok(ShareReply { existing_key: None });
        }
        let mut fields = Fields::new(Self::NAME, reply)?;
        let results = fields.array("r")?;
        if let Some(code) = results.iter().filter_map(as_number).find(|code| *code < 0) {
            return Err(Error::api(Self::NAME, ErrorCode(code)));
        }
        Ok(ShareReply {
            existing_key: fields.optional_text("ok")?,
        })
    }
}

/// `s2` without access level: the folder is no longer open to everybody.
#[derive(Debug)]
pub struct Unshare {
    /// The folder.
    pub folder: NodeHandle,
}

impl Command for Unshare {
    const NAME: &'static str = "s2";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "n": self.folder.as_str(), "s": [{"u": "EXP", "r": ""}]})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `k`: adds keys for shares later on.
#[derive(Debug)]
pub struct AddKeys {
    /// The keys.
    pub keys: KeyRequest,
}

impl Command for AddKeys {
    const NAME: &'static str = "k";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "cr": self.keys.to_json()})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `pli`: what a folder link holds, without opening it.
#[derive(Debug)]
pub struct LinkInfo {
    /// The link.
    pub link: PublicHandle,
}

/// The answer to [`LinkInfo`].
#[derive(Clone)]
pub struct LinkInfoReply {
    /// The root's encrypted attributes (base64url).
    pub attributes: String,
    /// The root's key field, `<handle>:<key>`.
    pub key: String,
    /// Bytes of current files.
    pub bytes: u64,
    /// Current files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
}

impl fmt::Debug for LinkInfoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkInfoReply")
            .field("bytes", &self.bytes)
            .field("files", &self.files)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

impl Command for LinkInfo {
    const NAME: &'static str = "pli";
    const ROUTE: Route = Route::Batched;
    type Reply = LinkInfoReply;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "ph": self.link.as_str()})
    }

    fn parse(reply: Value) -> Result<LinkInfoReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        let sizes = fields.array("s")?;
        let size = |at: usize| {
            let number = sizes.get(at).and_then(as_number).unwrap_or(0);
            u64::try_from(number).unwrap_or(0)
        };
        Ok(LinkInfoReply {
            attributes: fields.text("attrs")?,
            key: fields.text("k")?,
            bytes: size(0),
            files: size(1),
            folders: size(2),
        })
    }
}
