//! Planning a large copy: `cargo bench --bench plan`. `PLAN_FILES` says how
//! many files (200,000 by default), `PLAN_DIR_FILES` how many in a directory.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use megarc::engine::compare::Rules;
use megarc::engine::march::{Names, match_listings};
use megarc::engine::plan::plan;
use megarc::engine::{Options, Root, Run, copy};
use megarc::remote::memory::Memory;
use megarc::remote::{Entry, Location, Remote, RemotePath};

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Two stores that hold the same files.
static STORES: LazyLock<[Arc<Memory>; 2]> = LazyLock::new(|| {
    let (files, each) = (number("PLAN_FILES", 200_000), number("PLAN_DIR_FILES", 100));
    [(); 2].map(|()| {
        let store = Memory::default();
        for i in 0..files {
            let (top, dir) = (i / each / 50, i / each);
            let path = format!("top{top:04}/dir{dir:06}/file{i:07}.bin");
            let path = RemotePath::parse(&path).unwrap();
            store.put(&path, "x", Some(Timestamp::UNIX_EPOCH)).unwrap();
        }
        Arc::new(store)
    })
});

fn main() {
    LazyLock::force(&STORES);
    divan::main();
}

fn top(store: &Arc<Memory>) -> Location {
    Location {
        remote: store.clone(),
        path: RemotePath::root(),
    }
}

/// The whole march of two equal trees: nothing is left to be done.
#[divan::bench(sample_count = 5)]
fn copy_of_what_is_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let [src, dst] = &*STORES;
    let run = Run::new(Options::default());
    runtime
        .block_on(copy::copy(&run, &Root::dir(top(src)), &top(dst)))
        .unwrap();
    assert_eq!(run.stats.snapshot().counts.transfers, 0);
}

/// One directory of 10,000 files, matched and decided.
#[divan::bench]
fn one_large_directory(bencher: divan::Bencher<'_, '_>) {
    let side = || -> Vec<Entry> {
        let file = |i| {
            let path = RemotePath::parse(&format!("d/file{i:07}.bin")).unwrap();
            let mut entry = Entry::file(path, Some(1));
            entry.modified = Some(Timestamp::UNIX_EPOCH);
            entry
        };
        (0..10_000).map(file).collect()
    };
    let features = Memory::default().features();
    let rules = Rules::new(&Options::default(), &features, &features);
    let names = Names {
        normalize: true,
        fold_case: false,
    };
    bencher
        .with_inputs(|| (side(), side()))
        .bench_values(|(src, dst)| {
            match_listings(src, dst, names)
                .pairs
                .into_iter()
                .map(|pair| plan(pair, &rules))
                .collect::<Vec<_>>()
        });
}
