//! A tree as bytes for the disk, sealed piece by piece.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | `MEGARCT` and the version |
//! | 8..24 | a random id of this snapshot |
//! | then, each | length (4 bytes, little-endian), sealed piece |
//!
//! Piece 0 is JSON: everything but the nodes. The others hold nodes, parents
//! before children and siblings in order, so that reading links them as they
//! come. Each piece is sealed for its server, account, snapshot and number:
//! none can be swapped, and a missing one is noticed by the count of nodes.
//! Spec: docs/protocol.md, "The kept tree".

use std::io::{self, Read, Write};
use std::sync::mpsc::{SyncSender, sync_channel};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::arena::{Arena, Flags, NONE, Record};
use super::{PublicLinkOf, Roots, Tree};
use crate::mega::crypto::base64;
use crate::mega::crypto::keys::{SealKey, ShareKey, fill_random};
use crate::mega::crypto::seal;
use crate::mega::handle::{NodeHandle, PublicHandle};
use crate::mega::node::{Access, Keyring, NodeKind};

/// Another version is not read.
const MAGIC: &[u8; 8] = b"MEGARCT\x01";
const ID: usize = 16;
/// Nodes in one piece, and bytes after which it is full all the same.
const PIECE_NODES: usize = 8192;
const PIECE_BYTES: usize = 1 << 20;
/// No honest piece is larger; the header may hold many links.
const MAX_PIECE: u32 = 64 << 20;
/// Bytes of a node without its name.
const FIXED: usize = 88;
/// Pieces that wait for the other thread.
const PIECES_AHEAD: usize = 2;

/// A piece in the clear: it holds keys.
type Plain = Zeroizing<Vec<u8>>;

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
    pub context: Vec<u8>,
}

impl Seals {
    fn context(&self, id: &[u8; ID], number: u64) -> Vec<u8> {
        [&self.context, id.as_slice(), &number.to_be_bytes()].concat()
    }
}

/// Everything but the nodes.
#[derive(Serialize, Deserialize)]
struct Header {
    position: String,
    nodes: usize,
    /// Bytes of all names.
    names: usize,
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
    fn of(tree: &Tree, order: &[u32]) -> Self {
        let text = |handle: NodeHandle| handle.as_str().to_owned();
        let records = order.iter().filter_map(|place| tree.arena.record(*place));
        Self {
            position: tree.position.clone(),
            nodes: order.len(),
            names: records.map(|record| usize::from(record.name_len)).sum(),
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

    /// A tree with room for what the header tells of: no more of it than
    /// `length` bytes of nodes can hold.
    fn to_tree(&self, keyring: Keyring, length: u64) -> Result<Tree, Unusable> {
        let most = usize::try_from(length).unwrap_or(usize::MAX);
        let damaged = "its header is damaged";
        let node = |text: &str| NodeHandle::parse(text).ok_or(damaged);
        let root = |text: &Option<String>| text.as_deref().map(node).transpose();
        let mut tree = Tree::new(keyring);
        tree.arena = Arena::with_capacity(self.nodes.min(most / FIXED), self.names.min(most));
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

    /// Passes a tree on that has all nodes.
    fn check(&self, tree: Tree) -> Result<Tree, Unusable> {
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
    let order = tree.arena.in_order();
    let (pieces, queue) = sync_channel(PIECES_AHEAD);
    // Sealing and writing go on while the next piece is collected.
    std::thread::scope(|scope| {
        let collector = scope.spawn(move || collect(tree, &order, &pieces));
        for (number, plain) in (0..).zip(queue) {
            let sealed = seal::seal(&seals.key, &seals.context(&id, number), &plain);
            let length = u32::try_from(sealed.len()).ok();
            let length = length.filter(|length| *length <= MAX_PIECE);
            let length =
                length.ok_or_else(|| io::Error::other("it has too many links and shares"))?;
            to.write_all(&length.to_le_bytes())?;
            to.write_all(&sealed)?;
        }
        let stopped = |_| io::Error::other("collecting its nodes was given up");
        collector.join().map_err(stopped)?
    })
}

/// Makes the pieces. Ends early when nobody takes them any more.
fn collect(tree: &Tree, order: &[u32], pieces: &SyncSender<Plain>) -> io::Result<()> {
    let header = Zeroizing::new(serde_json::to_vec(&Header::of(tree, order))?);
    let mut going_on = pieces.send(header).is_ok();
    // Where each place went, for the children that follow.
    let mut went = vec![NONE; tree.arena.places_used()];
    let mut at = 0_u32;
    let mut nodes = order.chunks(PIECE_NODES);
    while let Some(chunk) = nodes.next().filter(|_| going_on) {
        let mut piece = empty_piece();
        for place in chunk {
            if let Some(slot) = went.get_mut(*place as usize) {
                *slot = at;
            }
            at += 1;
            if let Some(record) = tree.arena.record(*place) {
                let above = went.get(record.parent as usize).copied();
                tree.put_node(*place, record, above.unwrap_or(NONE), &mut piece);
            }
            if piece.len() >= PIECE_BYTES {
                going_on &= pieces
                    .send(std::mem::replace(&mut piece, empty_piece()))
                    .is_ok();
            }
        }
        if !piece.is_empty() {
            going_on &= pieces.send(piece).is_ok();
        }
    }
    Ok(())
}

fn empty_piece() -> Plain {
    Zeroizing::new(Vec::with_capacity(PIECE_BYTES + FIXED))
}

impl Tree {
    /// The tree of a snapshot whose seals have been opened: its header, and
    /// the pieces that hold its nodes.
    ///
    /// # Errors
    /// Says what is damaged.
    pub fn from_pieces(header: &[u8], pieces: &[&[u8]], keyring: Keyring) -> Result<Self, String> {
        let read = || {
            let header = read_header(header)?;
            let length: usize = pieces.iter().map(|piece| piece.len()).sum();
            let mut tree = header.to_tree(keyring, length as u64)?;
            for piece in pieces {
                tree.take_piece(piece)?;
            }
            header.check(tree)
        };
        read().map_err(|Unusable(what)| what)
    }

    fn take_piece(&mut self, piece: &[u8]) -> Result<(), Unusable> {
        let mut rest = piece;
        while !rest.is_empty() {
            self.take_node(&mut rest).ok_or("a node is damaged")?;
        }
        Ok(())
    }

    fn put_node(&self, place: u32, record: &Record, above: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(record.handle.as_bytes());
        out.extend_from_slice(&above.to_le_bytes());
        out.extend_from_slice(&[record.kind as u8, record.flags.bits()]);
        out.extend_from_slice(&record.name_len.to_le_bytes());
        out.extend_from_slice(&record.size.to_le_bytes());
        out.extend_from_slice(&record.created.to_le_bytes());
        out.extend_from_slice(&record.mtime.to_le_bytes());
        out.extend_from_slice(&record.crc);
        out.extend_from_slice(self.arena.key(place).unwrap_or(&[0; 32]));
        out.extend_from_slice(self.arena.name(record).as_bytes());
        if record.flags.has(Flags::EXTRA) {
            let extra = self.extras.get(&record.handle).map_or("", |text| text);
            let length = u32::try_from(extra.len()).unwrap_or(0);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(extra.as_bytes());
        }
    }

    /// Takes one node off the front of `rest`; `None` if it is damaged.
    fn take_node(&mut self, rest: &mut &[u8]) -> Option<()> {
        let handle: [u8; 8] = take(rest)?;
        let handle = NodeHandle::parse(std::str::from_utf8(&handle).ok()?)?;
        let above = u32::from_le_bytes(take(rest)?);
        let [kind, flags] = take(rest)?;
        let name_len = u16::from_le_bytes(take(rest)?);
        let mut record = Record {
            handle,
            parent: NONE,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            name_at: 0,
            name_len,
            kind: NodeKind::from_wire(i64::from(kind))?,
            flags: Flags::from_bits(flags),
            size: u64::from_le_bytes(take(rest)?),
            created: i64::from_le_bytes(take(rest)?),
            mtime: i64::from_le_bytes(take(rest)?),
            crc: take(rest)?,
        };
        let key = take(rest)?;
        let (name, after) = rest.split_at_checked(usize::from(name_len))?;
        *rest = after;
        (record.name_at, _) = self.arena.store_name(std::str::from_utf8(name).ok()?)?;
        if record.flags.has(Flags::EXTRA) {
            let length = u32::from_le_bytes(take(rest)?);
            let (extra, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            *rest = after;
            let extra = std::str::from_utf8(extra).ok()?;
            self.extras.insert(handle, extra.into());
        }
        // A handle that comes twice would leave one of the two out of reach.
        if self.arena.find(handle).is_some() {
            return None;
        }
        let place = self.arena.add(record, key)?;
        if above != NONE {
            // A parent that stands before its child makes no ring.
            self.arena.record(above).filter(|_| above < place)?;
            self.arena.link(place, above);
        }
        Some(())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

/// A snapshot whose header has been read.
pub(super) struct Snapshot<R> {
    from: R,
    seals: Seals,
    id: [u8; ID],
    header: Header,
    length: u64,
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
        let header = read_piece(&mut from, &seals, &id, 0)?.ok_or("it is empty")?;
        Ok(Self {
            from,
            seals,
            id,
            header: read_header(&header)?,
            length,
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
    pub fn read(mut self, keyring: Keyring) -> Result<Tree, Unusable> {
        let mut tree = self.header.to_tree(keyring, self.length)?;
        let (from, seals, id) = (&mut self.from, &self.seals, &self.id);
        let (pieces, queue) = sync_channel(PIECES_AHEAD);
        // The next piece is read and opened while nodes are put in.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 1.. {
                    let piece = read_piece(from, seals, id, number).transpose();
                    let Some(piece) = piece else { return };
                    let over = piece.is_err();
                    if pieces.send(piece).is_err() || over {
                        return;
                    }
                }
            });
            for piece in queue {
                tree.take_piece(&piece?)?;
            }
            Ok::<(), Unusable>(())
        })?;
        self.header.check(tree)
    }
}

fn read_header(plain: &[u8]) -> Result<Header, Unusable> {
    serde_json::from_slice(plain).map_err(|_| "its header is damaged".into())
}

/// The next piece, opened; `None` at the end.
fn read_piece(
    from: &mut impl Read,
    seals: &Seals,
    id: &[u8; ID],
    number: u64,
) -> Result<Option<Plain>, Unusable> {
    let mut length = Vec::with_capacity(4);
    from.by_ref().take(4).read_to_end(&mut length)?;
    if length.is_empty() {
        return Ok(None);
    }
    let length: [u8; 4] = length.try_into().map_err(|_| "it is cut short")?;
    let length = u32::from_le_bytes(length);
    if length > MAX_PIECE {
        return Err("a piece is too large".into());
    }
    let mut sealed = Vec::with_capacity((length as usize).min(PIECE_BYTES * 2));
    from.by_ref()
        .take(u64::from(length))
        .read_to_end(&mut sealed)?;
    let plain = seal::open(&seals.key, &seals.context(id, number), &sealed);
    let plain = plain.map_err(|error| error.to_string()).map_err(Unusable)?;
    Ok(Some(Zeroizing::new(plain)))
}
