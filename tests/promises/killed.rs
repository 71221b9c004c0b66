//! `kill -9` at moments that nobody chose, then the same command again.
//!
//! A moment is a number of events at the server: requests, and stretches of
//! content. The seeds are fixed, and each moment has folders of its own.
//! `MEGARC_LARGE` makes 200 moments of the 20.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::account::{Account, content};

/// Bytes of content that count as one event.
const STRETCH: u64 = 256 << 10;

/// A tree of small files, a file of several chunks, and one of several pieces.
fn make_tree(root: &Path) {
    for index in 0..12 {
        let dir = root.join(format!("d{}", index % 4));
        fs::create_dir_all(&dir).unwrap();
        let size = 1 + index as usize * 9_000;
        fs::write(dir.join(format!("f{index}")), content(index + 1, size)).unwrap();
    }
    fs::write(root.join("middle.bin"), content(77, 900_000)).unwrap();
    fs::write(root.join("large.bin"), content(78, (8 << 20) + 77_777)).unwrap();
}

fn moments() -> u64 {
    if std::env::var_os("MEGARC_LARGE").is_some() {
        100
    } else {
        10
    }
}

/// How much has happened at the server.
fn events(account: &Account) -> u64 {
    let stats = account.stats();
    let pieces = stats.pieces_up + stats.pieces_down;
    stats.requests + pieces + (stats.bytes_up + stats.bytes_down) / STRETCH
}

/// Numbers that look random and are the same each time.
pub(crate) fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Runs a command and kills it after so many events, or lets it end.
fn kill_after(account: &Account, args: &[&str], count: u64) {
    let before = events(account);
    let mut child = account.command(args).spawn().unwrap();
    while events(account) < before + count && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
}

/// The paths of all files below `root`.
pub(crate) fn names(root: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut stack = vec![root.to_path_buf()];
    while let Some(dir) = stack.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap();
                all.insert(name.to_string_lossy().into_owned());
            }
        }
    }
    all
}

/// The same files with the same content, and no others.
pub(crate) fn assert_same(one: &Path, other: &Path, what: &str) {
    let all = names(other);
    assert_eq!(names(one), all, "{what}");
    for name in all {
        let same = fs::read(one.join(&name)).unwrap() == fs::read(other.join(&name)).unwrap();
        assert!(same, "{name}: {what}");
    }
}

#[test]
fn uploads_are_right_after_a_kill_at_any_moment() {
    let account = Account::new();
    let source = account.home().join("src");
    make_tree(&source);
    let up = |to: &str| {
        ["copy", "--no-dedupe-upload", "src", to]
            .map(str::to_owned)
            .to_vec()
    };
    let before = events(&account);
    account.ok(up("m:whole"));
    let all = events(&account) - before;
    let expected = names(&source);
    let mut seed = 0x5EED_0001;
    for moment in 0..moments() {
        let to = format!("m:up{moment}");
        let args = up(&to);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let count = random(&mut seed) % (all + 1);
        kill_after(&account, &args, count);
        account.ok(&args);
        let what = format!("moment {moment}, after {count} of {all} events");
        let listed = account.ok(["lsf", "-R", "--files-only", &to]);
        let listed: Vec<String> = listed.lines().map(str::to_owned).collect();
        let unique: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(unique, expected, "{what}");
        assert_eq!(listed.len(), unique.len(), "a name twice: {what}");
        let back = account.home().join("back");
        account.ok(["copy", &to, "back"]);
        assert_same(&back, &source, &what);
        fs::remove_dir_all(back).unwrap();
    }
    let refusals = account.stats().refusals;
    assert!(refusals.is_empty(), "{refusals:?}");
    assert_eq!(account.check(), Vec::<String>::new());
    let left = fs::read_dir(account.home().join(".local/state/megarc/uploads"));
    assert_eq!(left.into_iter().flatten().count(), 0, "journals are left");
}

#[test]
fn downloads_are_right_after_a_kill_at_any_moment() {
    let account = Account::new();
    let source = account.home().join("src");
    make_tree(&source);
    account.ok(["copy", "src", "m:dst"]);
    let before = events(&account);
    account.ok(["copy", "m:dst", "whole"]);
    let all = events(&account) - before;
    let expected = names(&source);
    let mut seed = 0x5EED_0002;
    for moment in 0..moments() {
        let to = format!("down{moment}");
        let back = account.home().join(&to);
        let args = ["copy", "m:dst", &to];
        let count = random(&mut seed) % (all + 1);
        kill_after(&account, &args, count);
        let what = format!("moment {moment}, after {count} of {all} events");
        for name in names(&back).intersection(&expected) {
            let same = fs::read(back.join(name)).unwrap() == fs::read(source.join(name)).unwrap();
            assert!(same, "{name} has its name and is not right: {what}");
        }
        account.ok(args);
        assert_same(&back, &source, &what);
        fs::remove_dir_all(back).unwrap();
    }
}
