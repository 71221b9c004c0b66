//! Two processes, one account, one destination, at the same time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::account::{Account, content};

/// Small files in folders, and one of several pieces.
fn make_tree(root: &Path, prefix: &str, seed: u32) {
    for index in 0..30_u32 {
        let dir = root.join(format!("d{}/sub", index % 5));
        fs::create_dir_all(&dir).unwrap();
        let bytes = content(seed + index, 1 + index as usize * 2_000);
        fs::write(dir.join(format!("{prefix}{index}")), bytes).unwrap();
    }
    let large = content(seed + 99, 3_000_000);
    fs::write(root.join(format!("{prefix}large")), large).unwrap();
}

/// The files below a folder.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut dirs) = (BTreeMap::new(), vec![root.to_path_buf()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy();
                all.insert(name.into_owned(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// Runs commands side by side; all of them have to succeed.
fn together(account: &Account, commands: &[&[&str]]) -> Vec<Output> {
    let running: Vec<_> = commands
        .iter()
        .map(|args| {
            let mut command = account.command(*args);
            let piped = command.stderr(std::process::Stdio::piped());
            piped.spawn().unwrap()
        })
        .collect();
    let ended = running.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output
    });
    ended.collect()
}

/// Everything below `m:dst` is there once, with the content that it should have.
fn assert_there(account: &Account, expected: &BTreeMap<String, Vec<u8>>) {
    let listed = account.ok(["lsf", "-R", "m:dst"]);
    let mut names: Vec<&str> = listed.lines().collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "a name twice: {listed}");
    account.ok(["copy", "m:dst", "back"]);
    let back = files(&account.home().join("back"));
    assert_eq!(
        back.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in expected {
        assert!(back[name] == *bytes, "{name}");
    }
    assert_eq!(account.check(), Vec::<String>::new());
    assert!(account.stats().refusals.is_empty());
}

/// Answers that take a while make the two meet everywhere.
fn account() -> Account {
    Account::with_faults("cs:delay=15;up:delay=10")
}

#[test]
fn one_tree_goes_up_twice_at_once() {
    let account = account();
    let source = account.home().join("src");
    make_tree(&source, "f", 1);
    together(
        &account,
        &[
            &["copy", "src", "m:dst", "--no-dedupe-upload"],
            &["copy", "src", "m:dst"],
        ],
    );
    assert_there(&account, &files(&source));
    // What both have sent counts once.
    let versions = account.ok(["lsf", "-R", "--files-only", "m:dst", "--mega-versions"]);
    assert_eq!(versions.lines().count(), 31, "{versions}");
}

#[test]
fn two_trees_go_into_one_folder_at_once() {
    let account = account();
    let (one, two) = (account.home().join("one"), account.home().join("two"));
    make_tree(&one, "a", 100);
    make_tree(&two, "b", 200);
    // And one name with two contents: either may win.
    fs::write(one.join("same"), "one").unwrap();
    fs::write(two.join("same"), "two").unwrap();
    together(
        &account,
        &[&["copy", "one", "m:dst"], &["copy", "two", "m:dst"]],
    );
    let mut expected = files(&one);
    expected.extend(files(&two));
    let won = account.ok(["cat", "m:dst/same"]);
    assert!(["one", "two"].contains(&won.as_str()), "{won}");
    expected.insert("same".to_owned(), won.into_bytes());
    assert_there(&account, &expected);
}

#[test]
fn two_trees_move_into_one_folder_at_once() {
    let account = account();
    let (one, two) = (account.home().join("one"), account.home().join("two"));
    make_tree(&one, "f", 300);
    make_tree(&two, "f", 400);
    account.ok(["copy", "one", "m:one"]);
    account.ok(["copy", "two", "m:two"]);
    together(
        &account,
        &[&["move", "m:one", "m:dst"], &["move", "m:two", "m:dst"]],
    );
    account.ok(["copy", "m:dst", "won"]);
    let (one, two) = (files(&one), files(&two));
    let won = files(&account.home().join("won"));
    // Either may win, for each name.
    for (name, bytes) in &won {
        assert!([&one[name], &two[name]].contains(&bytes), "{name}");
    }
    assert_eq!(won.len(), one.len());
    assert_there(&account, &won);
}

#[test]
fn a_process_alone_asks_for_nothing_more() {
    let account = Account::new();
    make_tree(&account.home().join("src"), "f", 1);
    account.ok(["copy", "src", "m:dst"]);
    assert_eq!(account.stats().polls, 0);
    // The number in the file is known from the first look on.
    account.ok(["copy", "src", "m:again", "--mega-no-tree-cache"]);
    assert_eq!(account.stats().polls, 0);
}

#[test]
fn one_tree_comes_down_twice_at_once() {
    let account = Account::with_faults("");
    let source = account.home().join("src");
    make_tree(&source, "f", 1);
    account.ok(["copy", "src", "m:dst"]);
    account.set_faults("down:delay=10;cs:delay=10");
    let command: &[&str] = &["copy", "m:dst", "back"];
    together(&account, &[command, command, command]);
    let back = files(&account.home().join("back"));
    assert!(back == files(&source), "{:?}", back.keys());
}
