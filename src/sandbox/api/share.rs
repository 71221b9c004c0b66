//! `l s2 k pli`: public links, shares, and the keys that go with them.

use serde_json::Value;

use crate::sandbox::clock;
use crate::sandbox::crypto::base64;
use crate::sandbox::json::{self, Object};
use crate::sandbox::storage::admit;
use crate::sandbox::store::node::{Kind, Node, Viewer};
use crate::sandbox::store::records::{Link, Share, Target};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::store::world::World;
use crate::sandbox::text::{Handle, UserHandle};

use super::{Caller, Done, LinkContext, Outcome, code, handle, number, text};

/// Whether a link still opens anything.
pub fn is_open(link: &Link) -> bool {
    link.expires.is_none_or(|expires| expires > clock::now())
}

/// A link by its public handle's text.
///
/// # Errors
/// ENOENT, or EEXPIRED.
pub fn find_link<'a>(world: &'a World, public: &str) -> Result<&'a Link, i64> {
    let link = Handle::parse(public)
        .and_then(|public| world.link(public))
        .ok_or(code::NOT_FOUND)?;
    if is_open(link) {
        Ok(link)
    } else {
        Err(code::EXPIRED)
    }
}

/// The folder that a request's `n=` names.
///
/// # Errors
/// ENOENT, or EEXPIRED.
pub fn open_folder_link(world: &World, name: &str) -> Result<LinkContext, i64> {
    // Writable links append their secret to the handle.
    let link = find_link(world, name.get(..8).unwrap_or(name))?;
    let node = world.node(link.node).ok_or(code::NOT_FOUND)?;
    Ok(LinkContext { root: node.handle })
}

/// Whether the share of `share` covers what is put into `parent`.
pub fn covers(world: &World, share: Handle, parent: Handle) -> bool {
    world.share(share).is_some() && world.is_within(parent, share)
}

/// Node keys under share keys, from a `cr` field.
#[derive(Debug, Default)]
pub struct Keys(Vec<(usize, Handle, String)>);

impl Keys {
    /// Reads `cr` of a `p`, whose second list may be empty (rows by index) or
    /// name the rows' `h`.
    pub fn of_rows(cr: Option<&Value>, names: &[&str]) -> Self {
        let listed = |index: usize, nodes: &[&str]| match nodes.get(index) {
            Some(name) if names.get(index) != Some(name) => names
                .iter()
                .position(|other| other == name)
                .unwrap_or(index),
            _ => index,
        };
        Self(parse_cr(cr, listed))
    }

    /// The keys of one row.
    pub fn of(&self, row: usize) -> impl Iterator<Item = (&Handle, &String)> {
        self.0
            .iter()
            .filter(move |(index, _, _)| *index == row)
            .map(|(_, share, key)| (share, key))
    }
}

/// `[[shares],[nodes],[i,j,key, i,j,key, ...]]`; unreadable parts are skipped.
fn parse_cr(
    cr: Option<&Value>,
    place: impl Fn(usize, &[&str]) -> usize,
) -> Vec<(usize, Handle, String)> {
    let Some(
        [
            Value::Array(shares),
            Value::Array(nodes),
            Value::Array(triplets),
        ],
    ) = cr.and_then(Value::as_array).map(Vec::as_slice)
    else {
        return Vec::new();
    };
    let nodes: Vec<&str> = nodes
        .iter()
        .map(|node| node.as_str().unwrap_or_default())
        .collect();
    triplets
        .chunks_exact(3)
        .filter_map(|triplet| {
            let [share, node, key] = triplet else {
                return None;
            };
            let share = shares.get(usize::try_from(share.as_u64()?).ok()?)?;
            let node = usize::try_from(node.as_u64()?).ok()?;
            let share = Handle::parse(share.as_str()?)?;
            Some((place(node, &nodes), share, key.as_str()?.to_string()))
        })
        .collect()
}

/// Takes over the keys of a `cr` field that names nodes.
///
/// # Errors
/// The witness's code for a wrong key.
pub fn take_keys(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    user: UserHandle,
    cr: Option<&Value>,
) -> Result<(), i64> {
    let nodes: Vec<Option<Handle>> = cr
        .and_then(|cr| cr.get(1))
        .and_then(Value::as_array)
        .map(|nodes| {
            nodes
                .iter()
                .map(|node| node.as_str().and_then(Handle::parse))
                .collect()
        })
        .unwrap_or_default();
    for (index, share, key) in parse_cr(cr, |index, _| index) {
        let Some(node) = nodes.get(index).copied().flatten() else {
            continue;
        };
        let Some((_, own)) = tx
            .world()
            .node(node)
            .map(|node| (node.owner, node.key.clone()))
        else {
            continue;
        };
        if covers(tx.world(), share, node) && tx.world().access(user, node).is_some() {
            admit::shared_key(caller, tx.world(), user, share, &own, &key)?;
            tx.edit_node(node, |node| node.set_share_key(share, &key));
        }
    }
    Ok(())
}

fn own_node(tx: &Tx<'_>, user: UserHandle, command: &Value) -> Result<Node, i64> {
    let node = tx
        .world()
        .node(handle(command, "n")?)
        .ok_or(code::NOT_FOUND)?;
    if node.owner != user || node.kind.is_root() {
        return Err(code::ACCESS);
    }
    Ok(Node::clone(node))
}

/// `l`: a public link is made, changed or removed.
pub fn export(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let node = own_node(tx, user, command)?;
    let id = text(command, "i");
    if number(command, "d") == Some(1) {
        let known = tx.world().link_of(node.handle).is_some();
        if known {
            remove_link(tx, &node, id);
        }
        return Outcome::changed();
    }
    if node.kind == Kind::Folder
        && tx
            .world()
            .share(node.handle)
            .is_none_or(|share| share.exported.is_none())
    {
        return Err(code::ACCESS);
    }
    let expires = number(command, "ets").filter(|expires| *expires > 0);
    let known = tx
        .world()
        .link_of(node.handle)
        .map(|(public, link)| (public, link.clone()));
    let (public, link, what) = match known {
        // A plain repetition answers the same link and changes nothing.
        Some((public, link)) if expires.is_none() || link.expires == expires => {
            return Outcome::changed_with(json::text(public.as_str()));
        }
        Some((public, link)) => (public, Link { expires, ..link }, "u"),
        None => {
            let link = Link {
                node: node.handle,
                created: tx.now(),
                expires,
            };
            (Handle::random(), link, "n")
        }
    };
    tx.put_link(public, link.clone());
    tx.emit(user.as_str(), "ph", id, |object| {
        object
            .text("h", node.handle.as_str())
            .text("ph", public.as_str())
            .raw(what, 1)
            .maybe_raw("ets", link.expires)
            .raw("ts", link.created)
    });
    Outcome::changed_with(json::text(public.as_str()))
}

fn remove_link(tx: &mut Tx<'_>, node: &Node, id: Option<&str>) {
    let Some(public) = tx.remove_link(node.handle) else {
        return;
    };
    tx.emit(node.owner.as_str(), "ph", id, |object| {
        object
            .text("h", node.handle.as_str())
            .text("ph", public.as_str())
            .raw("d", 1)
    });
}

/// Ends a node's link and share, as the rubbish bin does.
pub fn unpublish(tx: &mut Tx<'_>, handle: Handle, id: Option<&str>) {
    let Some(node) = tx.world().node(handle).map(|node| Node::clone(node)) else {
        return;
    };
    remove_link(tx, &node, id);
    if let Some(share) = tx.world().share(handle).cloned() {
        let targets: Vec<String> = share.targets.keys().cloned().collect();
        tx.remove_share(handle);
        for target in targets {
            announce_share(tx, &node, &target, None, id);
        }
        if share.exported.is_some() {
            announce_share(tx, &node, "EXP", None, id);
        }
    }
}

/// Tells owner and target of a share.
fn announce_share(
    tx: &mut Tx<'_>,
    node: &Node,
    target: &str,
    terms: Option<&Target>,
    id: Option<&str>,
) {
    let share = tx.world().share(node.handle).cloned();
    for channel in [node.owner.as_str(), target] {
        let is_owner = channel == node.owner.as_str();
        if UserHandle::parse(channel).is_none() {
            continue;
        }
        tx.emit(channel, "s2", id.filter(|_| is_owner), |object| {
            let object = object
                .text("n", node.handle.as_str())
                .text("o", node.owner.as_str())
                .text("u", target)
                .text("ou", node.owner.as_str());
            let object = match terms {
                Some(terms) => object.raw("r", terms.access).raw("ts", terms.since),
                None => return object.raw("okd", 1),
            };
            match (is_owner, share.as_ref()) {
                (true, Some(share)) => object
                    .maybe_text("ok", share.key.as_deref())
                    .maybe_text("ha", share.proof.as_deref()),
                _ => object.maybe_text("k", terms.and_then(|terms| terms.key.as_deref())),
            }
        });
    }
}

/// Whether a value is missing or nothing but zero bytes: the current official
/// client keeps the key elsewhere and sends these in its place.
fn is_placeholder(value: Option<&str>) -> bool {
    value
        .and_then(base64::decode)
        .is_none_or(|bytes| bytes.iter().all(|byte| *byte == 0))
}

/// `s2`: a folder is shared, by link or with an account, or no longer.
pub fn share(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let node = own_node(tx, user, command)?;
    if node.kind != Kind::Folder {
        return Err(code::ACCESS);
    }
    let wishes = command
        .get("s")
        .and_then(Value::as_array)
        .ok_or(code::ARGS)?;
    let id = text(command, "i");
    let (key, proof) = (text(command, "ok"), text(command, "ha"));
    let mut share = tx.world().share(node.handle).cloned().unwrap_or_default();
    let mut other_key = None;
    if !is_placeholder(key) {
        let (key, proof) = (key.unwrap_or_default(), proof.unwrap_or_default());
        admit::share(caller, tx.world(), user, node.handle, (key, proof))?;
        match &share.key {
            Some(known) if known != key => other_key = Some(known.clone()),
            _ => {
                share.key = Some(key.to_string());
                share.proof = Some(proof.to_string());
            }
        }
    }
    let mut results = Vec::new();
    let mut told = Vec::new();
    for wish in wishes {
        let result = apply(tx, caller, &node, &mut share, wish, command, &mut told);
        results.push(result.err().unwrap_or(0));
    }
    let over = share.exported.is_none();
    tx.put_share(node.handle, share);
    if other_key.is_none() {
        take_keys(tx, caller, user, command.get("cr"))?;
    }
    if over {
        remove_link(tx, &node, id);
    }
    for (target, terms) in told {
        announce_share(tx, &node, &target, terms.as_ref(), id);
        if terms.is_some() && UserHandle::parse(&target).is_some() {
            announce_nodes(tx, &node, &target);
        }
    }
    let answer = Object::new()
        .raw("r", json::array(results.iter().map(i64::to_string)))
        .maybe_text("ok", other_key.as_deref());
    Outcome::changed_with(answer.end())
}

/// The nodes of a folder, for an account that sees it from now on.
fn announce_nodes(tx: &mut Tx<'_>, node: &Node, target: &str) {
    let nodes = tx.world().subtree(node.handle);
    let share = tx.world().share(node.handle).cloned();
    let terms = share
        .as_ref()
        .and_then(|share| share.targets.get(target))
        .cloned();
    let fields = nodes.iter().map(|below| {
        let fields = below.fields(Viewer::Share(node.handle));
        match (below.handle == node.handle, &terms) {
            (true, Some(terms)) => fields
                .text("su", node.owner.as_str())
                .maybe_text("sk", terms.key.as_deref())
                .raw("r", terms.access)
                .raw("sts", terms.since)
                .end(),
            _ => fields.end(),
        }
    });
    let nodes = Object::new().raw("f", json::array(fields)).end();
    tx.emit(target, "t", None, |object| {
        object.raw("t", nodes).text("ou", node.owner.as_str())
    });
}

fn apply(
    tx: &Tx<'_>,
    caller: &Caller<'_>,
    node: &Node,
    share: &mut Share,
    wish: &Value,
    command: &Value,
    told: &mut Vec<(String, Option<Target>)>,
) -> Result<(), i64> {
    let name = text(wish, "u").ok_or(code::ARGS)?;
    // An empty text or no level at all ends the share.
    let access = match wish.get("r") {
        None => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(_) => Some(
            number(wish, "r")
                .and_then(|level| u8::try_from(level).ok())
                .ok_or(code::ARGS)?,
        ),
    };
    let now = tx.now();
    if name == "EXP" {
        let since = share.exported.unwrap_or(now);
        share.exported = access.map(|_| since);
        let terms = access.map(|access| Target {
            access,
            key: None,
            since,
        });
        told.push((name.to_string(), terms));
        return Ok(());
    }
    let target = tx.world().user_by_name(name).ok_or(code::NOT_FOUND)?;
    if target == caller.user()? || target == node.owner {
        return Err(code::ARGS);
    }
    let terms = access.map(|access| Target {
        access: access.min(2),
        key: text(wish, "k")
            .or_else(|| text(command, "sk"))
            .map(str::to_string),
        since: now,
    });
    match &terms {
        Some(terms) => share.targets.insert(target.to_string(), terms.clone()),
        None => share.targets.remove(target.as_str()),
    };
    told.push((target.to_string(), terms));
    Ok(())
}

/// `k`: keys under share keys come later, or own keys are replaced.
pub fn add_keys(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    take_keys(tx, caller, user, command.get("cr"))?;
    let pairs = command
        .get("nk")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for pair in pairs.chunks_exact(2) {
        if let [Value::String(node), Value::String(key)] = pair
            && let Some(node) = Handle::parse(node)
            && tx.world().node(node).is_some_and(|node| node.owner == user)
        {
            tx.edit_node(node, |node| node.key = key.as_str().into());
        }
    }
    Outcome::plain("0")
}

/// `pli`: what is behind a folder link, for anyone.
pub fn describe_link(tx: &mut Tx<'_>, command: &Value) -> Done {
    let public = text(command, "ph").ok_or(code::ARGS)?;
    let link = find_link(tx.world(), public)?.node;
    let usage = tx.usage(link);
    let node = tx.world().node(link).ok_or(code::NOT_FOUND)?;
    Outcome::plain(
        Object::new()
            .text("attrs", &node.attributes)
            .text("k", &node.key_field(Viewer::Link(node.handle)))
            .text("u", node.owner.as_str())
            .text("ph", public)
            .raw("s", usage.to_json())
            .end(),
    )
}
