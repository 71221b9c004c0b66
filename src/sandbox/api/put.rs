//! `p`: uploads become files, folders appear, nodes are copied and imported.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::sandbox::crypto::base64;
use crate::sandbox::json::{self, Object};
use crate::sandbox::storage::admit;
use crate::sandbox::store::node::{BlobId, Kind, Node, Viewer};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::text::{Handle, UserHandle};

use super::share::{self, Keys};
use super::{Caller, Done, Outcome, code, handle, number, text};

/// Where a row's content and thumbnails come from.
struct Origin {
    blob: Option<BlobId>,
    size: u64,
    file_attributes: Option<Box<str>>,
}

/// What all rows of a command have in common.
struct Target<'a> {
    folder: Arc<Node>,
    user: UserHandle,
    command: &'a Value,
    keys: Keys,
    keep_versions: bool,
}

/// `p`.
pub fn put(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    // Sending into another account's inbox is not something files need.
    let place = handle(command, "t")?;
    let folder = tx.world().node(place).cloned().ok_or(code::NOT_FOUND)?;
    writable(tx, user, &folder, command)?;
    if !folder.kind.is_container() {
        return Err(code::ACCESS);
    }
    let rows = command
        .get("n")
        .and_then(Value::as_array)
        .ok_or(code::ARGS)?;
    if rows.is_empty() {
        return Err(code::ARGS);
    }
    let keep_versions = match number(command, "vb") {
        Some(0) => false,
        Some(_) => true,
        None => !versions_off(tx, folder.owner),
    };
    let names: Vec<&str> = rows
        .iter()
        .map(|row| text(row, "h").unwrap_or_default())
        .collect();
    let keys = Keys::of_rows(command.get("cr"), &names);
    let target = Target {
        folder,
        user,
        command,
        keys,
        keep_versions,
    };
    let mut made: HashMap<String, Handle> = HashMap::new();
    let mut results: Vec<Result<Handle, i64>> = Vec::with_capacity(rows.len());
    let mut versions = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let result = one(tx, caller, &target, &made, index, row, &mut versions);
        if let (Ok(handle), Some(name)) = (&result, text(row, "h").or_else(|| text(row, "ph"))) {
            made.insert(name.to_string(), *handle);
        }
        results.push(result);
    }
    if let Some(Err(first)) = results.first()
        && results.iter().all(Result::is_err)
    {
        return Err(*first);
    }
    announce(tx, &target, &results, &versions);
    Ok(answer(tx, &target, &results))
}

/// Whether an account may change what is in a folder.
pub fn writable(tx: &Tx<'_>, user: UserHandle, folder: &Node, command: &Value) -> Result<(), i64> {
    let (access, _) = tx
        .world()
        .access(user, folder.handle)
        .ok_or(code::NOT_FOUND)?;
    let in_vault = tx
        .world()
        .ancestry(folder.handle)
        .any(|node| node.kind == Kind::Vault);
    if access == 0 || in_vault && number(command, "vw") != Some(1) {
        return Err(code::ACCESS);
    }
    Ok(())
}

fn versions_off(tx: &Tx<'_>, user: UserHandle) -> bool {
    let attributes = tx.world().attributes(user);
    attributes
        .get("^!dv")
        .is_some_and(|attribute| ["1", "MQ"].contains(&attribute.value.as_str()))
}

fn one(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    target: &Target<'_>,
    made: &HashMap<String, Handle>,
    index: usize,
    row: &Value,
    versions: &mut Vec<Handle>,
) -> Result<Handle, i64> {
    let is_file = match number(row, "t") {
        Some(0) => true,
        Some(1) => false,
        _ => return Err(code::ARGS),
    };
    let attributes = text(row, "a").ok_or(code::ARGS)?;
    let key = text(row, "k").ok_or(code::ARGS)?;
    let parent = match text(row, "p").filter(|parent| !parent.is_empty()) {
        Some(parent) => *made.get(parent).ok_or(code::NOT_FOUND)?,
        None => target.folder.handle,
    };
    let above = tx.world().node(parent).cloned().ok_or(code::NOT_FOUND)?;
    if above.kind == Kind::File && !is_file {
        return Err(code::ARGS);
    }
    let replaced = replaced(tx, target, row)?;
    let origin = match is_file {
        true => file_origin(tx, caller, target, row, (key, attributes))?,
        false => {
            let copied = source(tx, target, row);
            admit::folder(
                caller,
                tx.world(),
                target.user,
                key,
                attributes,
                copied.as_deref(),
            )?;
            Origin {
                blob: None,
                size: 0,
                file_attributes: None,
            }
        }
    };
    let owner = target.folder.owner;
    let own_key = if owner == target.user { key } else { "" };
    let mut node = Node {
        handle: Handle::random(),
        parent: Some(parent),
        owner,
        kind: if is_file { Kind::File } else { Kind::Folder },
        attributes: attributes.into(),
        key: own_key.into(),
        share_keys: Vec::new(),
        size: origin.size,
        created: tx.now(),
        file_attributes: text(row, "fa").map(Into::into).or(origin.file_attributes),
        blob: origin.blob,
        order: tx.next_order(),
    };
    for (share, shared) in target.keys.of(index) {
        if share::covers(tx.world(), *share, parent) {
            admit::shared_key(caller, tx.world(), target.user, *share, own_key, shared)?;
            node.set_share_key(*share, shared);
        }
    }
    let new = node.handle;
    tx.put_node(node);
    if let Some(old) = replaced {
        replace(tx, target, &old, new, versions);
    }
    Ok(new)
}

/// The file that a row replaces.
fn replaced(tx: &Tx<'_>, target: &Target<'_>, row: &Value) -> Result<Option<Arc<Node>>, i64> {
    let Some(name) = text(row, "ov").filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let old = Handle::parse(name)
        .and_then(|old| tx.world().node(old).cloned())
        .ok_or(code::NOT_FOUND)?;
    if old.owner != target.folder.owner || old.kind != Kind::File {
        return Err(code::ACCESS);
    }
    Ok(Some(old))
}

fn replace(
    tx: &mut Tx<'_>,
    target: &Target<'_>,
    old: &Arc<Node>,
    new: Handle,
    versions: &mut Vec<Handle>,
) {
    if target.keep_versions {
        // Links and shares belong to the file's place, not to its past.
        tx.edit_node(old.handle, |node| node.parent = Some(new));
        versions.push(old.handle);
    } else {
        super::nodes::remove(tx, old.handle, text(target.command, "i"));
    }
}

/// The node that a row copies or imports.
fn source(tx: &Tx<'_>, target: &Target<'_>, row: &Value) -> Option<Arc<Node>> {
    let world = tx.world();
    if let Some(public) = text(row, "ph").and_then(Handle::parse) {
        if let Some(link) = world.link(public).filter(|link| share::is_open(link)) {
            return world.node(link.node).cloned();
        }
        let exported = world.ancestry(public).any(|above| {
            world
                .link_of(above.handle)
                .is_some_and(|(_, link)| share::is_open(link))
        });
        return world.node(public).filter(|_| exported).cloned();
    }
    let own = text(row, "h").and_then(Handle::parse)?;
    world.access(target.user, own)?;
    world.node(own).cloned()
}

fn file_origin(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    target: &Target<'_>,
    row: &Value,
    (key, attributes): (&str, &str),
) -> Result<Origin, i64> {
    let quota = tx
        .world()
        .user(target.folder.owner)
        .map_or(0, |user| user.quota);
    let used = tx.world().used(target.folder.owner);
    let charge = |size: u64| match used.saturating_add(size) > quota {
        true => Err(code::OVER_QUOTA),
        false => Ok(()),
    };
    let token = text(row, "h").unwrap_or_default();
    if let Some(admitted) = caller.admitted.get(token) {
        admitted.verdict?;
        charge(admitted.upload.size)?;
        // The token works once, also within one request.
        let upload = caller.server.transfers.take(token).ok_or(code::NOT_FOUND)?;
        tx.add_blob(upload.blob, upload.size, upload.content.inline());
        return Ok(Origin {
            blob: Some(upload.blob),
            size: upload.size,
            file_attributes: None,
        });
    }
    let source = source(tx, target, row).ok_or(code::NOT_FOUND)?;
    if source.kind != Kind::File {
        return Err(code::ARGS);
    }
    charge(source.size)?;
    admit::copy(caller, tx.world(), target.user, &source, key, attributes)?;
    Ok(Origin {
        blob: source.blob,
        size: source.size,
        file_attributes: source.file_attributes.clone(),
    })
}

/// Tells everyone who sees the folder.
fn announce(
    tx: &mut Tx<'_>,
    target: &Target<'_>,
    results: &[Result<Handle, i64>],
    versions: &[Handle],
) {
    let find = |handle: &Handle| tx.world().node(*handle).cloned();
    let new: Vec<(usize, Arc<Node>)> = results
        .iter()
        .enumerate()
        .filter_map(|(row, result)| Some((row, find(result.as_ref().ok()?)?)))
        .collect();
    let old: Vec<Arc<Node>> = versions.iter().filter_map(find).collect();
    let who = target.user;
    tx.emit_to_audience(
        target.folder.handle,
        "t",
        text(target.command, "i"),
        |viewer, object| {
            let mut nodes = Object::new().raw("f", packet_nodes(&new, viewer));
            if !old.is_empty() {
                nodes = nodes.raw(
                    "f2",
                    json::array(old.iter().map(|node| node.fields(viewer).end())),
                );
            }
            object.raw("t", nodes.end()).text("ou", who.as_str())
        },
    );
}

fn packet_nodes(nodes: &[(usize, Arc<Node>)], viewer: Viewer) -> String {
    json::array(nodes.iter().map(|(row, node)| {
        let fields = node.fields(viewer);
        match viewer {
            // Which row of the command became this node.
            Viewer::Owner => fields.raw("i", row).end(),
            _ => fields.end(),
        }
    }))
}

fn answer(tx: &Tx<'_>, target: &Target<'_>, results: &[Result<Handle, i64>]) -> Outcome {
    let failed: Vec<(usize, i64)> = results
        .iter()
        .enumerate()
        .filter_map(|(row, result)| Some((row, result.err()?)))
        .collect();
    let errors = match failed.is_empty() {
        true => "[]".to_string(),
        false => failed
            .iter()
            .fold(Object::new(), |object, (row, code)| {
                object.raw(&row.to_string(), code)
            })
            .end(),
    };
    let nodes: Vec<Arc<Node>> = results
        .iter()
        .filter_map(|result| tx.world().node(result.ok()?).cloned())
        .collect();
    let ids = nodes.iter().filter_map(|node| {
        let id = base64::encode(&node.blob?.to_be_bytes());
        Some(format!("{}:{id}", node.handle))
    });
    let ids = json::texts(ids);
    let tagged = Object::new().raw("e", &errors).raw("fh", &ids).end();
    let viewer = tx
        .world()
        .access(target.user, target.folder.handle)
        .map_or(Viewer::Owner, |(_, viewer)| viewer);
    let mut classic = Object::new().raw(
        "f",
        json::array(nodes.iter().map(|node| node.fields(viewer).end())),
    );
    if !failed.is_empty() {
        classic = classic.raw("e", &errors);
    }
    if number(target.command, "v").is_some_and(|level| level >= 4) {
        classic = classic.raw("fh", &ids);
    }
    Outcome::Changed {
        classic: classic.end(),
        tagged: Some(tagged),
    }
}
