//! Disk to memory, once, at the start.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::sandbox::Error;
use crate::sandbox::random;
use crate::sandbox::text::{Handle, UserHandle};

use super::Store;
use super::blobs::Blobs;
use super::disk::{Change, Disk, Table};
use super::node::{BlobId, Node};
use super::records::{Answer, User};
use super::tx;
use super::world::World;

fn parse<T: DeserializeOwned>(table: Table, key: &str, row: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(row).map_err(|source| {
        Error::new(format!(
            "the sandbox's state is damaged: {table:?} {key:?}: {source}"
        ))
    })
}

fn wrong_key(table: Table, key: &str) -> Error {
    Error::new(format!(
        "the sandbox's state is damaged: {table:?} has a row named {key:?}"
    ))
}

/// Reads everything and sweeps content files that no row knows.
pub(super) fn load(disk: Disk, blobs: Blobs) -> Result<Store, Error> {
    let mut world = World::default();
    contents(&disk, &mut world)?;
    nodes(&disk, &mut world)?;
    accounts(&disk, &mut world)?;
    sharing(&disk, &mut world)?;
    history(&disk, &mut world)?;
    let secret = secret(&disk)?;
    let mut last = world.blobs.keys().copied().max().unwrap_or(0);
    let known: HashSet<BlobId> = world
        .blobs
        .iter()
        .filter(|(_, blob)| !blob.inline)
        .map(|(id, _)| *id)
        .collect();
    let files = blobs
        .list()
        .map_err(|source| Error::new(format!("listing the folder of contents: {source}")))?;
    for (id, _) in files {
        last = last.max(id);
        if !known.contains(&id) {
            blobs.remove(id);
        }
    }
    Ok(Store {
        blobs,
        disk,
        world: Mutex::new(world),
        next_blob: AtomicU64::new(last + 1),
        secret,
    })
}

fn contents(disk: &Disk, world: &mut World) -> Result<(), Error> {
    disk.scan(Table::Blobs, |key, row| {
        let id = BlobId::from_str_radix(key, 16).map_err(|_| wrong_key(Table::Blobs, key))?;
        world.blobs.insert(id, parse(Table::Blobs, key, row)?);
        Ok(())
    })?;
    disk.scan(Table::FileAttributes, |key, row| {
        let handle = UserHandle::parse(key).ok_or_else(|| wrong_key(Table::FileAttributes, key))?;
        let attribute: super::records::FileAttribute = parse(Table::FileAttributes, key, row)?;
        if let Some(blob) = world.blobs.get_mut(&attribute.blob) {
            blob.uses += 1;
        }
        world.file_attributes.insert(handle, attribute);
        Ok(())
    })
}

fn nodes(disk: &Disk, world: &mut World) -> Result<(), Error> {
    let mut renamed = Vec::new();
    disk.scan(Table::Nodes, |key, row| {
        let node: Node = parse(Table::Nodes, key, row)?;
        let name = tx::node_key(node.order);
        // Rows were named by the node's handle once.
        if name != key {
            let (table, value) = (Table::Nodes, Some(Bytes::copy_from_slice(row)));
            renamed.push(change(table, key.to_string(), None));
            renamed.push(change(table, name, value));
        }
        world.next_order = world.next_order.max(node.order);
        tx::link(world, Arc::new(node));
        Ok(())
    })?;
    if !renamed.is_empty() {
        // The writer keeps the order: whatever follows finds the new names.
        drop(disk.write(renamed));
    }
    Ok(())
}

fn change(table: Table, key: String, value: Option<Bytes>) -> Change {
    Change { table, key, value }
}

fn accounts(disk: &Disk, world: &mut World) -> Result<(), Error> {
    disk.scan(Table::Users, |key, row| {
        let handle = UserHandle::parse(key).ok_or_else(|| wrong_key(Table::Users, key))?;
        let user: User = parse(Table::Users, key, row)?;
        world.emails.insert(user.account.email.clone(), handle);
        world.users.insert(handle, user);
        Ok(())
    })?;
    disk.scan(Table::Attributes, |key, row| {
        let handle = UserHandle::parse(key).ok_or_else(|| wrong_key(Table::Attributes, key))?;
        world
            .attributes
            .insert(handle, parse(Table::Attributes, key, row)?);
        Ok(())
    })?;
    disk.scan(Table::Sessions, |key, row| {
        world
            .sessions
            .insert(key.to_string(), parse(Table::Sessions, key, row)?);
        Ok(())
    })
}

fn sharing(disk: &Disk, world: &mut World) -> Result<(), Error> {
    disk.scan(Table::Links, |key, row| {
        let public = Handle::parse(key).ok_or_else(|| wrong_key(Table::Links, key))?;
        let link: super::records::Link = parse(Table::Links, key, row)?;
        world.link_of.insert(link.node, public);
        world.links.insert(public, link);
        Ok(())
    })?;
    disk.scan(Table::Shares, |key, row| {
        let folder = Handle::parse(key).ok_or_else(|| wrong_key(Table::Shares, key))?;
        let share: super::records::Share = parse(Table::Shares, key, row)?;
        for target in share
            .targets
            .keys()
            .filter_map(|target| UserHandle::parse(target))
        {
            world.shared_with.entry(target).or_default().insert(folder);
        }
        world.shares.insert(folder, share);
        Ok(())
    })
}

fn history(disk: &Disk, world: &mut World) -> Result<(), Error> {
    disk.scan(Table::Events, |key, row| {
        let (channel, number) = key
            .split_once('/')
            .and_then(|(channel, number)| Some((channel, u64::from_str_radix(number, 16).ok()?)))
            .ok_or_else(|| wrong_key(Table::Events, key))?;
        let packet = String::from_utf8_lossy(row);
        world
            .channel(channel)
            .restore(number, packet.as_ref().into());
        Ok(())
    })?;
    disk.scan(Table::Answers, |key, row| {
        let number = u64::from_str_radix(key, 16).map_err(|_| wrong_key(Table::Answers, key))?;
        let answer: Answer = parse(Table::Answers, key, row)?;
        world.next_answer = world.next_answer.max(number);
        world
            .answer_order
            .push_back((number, true, answer.key.clone()));
        world
            .answers
            .insert(answer.key.clone(), (number, Arc::new(answer)));
        Ok(())
    })
}

/// The server's own secret, made on the first start.
fn secret(disk: &Disk) -> Result<[u8; 32], Error> {
    if let Some(row) = disk.read(Table::Settings, "secret")? {
        return row
            .as_ref()
            .try_into()
            .map_err(|_| wrong_key(Table::Settings, "secret"));
    }
    let secret: [u8; 32] = random::bytes();
    let change = Change {
        table: Table::Settings,
        key: "secret".into(),
        value: Some(Bytes::copy_from_slice(&secret)),
    };
    // Durable with the first account at the latest: the writer keeps order.
    drop(disk.write(vec![change]));
    Ok(secret)
}
