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
        name: "sync up",
        prepare: |bench, place| bench.put(&format!("{place}/gone"), b"extra".to_vec()),
        args: |place| args(&["sync", "--no-dedupe-upload", "src", &format!("m:{place}")]),
        check: |bench, place, ended_well, what| {
            let extra = bench.contents(place);
            let extra = extra.iter().any(|(name, _)| name == "gone");
            assert!(!(ended_well && extra), "{what}: the extra file is there");
            check_up(bench, place, ended_well, what);
        },
    },
    Command {
        name: "move up",
        prepare: |bench, place| bench.make_source(place),
        args: |place| args(&["move", "--no-dedupe-upload", place, &format!("m:{place}")]),
        check: check_moved,
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
    Command {
        name: "move inside",
        prepare: |bench, place| {
            for (name, content) in FILES {
                bench.put(&format!("{place}/from/{name}"), content());
            }
            // Else the folder would be moved as a whole, and be gone for whoever
            // repeats the command.
            bench.put(&format!("{place}/to/there"), b"before".to_vec());
        },
        args: |place| args(&["move", &format!("m:{place}/from"), &format!("m:{place}/to")]),
        check: check_inside,
    },
];

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn check_up(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let mut there = bench.contents(place);
    // What a sync removes at its end.
    there.retain(|(name, _)| name != "gone");
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

fn check_moved(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    check_up(bench, place, ended_well, what);
    let there = bench.contents(place);
    for (name, make) in FILES {
        let here = fs::read(bench.account.home().join(place).join(name));
        assert!(!(ended_well && here.is_ok()), "{what}: {name} is left");
        let is_there = there.iter().any(|(known, _)| known == name);
        let is_here = here.is_ok_and(|content| content == make());
        assert!(is_there || is_here, "{what}: {name} is lost");
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

fn check_inside(bench: &Bench, place: &str, ended_well: bool, what: &str) {
    let there = bench.contents(place);
    for (name, make) in FILES {
        let paths = [format!("to/{name}"), format!("from/{name}")];
        let found: Vec<_> = there
            .iter()
            .filter(|(path, _)| paths.contains(path))
            .collect();
        let count = found.len();
        assert_eq!(count, 1, "{what}: {name} is there {count} times");
        for (path, content) in found {
            assert!(*content == make(), "{what}: {path} is not right");
            assert!(!ended_well || *path == paths[0], "{what}: {path} is left");
        }
    }
    assert_eq!(there.len(), FILES.len() + 1, "{what}: more files");
}
