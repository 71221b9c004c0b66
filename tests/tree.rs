//! The node tree, from answers to `f` that are right, odd or hostile.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::stream;
use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::base64;
use megarc::mega::crypto::fingerprint::Fingerprint;
use megarc::mega::crypto::keys::{FileKey, FolderKey, MasterKey, MetaMac, NodeKey, ShareKey};
use megarc::mega::crypto::wrap::{Wrapping, ha};
use megarc::mega::node::{Contents, Keyring, Node, NodeKind};
use megarc::mega::tree::Tree;
use megarc::mega::{Error, NodeHandle};
use proptest::prelude::*;
use serde_json::{Value, json};

const USER: &str = "USERHANDLE1";

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 16])
}

fn handle(text: &str) -> NodeHandle {
    NodeHandle::parse(text).unwrap()
}

fn new_key(kind: i64) -> NodeKey {
    if kind == 0 {
        let (key, nonce) = FileKey::generate();
        NodeKey::File(FileKey::new(key, nonce, MetaMac::from_bytes([3; 8])))
    } else {
        NodeKey::Folder(FolderKey::generate())
    }
}

/// A node under the master key.
fn node(h: &str, p: &str, kind: i64, name: &str) -> Value {
    node_under(h, p, kind, name, USER, &master())
}

fn node_under(h: &str, p: &str, kind: i64, name: &str, who: &str, with: &impl Wrapping) -> Value {
    let key = new_key(kind);
    let attributes = Attributes::with_name(name).encrypt(key.attr_key());
    json!({
        "h": h, "p": p, "u": USER, "t": kind, "a": attributes, "ts": 1_700_000_000,
        "k": format!("{who}:{}", with.wrap_node_key(&key)), "s": 5,
    })
}

fn roots() -> Vec<Value> {
    [("CLOUD___", 2), ("VAULT___", 3), ("RUBBISH_", 4)]
        .map(|(h, t)| json!({"h": h, "p": "", "u": USER, "t": t, "a": "", "k": "", "ts": 1}))
        .to_vec()
}

async fn load_text(text: &str, piece: usize) -> Result<Tree, Error> {
    load_with(
        text,
        piece,
        Keyring::of_account(USER, &master(), None),
        Some(&master()),
    )
    .await
}

async fn load_with(
    text: &str,
    piece: usize,
    ring: Keyring,
    master: Option<&MasterKey>,
) -> Result<Tree, Error> {
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Tree::load(stream::iter(pieces), ring, master).await
}

async fn load(nodes: &[Value]) -> Tree {
    let all: Vec<Value> = roots().into_iter().chain(nodes.iter().cloned()).collect();
    load_text(&json!([{"f": all, "sn": "POSITION"}]).to_string(), 1000)
        .await
        .unwrap()
}

fn names(tree: &Tree, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = tree
        .children(handle(folder))
        .map(|node| node.name().unwrap_or("?").to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_folder_link_opens_as_the_vector_says() {
    let vector: Value = serde_json::from_str(include_str!("vectors/folderlink.json")).unwrap();
    let key = hex(vector["share_key_hex"].as_str().unwrap());
    let ring = Keyring::of_link(&ShareKey::from_slice(&key).unwrap());
    let text = vector["response"].to_string();
    let tree = load_with(&text, 77, ring, None).await.unwrap();
    let root = handle(vector["root"].as_str().unwrap());
    assert_eq!(tree.cloud(), Some(root));
    assert_eq!(tree.position(), "2KVVgYfgmWA");
    for expected in vector["expect"].as_array().unwrap() {
        let node = tree.node(handle(expected["h"].as_str().unwrap())).unwrap();
        assert_eq!(node.name(), expected["name"].as_str());
        let key = node.key().unwrap().to_bytes();
        assert_eq!(*key, hex(expected["key_hex"].as_str().unwrap()));
        let parent = node.parent().map(|parent| parent.handle().to_string());
        let known = |parent: &&str| tree.node(handle(parent)).is_some();
        assert_eq!(parent.as_deref(), expected["parent"].as_str().filter(known));
    }
    // The orphan hangs nowhere.
    assert_eq!(tree.subtree(root).len(), tree.len() - 1);
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn names_may_repeat_and_children_may_come_before_their_parents() {
    let tree = load(&[
        node("inner__1", "folder_1", 0, "late parent"),
        node("folder_1", "CLOUD___", 1, "same"),
        node("folder_2", "CLOUD___", 1, "same"),
        node("file___1", "CLOUD___", 0, "same"),
    ])
    .await;
    assert_eq!(names(&tree, "CLOUD___"), ["same", "same", "same"]);
    assert_eq!(names(&tree, "folder_1"), ["late parent"]);
    let found = tree.lookup(handle("CLOUD___"), &["same", "late parent"]);
    assert_eq!(found.len(), 1);
    assert_eq!(tree.rubbish(), Some(handle("RUBBISH_")));
}

#[tokio::test]
async fn children_of_files_are_versions_and_no_files() {
    let tree = load(&[
        node("newest_1", "CLOUD___", 0, "a"),
        node("older__1", "newest_1", 0, "a"),
        node("oldest_1", "older__1", 0, "a"),
    ])
    .await;
    assert_eq!(names(&tree, "CLOUD___"), ["a"]);
    assert_eq!(tree.children(handle("newest_1")).count(), 0);
    let versions: Vec<String> = tree
        .versions(handle("newest_1"))
        .iter()
        .map(|node| node.handle().to_string())
        .collect();
    assert_eq!(versions, ["older__1", "oldest_1"]);
    assert!(tree.node(handle("older__1")).unwrap().is_version());
}

#[tokio::test]
async fn what_cannot_be_decrypted_is_counted_and_keeps_its_place() {
    let mut foreign = node("foreign1", "CLOUD___", 1, "secret");
    foreign["k"] = json!("OTHERUSER11:AAAAAAAAAAAAAAAAAAAAAA");
    let mut broken = node("broken_1", "CLOUD___", 0, "x");
    broken["a"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let mut huge = node("huge___1", "CLOUD___", 0, "x");
    huge["a"] = json!("A".repeat(200_000));
    let tree = load(&[
        foreign,
        broken,
        huge,
        node("below__1", "foreign1", 0, "readable"),
        json!({"h": "nokey__1", "p": "CLOUD___", "t": 0}),
        json!({"h": "too-long-handle", "p": "CLOUD___", "t": 0}),
        json!({"h": "oddtype1", "p": "CLOUD___", "t": 77}),
        json!({"h": ["array"], "t": {"x": 1}}),
    ])
    .await;
    assert_eq!(tree.unreadable(), 4);
    assert_eq!(tree.len(), 3 + 5);
    assert_eq!(names(&tree, "CLOUD___"), ["?", "?", "?", "?"]);
    assert_eq!(names(&tree, "foreign1"), ["readable"]);
}

#[tokio::test]
async fn share_keys_open_nodes_listed_before_them_and_are_authenticated() {
    let (good, planted) = (ShareKey::from_bytes([1; 16]), ShareKey::from_bytes([2; 16]));
    let nodes = [
        node("shared_1", "CLOUD___", 1, "ours"),
        node_under("inside_1", "shared_1", 0, "from a guest", "shared_1", &good),
        node("shared_2", "CLOUD___", 1, "bait"),
        node_under("inside_2", "shared_2", 0, "trap", "shared_2", &planted),
    ];
    let ok = |h: &str, key: &ShareKey, proof: String| json!({"h": h, "ha": proof, "k": base64::encode(&master().wrap(key.as_bytes()))});
    let all: Vec<Value> = roots().into_iter().chain(nodes).collect();
    let answer = json!([{
        "f": all,
        "ok": [ok("shared_1", &good, ha("shared_1", &master()).unwrap())],
        "ok0": [ok("shared_2", &planted, base64::encode(&[9; 16]))],
        "ph": [{"h": "shared_1", "ph": "PUBLIC_1", "ts": 1}],
        "sn": "x",
    }]);
    let mut tree = load_text(&answer.to_string(), 333).await.unwrap();
    assert_eq!(names(&tree, "shared_1"), ["from a guest"]);
    assert_eq!(names(&tree, "shared_2"), ["?"]);
    assert_eq!(tree.unreadable(), 1);
    let link = tree.link(handle("shared_1")).unwrap();
    assert_eq!(link.handle.as_str(), "PUBLIC_1");
    let shares = tree.shares_above(handle("shared_1"));
    assert_eq!(shares.len(), 1);
    assert!(shares[0].1 == good);
    // The account's own key store is believed.
    assert!(tree.wants_share_keys());
    tree.add_stored_keys([(handle("shared_2"), planted)]);
    assert_eq!(names(&tree, "shared_2"), ["trap"]);
    assert_eq!(tree.unreadable(), 0);
}

#[tokio::test]
async fn incoming_shares_open_with_their_sk() {
    let key = ShareKey::from_bytes([4; 16]);
    let mut root = node_under("incoming", "FOREIGN_", 1, "theirs", "incoming", &key);
    root["su"] = json!("OTHERUSER11");
    root["sk"] = json!(base64::encode(&master().wrap(key.as_bytes())));
    root["r"] = json!(1);
    let tree = load(&[
        root,
        node_under("theirs_1", "incoming", 0, "a file", "incoming", &key),
    ])
    .await;
    assert_eq!(tree.incoming(), [handle("incoming")]);
    assert_eq!(names(&tree, "incoming"), ["a file"]);
    assert_eq!(names(&tree, "CLOUD___"), Vec::<String>::new());
    // What goes in there must carry a key for its owner.
    assert_eq!(tree.shares_above(handle("incoming")).len(), 1);
}

#[tokio::test]
async fn rings_and_orphans_hang_nowhere() {
    let mut tree = load(&[
        node("ring___1", "ring___3", 1, "1"),
        node("ring___2", "ring___1", 1, "2"),
        node("ring___3", "ring___2", 1, "3"),
        node("self___1", "self___1", 1, "itself"),
        node("orphan_1", "NOWHERE_", 1, "orphan"),
        node("below__1", "orphan_1", 0, "below"),
        node("twice__1", "CLOUD___", 0, "first"),
        node("twice__1", "orphan_1", 0, "second"),
    ])
    .await;
    assert_eq!(tree.subtree(handle("CLOUD___")).len(), 2);
    assert_eq!(names(&tree, "orphan_1"), ["below"]);
    assert!(tree.subtree(handle("ring___1")).len() <= 3);
    assert!(!tree.is_below(handle("ring___1"), handle("CLOUD___")));
    for gone in ["ring___1", "ring___2", "ring___3", "self___1", "orphan_1"] {
        tree.remove(handle(gone));
    }
    assert_eq!(tree.len(), 4);
}

#[tokio::test]
async fn ten_thousand_levels_are_no_problem() {
    let name = |level: usize| format!("{level:08}");
    let mut nodes = vec![node(&name(0), "CLOUD___", 1, "d")];
    nodes.extend((1..10_000).map(|level| node(&name(level), &name(level - 1), 1, "d")));
    nodes.reverse();
    let mut tree = load(&nodes).await;
    let path = vec!["d"; 10_000];
    let found = tree.lookup(handle("CLOUD___"), &path);
    assert_eq!(found[0].handle(), handle(&name(9_999)));
    assert!(tree.is_below(handle(&name(9_999)), handle(&name(0))));
    assert!(!tree.relocate(handle(&name(0)), handle(&name(9_999))));
    tree.remove(handle(&name(0)));
    assert_eq!(tree.len(), 3);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_not_a_smaller_tree() {
    let text = json!([{"f": roots(), "sn": "x"}]).to_string();
    assert!(load_text(&text, 10).await.is_ok());
    for end in [1, 20, text.len() - 3] {
        assert!(load_text(&text[..end], 10).await.is_err(), "{end}");
    }
    assert!(load_text("[-9]", 10).await.is_err());
}

#[tokio::test]
async fn attributes_survive_the_tree() {
    let key = new_key(0);
    let text = r#"{"fav":"1","n":"file","c":"AAAAAAAAAAAAAAAAAAAAAARlU_FA","x":{"y":[1]}}"#;
    let attributes: Attributes = serde_json::from_str(text).unwrap();
    let mut value = node("file___1", "CLOUD___", 0, "");
    value["a"] = json!(attributes.encrypt(key.attr_key()));
    value["k"] = json!(format!("{USER}:{}", master().wrap_node_key(&key)));
    let mut tree = load(&[value]).await;
    let node = tree.node(handle("file___1")).unwrap();
    let fingerprint = Fingerprint::parse("AAAAAAAAAAAAAAAAAAAAAARlU_FA").unwrap();
    assert_eq!(node.fingerprint(), Some(fingerprint));
    assert_eq!(node.modified(), fingerprint.mtime);
    let mut kept = node.attributes().unwrap();
    assert_eq!(kept.to_attributes().to_json().as_str(), text);
    kept.name = "renamed".to_owned();
    tree.update(handle("file___1"), &kept);
    assert_eq!(names(&tree, "CLOUD___"), ["renamed"]);
}

/// A file with these attributes.
fn file_with(h: &str, p: &str, attributes: &str, size: u64) -> Value {
    let key = new_key(0);
    let attributes: Attributes = serde_json::from_str(attributes).unwrap();
    let mut value = node(h, p, 0, "");
    value["a"] = json!(attributes.encrypt(key.attr_key()));
    value["k"] = json!(format!("{USER}:{}", master().wrap_node_key(&key)));
    value["s"] = json!(size);
    value
}

#[tokio::test]
async fn what_comes_twice_is_one_node_as_it_came_last() {
    let unnamed = |h: &str| {
        let mut value = node(h, "CLOUD___", 0, "");
        value["a"] = json!("AAAA");
        value
    };
    let mut first = vec![
        node("folder_1", "CLOUD___", 1, "folder"),
        file_with("extra__1", "CLOUD___", r#"{"n":"a","fav":"1"}"#, 1),
        file_with("extra__2", "folder_1", r#"{"n":"b"}"#, 2),
        file_with("extra__3", "CLOUD___", r#"{"n":"c","lbl":"3"}"#, 3),
        unnamed("named__1"),
    ];
    // Enough to stand in another part of the tree's memory, and to be cut into
    // two batches.
    first.extend((0..9000).map(|n| node(&format!("{n:08}"), "folder_1", 0, "x")));
    first.push(file_with("extra__1", "folder_1", r#"{"n":"a2"}"#, 10));
    first.push(file_with("extra__2", "CLOUD___", r#"{"n":"b2"}"#, 20));
    let second = [
        file_with("extra__2", "CLOUD___", r#"{"n":"b3","fav":"1"}"#, 30),
        unnamed("extra__3"),
        file_with("named__1", "CLOUD___", r#"{"n":"named"}"#, 4),
    ];
    let all: Vec<Value> = roots().into_iter().chain(first).collect();
    let text = json!([{"f": all, "f2": second, "sn": "POSITION"}]).to_string();
    let tree = load_text(&text, 100_000).await.unwrap();

    assert_eq!((tree.len(), tree.unreadable()), (3 + 5 + 9000, 0));
    let look = |h: &str| {
        let node = tree.node(handle(h)).unwrap();
        let whole = node.attributes().unwrap().to_attributes().to_json();
        let parent = node.parent().unwrap().handle().to_string();
        (whole.to_string(), node.size(), parent)
    };
    let of = |json: &str, size, parent: &str| (json.to_owned(), size, parent.to_owned());
    assert_eq!(look("extra__1"), of(r#"{"n":"a2"}"#, 10, "CLOUD___"));
    assert_eq!(
        look("extra__2"),
        of(r#"{"n":"b3","fav":"1"}"#, 30, "folder_1")
    );
    assert_eq!(
        look("extra__3"),
        of(r#"{"n":"c","lbl":"3"}"#, 5, "CLOUD___")
    );
    assert_eq!(look("named__1"), of(r#"{"n":"named"}"#, 4, "CLOUD___"));
    assert_eq!(names(&tree, "CLOUD___"), ["a2", "c", "folder", "named"]);
    assert_eq!(names(&tree, "folder_1").len(), 9001);
}

/// What a tree must be after any sequence of changes.
#[derive(Debug, Clone)]
enum Change {
    Insert(u8, u8),
    Remove(u8),
    Move(u8, u8),
}

fn numbered(number: u8) -> NodeHandle {
    handle(&format!("node_{number:03}"))
}

proptest! {
    #[test]
    fn changes_leave_what_a_plain_map_would_hold(changes in prop::collection::vec(
        prop_oneof![
            (1_u8..20, 0_u8..20).prop_map(|(n, p)| Change::Insert(n, p)),
            (1_u8..20).prop_map(Change::Remove),
            (1_u8..20, 0_u8..20).prop_map(|(n, p)| Change::Move(n, p)),
        ], 0..80)) {
        let mut tree = Tree::new(Keyring::empty());
        let mut model: BTreeMap<u8, Option<u8>> = BTreeMap::from([(0, None)]);
        tree.insert(plain(0, None));
        let inside = |model: &BTreeMap<u8, Option<u8>>, mut node: u8, above: u8| loop {
            if node == above { return true; }
            match model.get(&node).copied().flatten() { Some(up) => node = up, None => return false }
        };
        for change in changes {
            match change {
                Change::Insert(n, p) => {
                    if model.contains_key(&n) || !model.contains_key(&p) { continue; }
                    tree.insert(plain(n, Some(p)));
                    model.insert(n, Some(p));
                }
                Change::Remove(n) => {
                    tree.remove(numbered(n));
                    let gone: Vec<u8> = model.keys().copied().filter(|k| inside(&model, *k, n)).collect();
                    for k in gone { model.remove(&k); }
                }
                Change::Move(n, p) => {
                    let allowed = model.contains_key(&n) && model.contains_key(&p) && !inside(&model, p, n);
                    prop_assert_eq!(tree.relocate(numbered(n), numbered(p)), allowed);
                    if allowed { model.insert(n, Some(p)); }
                }
            }
            prop_assert_eq!(tree.len(), model.len());
        }
        for parent in model.keys() {
            let children: BTreeSet<NodeHandle> = tree.children(numbered(*parent)).map(|c| c.handle()).collect();
            let expected: BTreeSet<NodeHandle> =
                model.iter().filter(|(_, p)| **p == Some(*parent)).map(|(n, _)| numbered(*n)).collect();
            prop_assert_eq!(children, expected);
        }
    }

    #[test]
    fn no_answer_makes_it_panic(text in r#"(\[?\{|"f":\[|\{"h":"abcdefg[hi]","p":"abcdefg[hi]","t":[0-4],"k":"[a:/]{0,9}","a":"[a-z]{0,9}"\},?|"sn":|"x"|\]|\}|,){0,30}"#) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _ = runtime.block_on(load_text(&text, 7));
    }
}

fn plain(number: u8, parent: Option<u8>) -> Node {
    Node {
        handle: numbered(number),
        parent: parent.map(numbered),
        kind: NodeKind::Folder,
        size: 0,
        created: 0,
        shared_by_other: None,
        contents: Contents::NoKey,
    }
}
