//! How fast hashcash prefixes are tried, on one core and on all.
//!
//! `cargo bench --bench hashcash`, on an idle machine. A challenge of easiness
//! 192 takes 256 tries on average. Goal: 400 tries a second and core with
//! SHA-NI; hashing the plain buffer gives about 130.

use std::sync::atomic::AtomicBool;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use megarc::mega::crypto::base64;
use megarc::mega::crypto::hashcash::Challenge;

fn main() {
    divan::main();
}

fn challenge(easiness: u8) -> Option<Challenge> {
    let token = base64::encode(&[7; 48]);
    Challenge::parse(&format!("1:{easiness}:1731410499:{token}"))
}

/// One try over the plain buffer, as a check of a solution does.
#[divan::bench(sample_count = 20)]
fn verify(bencher: Bencher) {
    let challenge = challenge(0);
    bencher
        .counter(ItemsCount::new(1u32))
        .bench_local(|| challenge.as_ref().map(|c| black_box(c.word([0; 4]))));
}

/// Four tries at once, as the solver does on each thread.
#[divan::bench(sample_count = 20)]
fn four_tries(bencher: Bencher) {
    let challenge = challenge(0);
    bencher
        .counter(ItemsCount::new(4u32))
        .bench_local(|| challenge.as_ref().map(|c| c.four_words(black_box(0))));
}

/// A whole search on all cores.
#[divan::bench(sample_count = 1)]
fn solve_easiness_192() -> Option<String> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    challenge(192)?.solve(threads, &AtomicBool::new(false))
}
