//! How fast the content kernels are, by file size, and the upload checksum.
//!
//! `cargo bench --bench content`, on an idle machine; compare with
//! `openssl speed -evp aes-128-ctr -bytes 1048576` (goals: 0.8 of it with
//! VAES-512, 0.48 with AES-NI, for files of 64 MiB and more) and with
//! `aes-128-cbc` for a single chunk (0.95 of it).

use std::cell::RefCell;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use megarc::mega::crypto::chunks::chunks;
use megarc::mega::crypto::content::{ChunkJob, ContentCipher, ContentKernel};
use megarc::mega::crypto::keys::{ContentKey, Nonce};
use megarc::mega::crypto::upload_checksum::checksum;

const KIB: usize = 1024;
const LARGE: usize = 64 * 1024 * KIB;
const SIZES: [usize; 4] = [128 * KIB, 1024 * KIB, 16 * 1024 * KIB, LARGE];

fn main() {
    divan::main();
}

fn kernels() -> impl Iterator<Item = (String, usize)> {
    ContentKernel::available().flat_map(|kernel| SIZES.map(|size| (kernel.name().to_owned(), size)))
}

/// One buffer a chunk, as transfers have them.
fn buffers(size: usize) -> Vec<(u64, Vec<u8>)> {
    chunks(size as u64)
        .map(|(offset, length)| (offset, vec![0x5a; length as usize]))
        .collect()
}

fn run(bencher: Bencher, (name, size): &(String, usize), encrypt: bool) {
    let kernel = ContentKernel::available()
        .find(|kernel| kernel.name() == name)
        .unwrap_or(ContentKernel::PORTABLE);
    let cipher =
        ContentCipher::new(&ContentKey::generate(), &Nonce::generate()).with_kernel(kernel);
    let mut buffers = buffers(*size);
    bencher.counter(BytesCount::new(*size)).bench_local(|| {
        let mut jobs: Vec<ChunkJob<'_>> = buffers
            .iter_mut()
            .map(|(offset, data)| ChunkJob::new(*offset, data))
            .collect();
        match encrypt {
            true => cipher.encrypt_chunks(&mut jobs),
            false => cipher.decrypt_chunks(&mut jobs),
        }
        black_box(jobs.last().map(|job| job.mac))
    });
}

#[divan::bench(args = kernels(), min_time = 0.5)]
fn encrypt(bencher: Bencher, case: &(String, usize)) {
    run(bencher, case, true);
}

#[divan::bench(args = kernels(), min_time = 0.5)]
fn decrypt(bencher: Bencher, case: &(String, usize)) {
    run(bencher, case, false);
}

/// A large file in the machine's fastest way, on one core and then on each of
/// two at once: the time is that of one of them.
#[divan::bench(threads = [1, 2], sample_size = 1, min_time = 1)]
fn large_side_by_side(bencher: Bencher) {
    type Buffers = Vec<(u64, Vec<u8>)>;
    thread_local! {
        // A thread's own, and touched before it is timed.
        static OWN: RefCell<Buffers> = RefCell::new(buffers(LARGE));
    }
    let cipher = ContentCipher::new(&ContentKey::generate(), &Nonce::generate());
    bencher
        .counter(BytesCount::new(LARGE))
        .with_inputs(|| OWN.with_borrow(Vec::len))
        .bench_values(|_| {
            OWN.with_borrow_mut(|buffers| {
                let jobs = buffers.iter_mut();
                let mut jobs: Vec<ChunkJob<'_>> =
                    jobs.map(|(at, data)| ChunkJob::new(*at, data)).collect();
                cipher.decrypt_chunks(&mut jobs);
                black_box(jobs.last().map(|job| job.mac))
            })
        });
}

/// A range of a file, without MAC.
#[divan::bench]
fn keystream_1_mib(bencher: Bencher) {
    let cipher = ContentCipher::new(&ContentKey::generate(), &Nonce::generate());
    let mut data = vec![0; 1024 * KIB];
    bencher
        .counter(BytesCount::new(data.len()))
        .bench_local(|| cipher.apply_keystream(black_box(5), &mut data));
}

#[divan::bench]
fn upload_checksum_1_mib(bencher: Bencher) {
    let data = vec![0x5a; 1024 * KIB];
    bencher
        .counter(BytesCount::new(data.len()))
        .bench_local(|| checksum(black_box(&data)));
}
