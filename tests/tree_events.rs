//! Events applied to a tree: what they do, and which of them leave doubt.
#![allow(clippy::unwrap_used, missing_docs)]

use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::base64;
use megarc::mega::crypto::keys::{FolderKey, MasterKey, NodeKey, ShareKey};
use megarc::mega::crypto::wrap::{Wrapping, ha};
use megarc::mega::node::{Keyring, Node, NodeKind, WireNode};
use megarc::mega::tree::{Doubt, Replay, Tree};
use proptest::prelude::*;
use serde_json::{Value, json};

const USER: &str = "USERHANDLE1";

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 16])
}

fn key() -> NodeKey {
    NodeKey::Folder(FolderKey::from_bytes([3; 16]))
}

fn attributes(name: &str) -> String {
    Attributes::with_name(name).encrypt(key().attr_key())
}

fn folder(h: &str, p: &str, name: &str) -> Value {
    json!({
        "h": h, "p": p, "u": USER, "t": 1, "a": attributes(name), "ts": 5,
        "k": format!("{USER}:{}", master().wrap_node_key(&key())),
    })
}

/// cloud / folder_1 / folder_2, and an empty rubbish bin.
fn tree() -> Tree {
    let mut tree = Tree::new(Keyring::of_account(USER, &master(), None));
    for node in [
        json!({"h": "CLOUD___", "t": 2}),
        json!({"h": "RUBBISH_", "t": 4}),
        folder("folder_1", "CLOUD___", "one"),
        folder("folder_2", "folder_1", "two"),
    ] {
        let wire: WireNode<'_> = serde::Deserialize::deserialize(&node).unwrap();
        let node = Node::decode(&wire, tree.keyring()).unwrap();
        tree.insert(node);
    }
    tree
}

/// Applies packets; the tree as lines, or the doubt.
fn apply(packets: &[Value]) -> Result<String, Doubt> {
    let (mut tree, master) = (tree(), master());
    let mut replay = Replay::new(&mut tree, USER, &master);
    for packet in packets {
        replay.apply(&packet.to_string())?;
    }
    replay.finish();
    let mut lines: Vec<String> = [tree.cloud(), tree.rubbish()]
        .into_iter()
        .flatten()
        .flat_map(|root| tree.subtree(root))
        .filter(|node| node.kind() == NodeKind::Folder)
        .map(|node| {
            let parent = node.parent().unwrap().handle();
            let link = tree.link(node.handle()).map_or("", |_| " with a link");
            format!("{parent}/{}{link}", node.name().unwrap())
        })
        .collect();
    lines.sort();
    Ok(lines.join(", "))
}

const BEFORE: &str = "CLOUD___/one, folder_1/two";

#[test]
fn packets_do_what_they_say() {
    let arrival = |nodes: Value| json!({"a": "t", "st": "1", "t": {"f": nodes}});
    let leaves = |m: i64| json!({"a": "d", "st": "1", "n": "folder_2", "m": m});
    for (packets, expected) in [
        (vec![], BEFORE),
        (
            vec![arrival(json!([
                folder("folder_4", "folder_3", "four"),
                folder("folder_3", "folder_2", "three")
            ]))],
            "CLOUD___/one, folder_1/two, folder_2/three, folder_3/four",
        ),
        (vec![leaves(0)], "CLOUD___/one"),
        (vec![json!({"a": "d", "n": "folder_1"})], ""),
        (vec![json!({"a": "d", "n": "unknown1"})], BEFORE),
        (
            vec![
                leaves(1),
                arrival(json!([folder("folder_2", "RUBBISH_", "two")])),
            ],
            "CLOUD___/one, RUBBISH_/two",
        ),
        // Moved to where we cannot see it.
        (vec![leaves(1)], "CLOUD___/one"),
        (
            vec![
                leaves(1),
                json!({"a": "t", "st": "2", "t": {"f": [folder("folder_3", "CLOUD___", "x")]}}),
            ],
            "CLOUD___/one, CLOUD___/x",
        ),
        (
            vec![json!({"a": "u", "n": "folder_2", "at": attributes("new"), "ts": 6})],
            "CLOUD___/one, folder_1/new",
        ),
        (
            vec![json!({"a": "ph", "h": "folder_2", "ph": "PUBLIC_1", "n": 1, "ts": 6})],
            "CLOUD___/one, folder_1/two with a link",
        ),
        (
            vec![
                json!({"a": "ph", "h": "folder_2", "ph": "PUBLIC_1", "ts": 6}),
                json!({"a": "ph", "h": "folder_2", "ph": "PUBLIC_1", "d": 1}),
            ],
            BEFORE,
        ),
        (
            vec![
                json!({"a": "c", "u": [{"u": "OTHERUSER11", "c": 1}], "n": {}}),
                json!({"a": "fa", "n": "folder_2", "fa": "0*x"}),
                json!({"a": "mcna", "id": "x", "n": "unknown1"}),
                json!({"a": "ua", "u": USER, "ua": ["^!prd"]}),
                json!({"a": "psts", "p": 1}),
            ],
            BEFORE,
        ),
    ] {
        assert_eq!(apply(&packets).as_deref(), Ok(expected), "{packets:?}");
    }
}

#[test]
fn what_is_not_certain_leads_to_a_fetch() {
    let mut locked = folder("folder_3", "CLOUD___", "x");
    locked["k"] = json!("OTHERUSER11:AAAAAAAAAAAAAAAAAAAAAA");
    let mut garbled = folder("folder_3", "CLOUD___", "x");
    garbled["a"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let mut file = folder("folder_2", "CLOUD___", "x");
    file["t"] = json!(0);
    let share = ShareKey::from_bytes([9; 16]);
    let ok = base64::encode(&master().wrap(share.as_bytes()));
    let proof = ha("folder_1", &master()).unwrap();
    let arrival = |node: &Value| json!({"a": "t", "t": {"f": [node]}});
    for packet in [
        arrival(&locked),
        arrival(&garbled),
        arrival(&file),
        arrival(&folder("folder_1", "folder_2", "one")),
        json!({"a": "t"}),
        json!({"a": "u", "n": "folder_2", "at": "AAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"a": "u"}),
        json!({"a": "d", "n": "folder_2", "v": 1}),
        json!({"a": "d", "n": 7}),
        json!({"a": "d", "n": "CLOUD___"}),
        json!({"a": "ph", "h": "folder_2", "ph": "short"}),
        json!({"a": "s2", "n": "folder_1", "o": USER, "u": "EXP", "okd": 1}),
        json!({"a": "s2", "n": "folder_1", "o": USER, "u": "EXP", "r": 0}),
        json!({"a": "s2", "n": "folder_1", "o": USER, "u": "EXP", "r": 0, "ok": ok, "ha": "AAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"a": "s2", "n": "folder_1", "o": "OTHERUSER11", "u": USER, "r": 2}),
        json!({"a": "new", "n": "folder_2"}),
        json!({"a": "new", "h": "folder_2"}),
        json!([]),
        json!("t"),
    ] {
        assert!(apply(std::slice::from_ref(&packet)).is_err(), "{packet}");
    }
    let shared =
        json!({"a": "s2", "n": "folder_1", "o": USER, "u": "EXP", "r": 0, "ok": ok, "ha": proof});
    assert_eq!(apply(&[shared]).as_deref(), Ok(BEFORE));
}

proptest! {
    #[test]
    fn no_packet_makes_it_panic(
        kind in "t|u|d|s2|ph|x",
        fields in prop::collection::btree_map("n|h|m|v|t|at|ph|d|o|r|k|ok|okd|st|ts", prop_oneof![
            Just(json!("folder_1")), Just(json!("folder_2")), Just(json!("RUBBISH_")),
            Just(json!(1)), Just(json!(-1)), Just(json!(null)), Just(json!([])),
            Just(json!({"f": [{"h": "folder_1", "p": "folder_2", "t": 1}], "f2": [{}]})),
        ], 0..8),
        again in 1_usize..3,
    ) {
        let mut packet = json!(fields);
        packet["a"] = json!(kind);
        let _ = apply(&vec![packet; again]);
    }
}
