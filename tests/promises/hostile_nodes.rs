//! A server that answers with nodes of every wrong shape: nothing panics or
//! hangs, the terminal is not garbled, and the good files arrive.
//!
//! Between the sandbox and the client stands a proxy that adds the nodes to what
//! the sandbox answers. Keys and attributes are right where the fault lies
//! elsewhere: these nodes are not sorted out for a wrong reason.

use std::fs;
use std::process::Output;

use aes::Aes128;
use cbc::Encryptor;
use cipher::{Array, BlockModeEncrypt, KeyIvInit};
use megarc::mega::crypto::base64;
use megarc::mega::crypto::wrap::Wrapper;
use serde_json::{Value, json};

use crate::account::{Account, content};
use crate::hostile_names::assert_harmless;
use crate::proxy;

/// The key of every node that is added.
const KEY: [u8; 32] = *b"a key that is no secret at all..";

/// Makes nodes that this account can read.
struct Forge {
    master: [u8; 16],
    user: String,
    parent: String,
    made: Vec<Value>,
}

impl Forge {
    /// Attributes of any JSON, encrypted with the right key.
    fn attributes(json: &[u8], is_file: bool) -> String {
        let mut key = [0; 16];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = KEY[at] ^ if is_file { KEY[at + 16] } else { 0 };
        }
        let mut plain = [b"MEGA", json].concat();
        plain.resize(plain.len().next_multiple_of(16), 0);
        let (blocks, _) = Array::slice_as_chunks_mut(&mut plain);
        Encryptor::<Aes128>::new(&Array(key), &Array([0; 16])).encrypt_blocks(blocks);
        base64::encode(&plain)
    }

    /// A node that is right, with the next free handle.
    fn right(&self, json: &[u8], is_file: bool) -> Value {
        let mut key = KEY[..if is_file { 32 } else { 16 }].to_vec();
        Wrapper::new(&self.master).encrypt_in_place(&mut key);
        let mut node = json!({
            "h": format!("HOST{:04}", self.made.len()),
            "p": self.parent,
            "u": self.user,
            "t": i32::from(!is_file),
            "a": Self::attributes(json, is_file),
            "k": format!("{}:{}", self.user, base64::encode(&key)),
            "ts": 1_700_000_000,
        });
        if is_file {
            node["s"] = json!(10);
        }
        node
    }

    fn named(&self, is_file: bool) -> Value {
        let name = format!("{{\"n\":\"forged {}\"}}", self.made.len());
        self.right(name.as_bytes(), is_file)
    }

    /// A node that is right but for one field, which is missing or this.
    fn with(&mut self, is_file: bool, field: &str, value: Option<Value>) {
        let mut node = self.named(is_file);
        let fields = node.as_object_mut().unwrap();
        match value {
            Some(value) => fields.insert(field.to_owned(), value),
            None => fields.remove(field),
        };
        self.made.push(node);
    }
}

/// Nodes of every wrong shape.
fn forge(forge: &mut Forge) {
    let huge = "x".repeat(1 << 20);
    // Attributes.
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let bomb = [b"{\"x\":", &deep[..], b",\"n\":\"bomb\"}"].concat();
    let long = format!("{{\"n\":\"{huge}\"}}");
    for json in [
        &b"{\"n\":\"\xff\xfe\xc0\xaf\"}"[..],
        b"{\"n\":\"\\ud800\"}",
        b"{\"n\":\"\\u0000\\u001b[2J\\u202e\"}",
        b"{\"n\":5}",
        b"{\"n\":null}",
        b"{\"n\":[\"..\"]}",
        b"{\"n\":\"\"}",
        b"{\"n\":\"one\",\"n\":\"../two\"}",
        b"{\"c\":\"not a fingerprint\",\"n\":\"fingerprint\"}",
        b"{}",
        b"[]",
        b"{\"n\":\"cut",
        b"",
        &bomb,
        long.as_bytes(),
    ] {
        for is_file in [true, false] {
            let node = forge.right(json, is_file);
            forge.made.push(node);
        }
    }
    // Fields.
    let odd = [
        json!(null),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{1b}[2J"),
        json!([]),
        json!({"x": 1}),
        json!(true),
    ];
    for field in ["h", "p", "u", "t", "a", "k", "ts", "s", "fa", "rp"] {
        for is_file in [true, false] {
            forge.with(is_file, field, None);
            for value in &odd {
                forge.with(is_file, field, Some(value.clone()));
            }
        }
    }
    for (field, value) in [
        ("a", "####"),
        ("k", ":::///"),
        ("k", "nobody:AAAA"),
        ("a", &huge),
        ("k", &huge),
        ("p", "ZZZZZZZZ"),
        ("h", "much too long for a handle"),
        ("h", "\u{202e}\u{7}"),
    ] {
        forge.with(true, field, Some(json!(value)));
        forge.with(false, field, Some(json!(value)));
    }
    for size in [1_u64 << 63, (1 << 63) - 1, 1 << 62] {
        forge.with(true, "s", Some(json!(size)));
    }
    // Rings: of one, and of two; a file as a folder; one handle twice.
    let number = forge.made.len();
    forge.with(false, "p", Some(json!(format!("HOST{number:04}"))));
    forge.with(false, "p", Some(json!(format!("HOST{:04}", number + 2))));
    forge.with(false, "p", Some(json!(format!("HOST{:04}", number + 1))));
    forge.with(true, "p", Some(json!(format!("HOST{:04}", number + 5))));
    forge.with(true, "h", Some(json!(format!("HOST{number:04}"))));
    let file = forge.named(true);
    forge.made.push(file);
    // A second drive, and what is no node at all.
    forge.with(false, "t", Some(json!(2)));
    let none = [json!(null), json!(5), json!("node"), json!([]), json!({})];
    forge.made.extend(none);
}

/// Adds nodes to the answer, if it is one to `f`.
fn add(reply: &[u8], nodes: &[Value]) -> Option<Vec<u8>> {
    let mut reply: Value = serde_json::from_slice(reply).ok()?;
    let answers = reply.as_array_mut()?;
    let answer = answers.iter_mut().find(|answer| answer["f"].is_array())?;
    answer["f"].as_array_mut()?.extend_from_slice(nodes);
    serde_json::to_vec(&reply).ok()
}

fn run(account: &Account, url: &str, args: &[&str]) -> Output {
    let few = ["--retries", "1", "--low-level-retries", "2"];
    let mut command = account.command(args.iter().chain(&few));
    command
        .env("MEGARC_CONFIG_M_API_URL", url)
        .output()
        .unwrap()
}

#[test]
fn nodes_of_every_wrong_shape_do_no_harm() {
    let account = Account::new();
    let good = [("a.txt", 10), ("d/b.bin", 300_000), ("d/empty", 0)];
    for (name, size) in good {
        let path = account.home().join("src").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content(5, size)).unwrap();
    }
    account.ok(["copy", "src", "m:dst"]);
    let nodes = account.wait_for(async {
        let client = account.client().await;
        let tree = client.tree().await.unwrap();
        let tree = tree.read();
        let root = tree.roots().cloud.unwrap();
        let dst = tree.children_named(root, "dst").next().unwrap();
        let mut made = Forge {
            master: *client.master_key().unwrap().as_bytes(),
            user: client.session().unwrap().user.to_string(),
            parent: dst.handle().to_string(),
            made: Vec::new(),
        };
        forge(&mut made);
        made.made
    });
    let url = proxy::start(&account, proxy::End::Said, move |reply| {
        add(&reply, &nodes).unwrap_or(reply)
    });
    let mut shown = false;
    for (args, codes) in [
        (&["ls", "m:dst"][..], &[0][..]),
        (&["lsf", "-R", "m:dst"], &[0]),
        (&["lsjson", "-R", "m:dst"], &[0]),
        (&["tree", "m:dst"], &[0]),
        (&["size", "m:dst"], &[0]),
        (&["check", "src", "m:dst", "--one-way"], &[0, 1]),
        (&["copy", "m:dst", "back"], &[1, 4, 5]),
        (
            &["sync", "m:dst", "synced", "--mega-no-tree-cache"],
            &[1, 4, 5],
        ),
        (&["delete", "m:dst", "--include", "/forged*"], &[0, 1, 4, 5]),
    ] {
        let output = run(&account, &url, args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let brief: String = said.chars().take(4000).collect();
        let code = output.status.code().unwrap_or(-1);
        assert!(codes.contains(&code), "{args:?} ends with {code}: {brief}");
        assert!(!said.contains("mistake of its own"), "{args:?}: {brief}");
        assert_harmless(&said, args[0]);
        shown |= told.contains("forged");
    }
    // Some of them were right enough to be seen: it is not that none came.
    assert!(shown);
    for (name, size) in good {
        for dir in ["back", "synced"] {
            let there = fs::read(account.home().join(dir).join(name)).unwrap();
            assert!(there == content(5, size), "{dir}/{name}");
        }
    }
    // The good ones are all there still.
    account.ok(["check", "src", "m:dst"]);
}
