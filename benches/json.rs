//! What reading and writing JSON costs: nodes of the tree, attributes, and the
//! answer to a batch of commands. `cargo bench --bench json`.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use megarc::mega::api::parse_answer;
use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::fingerprint::Fingerprint;
use megarc::mega::node::WireNode;

/// Commands that leave together at most, or nearly.
const BATCH: usize = 64;
/// Nodes in one text.
const NODES: usize = 1000;

fn main() {
    divan::main();
}

fn nodes() -> String {
    let node = |number: usize| {
        let attributes = "A".repeat(150);
        format!(
            r#"{{"h":"{number:08}","p":"CLOUD___","u":"USERHANDLE1","t":0,"a":"{attributes}","k":"USERHANDLE1:{}","s":123456,"ts":1700000000,"fa":"924:1*2PSdmvUSFZM/923:0*HqOcRl3Gpuo"}}"#,
            "K".repeat(43)
        )
    };
    format!("[{}]", (0..NODES).map(node).collect::<Vec<_>>().join(","))
}

/// Nodes into borrowed structs, as the tree is read.
#[divan::bench]
fn read_nodes(bencher: Bencher) {
    let text = nodes();
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(NODES))
        .bench(|| {
            let nodes: Vec<WireNode<'_>> = serde_json::from_str(black_box(&text)).unwrap();
            nodes.len()
        });
}

fn attributes() -> Attributes {
    let mut attributes = Attributes::with_name("some file with a name of usual length.jpeg");
    attributes.set_fingerprint(&Fingerprint {
        crc: [5; 16],
        mtime: 1_700_000_000,
    });
    attributes
}

/// Name and fingerprint of one node, sealed under its key.
#[divan::bench]
fn write_attributes(bencher: Bencher) {
    let attributes = attributes();
    bencher.bench(|| black_box(&attributes).encrypt(&[7; 16]));
}

/// The same, opened.
#[divan::bench]
fn read_attributes(bencher: Bencher) {
    let sealed = attributes().encrypt(&[7; 16]);
    bencher.bench(|| {
        let attributes = Attributes::decrypt(black_box(&sealed), &[7; 16]).unwrap();
        (attributes.name(), attributes.fingerprint())
    });
}

/// The addresses of many small files, asked for in one request.
#[divan::bench]
fn read_a_batch_of_answers(bencher: Bencher) {
    let address = format!(
        r#"{{"s":10240,"at":"{}","msd":1,"tl":0,"g":"http://gfs000n000.userstorage.example/dl/{}","pfa":1}}"#,
        "A".repeat(150),
        "t".repeat(120)
    );
    let answer = format!("[{}]", vec![address; BATCH].join(","));
    bencher
        .counter(BytesCount::of_str(&answer))
        .bench(|| parse_answer(black_box(answer.as_bytes()), BATCH).unwrap());
}
