//! What each command starts from, and how its end is judged.

use std::fs;

use super::bench::{Bench, DUPLICATES, FILES};

/// A command of the matrix.
pub(super) struct Command {
    pub name: &'static str,
    /// Makes what the command works on, at a place of its own.
    pub prepare: fn(&Bench, &str),
    pub args: fn(&str) -> Vec<String>,
    /// Judges what stands there; after a good end all of it has to be right.
    pub check: fn(&Bench, &str, bool, &str),
}

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "copy up",
        prepare: |_, _| {},
        args: |place| args(&["copy", "--no-dedupe-upload", "src", &format!("m:{place}")]),
        check: check_up,
    },
    Command {
        name: "copy down",
        prepare: |_, _| {},
        args: |place| args(&["copy", "--mega-no-tree-cache", "m:src", place]),
        check: check_down,
    },
    Command {
        name: "delete",
        prepare: |bench, place| {
            for (name, content) in FILES {
                bench.put(&format!("{place}/{name}"), content());
            }
        },
        args: |place| args(&["delete", &format!("m:{place}")]),
        check: check_deleted,
    },
    Command {
        name: "dedupe",
        prepare: |bench, place| {
            for content in DUPLICATES {
                bench.put(&format!("{place}/f"), content.into());
            }
        },
        args: |place| args(&["dedupe", "largest", &format!("m:{place}")]),
        check: check_deduped,
    },
];

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn check_up(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let there = bench.contents(place);
    for (name, content) in &there {
        let expected = FILES.iter().find(|(known, _)| known == name);
        let (_, expected) = expected.unwrap_or_else(|| panic!("{what}: {name} is there"));
        assert!(*content == expected(), "{what}: {name} is not right");
    }
    let mut names: Vec<&String> = there.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), there.len(), "{what}: a name twice");
    if ended_well {
        assert_eq!(names.len(), FILES.len(), "{what}: {names:?}");
    }
}

fn check_down(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let dir = bench.account.home().join(place);
    let mut count = 0;
    for (name, content) in FILES {
        let Ok(there) = fs::read(dir.join(name)) else {
            assert!(!ended_well, "{what}: {name} is missing");
            continue;
        };
        count += 1;
        assert!(there == content(), "{what}: {name} is not right");
    }
    assert_eq!(bench.files_below(&dir), count, "{what}: more files");
}

fn check_deleted(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let there = bench.contents(place);
    for (name, content) in &there {
        let expected = FILES.iter().find(|(known, _)| known == name);
        assert!(
            expected.is_some_and(|(_, expected)| *content == expected()),
            "{what}: {name} is not right"
        );
    }
    assert!(!ended_well || there.is_empty(), "{what}: files are left");
}

fn check_deduped(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let there = bench.contents(place);
    let largest = DUPLICATES.iter().max_by_key(|content| content.len());
    let kept = there
        .iter()
        .any(|(name, content)| name == "f" && largest.is_some_and(|l| content == l.as_bytes()));
    assert!(kept, "{what}: the largest is gone");
    assert!(
        !ended_well || there.len() == 1,
        "{what}: duplicates are left"
    );
}
