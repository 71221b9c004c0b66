//! Whether the state fits together: the tests' judge after a `kill -9`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Store;
use super::disk::Table;
use super::node::{BlobId, Kind, Node};
use super::tx::node_key;
use super::world::World;

/// Every contradiction found, one line each.
pub(super) fn check(store: &Store, world: &World) -> Vec<String> {
    let mut problems = Vec::new();
    nodes(world, &mut problems);
    accounts(world, &mut problems);
    contents(store, world, &mut problems);
    rows(store, world, &mut problems);
    problems
}

fn nodes(world: &World, problems: &mut Vec<String>) {
    for (handle, node) in &world.nodes {
        let Some(parent) = node.parent else {
            if !node.kind.is_root() {
                problems.push(format!("node {handle} has no parent and is no root"));
            }
            continue;
        };
        match world.nodes.get(&parent) {
            None => problems.push(format!("node {handle} lies in {parent}, which is missing")),
            Some(above) if above.owner != node.owner => {
                problems.push(format!("node {handle} lies in a folder of another account"));
            }
            Some(above) if above.kind == Kind::File && node.kind != Kind::File => {
                problems.push(format!(
                    "{handle} is below the file {parent} and is no file"
                ));
            }
            Some(_) => {}
        }
        let listed = world
            .children
            .get(&parent)
            .and_then(|children| children.get(&node.order));
        if listed.is_none_or(|listed| !Arc::ptr_eq(listed, node)) {
            problems.push(format!("node {handle} is not listed in {parent}"));
        }
        if node.kind == Kind::File && node.blob.is_none() {
            problems.push(format!("file {handle} has no content"));
        }
    }
    let reached: HashSet<_> = world
        .users
        .values()
        .flat_map(|user| [user.cloud, user.vault, user.rubbish])
        .flat_map(|root| world.subtree(root))
        .map(|node| node.handle)
        .collect();
    for handle in world
        .nodes
        .keys()
        .filter(|handle| !reached.contains(handle))
    {
        problems.push(format!("node {handle} cannot be reached from a root"));
    }
}

fn accounts(world: &World, problems: &mut Vec<String>) {
    for (handle, user) in &world.users {
        for root in [user.cloud, user.vault, user.rubbish] {
            if world
                .nodes
                .get(&root)
                .is_none_or(|node| node.owner != *handle)
            {
                problems.push(format!("account {handle} lacks its root {root}"));
            }
        }
        let stored: u64 = world
            .nodes
            .values()
            .filter(|node| node.owner == *handle)
            .map(|node| node.size)
            .sum();
        if stored != world.used(*handle) {
            problems.push(format!(
                "account {handle} stores {stored} bytes and is charged {}",
                world.used(*handle)
            ));
        }
    }
    for (folder, share) in &world.shares {
        if share.is_over() || !world.nodes.contains_key(folder) {
            problems.push(format!("share {folder} shares nothing"));
        }
    }
    for (public, link) in &world.links {
        if !world.nodes.contains_key(&link.node) {
            problems.push(format!(
                "link {public} opens {}, which is missing",
                link.node
            ));
        }
    }
}

fn contents(store: &Store, world: &World, problems: &mut Vec<String>) {
    let mut uses: HashMap<BlobId, u64> = HashMap::new();
    for node in world.nodes.values() {
        if let Some(id) = node.blob {
            *uses.entry(id).or_default() += 1;
            match world.blobs.get(&id) {
                None => problems.push(format!("content {id:016x} of {} is missing", node.handle)),
                Some(blob) if blob.size != node.size => problems.push(format!(
                    "node {} has {} bytes, its content {}",
                    node.handle, node.size, blob.size
                )),
                Some(_) => {}
            }
        }
    }
    for attribute in world.file_attributes.values() {
        *uses.entry(attribute.blob).or_default() += 1;
    }
    let files: HashMap<BlobId, u64> = match store.blobs.list() {
        Ok(files) => files.into_iter().collect(),
        Err(source) => {
            problems.push(format!("the folder of contents cannot be listed: {source}"));
            return;
        }
    };
    for (id, blob) in &world.blobs {
        if blob.uses != uses.get(id).copied().unwrap_or(0) {
            problems.push(format!("content {id:016x} is miscounted"));
        }
        let there = if blob.inline {
            match store.inline_content(*id) {
                Ok(bytes) => bytes.map(|bytes| bytes.len() as u64),
                Err(source) => {
                    problems.push(source.to_string());
                    continue;
                }
            }
        } else {
            files.get(id).copied()
        };
        if there != Some(blob.size) {
            problems.push(format!(
                "content {id:016x} should have {} bytes: {there:?}",
                blob.size
            ));
        }
    }
}

/// The rows on disk say what memory says.
fn rows(store: &Store, world: &World, problems: &mut Vec<String>) {
    let mut stored = 0usize;
    let result = store.disk.scan(Table::Nodes, |key, row| {
        stored += 1;
        let same = serde_json::from_slice::<Node>(row)
            .ok()
            .and_then(|node| {
                world
                    .nodes
                    .get(&node.handle)
                    .map(|known| known.parent == node.parent && node_key(known.order) == key)
            })
            .unwrap_or(false);
        if !same {
            problems.push(format!("node {key} on disk is not the one in memory"));
        }
        Ok(())
    });
    if let Err(source) = result {
        problems.push(source.to_string());
    }
    if stored != world.nodes.len() {
        problems.push(format!(
            "{stored} nodes on disk, {} in memory",
            world.nodes.len()
        ));
    }
}
