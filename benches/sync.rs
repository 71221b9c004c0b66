//! A large tree, synced from memory to memory: how long it takes, and how much
//! memory it needs. `cargo bench --bench sync`; `SYNC_FILES` says how many
//! files (200,000 by default), `SYNC_DIR_FILES` how many in a directory.
//!
//! Memory is what the kernel counts as resident (Linux). What the stores hold
//! counts, too: the tree is in memory twice after the first sync. The second
//! one has nothing to copy, so that what it needs is the engine's own.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use megarc::engine::{Options, Root, Run, copy};
use megarc::remote::memory::Memory;
use megarc::remote::{Location, RemotePath};

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn filled(files: usize, each: usize) -> Memory {
    let store = Memory::default();
    for i in 0..files {
        let (top, dir) = (i / each / 50, i / each);
        let path = format!("top{top:04}/dir{dir:06}/file{i:07}.bin");
        let path = RemotePath::parse(&path).unwrap();
        store.put(&path, "x", Some(Timestamp::UNIX_EPOCH)).unwrap();
    }
    store
}

fn top(store: &Arc<Memory>) -> Location {
    Location {
        remote: store.clone(),
        path: RemotePath::root(),
    }
}

/// A number of KiB of this process, as MiB.
fn mebibytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.split_whitespace().nth(1))
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}

fn measure(what: &str, src: &Arc<Memory>, dst: &Arc<Memory>) {
    // The peak counts anew from here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = mebibytes("VmRSS");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = Run::new(Options::default());
    let started = Instant::now();
    runtime
        .block_on(copy::sync(&run, &Root::dir(top(src)), &top(dst)))
        .unwrap();
    let took = started.elapsed().as_secs_f64();
    let counts = run.stats.snapshot().counts;
    let (peak, after) = (mebibytes("VmHWM"), mebibytes("VmRSS"));
    println!(
        "{what}: {took:.2} s, {} copied, {} deleted; {before} MiB before, {peak} MiB at most, {after} MiB after",
        counts.transfers, counts.deletes
    );
}

fn main() {
    let (files, each) = (number("SYNC_FILES", 200_000), number("SYNC_DIR_FILES", 100));
    let (src, dst) = (Arc::new(filled(files, each)), Arc::new(Memory::default()));
    println!("{files} files, {each} in a directory");
    measure("into nothing", &src, &dst);
    measure("again", &src, &dst);
    measure("from nothing", &Arc::new(Memory::default()), &dst);
}
