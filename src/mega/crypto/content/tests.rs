//! Every kernel that this machine can run equals the plain way, for any mix of
//! chunks.
#![allow(clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn cipher() -> ContentCipher {
    let key = ContentKey::from_bytes(*b"0123456789abcdef");
    ContentCipher::new(&key, &Nonce::from_bytes(*b"noncence"))
}

fn contents(lengths: &[usize]) -> Vec<Vec<u8>> {
    lengths
        .iter()
        .enumerate()
        .map(|(n, length)| (0..*length).map(|i| (i * 31 + i / 253 + n) as u8).collect())
        .collect()
}

/// Jobs at offsets that are far apart, and at the far end of the counter.
fn jobs(buffers: &mut [Vec<u8>], first: u64) -> Vec<ChunkJob<'_>> {
    buffers
        .iter_mut()
        .enumerate()
        .map(|(n, data)| ChunkJob {
            offset: first + n as u64 * (1 << 33),
            data,
            mac: ChunkMac::default(),
        })
        .collect()
}

fn check(lengths: &[usize], first: u64) {
    let cipher = cipher();
    for direction in [Direction::Encrypt, Direction::Decrypt] {
        let mut expected = contents(lengths);
        let macs = lanes::reference(&cipher, direction, &mut jobs(&mut expected, first));
        for kernel in ContentKernel::available() {
            let mut given = contents(lengths);
            let mut work = jobs(&mut given, first);
            let cipher = cipher.clone().with_kernel(kernel);
            match direction {
                Direction::Encrypt => cipher.encrypt_chunks(&mut work),
                Direction::Decrypt => cipher.decrypt_chunks(&mut work),
            }
            let found: Vec<ChunkMac> = work.iter().map(|job| job.mac).collect();
            let name = kernel.name();
            assert_eq!(found, macs, "{name} {direction:?} {lengths:?}");
            assert!(given == expected, "{name} {direction:?} {lengths:?}");
        }
    }
}

#[test]
fn every_tail_length() {
    for length in 0..=130 {
        check(&[length], 0);
    }
    check(&(0..=70).collect::<Vec<_>>(), 0);
}

#[test]
fn empty_lanes_refills_and_staggered_starts() {
    const STEP: usize = 128 * 1024;
    check(&[], 0);
    check(&[STEP], 0);
    check(&[STEP, 2 * STEP, 3 * STEP], 0);
    check(
        &[
            STEP + 1,
            STEP - 15,
            40_000,
            STEP,
            33_000,
            90_001,
            70_016,
            50_000,
            60_000,
        ],
        0,
    );
    check(&[40_000; 17], 0);
}

#[test]
fn the_counter_has_64_bits() {
    // block numbers pass 2^32, whole steps and tail
    check(&[1000, 1000], (1 << 36) - 160);
    check(&[150], (1 << 36) - 144);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_mix_of_chunks(
        lengths in vec(prop_oneof![0usize..200, 0usize..20_000], 0..20),
        block in 0u64..(1 << 40),
    ) {
        check(&lengths, block * 16);
    }
}
