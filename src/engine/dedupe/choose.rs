//! Which of several files of one name stays, and how they are shown. Pure.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use jiff::tz::TimeZone;

use super::super::root::relative;
use crate::remote::{Entry, RemotePath};

/// What happens to files of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The user is asked for each name.
    #[default]
    Interactive,
    /// They stay.
    Skip,
    /// The first listed stays.
    First,
    /// The newest stays.
    Newest,
    /// The oldest stays.
    Oldest,
    /// The largest stays.
    Largest,
    /// The smallest stays.
    Smallest,
    /// All stay, under new names.
    Rename,
    /// They are only shown.
    List,
}

const NAMES: [(&str, Mode); 9] = [
    ("interactive", Mode::Interactive),
    ("skip", Mode::Skip),
    ("first", Mode::First),
    ("newest", Mode::Newest),
    ("oldest", Mode::Oldest),
    ("largest", Mode::Largest),
    ("smallest", Mode::Smallest),
    ("rename", Mode::Rename),
    ("list", Mode::List),
];

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, mode)| mode == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for Mode {
    type Err = String;

    /// Names are matched without case.
    fn from_str(text: &str) -> Result<Self, String> {
        NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, mode)| *mode)
            .ok_or_else(|| format!("unknown mode for dedupe {text:?}"))
    }
}

/// The index of the entry that stays; `None` for the modes that do not choose.
#[must_use]
pub fn keep(mode: Mode, entries: &[Entry]) -> Option<usize> {
    let indexed = || entries.iter().enumerate();
    // Unknown times and sizes are smaller than known ones; of equal ones the
    // first stays.
    let found = match mode {
        Mode::First => indexed().next(),
        Mode::Newest => indexed().rev().max_by_key(|(_, e)| e.modified),
        Mode::Oldest => indexed().min_by_key(|(_, e)| e.modified),
        Mode::Largest => indexed().rev().max_by_key(|(_, e)| e.size),
        Mode::Smallest => indexed().min_by_key(|(_, e)| e.size),
        Mode::Interactive | Mode::Skip | Mode::Rename | Mode::List => None,
    };
    found.map(|(i, _)| i)
}

/// Separates the entries that have an id of their own from those that do not,
/// and says how often such an id appears.
#[must_use]
pub fn distinct(entries: Vec<Entry>) -> (Vec<Entry>, Vec<(Entry, usize)>) {
    let mut seen = HashMap::new();
    for entry in &entries {
        *seen.entry(entry.id.clone()).or_insert(0_usize) += 1;
    }
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for entry in entries {
        let times = seen.get(&entry.id).copied().unwrap_or(0);
        if times == 1 && entry.id.is_some() {
            kept.push(entry);
        } else {
            dropped.push((entry, times));
        }
    }
    (kept, dropped)
}

/// Sets of equal size; files of unknown size are in the set of `None`.
#[must_use]
pub fn by_size(entries: Vec<Entry>) -> Vec<(Option<u64>, Vec<Entry>)> {
    let mut sets: BTreeMap<Option<u64>, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        sets.entry(entry.size).or_default().push(entry);
    }
    sets.into_iter().collect()
}

/// The table of the files of one name, times in the local zone.
#[must_use]
pub fn table(name: &str, entries: &[Entry]) -> String {
    let no_hash = |_: &Entry| format!("none {:>32}", "");
    table_in(name, entries, &TimeZone::system(), no_hash)
}

/// The table of the files of one content, with their paths below `root`.
#[must_use]
pub fn table_of_paths(name: &str, entries: &[Entry], root: &RemotePath) -> String {
    let path = |entry: &Entry| relative(&entry.path, root).as_str().to_owned();
    table_in(name, entries, &TimeZone::system(), path)
}

fn table_in(
    name: &str,
    entries: &[Entry],
    zone: &TimeZone,
    last: impl Fn(&Entry) -> String,
) -> String {
    let mut text = format!("{name}: {} duplicates\n", entries.len());
    for (i, entry) in entries.iter().enumerate() {
        let size = entry
            .size
            .map_or_else(|| "-1".to_owned(), |s| s.to_string());
        let time = entry.modified.unwrap_or_default().to_zoned(zone.clone());
        let time = time.strftime("%Y-%m-%d %H:%M:%S.%9f");
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {}: {size:>12} bytes, {time}, {}",
            i + 1,
            last(entry)
        );
    }
    text
}

/// The `number`-th new name for a file: `file.jpg` → `file-1.jpg`.
#[must_use]
pub fn numbered(name: &str, number: usize) -> String {
    match name.rfind('.') {
        Some(dot) => format!("{}-{number}{}", &name[..dot], &name[dot..]),
        None => format!("{name}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::remote::EntryId;

    fn file(id: &str, size: u64, second: i64) -> Entry {
        let mut entry = Entry::file(RemotePath::parse("f.txt").unwrap(), Some(size));
        entry.id = Some(EntryId::new(id));
        entry.modified = Some(jiff::Timestamp::from_second(second).unwrap());
        entry
    }

    #[test]
    fn every_mode_keeps_its_own() {
        let files = [file("a", 5, 3), file("b", 1, 9), file("c", 7, 1)];
        for (mode, expected) in [
            (Mode::First, Some(0)),
            (Mode::Newest, Some(1)),
            (Mode::Oldest, Some(2)),
            (Mode::Largest, Some(2)),
            (Mode::Smallest, Some(1)),
            (Mode::Skip, None),
            (Mode::Rename, None),
            (Mode::List, None),
            (Mode::Interactive, None),
        ] {
            assert_eq!(keep(mode, &files), expected, "{mode}");
        }
        let equal = [file("a", 1, 1), file("b", 1, 1)];
        for mode in [Mode::Newest, Mode::Oldest, Mode::Largest, Mode::Smallest] {
            assert_eq!(keep(mode, &equal), Some(0), "{mode}");
        }
    }

    #[test]
    fn entries_that_cannot_be_told_apart_are_left_out() {
        let mut nameless = file("x", 1, 1);
        nameless.id = None;
        let (kept, dropped) = distinct(vec![
            file("a", 1, 1),
            file("b", 1, 1),
            file("a", 1, 1),
            nameless,
        ]);
        let ids: Vec<_> = kept.iter().map(|e| e.id.clone().unwrap()).collect();
        assert_eq!(ids, [EntryId::new("b")]);
        let times: Vec<_> = dropped.iter().map(|(_, times)| *times).collect();
        assert_eq!(times, [2, 2, 1]);
    }

    #[test]
    fn the_table_is_rclones() {
        let one = [file("a", 4, 1_763_898_680)];
        let last = |_: &Entry| format!("none {:>32}", "");
        let text = table_in("f.txt", &one, &TimeZone::UTC, last);
        let expected = format!(
            "f.txt: 1 duplicates\n  1:            4 bytes, 2025-11-23 11:51:20.000000000, none {}\n",
            " ".repeat(32)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn modes_and_names_parse() {
        assert_eq!("Newest".parse(), Ok(Mode::Newest));
        assert_eq!(
            "bogus".parse::<Mode>(),
            Err("unknown mode for dedupe \"bogus\"".to_owned())
        );
        assert_eq!(numbered("one.txt", 2), "one-2.txt");
        assert_eq!(numbered("a.tar.gz", 1), "a.tar-1.gz");
        assert_eq!(numbered("plain", 1), "plain-1");
    }
}
