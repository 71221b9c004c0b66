//! What cutting files costs: the chunk table, the pieces of a transfer, the
//! striped parts of a file (CloudRAID), and folding the MACs of all chunks.
//! `cargo bench --bench chunks`.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use megarc::mega::crypto::chunks::{MAX_CHUNK, chunk_end, chunk_start, chunks};
use megarc::mega::crypto::content::meta_mac;
use megarc::mega::crypto::keys::{ChunkMac, ContentKey};
use megarc::mega::crypto::raid::{PARTS, join, part_size};

const TIB: u64 = 1 << 40;
const MIB: u64 = 1 << 20;

fn main() {
    divan::main();
}

/// Every chunk of the largest files.
#[divan::bench]
fn walk_one_tebibyte(bencher: Bencher) {
    bencher.counter(ItemsCount::new(TIB / MAX_CHUNK)).bench(|| {
        chunks(black_box(TIB))
            .map(|(at, length)| at ^ length)
            .sum::<u64>()
    });
}

/// The chunk around a byte: near the start, where chunks grow, and far from it.
#[divan::bench(args = [3_000_000, TIB / 2 + 7])]
fn find_a_chunk(position: u64) -> (u64, u64) {
    let position = black_box(position);
    (chunk_start(position), chunk_end(position, TIB))
}

/// The last step of a verified download of 10 GiB.
#[divan::bench]
fn fold_10_gib(bencher: Bencher) {
    let key = ContentKey::generate();
    let macs = vec![ChunkMac::from_bytes([7; 16]); chunks(10 << 30).count()];
    bencher
        .counter(ItemsCount::new(macs.len()))
        .bench(|| meta_mac(&key, black_box(&macs)));
}

/// Four MiB from five of six parts: the parity left out, or a part rebuilt.
#[divan::bench(args = [0, 3])]
fn join_parts(bencher: Bencher, missing: usize) {
    let size = 4 * MIB;
    let parts: Vec<Vec<u8>> = (0..PARTS)
        .map(|part| vec![part as u8; part_size(size, part) as usize])
        .collect();
    let given: [Option<&[u8]>; PARTS] =
        std::array::from_fn(|part| (part != missing).then(|| parts[part].as_slice()));
    let mut out = vec![0; size as usize];
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| join(size, 0, black_box(&given), 0, &mut out).unwrap());
}
