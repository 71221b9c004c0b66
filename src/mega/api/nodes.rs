//! Nodes: `f`, `p`, `m`, `a`, `d`, `dr`, `dv`.
//!
//! Nodes come back as raw JSON: `mega/node.rs` is the only decoder.
//! Spec: docs/protocol.md, "Nodes", "Create nodes", "Operations".

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::command::{Command, Route};
use super::fields::{Fields, acknowledge};
use super::share::KeyRequest;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::{NodeHandle, PublicHandle};

/// `f`: the whole tree. Meant for [`Api::stream`](super::Api::stream).
#[derive(Debug)]
pub struct FetchNodes;

impl Command for FetchNodes {
    const NAME: &'static str = "f";
    const ROUTE: Route = Route::Alone;
    type Reply = Value;

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "c": 1, "r": 1})
    }

    fn parse(reply: Value) -> Result<Value, Error> {
        Ok(reply)
    }
}

/// What a new node is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeSource {
    /// A finished upload.
    Upload {
        /// The completion token, as the upload host's answer says.
        token: String,
    },
    /// A new folder; its children in the same request name it as `parent`.
    Folder {
        /// Any 8 characters that are no handle of the request otherwise.
        temporary: String,
    },
    /// A copy of a file of this account.
    CopyFile(NodeHandle),
    /// A copy of a folder of this account (children are listed beside it).
    CopyFolder(NodeHandle),
    /// A file behind a public link.
    ImportFile(PublicHandle),
    /// A file or folder inside a public folder.
    ImportFrom {
        /// Its handle inside the folder link.
        handle: NodeHandle,
        /// Whether it is a folder.
        folder: bool,
    },
}

/// One node to make.
#[derive(Clone)]
pub struct NewNode {
    /// What it is made of.
    pub source: NodeSource,
    /// Its encrypted attributes (base64url).
    pub attributes: String,
    /// Its key under the master key (base64url).
    pub key: String,
    /// The parent inside this request: the temporary handle or source handle
    /// of another entry. `None` is the target of the request.
    pub parent: Option<String>,
    /// The file that becomes its older version.
    pub replaces: Option<NodeHandle>,
    /// File attributes to attach, as `type*handle/...`.
    pub file_attributes: Option<String>,
}

impl NewNode {
    /// A node from `source` directly below the request's target.
    #[must_use]
    pub fn new(source: NodeSource, attributes: String, key: String) -> Self {
        Self {
            source,
            attributes,
            key,
            parent: None,
            replaces: None,
            file_attributes: None,
        }
    }

    fn to_json(&self) -> Value {
        let (field, source, kind) = match &self.source {
            NodeSource::Upload { token } => ("h", token.as_str(), 0),
            NodeSource::Folder { temporary } => ("h", temporary.as_str(), 1),
            NodeSource::CopyFile(handle) => ("h", handle.as_str(), 0),
            NodeSource::CopyFolder(handle) => ("h", handle.as_str(), 1),
            NodeSource::ImportFile(handle) => ("ph", handle.as_str(), 0),
            NodeSource::ImportFrom { handle, folder } => {
                ("ph", handle.as_str(), i32::from(*folder))
            }
        };
        let mut node = json!({"t": kind, "a": self.attributes, "k": self.key});
        node[field] = json!(source);
        if let Some(parent) = &self.parent {
            node["p"] = json!(parent);
        }
        if let Some(replaced) = &self.replaces {
            node["ov"] = json!(replaced.as_str());
        }
        if let Some(attributes) = &self.file_attributes {
            node["fa"] = json!(attributes);
        }
        node
    }
}

impl fmt::Debug for NewNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewNode")
            .field("source", &self.source)
            .field("parent", &self.parent)
            .field("replaces", &self.replaces)
            .finish_non_exhaustive()
    }
}

/// `p`: makes nodes.
#[derive(Debug, Clone)]
pub struct PutNodes {
    /// The folder they go into.
    pub target: NodeHandle,
    /// The nodes, parents before children.
    pub nodes: Vec<NewNode>,
    /// Their keys for the shares that the target lies in.
    pub keys: Option<KeyRequest>,
    /// Keep (or drop) what [`NewNode::replaces`] names; `None` leaves it to
    /// the account's setting.
    pub keep_replaced: Option<bool>,
}

/// The answer to [`PutNodes`].
#[derive(Debug, Clone, Default)]
pub struct PutNodesReply {
    /// The nodes that exist now, as the server describes them.
    pub nodes: Vec<Value>,
    /// The entries that failed, by their place in the request.
    pub failed: BTreeMap<usize, ErrorCode>,
}

impl Command for PutNodes {
    const NAME: &'static str = "p";
    const ROUTE: Route = Route::Batched;
    type Reply = PutNodesReply;

    fn to_json(&self) -> Value {
        let nodes: Vec<Value> = self.nodes.iter().map(NewNode::to_json).collect();
        let mut command = json!({"a": Self::NAME, "t": self.target.as_str(), "n": nodes});
        if let Some(keys) = &self.keys {
            command["cr"] = keys.to_json();
        }
        if let Some(keep) = self.keep_replaced {
            command["vb"] = json!(i32::from(keep));
        }
        command
    }

    fn parse(reply: Value) -> Result<PutNodesReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        let failed: BTreeMap<usize, ErrorCode> = match fields.take("e") {
            Some(Value::Array(codes)) => {
                codes.iter().enumerate().filter_map(failed_entry).collect()
            }
            Some(Value::Object(codes)) => codes
                .iter()
                .filter_map(|(at, code)| failed_entry((at.parse().ok()?, code)))
                .collect(),
            _ => BTreeMap::new(),
        };
        let nodes = fields.array("f")?;
        match failed.first_key_value() {
            Some((_, code)) if nodes.is_empty() => Err(Error::api(Self::NAME, *code)),
            _ => Ok(PutNodesReply { nodes, failed }),
        }
    }
}

fn failed_entry((at, code): (usize, &Value)) -> Option<(usize, ErrorCode)> {
    let code = code.as_i64().filter(|code| *code < 0)?;
    Some((at, ErrorCode(code)))
}

/// `m`: moves a node, keeping its name.
#[derive(Debug)]
pub struct MoveNode {
    /// What moves.
    pub node: NodeHandle,
    /// The folder it moves into.
    pub target: NodeHandle,
    /// Keys for the shares that the target lies in.
    pub keys: Option<KeyRequest>,
}

impl Command for MoveNode {
    const NAME: &'static str = "m";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        let mut command =
            json!({"a": Self::NAME, "n": self.node.as_str(), "t": self.target.as_str()});
        if let Some(keys) = &self.keys {
            command["cr"] = keys.to_json();
        }
        command
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `a`: replaces the attributes of a node; renames and new times are this.
#[derive(Debug)]
pub struct SetAttributes {
    /// The node.
    pub node: NodeHandle,
    /// All its attributes, encrypted (base64url): what is left out is gone.
    pub attributes: String,
}

impl Command for SetAttributes {
    const NAME: &'static str = "a";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME, "n": self.node.as_str(), "at": self.attributes})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `d`: deletes a node for good, with everything below it.
#[derive(Debug)]
pub struct DeleteNode {
    /// The node.
    pub node: NodeHandle,
    /// Of a file only this version: the next older one takes its place.
    pub only_this_version: bool,
}

impl Command for DeleteNode {
    const NAME: &'static str = "d";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        let mut command = json!({"a": Self::NAME, "n": self.node.as_str()});
        if self.only_this_version {
            command["v"] = json!(1);
        }
        command
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `dr`: empties the rubbish.
#[derive(Debug)]
pub struct EmptyRubbish;

impl Command for EmptyRubbish {
    const NAME: &'static str = "dr";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}

/// `dv`: deletes all old versions of the account.
#[derive(Debug)]
pub struct DeleteVersions;

impl Command for DeleteVersions {
    const NAME: &'static str = "dv";
    const ROUTE: Route = Route::Batched;
    type Reply = ();

    fn to_json(&self) -> Value {
        json!({"a": Self::NAME})
    }

    fn parse(reply: Value) -> Result<(), Error> {
        acknowledge(Self::NAME, reply)
    }
}
