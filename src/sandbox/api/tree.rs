//! `f`: the node list, written as it leaves.

use std::sync::Arc;

use serde_json::Value;

use crate::sandbox::faults::CommandFault;
use crate::sandbox::json::{self, Object};
use crate::sandbox::store::node::{Node, Viewer};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::store::world::World;
use crate::sandbox::text::{Handle, UserHandle};

use super::spoil::flip_value;
use super::{Caller, Done, Outcome, code, number, text};

/// Bytes after which the writer pauses.
const PIECE: usize = 128 << 10;

/// A snapshot of the nodes that one viewer sees.
pub struct Tree {
    parts: Vec<(Viewer, Vec<Arc<Node>>)>,
    roots: Vec<Incoming>,
    part: usize,
    next: usize,
    first: bool,
    tail: String,
    started: bool,
    flip_key: Option<u64>,
    flip_attributes: Option<u64>,
    flip_at: usize,
    written: usize,
}

/// What the root of an incoming share says beside a node's usual fields.
#[derive(Clone)]
struct Incoming {
    folder: Handle,
    sharer: UserHandle,
    key: Option<String>,
    access: u8,
    since: i64,
}

/// `f`.
pub fn fetch(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    if let Some(public) = text(command, "p") {
        return behind_link(tx.world(), public);
    }
    if let Some(link) = caller.link {
        return folder_link(tx, caller, link.root);
    }
    let user = caller.user()?;
    if number(command, "mc") == Some(1) {
        let sn = tx.channel(user.as_str()).sn();
        return Outcome::plain(Object::new().raw("f", "[]").text("sn", &sn).end());
    }
    let channel = tx.channel(user.as_str());
    let (sn, tag) = (channel.sn(), channel.tag());
    let world = tx.world();
    let own = world.user(user).ok_or(code::SESSION)?;
    if let Some(subtree) = text(command, "n") {
        let handle = Handle::parse(subtree).ok_or(code::NOT_FOUND)?;
        let (_, viewer) = world.access(user, handle).ok_or(code::NOT_FOUND)?;
        return tree(
            vec![(viewer, world.subtree(handle))],
            Vec::new(),
            Object::new().text("sn", &sn),
        );
    }
    // Roots first and then what is in them: parents precede children.
    let mut nodes = Vec::new();
    for root in [own.cloud, own.vault, own.rubbish] {
        nodes.extend(world.node(root).cloned());
    }
    for root in [own.cloud, own.vault, own.rubbish] {
        nodes.extend(world.subtree(root).into_iter().skip(1));
    }
    let mut parts = vec![(Viewer::Owner, nodes)];
    let mut roots = Vec::new();
    for folder in world.incoming(user) {
        let (Some(node), Some(share)) = (world.node(folder), world.share(folder)) else {
            continue;
        };
        let Some(target) = share.targets.get(user.as_str()) else {
            continue;
        };
        roots.push(Incoming {
            folder,
            sharer: node.owner,
            key: target.key.clone(),
            access: target.access,
            since: target.since,
        });
        parts.push((Viewer::Share(folder), world.subtree(folder)));
    }
    let tail = lists(world, user).text("sn", &sn);
    let tail = if caller.tags {
        tail.text("st", &tag)
    } else {
        tail
    };
    tree(parts, roots, tail)
}

/// `f` with a file link's public handle: the node behind it.
fn behind_link(world: &World, public: &str) -> Done {
    let link = Handle::parse(public).and_then(|public| world.link(public));
    let node = link
        .and_then(|link| world.node(link.node))
        .ok_or(code::NOT_FOUND)?;
    let fields = node.fields(Viewer::Link(node.handle)).end();
    Outcome::plain(Object::new().raw("f", json::array([fields])).end())
}

fn folder_link(tx: &mut Tx<'_>, caller: &Caller<'_>, root: Handle) -> Done {
    let public = caller.around.query.get("n").unwrap_or_default().to_string();
    let sn = tx.channel(&public).sn();
    let nodes = tx.world().subtree(root);
    let tail = ["ok", "ok0", "s", "ph", "u"]
        .into_iter()
        .fold(Object::new(), |object, key| object.raw(key, "[]"))
        .text("sn", &sn)
        .raw("noc", 1);
    tree(vec![(Viewer::Link(root), nodes)], Vec::new(), tail)
}

/// Everything of `f` beside the nodes. Some clients refuse an answer that
/// lacks one of these, so empty ones are sent too.
fn lists(world: &World, user: UserHandle) -> Object {
    let mut keys = Vec::new();
    let mut shares = Vec::new();
    let mut links = Vec::new();
    let mut users = Vec::new();
    let mut known = vec![user];
    for (folder, share) in world.shares_of(user) {
        if let (Some(key), Some(proof)) = (&share.key, &share.proof) {
            let entry = Object::new()
                .text("h", folder.as_str())
                .text("ha", proof)
                .text("k", key);
            keys.push(entry.end());
        }
        if let Some(since) = share.exported {
            shares.push(share_entry(*folder, "EXP", 0, since));
        }
        for (target, terms) in &share.targets {
            shares.push(share_entry(*folder, target, terms.access, terms.since));
            known.extend(UserHandle::parse(target));
        }
    }
    for (public, link) in world.links_of(user) {
        links.push(
            Object::new()
                .text("h", link.node.as_str())
                .text("ph", public.as_str())
                .raw("ts", link.created)
                .maybe_raw("ets", link.expires)
                .end(),
        );
    }
    for folder in world.incoming(user) {
        known.extend(world.node(folder).map(|node| node.owner));
    }
    known.dedup();
    for other in known {
        if let Some(account) = world.user(other) {
            users.push(
                Object::new()
                    .text("u", other.as_str())
                    .raw("c", if other == user { 2 } else { 1 })
                    .text("m", &account.account.email)
                    .raw("ts", account.created)
                    .end(),
            );
        }
    }
    let keys = json::array(keys);
    Object::new()
        .raw("ok", &keys)
        .raw("ok0", &keys)
        .raw("s", json::array(shares))
        .raw("ph", json::array(links))
        .raw("u", json::array(users))
}

fn share_entry(folder: Handle, target: &str, access: u8, since: i64) -> String {
    Object::new()
        .text("h", folder.as_str())
        .text("u", target)
        .raw("r", access)
        .raw("ts", since)
        .end()
}

fn tree(parts: Vec<(Viewer, Vec<Arc<Node>>)>, roots: Vec<Incoming>, tail: Object) -> Done {
    let mut tail = tail.end();
    // The lists come after the nodes, in the same object.
    tail.replace_range(..1, "],");
    Ok(Outcome::Tree(Box::new(Tree {
        parts,
        roots,
        part: 0,
        next: 0,
        first: true,
        tail,
        started: false,
        flip_key: None,
        flip_attributes: None,
        flip_at: 0,
        written: 0,
    })))
}

impl Tree {
    /// How many nodes it lists.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|(_, nodes)| nodes.len()).sum()
    }

    /// Lets a fault flip a bit of one of the nodes.
    pub fn spoil(&mut self, fault: CommandFault) {
        let number = match fault {
            CommandFault::FlipKey(number) => {
                self.flip_key = Some(number);
                number
            }
            CommandFault::FlipAttributes(number) => {
                self.flip_attributes = Some(number);
                number
            }
            _ => return,
        };
        let whole = self.parts.iter().flat_map(|(_, nodes)| nodes);
        let eligible: Vec<usize> = whole
            .enumerate()
            .filter(|(_, node)| !node.kind.is_root())
            .map(|(index, _)| index)
            .collect();
        let pick = usize::try_from(number >> 9)
            .unwrap_or(0)
            .checked_rem(eligible.len());
        self.flip_at = pick
            .and_then(|pick| eligible.get(pick).copied())
            .unwrap_or(usize::MAX);
    }

    /// Writes the next nodes; true once everything is written.
    pub fn write(&mut self, out: &mut String) -> bool {
        if !std::mem::replace(&mut self.started, true) {
            out.push_str("{\"f\":[");
        }
        let goal = out.len() + PIECE;
        while let Some((viewer, nodes)) = self.parts.get(self.part) {
            let Some(node) = nodes.get(self.next) else {
                self.part += 1;
                self.next = 0;
                continue;
            };
            if out.len() >= goal {
                return false;
            }
            if !std::mem::take(&mut self.first) {
                out.push(',');
            }
            let spoiled = (self.written == self.flip_at).then(|| self.spoiled(node));
            let object = spoiled.as_ref().unwrap_or(node).fields(*viewer);
            let root = self
                .roots
                .iter()
                .find(|root| *viewer == Viewer::Share(root.folder) && root.folder == node.handle);
            let object = match root {
                Some(root) => object
                    .text("su", root.sharer.as_str())
                    .maybe_text("sk", root.key.as_deref())
                    .raw("r", root.access)
                    .raw("sts", root.since),
                None => object,
            };
            out.push_str(&object.end());
            self.next += 1;
            self.written += 1;
        }
        out.push_str(&self.tail);
        true
    }

    fn spoiled(&self, node: &Arc<Node>) -> Arc<Node> {
        let mut node = Node::clone(node);
        if let Some(number) = self.flip_key {
            node.key = flip_value(&node.key, number).into();
            for (_, key) in &mut node.share_keys {
                *key = flip_value(key, number).into();
            }
        }
        if let Some(number) = self.flip_attributes {
            node.attributes = flip_value(&node.attributes, number).into();
        }
        Arc::new(node)
    }
}
