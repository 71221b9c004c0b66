//! Loading a large node tree, keeping it and reading it again: `cargo bench --bench tree`. `TREE_NODES` says
//! how many nodes (100,000 by default).
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use megarc::mega::UserHandle;
use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::fingerprint::Fingerprint;
use megarc::mega::crypto::keys::{FileKey, FolderKey, MasterKey, MetaMac, NodeKey};
use megarc::mega::crypto::wrap::Wrapping;
use megarc::mega::node::Keyring;
use megarc::mega::tree::{Tree, TreeSlot, TreeStore};

const USER: &str = "USERHANDLE1";
/// Files in each folder.
const FILES: usize = 50;

static ANSWER: LazyLock<Bytes> = LazyLock::new(|| {
    let nodes = std::env::var("TREE_NODES").map_or(100_000, |text| text.parse().unwrap());
    Bytes::from(answer(nodes))
});

fn main() {
    LazyLock::force(&ANSWER);
    divan::main();
}

fn answer(nodes: usize) -> String {
    let master = master();
    let mut text = String::from(
        r#"[{"f":[{"h":"CLOUD___","p":"","u":"USERHANDLE1","t":2,"a":"","k":"","ts":1}"#,
    );
    let mut folder = String::from("CLOUD___");
    for number in 0..nodes {
        let is_folder = number % FILES == 0;
        let key = if is_folder {
            NodeKey::Folder(FolderKey::generate())
        } else {
            let (key, nonce) = FileKey::generate();
            NodeKey::File(FileKey::new(key, nonce, MetaMac::from_bytes([3; 8])))
        };
        let mut attributes = Attributes::with_name(&format!("some file number {number}.jpeg"));
        if !is_folder {
            attributes.set_fingerprint(&Fingerprint {
                crc: [5; 16],
                mtime: 1_700_000_000,
            });
        }
        let handle = format!("{number:08}");
        let parent = if is_folder { "CLOUD___" } else { &folder };
        text.push_str(&format!(
            r#",{{"h":"{handle}","p":"{parent}","u":"{USER}","t":{},"a":"{}","k":"{USER}:{}","s":123456,"ts":1700000000,"fa":"924:1*2PSdmvUSFZM/923:0*HqOcRl3Gpuo"}}"#,
            u8::from(is_folder),
            attributes.encrypt(key.attr_key()),
            master.wrap_node_key(&key),
        ));
        if is_folder {
            folder = handle;
        }
    }
    text.push_str(r#"],"ok":[],"sn":"AAAAAAAAAAA"}]"#);
    text
}

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 16])
}

#[divan::bench(sample_count = 5)]
fn load() -> usize {
    fetched().len()
}

/// Writing the tree to disk, sealed.
#[divan::bench(sample_count = 5)]
fn keep(bencher: divan::Bencher) {
    let (dir, tree) = (tempfile::tempdir().unwrap(), fetched());
    bencher.bench_local(|| slot(&dir).save(&tree));
}

/// Reading it again.
#[divan::bench(sample_count = 5)]
fn read_kept(bencher: divan::Bencher) {
    let dir = tempfile::tempdir().unwrap();
    slot(&dir).save(&fetched());
    bencher.bench_local(|| {
        let ring = Keyring::of_account(USER, &master(), None);
        slot(&dir).open().unwrap().read(ring).unwrap().len()
    });
}

fn slot(dir: &tempfile::TempDir) -> TreeSlot {
    let user = UserHandle::parse(USER).unwrap();
    TreeStore::new(dir.path().join("trees")).slot("https://server.example/", user, &master())
}

fn fetched() -> Tree {
    let master = master();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let pieces = (0..ANSWER.len())
        .step_by(110_000)
        .map(|at| Ok(ANSWER.slice(at..ANSWER.len().min(at + 110_000))));
    let ring = Keyring::of_account(USER, &master, None);
    let tree = runtime.block_on(Tree::load(stream::iter(pieces), ring, Some(&master)));
    tree.unwrap()
}
