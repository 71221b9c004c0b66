//! How fast hashcash prefixes are tried, on one core and on all.
//!
//! `cargo bench --bench hashcash`, on an idle machine. A challenge of easiness
//! 192 takes 256 tries on average. Goal: three times the plain way, which makes
//! about 130 to 160 tries a second and core. Which way wins depends on the
//! processor: Zen 4 makes 440 with SHA-NI, Zen 5 about 300 and half as many
//! again with 512-bit vectors; the solver times them before it starts.

use std::sync::atomic::AtomicBool;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use megarc::mega::crypto::base64;
use megarc::mega::crypto::hashcash::{Challenge, Hasher};

fn main() {
    divan::main();
}

fn challenge(easiness: u8) -> Option<Challenge> {
    let token = base64::encode(&[7; 48]);
    Challenge::parse(&format!("1:{easiness}:1731410499:{token}"))
}

fn ways() -> Vec<&'static str> {
    let challenge = challenge(0);
    let ways = challenge.as_ref().map(Hasher::available);
    ways.iter().flatten().map(Hasher::name).collect()
}

/// A batch of tries in each way the machine has, on one core and then on all
/// at once: the time is that of one of them.
#[divan::bench(args = ways(), threads = [1, 0], sample_count = 30, sample_size = 1)]
fn tries(bencher: Bencher, name: &str) {
    let challenge = challenge(0);
    let ways = challenge.as_ref().map(Hasher::available);
    let hasher = ways.iter().flatten().find(|way| way.name() == name);
    if let Some(hasher) = hasher {
        bencher
            .counter(ItemsCount::new(hasher.batch()))
            .bench(|| hasher.words(black_box(0)));
    }
}

/// A whole search on all cores.
#[divan::bench(sample_count = 1)]
fn solve_easiness_192() -> Option<String> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    challenge(192)?.solve(threads, &AtomicBool::new(false))
}
