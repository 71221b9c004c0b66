//! What holds for every sync, copy and move, tried on random trees in memory:
//! seeds are fixed, so that a failure can be repeated.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use megarc::engine::filter::{Filter, FilterSpec};
use megarc::engine::options::Delete;
use megarc::engine::{Options, Root, Run, copy};
use megarc::remote::memory::Memory;
use megarc::remote::{Entry, ErrorKind, Location, Remote as _, RemotePath};

const SEEDS: u64 = 40;
/// Of these every possible fault is tried.
const FAULTY: u64 = 12;

/// Numbers that only depend on the seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }
}

/// Files by their paths; directories have none. Content and time of a file
/// follow from one another, so that equal ones are equal.
type Tree = BTreeMap<String, Option<(usize, i64)>>;

fn random_tree(random: &mut Random) -> Tree {
    let mut dirs = vec![String::new()];
    let mut tree = Tree::new();
    for _ in 0..random.below(5) {
        let above = dirs[usize::try_from(random.below(dirs.len() as u64)).unwrap()].clone();
        let dir = format!("{above}d{}/", random.below(3));
        tree.insert(dir.trim_end_matches('/').to_owned(), None);
        dirs.push(dir);
    }
    for _ in 0..random.below(9) {
        let dir = &dirs[usize::try_from(random.below(dirs.len() as u64)).unwrap()];
        let kind = ["txt", "bak"][usize::try_from(random.below(2)).unwrap()];
        let name = format!("{dir}f{}.{kind}", random.below(4));
        let size = usize::try_from(random.below(4)).unwrap();
        let time = 1_500_000_000 + i64::try_from(random.below(3)).unwrap();
        tree.insert(name, Some((size, time)));
    }
    tree
}

fn content(size: usize, time: i64) -> Vec<u8> {
    vec![u8::try_from(time % 100).unwrap(); size]
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text).unwrap()
}

/// A tree in a store.
#[derive(Clone)]
struct Place {
    store: Arc<Memory>,
    root: RemotePath,
}

impl Place {
    fn location(&self) -> Location {
        Location {
            remote: self.store.clone(),
            path: self.root.clone(),
        }
    }

    async fn fill(&self, tree: &Tree) {
        self.store.make_dir(&self.root).await.unwrap();
        for (name, file) in tree {
            let path = self.root.join(&path(name));
            match file {
                None => {
                    self.store.make_dir(&path).await.unwrap();
                }
                Some((size, time)) => {
                    let time = Timestamp::from_second(*time).unwrap();
                    let content = content(*size, time.as_second());
                    self.store.put(&path, content, Some(time)).unwrap();
                }
            }
        }
    }

    /// What is there now.
    async fn read(&self) -> Tree {
        let mut tree = Tree::new();
        let mut dirs = vec![Entry::dir(self.root.clone())];
        while let Some(dir) = dirs.pop() {
            let listed = self.store.list(&dir).await;
            // A directory that was moved away.
            let Ok(entries) = listed else { continue };
            for entry in entries {
                let name = entry.path.strip(&self.root).unwrap().as_str().to_owned();
                if entry.is_dir() {
                    tree.insert(name, None);
                    dirs.push(entry);
                    continue;
                }
                let time = entry.modified.unwrap().as_second();
                let stream = self.store.read(&entry, None).await.unwrap();
                let bytes: Vec<_> = stream.try_collect().await.unwrap();
                assert_eq!(
                    bytes.concat(),
                    content(bytes.concat().len(), time),
                    "{name}"
                );
                tree.insert(name, Some((bytes.concat().len(), time)));
            }
        }
        tree
    }
}

/// A case: two trees, and how they are made equal.
struct Case {
    src: Tree,
    dst: Tree,
    spec: FilterSpec,
    options: Options,
    one_store: bool,
}

impl Case {
    fn random(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (src, dst) = (random_tree(&mut random), random_tree(&mut random));
        let mut spec = FilterSpec::default();
        match random.below(5) {
            0 => spec.names.exclude.push("*.bak".to_owned()),
            1 => spec.names.exclude.push("/d1/**".to_owned()),
            2 => spec.names.include.push("f1.*".to_owned()),
            _ => {}
        }
        let delete = [Delete::Before, Delete::During, Delete::After];
        let mut options = Options {
            delete: delete[usize::try_from(random.below(3)).unwrap()],
            delete_excluded: random.chance(4),
            create_empty_src_dirs: random.chance(2),
            check_first: random.chance(4),
            ..Options::default()
        };
        if options.delete != Delete::Before && random.chance(3) {
            options.track_renames = true;
            "modtime".clone_into(&mut options.track_renames_strategy);
        }
        Self {
            src,
            dst,
            spec,
            options,
            one_store: random.chance(3),
        }
    }

    fn filter(&self) -> Filter {
        Filter::build(&self.spec, |_| Ok(String::new())).unwrap()
    }

    fn run(&self) -> Run {
        Run::new(self.options.clone()).with_filter(self.filter())
    }

    async fn places(&self) -> (Place, Place) {
        let store = Arc::new(Memory::default());
        let other = if self.one_store {
            store.clone()
        } else {
            Arc::new(Memory::default())
        };
        let place = |store: Arc<Memory>, root| Place {
            store,
            root: path(root),
        };
        let (src, dst) = (place(store, "from"), place(other, "to"));
        src.fill(&self.src).await;
        dst.fill(&self.dst).await;
        (src, dst)
    }

    /// Whether the filter lets a file through, with all directories above it.
    fn sees(&self, name: &str) -> bool {
        let filter = self.filter();
        let mut above = name.match_indices('/').map(|(at, _)| &name[..at]);
        above.all(|dir| filter.includes_dir(dir)) && filter.includes_file(name, Some(1), None)
    }

    /// The files that the destination holds after a sync.
    fn expected(&self) -> Tree {
        let mut files: Tree = self.src.clone();
        files.retain(|name, file| file.is_some() && self.sees(name));
        for (name, file) in &self.dst {
            if file.is_some() && !self.sees(name) && !self.options.delete_excluded {
                files.insert(name.clone(), *file);
            }
        }
        files
    }
}

fn files(mut tree: Tree) -> Tree {
    tree.retain(|_, file| file.is_some());
    tree
}

fn dirs(tree: &Tree) -> BTreeSet<&String> {
    let dirs = tree.iter().filter(|(_, file)| file.is_none());
    dirs.map(|(name, _)| name).collect()
}

fn check(seeds: u64, test: impl AsyncFn(&Case, u64)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for seed in 1..=seeds {
        runtime.block_on(test(&Case::random(seed), seed));
    }
}

async fn sync(run: &Run, src: &Place, dst: &Place) -> megarc::engine::Result<()> {
    copy::sync(run, &Root::dir(src.location()), &dst.location()).await
}

#[test]
fn after_a_sync_the_destination_equals_the_filtered_source() {
    check(SEEDS, async |case, seed| {
        let (src, dst) = case.places().await;
        sync(&case.run(), &src, &dst).await.unwrap();
        let after = dst.read().await;
        assert_eq!(files(after.clone()), case.expected(), "seed {seed}");
        assert_eq!(src.read().await, case.src, "seed {seed}: the source");
        let unfiltered = !case.filter().is_active() || case.options.delete_excluded;
        if case.options.create_empty_src_dirs && !case.filter().is_active() {
            assert_eq!(dirs(&after), dirs(&case.src), "seed {seed}");
        } else if unfiltered {
            assert!(dirs(&after).is_subset(&dirs(&case.src)), "seed {seed}");
        }
    });
}

#[test]
fn a_second_run_has_nothing_to_do() {
    check(SEEDS, async |case, seed| {
        let (src, dst) = case.places().await;
        sync(&case.run(), &src, &dst).await.unwrap();
        let before = dst.read().await;
        let run = case.run();
        sync(&run, &src, &dst).await.unwrap();
        let counts = run.stats.snapshot().counts;
        let done = (counts.transfers, counts.deletes, counts.renames);
        assert_eq!(done, (0, 0, 0), "seed {seed}");
        assert_eq!(dst.read().await, before, "seed {seed}");
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    check(SEEDS, async |case, seed| {
        let (src, dst) = case.places().await;
        let mut run = case.run();
        Arc::make_mut(&mut run.options).dry_run = true;
        sync(&run, &src, &dst).await.unwrap();
        let root = Root::dir(src.location());
        copy::copy(&run, &root, &dst.location()).await.unwrap();
        copy::move_into(&run, &root, &dst.location(), true)
            .await
            .unwrap();
        assert_eq!(dst.read().await, case.dst, "seed {seed}");
        assert_eq!(src.read().await, case.src, "seed {seed}");
    });
}

#[test]
fn a_copy_deletes_nothing() {
    check(SEEDS, async |case, seed| {
        let (src, dst) = case.places().await;
        let root = Root::dir(src.location());
        copy::copy(&case.run(), &root, &dst.location())
            .await
            .unwrap();
        let after = dst.read().await;
        for (name, file) in &case.dst {
            let kept = if case.src.contains_key(name) && case.sees(name) {
                case.src[name]
            } else {
                *file
            };
            assert_eq!(after.get(name), Some(&kept), "seed {seed}: {name}");
        }
        assert_eq!(src.read().await, case.src, "seed {seed}");
    });
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    ListSource,
    ListDestination,
    Read,
    Write,
}

/// Everything that can go wrong with these trees.
fn faults(case: &Case) -> Vec<(Fault, String)> {
    let mut faults = vec![
        (Fault::ListSource, String::new()),
        (Fault::ListDestination, String::new()),
    ];
    for (name, file) in &case.src {
        if file.is_some() {
            faults.push((Fault::Read, name.clone()));
            faults.push((Fault::Write, name.clone()));
        } else {
            faults.push((Fault::ListSource, name.clone()));
        }
    }
    for dir in dirs(&case.dst) {
        faults.push((Fault::ListDestination, dir.clone()));
    }
    faults
}

fn plant(fault: Fault, name: &str, src: &Place, dst: &Place) {
    let at = |place: &Place| place.root.join(&path(name));
    match fault {
        Fault::ListSource => src.store.fail_list(at(src), ErrorKind::Network),
        Fault::ListDestination => dst.store.fail_list(at(dst), ErrorKind::Network),
        Fault::Read => src.store.fail_read(at(src), 0),
        Fault::Write => dst.store.fail_write(at(dst), ErrorKind::QuotaExceeded),
    }
}

#[test]
fn after_any_fault_another_run_ends_in_the_same_tree() {
    check(FAULTY, async |case, seed| {
        for (fault, name) in faults(case) {
            let what = format!("seed {seed}: {fault:?} {name:?}");
            let (src, dst) = case.places().await;
            plant(fault, &name, &src, &dst);
            let outcome = sync(&case.run(), &src, &dst).await;
            src.store.heal();
            dst.store.heal();
            let between = dst.read().await;
            let in_place = case.options.delete == Delete::After && !case.options.track_renames;
            if outcome.is_err() && in_place {
                for name in files(case.dst.clone()).keys() {
                    assert!(between.contains_key(name), "{what}: {name} is gone");
                }
            }
            sync(&case.run(), &src, &dst).await.unwrap();
            assert_eq!(files(dst.read().await), case.expected(), "{what}");
            assert_eq!(src.read().await, case.src, "{what}: the source");
        }
    });
}

#[test]
fn a_move_loses_nothing_on_the_way() {
    check(FAULTY, async |case, seed| {
        for (fault, name) in faults(case) {
            let what = format!("seed {seed}: {fault:?} {name:?}");
            let (src, dst) = case.places().await;
            plant(fault, &name, &src, &dst);
            let root = Root::dir(src.location());
            let _ = copy::move_into(&case.run(), &root, &dst.location(), true).await;
            src.store.heal();
            dst.store.heal();
            let (left, came) = (src.read().await, dst.read().await);
            for (name, file) in files(case.src.clone()) {
                let there = [left.get(&name), came.get(&name)];
                assert!(there.contains(&Some(&file)), "{what}: {name} is lost");
                if !case.sees(&name) {
                    assert_eq!(left.get(&name), Some(&file), "{what}: {name} is hidden");
                }
            }
            let again = copy::move_into(&case.run(), &root, &dst.location(), true).await;
            again.unwrap();
            let after = src.read().await;
            for name in files(after).keys() {
                assert!(!case.sees(name), "{what}: {name} is still there");
            }
        }
    });
}
