//! A tree as bytes for the disk, sealed piece by piece.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | `MEGARCT` and the version |
//! | 8..24 | a random id of this snapshot |
//! | then, each | length (4 bytes, little-endian), sealed piece |
//!
//! Piece 0 is JSON: everything but the nodes. The others are
//! [`pieces`](super::pieces), all full but the last, and each is opened and
//! read by itself, several at a time. Each is sealed for its server, account,
//! snapshot and number: none can be swapped, and a missing one is noticed by
//! the count of nodes. Spec: docs/protocol.md, "The kept tree".

use std::io::{self, Read, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::arena::{Arena, CHUNK};
use super::pieces::{self, Found, Plain};
use super::{PublicLinkOf, Roots, Tree};
use crate::mega::crypto::base64;
use crate::mega::crypto::keys::{SealKey, ShareKey, fill_random};
use crate::mega::crypto::seal;
use crate::mega::handle::{NodeHandle, PublicHandle};
use crate::mega::node::{Access, Keyring};

/// Another version is not read.
const MAGIC: &[u8; 8] = b"MEGARCT\x02";
const ID: usize = 16;
/// No honest piece is larger; the header may hold many links.
const MAX_PIECE: u32 = 64 << 20;
/// Pieces that wait for the other thread.
const PIECES_AHEAD: usize = 2;
/// What is wrong with nodes that cannot be read.
const DAMAGED: &str = "a node is damaged";
/// Threads that open pieces: more would wait for the disk.
const MOST_READERS: usize = 4;

/// Why a snapshot cannot be used.
#[derive(Debug)]
pub(super) struct Unusable(pub String);

impl From<&str> for Unusable {
    fn from(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What seals the pieces: the key, and whose tree it is.
#[derive(Clone)]
pub(super) struct Seals {
    pub key: SealKey,
    /// Server and account.
    pub context: Zeroizing<Vec<u8>>,
}

impl Seals {
    fn context(&self, id: &[u8; ID], number: u64) -> Vec<u8> {
        [
            self.context.as_slice(),
            id.as_slice(),
            &number.to_be_bytes(),
        ]
        .concat()
    }
}

/// Everything but the nodes.
#[derive(Serialize, Deserialize)]
struct Header {
    position: String,
    nodes: usize,
    cloud: Option<String>,
    vault: Option<String>,
    rubbish: Option<String>,
    /// Folders of others, and what we may do there.
    incoming: Vec<(String, u8)>,
    /// Share keys by folder.
    shares: Vec<(String, String)>,
    shared_out: Vec<String>,
    /// Public links by node, with their end.
    links: Vec<(String, String, Option<i64>)>,
}

impl Header {
    fn of(tree: &Tree) -> Self {
        let text = |handle: NodeHandle| handle.as_str().to_owned();
        Self {
            position: tree.position.clone(),
            nodes: tree.len(),
            cloud: tree.cloud.map(text),
            vault: tree.vault.map(text),
            rubbish: tree.rubbish.map(text),
            incoming: tree
                .incoming
                .iter()
                .filter_map(|share| Some((text(*share), *tree.access.get(share)? as u8)))
                .collect(),
            shares: tree
                .keyring
                .shares()
                .map(|(folder, key)| (text(folder), base64::encode(key.as_bytes())))
                .collect(),
            shared_out: tree.shared_out.iter().copied().map(text).collect(),
            links: tree
                .links
                .iter()
                .map(|(node, link)| (text(*node), link.handle.to_string(), link.expires))
                .collect(),
        }
    }

    fn to_tree(&self, keyring: Keyring) -> Result<Tree, Unusable> {
        let damaged = "its header is damaged";
        let node = |text: &str| NodeHandle::parse(text).ok_or(damaged);
        let root = |text: &Option<String>| text.as_deref().map(node).transpose();
        let mut tree = Tree::new(keyring);
        (tree.cloud, tree.vault) = (root(&self.cloud)?, root(&self.vault)?);
        tree.rubbish = root(&self.rubbish)?;
        for (share, access) in &self.incoming {
            tree.incoming.push(node(share)?);
            let access = Access::from_wire(i64::from(*access));
            tree.access.insert(node(share)?, access);
        }
        for (folder, key) in &self.shares {
            let key = Zeroizing::new(base64::decode(key).map_err(|_| damaged)?);
            let key = ShareKey::from_slice(&key).map_err(|_| damaged)?;
            tree.keyring.add_share(node(folder)?, key);
        }
        for folder in &self.shared_out {
            tree.shared_out.insert(node(folder)?);
        }
        for (of, link, expires) in &self.links {
            let link = PublicLinkOf {
                handle: PublicHandle::parse(link).ok_or(damaged)?,
                expires: *expires,
            };
            tree.links.insert(node(of)?, link);
        }
        tree.position.clone_from(&self.position);
        Ok(tree)
    }

    /// The tree of these pieces.
    fn assemble(&self, pieces: Vec<Found>, keyring: Keyring) -> Result<Tree, Unusable> {
        let mut tree = self.to_tree(keyring)?;
        let mut chunks = Vec::with_capacity(pieces.len());
        for found in pieces {
            tree.extras.extend(found.extras);
            chunks.push(found.chunk);
        }
        tree.arena = Arena::of(chunks).ok_or(DAMAGED)?;
        if tree.len() != self.nodes {
            return Err("nodes are missing".into());
        }
        Ok(tree)
    }
}

impl Drop for Header {
    fn drop(&mut self) {
        for (_, key) in &mut self.shares {
            key.zeroize();
        }
    }
}

/// Writes the tree.
pub(super) fn write(tree: &Tree, seals: &Seals, to: &mut impl Write) -> io::Result<()> {
    let mut id = [0; ID];
    fill_random(&mut id);
    to.write_all(MAGIC)?;
    to.write_all(&id)?;
    let (pieces, queue) = sync_channel(PIECES_AHEAD);
    let (back, used) = sync_channel(PIECES_AHEAD + 2);
    // Sealing and writing go on while the next piece is collected.
    std::thread::scope(|scope| {
        let collector = scope.spawn(move || {
            collect(tree, &pieces, || {
                used.try_recv().unwrap_or_else(|_| pieces::empty())
            })
        });
        for (number, mut piece) in (0..).zip(queue) {
            seal::seal_in_place(&seals.key, &seals.context(&id, number), &mut piece);
            let length = u32::try_from(piece.len()).ok();
            let length = length.filter(|length| *length <= MAX_PIECE);
            let length =
                length.ok_or_else(|| io::Error::other("it has too many links and shares"))?;
            to.write_all(&length.to_le_bytes())?;
            to.write_all(&piece)?;
            piece.clear();
            let _ = back.try_send(piece);
        }
        let stopped = |_| io::Error::other("collecting its nodes was given up");
        collector.join().map_err(stopped)?
    })
}

/// Makes the pieces. Ends early when nobody takes them any more.
fn collect(tree: &Tree, pieces: &SyncSender<Plain>, empty: impl Fn() -> Plain) -> io::Result<()> {
    let header = Zeroizing::new(serde_json::to_vec(&Header::of(tree))?);
    if pieces.send(header).is_err() {
        return Ok(());
    }
    let seats = tree.arena.seats();
    for some in seats.chunks(CHUNK) {
        let mut piece = empty();
        tree.put_piece(some, &mut piece);
        if pieces.send(piece).is_err() {
            break;
        }
    }
    Ok(())
}

/// A snapshot whose header has been read.
pub(super) struct Snapshot<R> {
    from: R,
    seals: Seals,
    id: [u8; ID],
    header: Header,
}

impl<R: Read + Send> Snapshot<R> {
    /// Reads the beginning of a snapshot of `length` bytes.
    pub fn open(mut from: R, length: u64, seals: Seals) -> Result<Self, Unusable> {
        let mut magic = [0; MAGIC.len()];
        let mut id = [0; ID];
        from.read_exact(&mut magic)?;
        from.read_exact(&mut id)?;
        if &magic != MAGIC {
            return Err("it has another version".into());
        }
        let mut header = Plain::default();
        if !next_piece(&mut from, &mut header)? {
            return Err("it is empty".into());
        }
        let header = read_header(open_piece(&mut header, &seals, &id, 0)?)?;
        if header.nodes as u64 > length / pieces::FIXED as u64 {
            return Err("nodes are missing".into());
        }
        Ok(Self {
            from,
            seals,
            id,
            header,
        })
    }

    /// The event position it stands for.
    pub fn position(&self) -> &str {
        &self.header.position
    }

    /// The account's roots.
    pub fn roots(&self) -> Roots {
        let node = |text: &Option<String>| text.as_deref().and_then(NodeHandle::parse);
        Roots {
            cloud: node(&self.header.cloud),
            rubbish: node(&self.header.rubbish),
        }
    }

    /// Reads the nodes; `keyring` holds the account's own key.
    pub fn read(self, keyring: Keyring) -> Result<Tree, Unusable> {
        let readers = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = readers.min(MOST_READERS).min(self.header.nodes / CHUNK + 1);
        let queue = Mutex::new(Queue {
            from: self.from,
            next: 1,
        });
        let read = || take_pieces(&queue, &self.seals, &self.id);
        let mut found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..readers).map(|_| scope.spawn(read)).collect();
            let mut found = read()?;
            for other in others {
                let stopped = |_| Unusable("reading it was given up".to_owned());
                found.extend(other.join().map_err(stopped)??);
            }
            Ok::<_, Unusable>(found)
        })?;
        found.sort_by_key(|(number, _)| *number);
        let found = found.into_iter().map(|(_, found)| found).collect();
        self.header.assemble(found, keyring)
    }
}

impl Tree {
    /// The tree of a snapshot whose seals have been opened: its header, and
    /// the pieces that hold its nodes.
    ///
    /// # Errors
    /// Says what is damaged.
    pub fn from_pieces(header: &[u8], pieces: &[&[u8]], keyring: Keyring) -> Result<Self, String> {
        let read = || -> Result<Self, Unusable> {
            let found: Option<Vec<Found>> =
                pieces.iter().map(|piece| pieces::read(piece)).collect();
            let tree = read_header(header)?.assemble(found.ok_or(DAMAGED)?, keyring)?;
            // Of what is sealed this is known: it was a tree before.
            if !tree.arena.is_unique() {
                return Err("a node comes twice".into());
            }
            Ok(tree)
        };
        read().map_err(|Unusable(what)| what)
    }
}

fn read_header(plain: &[u8]) -> Result<Header, Unusable> {
    serde_json::from_slice(plain).map_err(|_| "its header is damaged".into())
}

/// The pieces that nobody has taken yet.
struct Queue<R> {
    from: R,
    /// The number of the next one.
    next: u64,
}

/// Takes pieces, opens and reads them until there are no more.
fn take_pieces<R: Read>(
    queue: &Mutex<Queue<R>>,
    seals: &Seals,
    id: &[u8; ID],
) -> Result<Vec<(u64, Found)>, Unusable> {
    let mut all = Vec::new();
    let mut piece = Plain::default();
    loop {
        let number = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever meets an error leaves nothing to the others.
            let number = std::mem::replace(&mut queue.next, u64::MAX);
            if number == u64::MAX || !next_piece(&mut queue.from, &mut piece)? {
                return Ok(all);
            }
            queue.next = number + 1;
            number
        };
        let plain = open_piece(&mut piece, seals, id, number)?;
        all.push((number, pieces::read(plain).ok_or(DAMAGED)?));
    }
}

/// Fills `piece` with the next sealed one; `false` at the end.
fn next_piece(from: &mut impl Read, piece: &mut Vec<u8>) -> Result<bool, Unusable> {
    piece.clear();
    from.by_ref().take(4).read_to_end(piece)?;
    if piece.is_empty() {
        return Ok(false);
    }
    let length: [u8; 4] = piece.as_slice().try_into().map_err(|_| "it is cut short")?;
    let length = u32::from_le_bytes(length);
    if length > MAX_PIECE {
        return Err("a piece is too large".into());
    }
    piece.clear();
    from.by_ref().take(u64::from(length)).read_to_end(piece)?;
    Ok(true)
}

/// Opens a piece where it stands.
fn open_piece<'a>(
    piece: &'a mut [u8],
    seals: &Seals,
    id: &[u8; ID],
    number: u64,
) -> Result<&'a [u8], Unusable> {
    let plain = seal::open_in_place(&seals.key, &seals.context(id, number), piece);
    plain.map_err(|error| Unusable(error.to_string()))
}
