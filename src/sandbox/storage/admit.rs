//! What uploads and keys have to pass before they become nodes.
//!
//! The store's half: content is synced before `p` is carried out. The
//! witness's half, for accounts that the sandbox made: keys, attributes and
//! MACs are what the protocol says.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use serde_json::Value;

use crate::sandbox::api::{Caller, code, text};
use crate::sandbox::crypto::node_key;
use crate::sandbox::server::Server;
use crate::sandbox::store::blobs::Content;
use crate::sandbox::store::node::{Kind, Node};
use crate::sandbox::store::world::World;
use crate::sandbox::text::{Handle, UserHandle};
use crate::sandbox::witness::{self, Refusal, UploadFacts};

use super::transfers::{Purpose, Upload};

/// A finished upload, and what was found.
pub struct Admitted {
    /// The upload.
    pub upload: Arc<Upload>,
    /// Whether it may become a node.
    pub verdict: Result<(), i64>,
}

struct Claim {
    token: String,
    upload: Arc<Upload>,
    key: String,
    attributes: String,
}

/// Checks and syncs every finished upload that a batch names.
pub async fn examine(
    server: &Arc<Server>,
    caller: &Caller<'_>,
    commands: &[Value],
) -> HashMap<String, Admitted> {
    let Ok(user) = caller.user() else {
        return HashMap::new();
    };
    let claims: Vec<Claim> = commands
        .iter()
        .filter(|command| text(command, "a") == Some("p"))
        .filter_map(|command| command.get("n")?.as_array())
        .flatten()
        .filter_map(|row| {
            let token = text(row, "h")?;
            let upload = server.transfers.finished(token)?;
            (upload.owner == user && upload.purpose == Purpose::File).then(|| Claim {
                token: token.to_string(),
                upload,
                key: text(row, "k").unwrap_or_default().to_string(),
                attributes: text(row, "a").unwrap_or_default().to_string(),
            })
        })
        .collect();
    if claims.is_empty() {
        return HashMap::new();
    }
    let master_key = master_key(caller, user);
    let server = Arc::clone(server);
    let checked = tokio::task::spawn_blocking(move || {
        let mut files = false;
        let verdicts = claims.into_iter().map(|claim| {
            files |= matches!(claim.upload.content, Content::File(_));
            let verdict = check_and_sync(&server, master_key.as_ref(), &claim);
            (
                claim.token,
                Admitted {
                    upload: claim.upload,
                    verdict,
                },
            )
        });
        let verdicts: HashMap<String, Admitted> = verdicts.collect();
        match files && server.store.blobs.sync_folder().is_err() {
            true => HashMap::new(),
            false => verdicts,
        }
    });
    checked.await.unwrap_or_default()
}

/// The master key of an account that the witness watches.
fn master_key(caller: &Caller<'_>, user: UserHandle) -> Option<[u8; 16]> {
    if !caller.server.witness {
        return None;
    }
    caller.server.store.read(|world| key_of(world, user))
}

fn key_of(world: &World, user: UserHandle) -> Option<[u8; 16]> {
    let user = world.user(user).filter(|user| user.witnessed)?;
    user.account.master_key().ok()
}

/// Notes a refusal and answers with its code.
fn refused(server: &Server, what: &str, result: Result<(), Refusal>) -> Result<(), i64> {
    result.map_err(|refusal| {
        server.counters.refuse(format!("{what}: {refusal}"));
        witness::REFUSED
    })
}

/// Checks content while the disk takes it in.
fn check_and_sync(
    server: &Server,
    master_key: Option<&[u8; 16]>,
    claim: &Claim,
) -> Result<(), i64> {
    std::thread::scope(|scope| {
        let content = &claim.upload.content;
        let is_file = matches!(content, Content::File(_));
        let syncing = is_file.then(|| scope.spawn(|| content.sync()));
        check(server, master_key, claim)?;
        match syncing.map(std::thread::ScopedJoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(_) => Err(code::INTERNAL),
        }
    })
}

fn check(server: &Server, master_key: Option<&[u8; 16]>, claim: &Claim) -> Result<(), i64> {
    let Some(master_key) = master_key else {
        return Ok(());
    };
    let facts = UploadFacts {
        master_key,
        size: claim.upload.size,
        key: &claim.key,
        attributes: &claim.attributes,
    };
    let mut stored = Stored {
        content: &claim.upload.content,
        at: 0,
        size: claim.upload.size,
    };
    let result = witness::check_upload(&facts, &mut stored, &server.nonces).map(drop);
    refused(server, "upload", result)
}

/// Stored content from the start to the end.
struct Stored<'a> {
    content: &'a Content,
    at: u64,
    size: u64,
}

impl Read for Stored<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        if let Some(part) = buffer.get_mut(..length) {
            self.content.read_at(self.at, part)?;
        }
        self.at += length as u64;
        Ok(length)
    }
}

/// Checks a new folder, which must not have the key of the one it copies.
///
/// # Errors
/// The witness's code.
pub fn folder(
    caller: &Caller<'_>,
    world: &World,
    user: UserHandle,
    key: &str,
    attributes: &str,
    source: Option<&Node>,
) -> Result<(), i64> {
    let Some(master_key) = key_of(world, user).filter(|_| caller.server.witness) else {
        return Ok(());
    };
    let result = witness::check_folder(&master_key, key, attributes);
    refused(caller.server, "folder", result)?;
    match source.filter(|source| source.kind == Kind::Folder) {
        Some(source) => copy(caller, world, user, source, key, attributes),
        None => Ok(()),
    }
}

/// Checks a copy: a file keeps its key.
///
/// # Errors
/// The witness's code.
pub fn copy(
    caller: &Caller<'_>,
    world: &World,
    user: UserHandle,
    source: &Node,
    key: &str,
    attributes: &str,
) -> Result<(), i64> {
    if !caller.server.witness {
        return Ok(());
    }
    let (Some(own), Some(theirs)) = (key_of(world, user), key_of(world, source.owner)) else {
        return Ok(());
    };
    // A node whose key came by a share only cannot be compared.
    let Ok(source) = node_key::unwrap(&theirs, &source.key) else {
        return Ok(());
    };
    let result = witness::check_copy(&own, &source, key, attributes);
    refused(caller.server, "copy", result)
}

/// Checks attributes that replace a node's.
///
/// # Errors
/// The witness's code.
pub fn attributes(
    caller: &Caller<'_>,
    world: &World,
    node: &Node,
    attributes: &str,
) -> Result<(), i64> {
    let Some(master_key) = key_of(world, node.owner).filter(|_| caller.server.witness) else {
        return Ok(());
    };
    if node.key.is_empty() {
        return Ok(());
    }
    let result = witness::check_attributes(&master_key, &node.key, attributes);
    refused(caller.server, "attributes", result)
}

/// Checks a share key and its proof.
///
/// # Errors
/// The witness's code.
pub fn share(
    caller: &Caller<'_>,
    world: &World,
    user: UserHandle,
    folder: Handle,
    (key, proof): (&str, &str),
) -> Result<(), i64> {
    let Some(master_key) = key_of(world, user).filter(|_| caller.server.witness) else {
        return Ok(());
    };
    let result = witness::check_share(&master_key, folder.as_str(), key, proof).map(drop);
    refused(caller.server, "share", result)
}

/// Checks a node's key under a share key, where both are known.
///
/// # Errors
/// The witness's code.
pub fn shared_key(
    caller: &Caller<'_>,
    world: &World,
    user: UserHandle,
    share: Handle,
    own: &str,
    shared: &str,
) -> Result<(), i64> {
    let Some(master_key) = key_of(world, user).filter(|_| caller.server.witness) else {
        return Ok(());
    };
    let stored = world
        .share(share)
        .and_then(|share| Some((share.key.as_ref()?, share.proof.as_ref()?)));
    let Some((key, proof)) = stored.filter(|_| !own.is_empty()) else {
        return Ok(());
    };
    let Ok(Some(share_key)) = witness::check_share(&master_key, share.as_str(), key, proof) else {
        return Ok(());
    };
    let result = witness::check_shared_key(&master_key, &share_key, own, shared);
    refused(caller.server, "share key", result)
}
