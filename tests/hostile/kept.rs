//! Parsers of the tree and of what stands on this disk from an earlier run: the
//! kept tree and the events since, the kept session, the journal of an upload,
//! the beginning of a download.
//!
//! On disk most of that is sealed, and noise never gets past a seal. So each
//! input is read twice: as the file, and as what stands behind the seal.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use megarc::mega::api::{DownloadTarget, News};
use megarc::mega::content::{Draft, SourceError};
use megarc::mega::crypto::keys::{FileKey, MasterKey, SealKey};
use megarc::mega::crypto::seal;
use megarc::mega::download::Download;
use megarc::mega::handle::{NodeHandle, UserHandle};
use megarc::mega::session::Session;
use megarc::mega::tree::{Newcomers, Replay, Tree, TreeStore};
use megarc::mega::upload::Begun;

use super::{Parser, USER, ring};

pub const EVENTS: Parser = Parser {
    name: "events",
    seeds: PACKETS,
    run: events,
};
pub const JOURNAL: Parser = Parser {
    name: "journal",
    seeds: RECORDS,
    run: journal,
};
pub const PARTIAL: Parser = Parser {
    name: "partial",
    seeds: &["", "content", "\u{1}content"],
    run: partial,
};
pub const SESSION: Parser = Parser {
    name: "session",
    seeds: SESSIONS,
    run: session,
};
pub const SNAPSHOT: Parser = Parser {
    name: "snapshot",
    seeds: HEADERS,
    run: snapshot,
};

pub const TREE: Parser = Parser {
    name: "tree",
    seeds: TREES,
    run: tree,
};

const TREES: &[&str] = &[
    "[{\"f\":[{\"h\":\"CLOUD___\",\"p\":\"\",\"u\":\"USERHANDLE1\",\"t\":2,\"a\":\"\",\"k\":\"\",\"ts\":1},{\"h\":\"AAAAAAAA\",\"p\":\"CLOUD___\",\"u\":\"USERHANDLE1\",\"t\":1,\"a\":\"x\",\"k\":\"USERHANDLE1:AAAAAAAAAAAAAAAAAAAAAA\",\"ts\":1}],\"ok\":[],\"s\":[],\"sn\":\"x\"}]",
    "{\"f\":[{\"h\":\"AAAAAAAA\",\"p\":\"BBBBBBBB\",\"t\":1},{\"h\":\"BBBBBBBB\",\"p\":\"AAAAAAAA\",\"t\":1}],\"f2\":[],\"sn\":\"x\"}",
];

fn tree(input: &[u8]) {
    if let Some(tree) = load(input) {
        check_tree(&tree);
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}

/// Reads a tree that arrives in pieces.
fn load(input: &[u8]) -> Option<Tree> {
    let piece = usize::from(input.first().copied().unwrap_or(0)) + 1;
    let pieces: Vec<_> = input
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let body = futures_util::stream::iter(pieces);
    let master = MasterKey::from_bytes([7; 16]);
    block_on(Tree::load(body, ring(), Some(&master))).ok()
}

/// From those that hang nowhere every node is met once: there are no rings,
/// and none has two parents.
fn check_tree(tree: &Tree) {
    let tops = tree.nodes().filter(|node| node.parent().is_none());
    let met: usize = tops.map(|node| tree.subtree(node.handle()).len()).sum();
    assert_eq!(met, tree.len());
}

const PACKETS: &[&str] = &[
    "{\"w\":\"https://w.example/1\",\"sn\":\"AAAAAAAAAAI\"}",
    "{\"a\":[{\"a\":\"d\",\"n\":\"AAAAAAAA\",\"m\":1,\"st\":\"1\"},{\"a\":\"t\",\"st\":\"1\",\"t\":{\"f\":[{\"h\":\"AAAAAAAA\",\"p\":\"CLOUD___\",\"t\":1,\"a\":\"x\",\"k\":\"USERHANDLE1:AAAAAAAAAAAAAAAAAAAAAA\"}],\"f2\":[]}}],\"sn\":\"AAAAAAAAAAI\"}",
    "{\"a\":[{\"a\":\"u\",\"n\":\"AAAAAAAA\",\"at\":\"x\",\"ts\":5},{\"a\":\"ph\",\"h\":\"AAAAAAAA\",\"ph\":\"PUBLIC_1\",\"ets\":9},{\"a\":\"ph\",\"h\":\"AAAAAAAA\",\"d\":1},{\"a\":\"ua\"},{\"a\":\"fa\"}],\"sn\":\"AAAAAAAAAAI\"}",
    "{\"a\":[{\"a\":\"s2\",\"n\":\"AAAAAAAA\",\"o\":\"USERHANDLE1\",\"u\":\"EXP\",\"r\":0,\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"ok\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"ha\":\"AAAAAAAAAAAAAAAAAAAAAA\"},{\"a\":\"new\",\"n\":\"CLOUD___\"},{\"a\":\"d\",\"n\":\"AAAAAAAA\",\"v\":1}],\"sn\":\"AAAAAAAAAAI\",\"ir\":1}",
    "{\"a\":[{\"a\":\"t\",\"t\":{\"f\":[{\"h\":\"ROOT____\",\"t\":2},{\"h\":\"CLOUD___\",\"p\":\"ROOT____\",\"t\":2}]}}],\"sn\":\"AAAAAAAAAAI\"}",
];

fn events(input: &[u8]) {
    let Ok(news) = News::parse(input) else { return };
    assert!(news.packets.is_empty() || news.position.is_some());
    let mut tree = load(TREES[0].as_bytes()).expect("an honest tree");
    let before = (tree.cloud(), tree.len());
    let master = MasterKey::from_bytes([7; 16]);
    let mut replay = Replay::new(&mut tree, USER, &master);
    let certain = news
        .packets
        .iter()
        .all(|packet| replay.apply(packet.get()).is_ok());
    // The same while the client is at work: only what is new counts.
    let mut busy = load(TREES[0].as_bytes()).expect("an honest tree");
    let mut newcomers = Newcomers::default();
    for packet in &news.packets {
        busy.take_in(packet.get(), &mut newcomers);
    }
    check_tree(&busy);
    assert_eq!(busy.cloud(), before.0);
    // Whoever has changed a node himself is not told where it is.
    let known = ["CLOUD___", "AAAAAAAA"].map(|text| NodeHandle::parse(text).expect("a handle"));
    let (mut own, mut newcomers) = (load(TREES[0].as_bytes()).expect("it"), Newcomers::default());
    let look = |tree: &Tree| {
        known.map(|node| {
            let node = tree.node(node).expect("a known node");
            (
                node.parent().map(|above| above.handle()),
                node.name().map(str::to_owned),
            )
        })
    };
    let before_all = look(&own);
    for node in known {
        newcomers.note_own(node);
    }
    for packet in &news.packets {
        own.take_in(packet.get(), &mut newcomers);
    }
    assert_eq!(look(&own), before_all);
    assert!(!known.iter().any(|node| newcomers.contains(*node)));
    if certain {
        replay.finish();
        check_tree(&tree);
        assert!(!news.packets.is_empty() || before == (tree.cloud(), tree.len()));
    }
}

const HEADERS: &[&str] = &[
    "{\"position\":\"AAAAAAAAAAI\",\"nodes\":0,\"cloud\":\"CLOUD___\",\"vault\":null,\"rubbish\":null,\"incoming\":[],\"shares\":[],\"shared_out\":[],\"links\":[]}\n\0\0\0\0\0\0\0\0",
    "{\"position\":\"x\",\"nodes\":2,\"cloud\":\"CLOUD___\",\"vault\":\"VAULT___\",\"rubbish\":\"RUBBISH_\",\"incoming\":[[\"AAAAAAAA\",2]],\"shares\":[[\"AAAAAAAA\",\"AAAAAAAAAAAAAAAAAAAAAA\"]],\"shared_out\":[\"AAAAAAAA\"],\"links\":[[\"AAAAAAAA\",\"PUBLIC_1\",5]]}\nAAAAAAAA",
    "MEGARCT\u{2}0123456789abcdef\u{1}\0\0\0x",
];

fn snapshot(input: &[u8]) {
    let user = UserHandle::parse(USER).expect("a handle");
    let slot = TreeStore::new("nowhere").slot("server", user, &MasterKey::from_bytes([7; 16]));
    let read = |bytes: &[u8]| {
        slot.open_from(bytes, bytes.len() as u64)
            .and_then(|kept| kept.read(ring()))
    };
    assert!(read(input).is_none(), "noise has passed a seal");
    // a header, a line feed, and nodes in one piece
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let (header, nodes) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(&[]));
    let Ok(tree) = Tree::from_pieces(header, &[nodes], ring()) else {
        return;
    };
    check_tree(&tree);
    let mut file = Vec::new();
    slot.write_to(&tree, &mut file).expect("into memory");
    let again = read(&file).expect("what we wrote");
    assert_eq!(again.position(), tree.position());
    assert_eq!(again.roots(), tree.roots());
    assert_eq!(again.len(), tree.len());
    for node in tree.nodes() {
        let same = again.node(node.handle()).expect("the node");
        assert_eq!((same.name(), same.size()), (node.name(), node.size()));
        assert_eq!(
            same.parent().map(|above| above.handle()),
            node.parent().map(|above| above.handle())
        );
    }
    // and no damage to it is read
    let at = input.len() * 31 % file.len();
    file[at] ^= 1 << (input.len() % 8);
    assert!(read(&file).is_none(), "damage at {at}");
}

const SESSIONS: &[&str] = &[
    "{\"version\":1,\"sid\":\"abc\",\"user\":\"USERHANDLE1\",\"master_key\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"private_key\":null}",
    "{\"version\":1,\"sid\":\"abc\",\"user\":\"USERHANDLE1\",\"master_key\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"private_key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
];

fn session(input: &[u8]) {
    if let Ok(session) = Session::from_stored(input) {
        let _ = session.private_key();
        assert!(!format!("{session:?}").contains("abc"), "a secret is shown");
    }
}

const RECORDS: &[&str] = &[
    "{\"Begun\":{\"version\":\"1\",\"address\":\"http://host/ul/x\",\"key\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"nonce\":\"AAAAAAAAAAA\"}}\n{\"Sending\":{\"start\":0,\"end\":131072,\"macs\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}\n{\"Stored\":{\"start\":0,\"token\":null}}\n",
    "{\"Begun\":{\"version\":\"1\",\"address\":\"\",\"key\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"nonce\":\"AAAAAAAAAAA\"}}\n{\"Sending\":{\"start\":0,\"end\":5,\"macs\":\"\"}}\n{\"Sending\":{\"start\":5,\"end\":18446744073709551615,\"macs\":\"\"}}\n{\"Stored\":{\"start\":5,\"token\":\"t\"}}\n",
    "{\"Stored\":{\"start\":0,\"token\":null}}\n",
];

fn journal(input: &[u8]) {
    let (key, context) = (SealKey::from_bytes([5; 32]), b"place");
    let read = |bytes: &[u8]| Begun::from_sealed(bytes, &key, context, "1");
    assert_eq!(read(input).1, 0, "noise has passed a seal");
    // a record a line
    let mut file = Vec::new();
    let mut ends = vec![0];
    for (number, line) in (0_u64..).zip(input.split(|byte| *byte == b'\n')) {
        let sealed = seal::seal(&key, &[&context[..], &number.to_be_bytes()].concat(), line);
        let length = u32::try_from(sealed.len()).expect("a short line");
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(&sealed);
        ends.push(file.len());
    }
    let (begun, records, length) = read(&file);
    let at = usize::try_from(records).expect("as many as lines");
    assert_eq!(ends.get(at), Some(&length), "it ends with a record");
    assert_eq!(begun.is_some(), records > 0);
    // a record that is cut off has not been acted upon
    let (cut, fewer, end) = read(&file[..length.saturating_sub(1)]);
    assert_eq!(fewer, records.saturating_sub(1));
    assert_eq!(ends.get(at.saturating_sub(1)), Some(&end));
    let sent = |begun: Option<Begun>| begun.map_or(0, |begun| begun.end());
    assert!(sent(cut) <= sent(begun));
}

struct Left(Vec<u8>);

#[async_trait]
impl Draft for Left {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let there = from.and_then(|from| self.0.get(from..from + buffer.len()));
        let there = there.ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(there);
        Ok(())
    }

    fn write_all_at(&self, _: &[u8], _: u64) -> Result<(), SourceError> {
        Err("nothing is written".into())
    }

    fn kept(&self, _: u64) {}

    async fn passed(&self, _: u64) -> Result<(), SourceError> {
        Ok(())
    }
}

/// Three bytes say how large the file is, the fourth how much longer what
/// stands on the disk is than the rest of the input. That rest stands in front,
/// and again where the notes are.
fn partial(input: &[u8]) {
    let [a, b, c, more, rest @ ..] = input else {
        return;
    };
    let size = u32::from_le_bytes([*a, *b, *c, 0]) % (1 << 21);
    let mut there = rest.to_vec();
    there.resize(rest.len() + usize::from(*more) * 4096, *more);
    let key = FileKey::unpack(b"0123456789abcdefghijklmnopqrstuv").expect("a key");
    let node = NodeHandle::parse("AAAAAAAA").expect("a handle");
    let download = Download::new(DownloadTarget::Node(node), size.into(), key);
    let mut noted = there.clone();
    noted.resize(usize::try_from(size).expect("it is small"), *more);
    noted.extend(rest);
    for left in [there, noted] {
        let standing = block_on(download.standing(Arc::new(Left(left))));
        // Nobody can note the MAC of anything without the key.
        assert_eq!(standing.expect("it can be read").kept, 0);
    }
}
