//! Hostile input for every parser: the kept corpora of the fuzz targets, seeds
//! with damage, and noise. The same functions run under a coverage-guided fuzzer:
//! see `tests/fuzz/README.md`.
#![allow(missing_docs, clippy::expect_used)]

mod parsers;

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use parsers::PARSERS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn fuzz_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// What the fuzzer found worth keeping, one input a line.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let file = fuzz_dir().join("corpus").join(format!("{name}.txt"));
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines()
        .map(|line| STANDARD_NO_PAD.decode(line).expect("base64"))
        .collect()
}

#[test]
fn the_kept_corpora_do_no_harm() {
    for parser in PARSERS {
        for input in corpus(parser.name) {
            parsers::run(parser.name, &input);
        }
    }
}

#[test]
fn every_parser_is_a_fuzz_target() {
    let targets = fs::read_to_string(fuzz_dir().join("Cargo.toml")).expect("the manifest");
    for parser in PARSERS {
        assert!(
            targets.contains(&format!("name = \"{}\"", parser.name)),
            "{}",
            parser.name
        );
    }
    let listed = targets.matches("[[bin]]").count();
    assert_eq!(listed, PARSERS.len());
}

/// One change to an input that was right.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let token = prop_oneof![
        vec(any::<u8>(), 1..9),
        prop::sample::select(vec![
            &b"-1"[..],
            b"9223372036854775808",
            b"1e400",
            b"\"",
            b"[[[[[[[[",
            b"{\"",
            b"\0",
            b"\xff\xfe",
            b"..",
            b"/",
            b"\x1b[2J",
            "\u{202e}".as_bytes(),
            b"null",
            b"\\ud800",
            b"=",
            b":",
            b",",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop_oneof![
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), token).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), any::<Index>(), 2..6_u8).prop_map(|(a, b, n)| Damage::Repeat(a, b, n)),
    ]
}

fn apply(input: &mut Vec<u8>, damage: &Damage) {
    match damage {
        Damage::Flip(at, mask) if !input.is_empty() => {
            let at = at.index(input.len());
            input[at] ^= mask;
        }
        Damage::Flip(..) => {}
        Damage::Cut(at) => input.truncate(at.index(input.len() + 1)),
        Damage::Insert(at, bytes) => {
            let at = at.index(input.len() + 1);
            input.splice(at..at, bytes.iter().copied());
        }
        Damage::Repeat(a, b, times) => {
            let (a, b) = (a.index(input.len() + 1), b.index(input.len() + 1));
            let part = input[a.min(b)..a.max(b)].repeat(usize::from(*times));
            input.splice(a.min(b)..a.max(b), part);
        }
    }
}

#[test]
fn damaged_and_random_input_does_no_harm() {
    for parser in PARSERS {
        let mut starts: Vec<Vec<u8>> = parser
            .seeds
            .iter()
            .map(|seed| seed.as_bytes().to_vec())
            .collect();
        starts.extend(corpus(parser.name));
        let input = prop_oneof![
            4 => (prop::sample::select(starts), vec(damage(), 0..6)).prop_map(|(mut input, damages)| {
                for damage in &damages {
                    apply(&mut input, damage);
                }
                input
            }),
            1 => vec(any::<u8>(), 0..200),
        ];
        // the same inputs on every run
        let config = Config {
            cases: 300,
            failure_persistence: None,
            ..Config::default()
        };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let result = TestRunner::new_with_rng(config, rng).run(&input, |input| {
            parsers::run(parser.name, &input);
            Ok(())
        });
        if let Err(error) = result {
            panic!("{}: {error}", parser.name);
        }
    }
}
