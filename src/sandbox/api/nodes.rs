//! `a m d dr dv`: nodes change their attributes, their place, or go.

use serde_json::Value;

use crate::sandbox::json::{self, Object};
use crate::sandbox::storage::admit;
use crate::sandbox::store::node::{Kind, Node};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::text::{Handle, UserHandle};

use super::put::writable;
use super::share;
use super::{Caller, Done, Outcome, code, handle, number, text};

/// A node that the caller may change: not a root, and with enough access.
fn changeable(tx: &Tx<'_>, user: UserHandle, command: &Value) -> Result<Node, i64> {
    let node = tx
        .world()
        .node(handle(command, "n")?)
        .ok_or(code::NOT_FOUND)?;
    let node = Node::clone(node);
    writable(tx, user, &node, command)?;
    if node.kind.is_root() {
        return Err(code::ACCESS);
    }
    Ok(node)
}

/// `a`: new attributes. The key some clients send along is not looked at: one
/// of them sends a wrong one.
pub fn set_attributes(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let new = text(command, "at")
        .or_else(|| text(command, "attr"))
        .ok_or(code::ARGS)?;
    let node = changeable(tx, user, command)?;
    admit::attributes(caller, tx.world(), &node, new)?;
    tx.edit_node(node.handle, |node| node.attributes = new.into());
    tx.emit_to_audience(node.handle, "u", text(command, "i"), |viewer, object| {
        object
            .text("n", node.handle.as_str())
            .text("u", node.owner.as_str())
            .text("at", new)
            .raw("ts", node.created)
            .maybe_text(
                "k",
                Some(node.key_field(viewer))
                    .as_deref()
                    .filter(|key| !key.is_empty()),
            )
    });
    Outcome::changed()
}

/// `m`: a node goes to another folder.
pub fn relocate(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let node = changeable(tx, user, command)?;
    let target = tx
        .world()
        .node(handle(command, "t")?)
        .cloned()
        .ok_or(code::NOT_FOUND)?;
    writable(tx, user, &target, command)?;
    if !target.kind.is_container() || target.owner != node.owner {
        return Err(code::ACCESS);
    }
    if tx.world().is_within(target.handle, node.handle) {
        return Err(code::CIRCULAR);
    }
    let id = text(command, "i");
    gone(tx, user, &node, id, true);
    tx.edit_node(node.handle, |node| node.parent = Some(target.handle));
    let moved = tx.world().subtree(node.handle);
    if tx.world().is_rubbish(target.handle) {
        // Nothing in the rubbish is public or shared any more.
        for below in &moved {
            share::unpublish(tx, below.handle, id);
        }
    }
    share::take_keys(tx, caller, user, command.get("cr"))?;
    let moved = tx.world().subtree(node.handle);
    tx.emit_to_audience(node.handle, "t", id, |viewer, object| {
        let nodes = json::array(moved.iter().map(|node| node.fields(viewer).end()));
        let nodes = Object::new().raw("f", nodes).end();
        object.raw("t", nodes).text("ou", user.as_str())
    });
    Outcome::changed()
}

/// Tells everyone that a node is gone, or about to turn up elsewhere.
fn gone(tx: &mut Tx<'_>, user: UserHandle, node: &Node, id: Option<&str>, moved: bool) {
    tx.emit_to_audience(node.handle, "d", id, |_, object| {
        let object = object.text("n", node.handle.as_str());
        let object = if moved { object.raw("m", 1) } else { object };
        object.text("ou", user.as_str())
    });
}

/// Removes a node with all below it and tells everyone.
pub fn remove(tx: &mut Tx<'_>, handle: Handle, id: Option<&str>) {
    let Some(node) = tx.world().node(handle).map(|node| Node::clone(node)) else {
        return;
    };
    gone(tx, node.owner, &node, id, false);
    tx.remove_subtree(handle);
}

/// Removes one version; older ones take its place.
fn remove_version(tx: &mut Tx<'_>, node: &Node, id: Option<&str>) {
    let older: Vec<Handle> = tx
        .world()
        .children(node.handle)
        .map(|node| node.handle)
        .collect();
    gone(tx, node.owner, node, id, false);
    for handle in &older {
        tx.edit_node(*handle, |version| version.parent = node.parent);
    }
    tx.remove_node(node.handle);
    let risen: Vec<_> = older
        .iter()
        .filter_map(|handle| tx.world().node(*handle).cloned())
        .collect();
    for version in risen {
        let below = tx.world().subtree(version.handle);
        tx.emit_to_audience(version.handle, "t", id, |viewer, object| {
            let nodes = json::array(below.iter().map(|node| node.fields(viewer).end()));
            object
                .raw("t", Object::new().raw("f", nodes).end())
                .text("ou", node.owner.as_str())
        });
    }
}

/// `d`: a node goes for good, with all below it; with `v:1` only this version.
pub fn delete(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let node = changeable(tx, user, command)?;
    let (access, _) = tx
        .world()
        .access(user, node.handle)
        .ok_or(code::NOT_FOUND)?;
    if access < 2 {
        return Err(code::ACCESS);
    }
    let id = text(command, "i");
    if number(command, "v") == Some(1) && node.kind == Kind::File {
        remove_version(tx, &node, id);
    } else {
        remove(tx, node.handle, id);
    }
    Outcome::changed()
}

/// `dr`: the rubbish bin is emptied.
pub fn empty_rubbish(tx: &mut Tx<'_>, caller: &Caller<'_>) -> Done {
    let user = caller.user()?;
    let rubbish = tx.world().user(user).ok_or(code::SESSION)?.rubbish;
    let inside: Vec<Handle> = tx
        .world()
        .children(rubbish)
        .map(|node| node.handle)
        .collect();
    for handle in inside {
        remove(tx, handle, None);
    }
    Outcome::changed()
}

/// `dv`: all older versions of all files go.
pub fn delete_versions(tx: &mut Tx<'_>, caller: &Caller<'_>) -> Done {
    let user = caller.user()?;
    let own = tx.world().user(user).ok_or(code::SESSION)?;
    let roots = [own.cloud, own.vault, own.rubbish];
    let world = tx.world();
    let newest_versions: Vec<Handle> = roots
        .into_iter()
        .flat_map(|root| world.subtree(root))
        .filter(|node| node.kind == Kind::File)
        .filter(|node| {
            let above = node.parent.and_then(|parent| world.node(parent));
            above.is_none_or(|above| above.kind != Kind::File)
        })
        .flat_map(|node| {
            world
                .children(node.handle)
                .map(|node| node.handle)
                .collect::<Vec<_>>()
        })
        .collect();
    for handle in newest_versions {
        remove(tx, handle, None);
    }
    Outcome::changed()
}
