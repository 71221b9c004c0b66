//! `/cs`: batches of commands in, one answer each out.
//!
//! A batch is carried out under one lock and stored in one transaction together
//! with its answer, so that a repeated request finds the answer even after the
//! server was killed in between.
//!
//! | file | commands |
//! | --- | --- |
//! | `login.rs` | `us0 us sml usl usr` |
//! | `user.rs` | `ug uga upv up2 up uq qbq pk gpsa` |
//! | `tree.rs` | `f` |
//! | `put.rs` | `p` |
//! | `nodes.rs` | `a m d dr dv` |
//! | `share.rs` | `l s2 k pli` |
//! | `transfer.rs` | `u g ufa pfa` |
//! | `replay.rs` | answers to repeated requests |

mod login;
mod nodes;
mod put;
pub mod replay;
mod share;
mod spoil;
mod transfer;
mod tree;
mod user;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::body::{Reply, Source};
use super::faults::CommandFault;
use super::http::{Answer, Surroundings, json};
use super::json;
use super::server::Server;
use super::storage::admit::{self, Admitted};
use super::store::tx::Tx;
use super::text::{Handle, UserHandle};

use replay::Claim;
use tree::Tree;

/// Error codes of the protocol.
pub mod code {
    /// EINTERNAL
    pub const INTERNAL: i64 = -1;
    /// EARGS
    pub const ARGS: i64 = -2;
    /// EEXPIRED
    pub const EXPIRED: i64 = -8;
    /// ENOENT
    pub const NOT_FOUND: i64 = -9;
    /// ECIRCULAR
    pub const CIRCULAR: i64 = -10;
    /// EACCESS
    pub const ACCESS: i64 = -11;
    /// EKEY
    pub const KEY: i64 = -14;
    /// ESID
    pub const SESSION: i64 = -15;
    /// EOVERQUOTA
    pub const OVER_QUOTA: i64 = -17;
}

/// What a command came to.
pub enum Outcome {
    /// An answer that is the same for every client.
    Plain(String),
    /// A change: the answer of the classic protocol, and what a client that
    /// asked for tags gets beside the tag.
    Changed {
        /// For requests without `v=3`.
        classic: String,
        /// For requests with `v=3`, if there is anything but success to tell.
        tagged: Option<String>,
    },
    /// The node list.
    Tree(Box<Tree>),
}

/// A command's result.
pub type Done = Result<Outcome, i64>;

impl Outcome {
    /// An answer that is the same for every client.
    pub fn plain(text: impl Into<String>) -> Done {
        Ok(Self::Plain(text.into()))
    }

    /// A change that answers `0`.
    pub fn changed() -> Done {
        Ok(Self::Changed {
            classic: "0".into(),
            tagged: None,
        })
    }

    /// A change with data, in one form for both kinds of clients.
    pub fn changed_with(text: impl Into<String>) -> Done {
        let text = text.into();
        Ok(Self::Changed {
            classic: text.clone(),
            tagged: Some(text),
        })
    }
}

/// The folder link in whose context a request runs.
#[derive(Clone, Copy, Debug)]
pub struct LinkContext {
    /// The exported folder.
    pub root: Handle,
}

/// Who asks, and how.
pub struct Caller<'a> {
    /// The server.
    pub server: &'a Server,
    /// Address, agent, peer.
    pub around: &'a Surroundings,
    /// The session id, if it is a valid one.
    pub sid: Option<String>,
    /// Whose session.
    pub session_user: Option<UserHandle>,
    /// The folder link, if the request names one.
    pub link: Option<LinkContext>,
    /// Whether answers carry tags.
    pub tags: bool,
    /// Uploads that this batch wants to turn into nodes, checked already.
    pub admitted: HashMap<String, Admitted>,
}

impl Caller<'_> {
    /// The account, or ESID.
    ///
    /// # Errors
    /// If nobody is logged in.
    pub fn user(&self) -> Result<UserHandle, i64> {
        self.session_user.ok_or(code::SESSION)
    }
}

/// A text field of a command.
pub fn text<'a>(command: &'a Value, key: &str) -> Option<&'a str> {
    command.get(key).and_then(Value::as_str)
}

/// A number field, which some clients send as text.
pub fn number(command: &Value, key: &str) -> Option<i64> {
    let value = command.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A node handle field.
///
/// # Errors
/// EARGS if it is missing, ENOENT if no node can have it.
pub fn handle(command: &Value, key: &str) -> Result<Handle, i64> {
    let text = text(command, key).ok_or(code::ARGS)?;
    Handle::parse(text).ok_or(code::NOT_FOUND)
}

/// A parsed request body.
pub struct Commands(Option<Vec<Value>>);

impl Commands {
    /// Reads the array of commands.
    pub fn parse(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).ok())
    }

    /// The names, for counting and faults.
    pub fn names(&self) -> Vec<&str> {
        let commands = self.0.as_deref().unwrap_or_default();
        commands.iter().map(name).collect()
    }

    /// The commands, if the body was an array.
    pub fn take(self) -> Option<Vec<Value>> {
        self.0
    }
}

fn name(command: &Value) -> &str {
    text(command, "a").unwrap_or_default()
}

fn bare(code: i64) -> Answer {
    json(Reply::whole(code.to_string()))
}

/// Answers one request.
pub async fn answer(
    server: &Arc<Server>,
    around: &Surroundings,
    body: &[u8],
    commands: Option<Vec<Value>>,
) -> Answer {
    server.counters.count(|stats| stats.requests += 1);
    let Some(commands) = commands else {
        return bare(code::INTERNAL);
    };
    for command in &commands {
        server.counters.command(name(command));
    }
    let mut caller = match introduce(server, around) {
        Ok(caller) => caller,
        Err(code) => return bare(code),
    };
    let needs_session = |command: &Value| !is_open(command, &caller);
    if caller.session_user.is_none() && commands.iter().any(needs_session) {
        return bare(code::SESSION);
    }
    let claim = match replay::claim(server, around, body).await {
        Ok(claim) => claim,
        Err(text) => {
            server.counters.count(|stats| stats.replays += 1);
            return json(Reply::whole(text));
        }
    };
    caller.admitted = admit::examine(server, &caller, &commands).await;
    carry_out(&caller, &commands, claim).await
}

/// Finds out who asks.
fn introduce<'a>(server: &'a Arc<Server>, around: &'a Surroundings) -> Result<Caller<'a>, i64> {
    let sid = around.query.get("sid").filter(|sid| !sid.is_empty());
    server.store.read(|world| {
        let session_user = match sid {
            Some(sid) => Some(world.session(sid).ok_or(code::SESSION)?.user),
            None => None,
        };
        let link = match around.query.get("n").filter(|name| !name.is_empty()) {
            Some(name) => Some(share::open_folder_link(world, name)?),
            None => None,
        };
        Ok(Caller {
            server,
            around,
            sid: sid.map(str::to_string),
            session_user,
            link,
            tags: around.query.get("v") == Some("3"),
            admitted: HashMap::new(),
        })
    })
}

/// Whether a command may be given without a session. Unknown ones may: they
/// are told so, each by itself.
fn is_open(command: &Value, caller: &Caller<'_>) -> bool {
    let has = |key| command.get(key).is_some();
    match name(command) {
        "us" => text(command, "user").is_some(),
        "f" => caller.link.is_some() || has("p"),
        "g" => caller.link.is_some() || has("p") || has("en"),
        "sml" | "usl" | "usr" | "ug" | "uga" | "upv" | "up2" | "up" | "uq" | "p" | "a" | "m"
        | "d" | "dr" | "dv" | "l" | "s2" | "k" | "u" | "ufa" | "pfa" | "pk" | "gpsa" | "qbq" => {
            false
        }
        _ => true,
    }
}

async fn carry_out(caller: &Caller<'_>, commands: &[Value], claim: Claim<'_>) -> Answer {
    let server = caller.server;
    let mut parts = Vec::with_capacity(commands.len());
    let mut bare_error = None;
    let pending = {
        let mut tx = server.store.begin();
        for command in commands {
            let fault = server.trouble.command(server, name(command));
            let part = one(&mut tx, caller, command, fault);
            if matches!(part, Part::Text(ref text) if text == "-15") {
                bare_error = Some(code::SESSION);
            }
            parts.push(part);
        }
        let text = whole_text(&parts);
        if let Some(text) = &text {
            claim.remember(&mut tx, text);
        }
        tx.finish()
    };
    if let Err(why) = pending.durable(&server.store).await {
        // Nothing is acknowledged that is not on disk.
        let mut answer = super::http::plain(500, "");
        super::http::header(&mut answer, "x-sandbox-error", &why);
        return answer;
    }
    if let Some(code) = bare_error.filter(|_| commands.len() == 1) {
        return bare(code);
    }
    match whole_text(&parts) {
        Some(text) => json(Reply::whole(text)),
        None if parts.iter().all(Part::is_small) => json(Reply::whole(Batch::new(parts).whole())),
        None => json(Reply::pieces(Batch::new(parts), None)),
    }
}

/// One result, finished or to be written as it leaves.
enum Part {
    Text(String),
    Tree(Box<Tree>),
}

/// Node lists up to this length are built at once and announce their size.
const FEW_NODES: usize = 5000;

impl Part {
    fn is_small(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Tree(tree) => tree.len() <= FEW_NODES,
        }
    }
}

fn one(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value, fault: Option<CommandFault>) -> Part {
    if let Some(CommandFault::Code(code)) = fault {
        return Part::Text(code.to_string());
    }
    tx.begin_command();
    let part = match dispatch(tx, caller, command, &fault) {
        Err(code) => Part::Text(code.to_string()),
        Ok(Outcome::Plain(text)) => Part::Text(text),
        Ok(Outcome::Tree(tree)) => Part::Tree(tree),
        Ok(Outcome::Changed { classic, .. }) if !caller.tags => Part::Text(classic),
        Ok(Outcome::Changed { classic, tagged }) => {
            let tag = caller.session_user.and_then(|user| tx.tag(user.as_str()));
            Part::Text(match (tag, tagged) {
                (Some(tag), None) => json::text(&tag.to_string()),
                (Some(tag), Some(data)) => format!("[\"{tag}\",{data}]"),
                (None, None) => classic,
                (None, Some(data)) => format!("[0,{data}]"),
            })
        }
    };
    match (part, fault) {
        (Part::Text(text), Some(fault)) => Part::Text(spoil::text(&text, &fault)),
        (Part::Tree(mut tree), Some(fault)) => {
            tree.spoil(fault);
            Part::Tree(tree)
        }
        (part, None) => part,
    }
}

fn dispatch(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    command: &Value,
    fault: &Option<CommandFault>,
) -> Done {
    match name(command) {
        "us0" => login::prelogin(tx, command),
        "us" => login::login(tx, caller, command),
        "sml" => login::logout(tx, caller),
        "usl" => login::sessions(tx, caller),
        "usr" => login::end_sessions(tx, caller, command),
        "ug" => user::describe(tx, caller, command),
        "uga" => user::attribute(tx, caller, command),
        "upv" => user::set_versioned(tx, caller, command),
        "up2" => user::set_plain(tx, caller, command),
        "up" => user::set_account(tx, caller, command),
        "uq" => user::quota(tx, caller),
        "qbq" => user::transfer_fits(tx, caller, command),
        // Without pending keys both answer "nothing there"; 0 would crash the
        // official client.
        "pk" if command.get("n").is_none() => Err(code::NOT_FOUND),
        "pk" => Outcome::plain("0"),
        "gpsa" => Err(code::NOT_FOUND),
        "f" => tree::fetch(tx, caller, command),
        "p" => put::put(tx, caller, command),
        "a" => nodes::set_attributes(tx, caller, command),
        "m" => nodes::relocate(tx, caller, command),
        "d" => nodes::delete(tx, caller, command),
        "dr" => nodes::empty_rubbish(tx, caller),
        "dv" => nodes::delete_versions(tx, caller),
        "l" => share::export(tx, caller, command),
        "s2" => share::share(tx, caller, command),
        "k" => share::add_keys(tx, caller, command),
        "pli" => share::describe_link(tx, command),
        "u" => transfer::request_upload(tx, caller, command),
        "g" => transfer::request_download(tx, caller, command, fault),
        "ufa" => transfer::request_thumbnail(tx, caller, command),
        "pfa" => transfer::set_thumbnails(tx, caller, command),
        _ => Err(code::ARGS),
    }
}

fn whole_text(parts: &[Part]) -> Option<String> {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Tree(_) => None,
        })
        .collect();
    texts.map(json::array)
}

/// An answer too large to be built at once.
struct Batch {
    parts: std::vec::IntoIter<Part>,
    tree: Option<Box<Tree>>,
    opened: bool,
    first: bool,
    closed: bool,
}

impl Batch {
    fn new(parts: Vec<Part>) -> Self {
        Self {
            parts: parts.into_iter(),
            tree: None,
            opened: false,
            first: true,
            closed: false,
        }
    }
}

impl Batch {
    /// Writes about one piece of the answer; false once all of it is written.
    fn write(&mut self, out: &mut String) -> bool {
        if self.closed {
            return false;
        }
        if !std::mem::replace(&mut self.opened, true) {
            out.push('[');
        }
        let goal = out.len() + super::body::PIECE;
        while out.len() < goal {
            if let Some(tree) = &mut self.tree {
                if tree.write(out) {
                    self.tree = None;
                }
                continue;
            }
            let part = self.parts.next();
            if part.is_some() && !std::mem::take(&mut self.first) {
                out.push(',');
            }
            match part {
                Some(Part::Text(text)) => out.push_str(&text),
                Some(Part::Tree(tree)) => self.tree = Some(tree),
                None => {
                    out.push(']');
                    self.closed = true;
                    return false;
                }
            }
        }
        true
    }

    fn whole(mut self) -> String {
        let mut out = String::new();
        while self.write(&mut out) {}
        out
    }
}

impl Source for Batch {
    fn next(&mut self) -> std::io::Result<Option<bytes::Bytes>> {
        let mut out = String::new();
        let more = self.write(&mut out);
        Ok((more || !out.is_empty()).then(|| out.into()))
    }
}
