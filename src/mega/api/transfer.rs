//! Addresses for content: `u` and `g`.
//!
//! Spec: docs/protocol.md, "Upload", "Download".

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::command::{Command, Route};
use super::fields::Fields;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::{NodeHandle, PublicHandle};

/// How long the quota stays used up when the server does not say.
const DEFAULT_QUOTA_WAIT: Duration = Duration::from_secs(3600);

/// `ssl` in requests: storage servers talk http or https. The content is
/// encrypted and verified either way.
fn ssl(use_https: bool) -> i32 {
    if use_https { 2 } else { 0 }
}

/// `u`: where to upload a file to.
#[derive(Debug)]
pub struct RequestUpload {
    /// The file's size in bytes.
    pub size: u64,
    /// Wants an https address.
    pub use_https: bool,
}

impl Command for RequestUpload {
    const NAME: &'static str = "u";
    const ROUTE: Route = Route::Batched;
    /// The upload address: a capability, not for logs.
    type Reply = String;

    fn to_json(&self) -> Value {
        // `v:2` makes the completion token binary, as the web client has it.
        json!({"a": Self::NAME, "s": self.size, "ssl": ssl(self.use_https), "v": 2})
    }

    fn parse(reply: Value) -> Result<String, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        let address = fields.text("p")?;
        require_http(Self::NAME, &address)?;
        Ok(address)
    }
}

/// What `g` is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DownloadTarget {
    /// A node of the account, or of the folder link of the queue.
    Node(NodeHandle),
    /// The file behind a public link.
    Link(PublicHandle),
}

/// `g`: where to download a file from, and what it is.
#[derive(Debug)]
pub struct RequestDownload {
    /// The file.
    pub target: DownloadTarget,
    /// Wants an https address.
    pub use_https: bool,
    /// Wants an address at all; otherwise only size and attributes come.
    pub with_address: bool,
    /// Six addresses of parts (CloudRAID) will do as well as one.
    pub striped: bool,
}

/// Where the bytes of a file are: addresses are capabilities, not for logs.
#[derive(Clone, PartialEq, Eq)]
pub enum DownloadAddress {
    /// None was asked for, or given.
    None,
    /// All at one place.
    Whole(String),
    /// Striped over six parts, the first of which is the parity.
    Striped([String; 6]),
}

/// The answer to [`RequestDownload`].
#[derive(Clone)]
pub struct RequestDownloadReply {
    /// Where its bytes are.
    pub address: DownloadAddress,
    /// The file's size in bytes.
    pub size: u64,
    /// Its encrypted attributes (base64url).
    pub attributes: String,
}

impl fmt::Debug for RequestDownloadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestDownloadReply")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Command for RequestDownload {
    const NAME: &'static str = "g";
    const ROUTE: Route = Route::Lockless;
    type Reply = RequestDownloadReply;

    fn to_json(&self) -> Value {
        let mut command = json!({"a": Self::NAME, "ssl": ssl(self.use_https)});
        match self.target {
            DownloadTarget::Node(handle) => command["n"] = json!(handle.as_str()),
            DownloadTarget::Link(handle) => command["p"] = json!(handle.as_str()),
        }
        if self.with_address {
            command["g"] = json!(1);
        }
        if self.with_address && self.striped {
            command["v"] = json!(2);
        }
        command
    }

    fn parse(reply: Value) -> Result<RequestDownloadReply, Error> {
        let mut fields = Fields::new(Self::NAME, reply)?;
        if let Some(code) = fields.optional_number("e")?.filter(|code| *code < 0) {
            let left = fields.optional_size("tl").unwrap_or_default();
            return Err(refusal(ErrorCode(code), left));
        }
        if fields.take("d").is_some_and(|taken_down| taken_down != 0) {
            return Err(Error::api(Self::NAME, ErrorCode::EBLOCKED));
        }
        let address = match fields.take("g") {
            Some(Value::String(address)) => whole(address)?,
            Some(Value::Array(addresses)) => several(addresses)?,
            _ => DownloadAddress::None,
        };
        Ok(RequestDownloadReply {
            address,
            size: fields.size("s")?,
            attributes: fields.optional_text("at")?.unwrap_or_default(),
        })
    }

    fn refusal(code: ErrorCode) -> Error {
        refusal(code, None)
    }
}

fn whole(address: String) -> Result<DownloadAddress, Error> {
    if address.is_empty() {
        return Ok(DownloadAddress::None);
    }
    require_http(RequestDownload::NAME, &address)?;
    Ok(DownloadAddress::Whole(address))
}

/// One address in an array, or those of the six parts.
fn several(addresses: Vec<Value>) -> Result<DownloadAddress, Error> {
    let malformed = |what: &str| Error::protocol(RequestDownload::NAME, what);
    let mut texts = Vec::with_capacity(addresses.len());
    for address in addresses {
        let Value::String(address) = address else {
            return Err(malformed("an address is not text"));
        };
        require_http(RequestDownload::NAME, &address)?;
        texts.push(address);
    }
    match <[String; 6]>::try_from(texts) {
        Ok(parts) => Ok(DownloadAddress::Striped(parts)),
        Err(mut one) if one.len() == 1 => whole(one.pop().unwrap_or_default()),
        Err(_) => Err(malformed("neither one address nor those of six parts")),
    }
}

/// A refusal, inside the reply or instead of it. Of downloads only the
/// transfer quota can be used up, and the server may say when it comes back.
fn refusal(code: ErrorCode, seconds_left: Option<u64>) -> Error {
    if code != ErrorCode::EOVERQUOTA {
        return Error::api(RequestDownload::NAME, code);
    }
    let left = seconds_left.filter(|seconds| *seconds > 0);
    Error::Quota {
        retry_after: Some(left.map_or(DEFAULT_QUOTA_WAIT, Duration::from_secs)),
    }
}

/// Anything else as an address is an answer gone wrong, or a trap.
fn require_http(command: &'static str, address: &str) -> Result<(), Error> {
    if address.starts_with("http://") || address.starts_with("https://") {
        Ok(())
    } else {
        Err(Error::protocol(
            command,
            "the address is neither http nor https",
        ))
    }
}
