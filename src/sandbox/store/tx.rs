//! Changes to the server's memory and disk, made together.
//!
//! A `Tx` holds the lock on memory. It changes memory at once and collects the
//! rows to write; [`Tx::finish`] hands them to the writer before the lock is
//! released, so rows reach the disk in the order in which memory changed.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};

use bytes::Bytes;
use serde::Serialize;

use crate::sandbox::events::Channel;
use crate::sandbox::json::Object;
use crate::sandbox::text::{Handle, UserHandle};

use super::disk::{Change, Table, Written};
use super::node::{BlobId, Node, Viewer};
use super::records::{Answer, Attributes, Blob, FileAttribute, Link, Session, Share, User};
use super::world::{Usage, World};
use super::{Store, clock};

/// Answers that are kept for repetition, on disk and in memory.
const MOST_ANSWERS: usize = 2048;

/// A set of changes in the making.
pub struct Tx<'a> {
    store: &'a Store,
    world: MutexGuard<'a, World>,
    changes: Vec<Change>,
    unused: Vec<BlobId>,
    tags: HashMap<String, u64>,
}

/// A finished set of changes on its way to the disk.
pub struct Pending {
    written: Option<Written>,
    unused: Vec<BlobId>,
}

impl Pending {
    /// Whether anything is to be written.
    pub fn is_empty(&self) -> bool {
        self.written.is_none()
    }

    /// Waits until the changes are durable.
    ///
    /// # Errors
    /// If they could not be written.
    pub async fn durable(self, store: &Store) -> Result<(), String> {
        if let Some(written) = self.written {
            written
                .await
                .unwrap_or_else(|_| Err("the sandbox's store was closed".into()))?;
        }
        // Only now: until the rows are gone the files must be there.
        for id in self.unused {
            store.blobs.remove(id);
        }
        Ok(())
    }
}

fn row(value: &impl Serialize) -> Option<Bytes> {
    // The records are plain structs and maps with text keys, which always serialize.
    serde_json::to_vec(value).ok().map(Bytes::from)
}

impl<'a> Tx<'a> {
    pub(super) fn new(store: &'a Store, world: MutexGuard<'a, World>) -> Self {
        Self {
            store,
            world,
            changes: Vec::new(),
            unused: Vec::new(),
            tags: HashMap::new(),
        }
    }

    /// The state as these changes leave it.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The store behind it.
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// Sends the changes to the writer.
    pub fn finish(self) -> Pending {
        let written = (!self.changes.is_empty()).then(|| self.store.disk.write(self.changes));
        Pending {
            written,
            unused: self.unused,
        }
    }

    fn put(&mut self, table: Table, key: impl ToString, value: &impl Serialize) {
        self.changes.push(Change {
            table,
            key: key.to_string(),
            value: row(value),
        });
    }

    fn delete(&mut self, table: Table, key: impl ToString) {
        self.changes.push(Change {
            table,
            key: key.to_string(),
            value: None,
        });
    }

    /// The next position in the order of creation.
    pub fn next_order(&mut self) -> u64 {
        self.world.next_order += 1;
        self.world.next_order
    }

    /// Stores a node: a new one, or the new state of an old one.
    pub fn put_node(&mut self, node: Node) {
        if let Some(old) = self.world.nodes.get(&node.handle).cloned() {
            if old.order != node.order {
                self.delete(Table::Nodes, node_key(old.order));
            }
            unlink(&mut self.world, &old);
            release(&mut self.world, &old);
        }
        self.put(Table::Nodes, node_key(node.order), &node);
        link(&mut self.world, Arc::new(node));
    }

    /// Changes one node.
    pub fn edit_node(&mut self, handle: Handle, edit: impl FnOnce(&mut Node)) {
        if let Some(node) = self.world.nodes.get(&handle) {
            let mut node = Node::clone(node);
            edit(&mut node);
            self.put_node(node);
        }
    }

    /// Removes one node, its link and its share. Its children stay where they
    /// are and are the caller's business.
    pub fn remove_node(&mut self, handle: Handle) {
        let Some(node) = self.world.nodes.remove(&handle) else {
            return;
        };
        self.remove_link(handle);
        self.remove_share(handle);
        self.delete(Table::Nodes, node_key(node.order));
        unlink(&mut self.world, &node);
        if let Some(blob) = release(&mut self.world, &node) {
            self.drop_blob(blob);
        }
    }

    /// Removes a node with everything below it.
    pub fn remove_subtree(&mut self, handle: Handle) {
        for node in self.world.subtree(handle).iter().rev() {
            self.remove_node(node.handle);
        }
    }

    fn drop_blob(&mut self, id: BlobId) {
        if self.world.blobs.get(&id).is_some_and(|blob| blob.uses == 0)
            && let Some(blob) = self.world.blobs.remove(&id)
        {
            self.delete(Table::Blobs, format!("{id:016x}"));
            if blob.inline {
                self.delete(Table::Contents, format!("{id:016x}"));
            } else {
                self.unused.push(id);
            }
        }
    }

    /// Registers content; small content comes along as bytes.
    pub fn add_blob(&mut self, id: BlobId, size: u64, inline: Option<Bytes>) {
        let blob = Blob {
            size,
            inline: inline.is_some(),
            uses: 0,
        };
        self.put(Table::Blobs, format!("{id:016x}"), &blob);
        if let Some(bytes) = inline {
            self.changes.push(Change {
                table: Table::Contents,
                key: format!("{id:016x}"),
                value: Some(bytes),
            });
        }
        self.world.blobs.insert(id, blob);
    }

    /// Stores a thumbnail's place.
    pub fn put_file_attribute(&mut self, handle: UserHandle, attribute: FileAttribute) {
        self.put(Table::FileAttributes, handle, &attribute);
        if let Some(blob) = self.world.blobs.get_mut(&attribute.blob) {
            blob.uses += 1;
        }
        self.world.file_attributes.insert(handle, attribute);
    }

    /// Stores an account.
    pub fn put_user(&mut self, handle: UserHandle, email: &str, user: User) {
        self.put(Table::Users, handle, &user);
        self.world.emails.insert(email.to_ascii_lowercase(), handle);
        self.world.users.insert(handle, user);
    }

    /// Stores an account's attributes.
    pub fn put_attributes(&mut self, user: UserHandle, attributes: Attributes) {
        self.put(Table::Attributes, user, &attributes);
        self.world.attributes.insert(user, attributes);
    }

    /// Stores a login.
    pub fn put_session(&mut self, sid: &str, session: Session) {
        self.put(Table::Sessions, sid, &session);
        self.world.sessions.insert(sid.to_string(), session);
    }

    /// Ends a login.
    pub fn remove_session(&mut self, sid: &str) -> bool {
        let known = self.world.sessions.remove(sid).is_some();
        if known {
            self.delete(Table::Sessions, sid);
        }
        known
    }

    /// Stores a link.
    pub fn put_link(&mut self, public: Handle, link: Link) {
        self.put(Table::Links, public, &link);
        self.world.link_of.insert(link.node, public);
        self.world.links.insert(public, link);
    }

    /// Removes the link to a node; its public handle, if there was one.
    pub fn remove_link(&mut self, node: Handle) -> Option<Handle> {
        let public = self.world.link_of.remove(&node)?;
        self.world.links.remove(&public);
        self.delete(Table::Links, public);
        if let Some(channel) = self.world.channels.remove(public.as_str()) {
            for number in channel.numbers() {
                self.delete(Table::Events, event_key(public.as_str(), number));
            }
        }
        Some(public)
    }

    /// Stores how a folder is shared, or that it no longer is.
    pub fn put_share(&mut self, folder: Handle, share: Share) {
        self.forget_targets(folder);
        if share.is_over() {
            if self.world.shares.remove(&folder).is_some() {
                self.delete(Table::Shares, folder);
            }
            return;
        }
        self.put(Table::Shares, folder, &share);
        for target in share
            .targets
            .keys()
            .filter_map(|target| UserHandle::parse(target))
        {
            self.world
                .shared_with
                .entry(target)
                .or_default()
                .insert(folder);
        }
        self.world.shares.insert(folder, share);
    }

    /// Ends a share.
    pub fn remove_share(&mut self, folder: Handle) {
        self.put_share(folder, Share::default());
    }

    fn forget_targets(&mut self, folder: Handle) {
        let world = &mut *self.world;
        if let Some(share) = world.shares.get(&folder) {
            for target in share
                .targets
                .keys()
                .filter_map(|target| UserHandle::parse(target))
            {
                if let Some(folders) = world.shared_with.get_mut(&target) {
                    folders.remove(&folder);
                }
            }
        }
    }

    /// Remembers an answer: on disk together with the changes that it reports,
    /// in memory if it reports none. Nobody waits for the disk only to be
    /// told the same again.
    pub fn put_answer(&mut self, answer: Answer) {
        let stored = !self.changes.is_empty();
        self.world.next_answer += 1;
        let number = self.world.next_answer;
        if stored {
            self.put(Table::Answers, answer_key(number), &answer);
        }
        let key = answer.key.clone();
        self.world
            .answer_order
            .push_back((number, stored, key.clone()));
        self.world.answers.insert(key, (number, Arc::new(answer)));
        while self.world.answer_order.len() > MOST_ANSWERS {
            // Forgetting a stored one is a change and waits for the next.
            let Some((oldest, _, key)) = self
                .world
                .answer_order
                .pop_front_if(|(_, was_stored, _)| stored || !*was_stored)
            else {
                break;
            };
            if stored {
                self.delete(Table::Answers, answer_key(oldest));
            }
            if self
                .world
                .answers
                .get(&key)
                .is_some_and(|(number, _)| *number == oldest)
            {
                self.world.answers.remove(&key);
            }
        }
    }

    /// Tells one channel of a change. `rest` adds what follows `a`, `i`, `st`.
    pub fn emit(
        &mut self,
        channel: &str,
        kind: &str,
        id: Option<&str>,
        rest: impl FnOnce(Object) -> Object,
    ) {
        let next = self.world.channel(channel).next();
        let tag = *self.tags.entry(channel.to_string()).or_insert(next);
        let head = Object::new()
            .text("a", kind)
            .maybe_text("i", id)
            .text("st", &tag.to_string());
        let packet: Arc<str> = rest(head).end().into();
        let (number, dropped) = self.world.channel(channel).push(Arc::clone(&packet));
        self.changes.push(Change {
            table: Table::Events,
            key: event_key(channel, number),
            value: Some(Bytes::copy_from_slice(packet.as_bytes())),
        });
        for old in dropped {
            self.delete(Table::Events, event_key(channel, old));
        }
    }

    /// Tells everyone who sees `node`.
    pub fn emit_to_audience(
        &mut self,
        node: Handle,
        kind: &str,
        id: Option<&str>,
        mut rest: impl FnMut(Viewer, Object) -> Object,
    ) {
        for (channel, viewer) in self.world.audience(node) {
            // The client's own mark is for the account that made the change.
            let id = id.filter(|_| viewer == Viewer::Owner);
            self.emit(&channel, kind, id, |object| rest(viewer, object));
        }
    }

    /// Sums up a folder.
    pub fn usage(&mut self, folder: Handle) -> Usage {
        self.world.usage(folder)
    }

    /// The channel of an account or link.
    pub fn channel(&mut self, name: &str) -> &mut Channel {
        self.world.channel(name)
    }

    /// Forgets the history of every channel.
    pub fn forget_events(&mut self) {
        let names: Vec<String> = self.world.channels.keys().cloned().collect();
        for name in names {
            for number in self.world.channel(&name).forget() {
                self.delete(Table::Events, event_key(&name, number));
            }
        }
    }

    /// Starts a new command: its packets get a tag of their own.
    pub fn begin_command(&mut self) {
        self.tags.clear();
    }

    /// The tag of the packets that this command put on a channel.
    pub fn tag(&self, channel: &str) -> Option<u64> {
        self.tags.get(channel).copied()
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        clock::now()
    }
}

/// The name of a node's row. By the order of creation and not by its handle:
/// a million new rows go to the end, and not all over the file.
pub(super) fn node_key(order: u64) -> String {
    format!("{order:016x}")
}

/// The name of an answer's row.
fn answer_key(number: u64) -> String {
    format!("{number:016x}")
}

/// The name of a packet's row.
pub(super) fn event_key(channel: &str, number: u64) -> String {
    format!("{channel}/{number:016x}")
}

/// Puts a node into the indexes.
pub(super) fn link(world: &mut World, node: Arc<Node>) {
    if let Some(parent) = node.parent {
        world
            .children
            .entry(parent)
            .or_default()
            .insert(node.order, Arc::clone(&node));
    }
    if let Some(id) = node.blob {
        *world.used.entry(node.owner).or_default() += node.size;
        if let Some(blob) = world.blobs.get_mut(&id) {
            blob.uses += 1;
        }
    }
    world.usages.clear();
    world.nodes.insert(node.handle, node);
}

/// Takes a node out of its parent's list.
fn unlink(world: &mut World, node: &Node) {
    world.usages.clear();
    if let Some(parent) = node.parent
        && let Some(children) = world.children.get_mut(&parent)
    {
        children.remove(&node.order);
        if children.is_empty() {
            world.children.remove(&parent);
        }
    }
}

/// Gives back what a node used; the content it referred to.
fn release(world: &mut World, node: &Node) -> Option<BlobId> {
    let id = node.blob?;
    if let Some(used) = world.used.get_mut(&node.owner) {
        *used = used.saturating_sub(node.size);
    }
    if let Some(blob) = world.blobs.get_mut(&id) {
        blob.uses = blob.uses.saturating_sub(1);
    }
    Some(id)
}
