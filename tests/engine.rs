//! The engine on stores in memory: what copying, deleting and deduplicating
//! leave behind, whatever the trees look like.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use megarc::engine::dedupe::{By, Mode, Prompt, dedupe};
use megarc::engine::filter::{Filter, FilterSpec, RuleSpec};
use megarc::engine::walk::Walk;
use megarc::engine::{Options, Result, Root, Run, cat, copy, delete};
use megarc::remote::memory::Memory;
use megarc::remote::{Destination, Entry, ErrorKind, Features, Location, Remote, RemotePath};
use proptest::prelude::*;

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text).unwrap()
}

fn at(remote: &Arc<Memory>, below: &str) -> Location {
    Location {
        remote: remote.clone(),
        path: path(below),
    }
}

fn second(n: i64) -> Option<Timestamp> {
    Some(Timestamp::from_second(n).unwrap())
}

fn put(remote: &Memory, name: &str, content: &str, time: i64) {
    remote
        .put(&path(name), content.to_owned(), second(time))
        .unwrap();
}

fn run() -> Run {
    Run::new(Options::default())
}

/// A runtime of one thread with a stopped clock: every pause is over at once.
fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

/// Takes the bytes of `cat`.
struct Bytes(Vec<u8>);

impl cat::Sink for Bytes {
    fn put(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.0.extend_from_slice(piece);
        Ok(())
    }
}

async fn content(remote: &Arc<Memory>, file: &Entry) -> String {
    let root = Root {
        dir: at(remote, ""),
        file: Some(file.clone()),
    };
    let mut sink = Bytes(Vec::new());
    cat::cat(&run(), &root, &cat::Part::default(), &mut sink)
        .await
        .unwrap();
    String::from_utf8(sink.0).unwrap()
}

/// Every entry below `dir`: files with content and time, directories bare;
/// equal names are numbered.
async fn tree(remote: &Arc<Memory>, dir: &str) -> BTreeMap<String, String> {
    let run = run();
    let mut walk = Walk::new(&run, &Root::dir(at(remote, dir)));
    let mut tree = BTreeMap::new();
    while let Some(listing) = walk.next().await {
        for entry in listing.entries {
            let name = walk.relative(&entry.path).as_str().to_owned();
            let text = if entry.is_dir() {
                "/".to_owned()
            } else {
                let time = entry.modified.map(Timestamp::as_second);
                format!("{} @{time:?}", content(remote, &entry).await)
            };
            let mut key = name.clone();
            let mut twin = 1;
            while tree.contains_key(&key) {
                twin += 1;
                key = format!("{name} #{twin}");
            }
            tree.insert(key, text);
        }
    }
    tree
}

fn files(tree: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    tree.iter()
        .filter(|(_, v)| *v != "/")
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect()
}

/// A tree of a few short names, so that both sides often meet.
///
/// Files of one size and one time have one content: a copy that goes by size
/// and time cannot see more, and is not meant to.
fn any_tree() -> impl Strategy<Value = Vec<(String, String, i64)>> {
    let name = "[abc](/[abc]){0,2}";
    let file = (name, 0..4_usize, 0..3_i64).prop_map(|(name, size, time)| {
        let letter = if time == 1 { "y" } else { "x" };
        (name, letter.repeat(size), time)
    });
    proptest::collection::vec(file, 0..12)
}

fn filled(entries: &[(String, String, i64)]) -> Arc<Memory> {
    let remote = Arc::new(Memory::default());
    for (name, text, time) in entries {
        // A name may be a file here and a directory there: the first stays.
        let _ = remote.put(&path(name), text.clone(), second(*time));
    }
    remote
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_a_copy_the_destination_holds_the_source(src in any_tree(), dst in any_tree()) {
        let (src, dst) = (filled(&src), filled(&dst));
        block(async {
            let (wanted, before) = (tree(&src, "").await, tree(&dst, "").await);
            let first = run();
            let done = copy::copy(&first, &Root::dir(at(&src, "")), &at(&dst, "")).await;
            let after = tree(&dst, "").await;
            // A file against a directory of one name is the only failure.
            if done.is_ok() {
                for (name, file) in files(&wanted) {
                    prop_assert_eq!(after.get(name).map(String::as_str), Some(file));
                }
                let second = run();
                copy::copy(&second, &Root::dir(at(&src, "")), &at(&dst, "")).await.unwrap();
                prop_assert_eq!(second.stats.snapshot().counts.transfers, 0);
                prop_assert_eq!(tree(&dst, "").await, after.clone());
            }
            for name in before.keys() {
                prop_assert!(after.contains_key(name), "{} was deleted", name);
            }
            prop_assert_eq!(tree(&src, "").await, wanted);
            Ok(())
        })?;
    }

    #[test]
    fn a_dry_run_changes_nothing(src in any_tree(), dst in any_tree(), empty in any::<bool>()) {
        let (src, dst) = (filled(&src), filled(&dst));
        block(async {
            let before = tree(&dst, "").await;
            let options = Options { dry_run: true, create_empty_src_dirs: empty, ..Options::default() };
            let run = Run::new(options);
            let _ = copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, "")).await;
            let _ = delete::delete(&run, &Root::dir(at(&dst, ""))).await;
            let _ = delete::purge(&run, &at(&dst, "a")).await;
            prop_assert_eq!(tree(&dst, "").await, before);
            Ok(())
        })?;
    }
}

#[test]
fn a_failing_file_does_not_stop_the_others() {
    let (src, dst) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    for name in ["a", "b", "d/c"] {
        put(&src, name, name, 1);
    }
    dst.fail_write(path("b"), ErrorKind::QuotaExceeded);
    block(async {
        let run = run();
        let error = copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, ""))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::QuotaExceeded);
        assert!(error.is_counted());
        assert_eq!(run.stats.errors(), 1);
        let after = tree(&dst, "").await;
        assert_eq!(files(&after).into_keys().collect::<Vec<_>>(), ["a", "d/c"]);
        // Once the fault is gone the same command ends in the same tree.
        dst.heal();
        copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, ""))
            .await
            .unwrap();
        assert_eq!(tree(&dst, "").await, tree(&src, "").await);
    });
}

#[test]
fn an_unreadable_directory_is_an_error_and_the_rest_is_copied() {
    let (src, dst) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    put(&src, "d/lost", "x", 1);
    put(&src, "e/kept", "x", 1);
    src.fail_list(path("d"), ErrorKind::Network);
    block(async {
        let run = run();
        let done = copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, "")).await;
        assert_eq!(done.unwrap_err().kind, ErrorKind::Network);
        let after = tree(&dst, "").await;
        assert_eq!(files(&after).into_keys().collect::<Vec<_>>(), ["e/kept"]);
    });
}

#[test]
fn copying_into_a_directory_of_its_own_takes_what_was_there() {
    let store = Arc::new(Memory::default());
    put(&store, "a", "1", 1);
    put(&store, "d/b", "2", 1);
    block(async {
        let options = Options {
            create_empty_src_dirs: true,
            ..Options::default()
        };
        let run = Run::new(options);
        copy::copy(&run, &Root::dir(at(&store, "")), &at(&store, "d"))
            .await
            .unwrap();
        let after = tree(&store, "").await;
        let names: Vec<_> = files(&after).into_keys().collect();
        assert_eq!(names, ["a", "d/a", "d/b", "d/d/b"]);
        assert_eq!(run.stats.snapshot().counts.server_copies, 2);
    });
}

#[test]
fn of_duplicates_one_is_copied_and_directories_are_merged() {
    let src = Arc::new(Memory::with_duplicates());
    let dst = Arc::new(Memory::default());
    put(&src, "f", "first", 1);
    put(&src, "f", "second", 2);
    block(async {
        twin_dirs(&src).await;
        let run = run();
        copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, ""))
            .await
            .unwrap();
        let after = tree(&dst, "").await;
        assert_eq!(
            files(&after).into_keys().collect::<Vec<_>>(),
            ["d/one", "d/three", "d/two", "f"]
        );
    });
}

/// Two directories `d`, one with `one`, one with `two` and `three`.
async fn twin_dirs(store: &Arc<Memory>) {
    put(store, "d/one", "1", 1);
    put(store, "e/two", "2", 2);
    put(store, "e/three", "3", 3);
    let e = store.stat(&path("e")).await.unwrap();
    store
        .rename(&e, &Destination::from(path("d")))
        .await
        .unwrap();
}

#[test]
fn nothing_is_overwritten_beside_a_duplicate() {
    let src = Arc::new(Memory::default());
    let dst = Arc::new(Memory::with_duplicates());
    put(&src, "f", "new!", 9);
    put(&dst, "f", "one", 1);
    put(&dst, "f", "two", 2);
    block(async {
        copy::copy(&run(), &Root::dir(at(&src, "")), &at(&dst, ""))
            .await
            .unwrap();
        let after = tree(&dst, "").await;
        let texts: Vec<_> = files(&after).into_values().collect();
        assert_eq!(texts.len(), 2, "one was replaced, none added: {texts:?}");
        assert!(texts.iter().any(|t| t.starts_with("new!")));
    });
}

/// Answers from a list, and keeps what was shown.
#[derive(Default)]
struct Script {
    answers: Vec<char>,
    number: usize,
    shown: String,
}

impl Prompt for Script {
    fn print(&mut self, text: &str) -> std::io::Result<()> {
        self.shown.push_str(text);
        Ok(())
    }
    fn choose(&mut self, menu: &[(char, &str)]) -> std::io::Result<char> {
        let answer = self.answers.remove(0);
        assert!(menu.iter().any(|(c, _)| *c == answer));
        Ok(answer)
    }
    fn number(&mut self, _: &str, most: usize) -> std::io::Result<usize> {
        assert!(self.number <= most);
        Ok(self.number)
    }
}

/// Runs dedupe over three files `x/one.txt` of sizes 1, 3, 2 and times 2, 1, 3
/// beside an `x/one-1.txt`; returns what is left.
fn deduped(mode: Mode, options: Options, script: &mut Script) -> (Result<()>, Vec<String>) {
    let store = Arc::new(Memory::with_duplicates());
    put(&store, "x/one.txt", "a", 2);
    put(&store, "x/one.txt", "bbb", 1);
    put(&store, "x/one.txt", "cc", 3);
    put(&store, "x/one-1.txt", "old", 1);
    block(async {
        let run = Run::new(options);
        let done = dedupe(&run, &at(&store, ""), mode, By::Name, script).await;
        let left = tree(&store, "x").await;
        let left = files(&left)
            .into_iter()
            .map(|(name, text)| format!("{name} {}", text.split(' ').next().unwrap()))
            .collect();
        (done, left)
    })
}

#[test]
fn dedupe_leaves_what_its_mode_says() {
    let all = [
        "one-1.txt old",
        "one.txt a",
        "one.txt #2 bbb",
        "one.txt #3 cc",
    ];
    for (mode, expected) in [
        (Mode::Skip, &all[..]),
        (Mode::List, &all[..]),
        (Mode::First, &["one-1.txt old", "one.txt a"]),
        (Mode::Newest, &["one-1.txt old", "one.txt cc"]),
        (Mode::Oldest, &["one-1.txt old", "one.txt bbb"]),
        (Mode::Largest, &["one-1.txt old", "one.txt bbb"]),
        (Mode::Smallest, &["one-1.txt old", "one.txt a"]),
        (
            Mode::Rename,
            &[
                "one-1.txt old",
                "one-2.txt a",
                "one-3.txt bbb",
                "one-4.txt cc",
            ],
        ),
    ] {
        let (done, left) = deduped(mode, Options::default(), &mut Script::default());
        done.unwrap();
        assert_eq!(left, expected, "{mode}");
        let dry = Options {
            dry_run: true,
            ..Options::default()
        };
        let (_, left) = deduped(mode, dry, &mut Script::default());
        assert_eq!(left, all, "{mode} in a dry run");
    }
}

#[test]
fn dedupe_asks_and_does_what_it_is_told() {
    let mut script = Script {
        answers: vec!['k'],
        number: 2,
        ..Script::default()
    };
    let (done, left) = deduped(Mode::Interactive, Options::default(), &mut script);
    done.unwrap();
    assert_eq!(left, ["one-1.txt old", "one.txt bbb"]);
    assert!(
        script
            .shown
            .starts_with("x/one.txt: 3 duplicates\n  1:            1 bytes, ")
    );
    let mut script = Script {
        answers: vec!['q'],
        ..Script::default()
    };
    let (done, left) = deduped(Mode::Interactive, Options::default(), &mut script);
    done.unwrap();
    assert_eq!(left.len(), 4);
}

#[test]
fn dedupe_by_size_deletes_the_identical_first() {
    let store = Arc::new(Memory::with_duplicates());
    put(&store, "f", "aa", 1);
    put(&store, "f", "bb", 2);
    put(&store, "f", "ccc", 3);
    block(async {
        let run = Run::new(Options {
            size_only: true,
            ..Options::default()
        });
        dedupe(
            &run,
            &at(&store, ""),
            Mode::Skip,
            By::Name,
            &mut Script::default(),
        )
        .await
        .unwrap();
        assert_eq!(files(&tree(&store, "").await).len(), 2);
    });
}

#[test]
fn dedupe_merges_directories_into_the_fullest() {
    let store = Arc::new(Memory::with_duplicates());
    block(async {
        twin_dirs(&store).await;
        let fullest = twin_with(&store, "two").await;
        dedupe(
            &run(),
            &at(&store, ""),
            Mode::Skip,
            By::Name,
            &mut Script::default(),
        )
        .await
        .unwrap();
        let dirs = store.list(&Entry::dir(path(""))).await.unwrap();
        assert_eq!(dirs.len(), 1);
        assert_eq!(dirs[0].id, fullest.id);
        let after = tree(&store, "d").await;
        assert_eq!(
            files(&after).into_keys().collect::<Vec<_>>(),
            ["one", "three", "two"]
        );
    });
}

async fn twin_with(store: &Arc<Memory>, file: &str) -> Entry {
    for dir in store.list(&Entry::dir(path(""))).await.unwrap() {
        let inside = store.list(&dir).await.unwrap();
        if inside.iter().any(|e| e.name() == file) {
            return dir;
        }
    }
    panic!("no directory holds {file}");
}

#[test]
fn a_store_that_keeps_seconds_is_compared_in_seconds() {
    let src = Arc::new(Memory::default());
    let dst = Arc::new(Memory::new(Features {
        modified: Some(Duration::from_secs(1)),
        ids: true,
        ..Features::default()
    }));
    let time = Timestamp::from_nanosecond(1_500_000_000).unwrap();
    src.put(&path("f"), "text", Some(time)).unwrap();
    block(async {
        for expected in [1, 0] {
            let run = run();
            copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, ""))
                .await
                .unwrap();
            assert_eq!(run.stats.snapshot().counts.transfers, expected);
        }
    });
}

#[test]
fn a_time_is_refreshed_without_a_look_at_the_content() {
    for (refresh_times, expected) in [(true, "old!"), (false, "new!")] {
        let src = Arc::new(Memory::default());
        let dst = Arc::new(Memory::new(Features {
            modified: Some(Duration::from_nanos(1)),
            set_modified: true,
            ids: true,
            ..Features::default()
        }));
        put(&src, "f", "new!", 9);
        put(&dst, "f", "old!", 1);
        let run = Run::new(Options {
            refresh_times,
            ..Options::default()
        });
        block(async {
            copy::copy(&run, &Root::dir(at(&src, "")), &at(&dst, ""))
                .await
                .unwrap();
            let file = dst.stat(&path("f")).await.unwrap();
            assert_eq!(content(&dst, &file).await, expected);
            assert_eq!(file.modified, second(9));
        });
    }
}

#[test]
fn max_depth_and_walk_order_are_fixed() {
    let store = Arc::new(Memory::default());
    for name in ["b/x/deep", "b/a", "a/z", "c"] {
        put(&store, name, "", 1);
    }
    block(async {
        for (depth, expected) in [
            (None, vec!["a", "b", "c", "a/z", "b/a", "b/x", "b/x/deep"]),
            (Some(1), vec!["a", "b", "c"]),
            (Some(2), vec!["a", "b", "c", "a/z", "b/a", "b/x"]),
        ] {
            let run = Run::new(Options {
                max_depth: depth,
                ..Options::default()
            });
            let mut walk = Walk::new(&run, &Root::dir(at(&store, "")));
            let mut seen = Vec::new();
            while let Some(listing) = walk.next().await {
                seen.extend(listing.entries.iter().map(|e| e.path.as_str().to_owned()));
            }
            assert_eq!(seen, expected);
        }
    });
}

/// Whether a file passes cannot be known: it is not copied, and what stands at
/// the destination under its name is not taken for one that is to go.
#[test]
fn a_sync_deletes_nothing_where_metadata_cannot_be_read() {
    let (src, dst) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    put(&src, "known", "new", 2);
    put(&src, "unknown", "new", 2);
    put(&dst, "unknown", "old", 1);
    put(&dst, "extra", "old", 1);
    src.fail_metadata(path("unknown"), ErrorKind::Io);
    let spec = FilterSpec {
        metadata: RuleSpec {
            exclude: vec!["color=red".to_owned()],
            ..RuleSpec::default()
        },
        ..FilterSpec::default()
    };
    let run = Run {
        filter: Arc::new(Filter::build(&spec, |_| Ok(String::new())).unwrap()),
        ..run()
    };
    let synced = block(copy::sync(&run, &Root::dir(at(&src, "")), &at(&dst, "")));
    assert!(synced.is_err());
    // One about the file, and one about what is not deleted for it.
    assert_eq!(run.stats.errors(), 2);
    for name in ["known", "unknown", "extra"] {
        assert!(block(dst.stat(&path(name))).is_ok(), "{name}");
    }
}

#[test]
fn the_metadata_of_what_a_name_hides_is_not_read() {
    let (src, dst) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    for store in [&src, &dst] {
        put(store, "d/hidden.tmp", "old", 1);
        store.fail_metadata(path("d/hidden.tmp"), ErrorKind::Io);
    }
    put(&src, "d/seen", "new", 2);
    let spec = FilterSpec {
        names: RuleSpec {
            exclude: vec!["/d/*.tmp".to_owned()],
            ..RuleSpec::default()
        },
        metadata: RuleSpec {
            exclude: vec!["color=red".to_owned()],
            ..RuleSpec::default()
        },
        ..FilterSpec::default()
    };
    let run = run().with_filter(Filter::build(&spec, |_| Ok(String::new())).unwrap());
    block(copy::sync(&run, &Root::dir(at(&src, "")), &at(&dst, ""))).unwrap();
    assert!(block(dst.stat(&path("d/seen"))).is_ok());
    let mut walk = Walk::new(&run, &Root::dir(at(&src, "")));
    while block(walk.next()).is_some() {}
    assert_eq!(run.stats.errors(), 0);
}
