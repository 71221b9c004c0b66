//! `kill -9` in the middle of a copy, then the same command again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::account::{Account, content};

const FILES: usize = 40;

fn make_tree(root: &Path) {
    for index in 0..FILES {
        let dir = root.join(format!("d{}", index % 5));
        fs::create_dir_all(&dir).unwrap();
        let size = if index % 8 == 0 {
            3_000_000
        } else {
            40_000 + index
        };
        fs::write(
            dir.join(format!("f{index}.bin")),
            content(index as u32 + 1, size),
        )
        .unwrap();
    }
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut stack = vec![root.to_path_buf()];
    while let Some(dir) = stack.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                all.insert(
                    path.strip_prefix(root).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    all
}

/// Runs a command and kills it as soon as `reached` says so.
fn kill_when(account: &Account, args: &[&str], reached: impl Fn() -> bool) {
    let mut child = account.command(args).spawn().unwrap();
    while !reached() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn an_upload_that_was_killed_is_completed() {
    let account = Account::new();
    let source = account.home().join("src");
    make_tree(&source);
    for pieces in [1, 12, 30] {
        let before = account.stats().pieces_up;
        kill_when(
            &account,
            &["copy", "src", "m:dst", "--transfers", "4"],
            || account.stats().pieces_up >= before + pieces,
        );
    }
    account.ok(["copy", "src", "m:dst"]);
    account.ok(["copy", "m:dst", "back"]);
    assert_eq!(files(&account.home().join("back")), files(&source));
    assert!(
        account.stats().refusals.is_empty(),
        "{:?}",
        account.stats().refusals
    );
}

#[test]
fn a_download_that_was_killed_is_completed() {
    let account = Account::new();
    let source = account.home().join("src");
    make_tree(&source);
    account.ok(["copy", "src", "m:dst"]);
    let expected = files(&source);
    let back = account.home().join("back");
    for ranges in [1, 10, 25] {
        let before = account.stats().pieces_down;
        kill_when(&account, &["copy", "m:dst", "back"], || {
            account.stats().pieces_down >= before + ranges
        });
        // Nothing partial stands under a final name.
        for (name, bytes) in files(&back) {
            if let Some(whole) = expected.get(&name) {
                assert!(bytes == *whole, "{} is not whole", name.display());
            } else {
                assert!(
                    name.to_string_lossy().ends_with(".partial"),
                    "{}",
                    name.display()
                );
            }
        }
    }
    account.ok(["copy", "m:dst", "back"]);
    let mut got = files(&back);
    got.retain(|name, _| !name.to_string_lossy().ends_with(".partial"));
    assert_eq!(got, expected);
}
