//! Two listings of one directory → what stands on which side. Pure.
//!
//! | source | destination | pair |
//! | --- | --- | --- |
//! | x | – | `SrcOnly` |
//! | – | x | `DstOnly` |
//! | file x | file x | `Both` |
//! | dir x | dir x | `Both` |
//! | file x | dir x, no file x | `Clash` |
//! | dir x | file x, no dir x | `Clash` |
//!
//! Equal names come first; what is left is matched in Unicode's normal form
//! (`é` as one character or as two), and without regard to case where one of
//! the stores has none. Of several entries of one name and kind the first
//! counts and the rest is reported; surplus directories are merged into it,
//! so that nothing in them is lost sight of.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use crate::remote::{Entry, EntryKind};

/// When two different names mean the same entry.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names {
    /// Compare in Unicode's normal form C.
    pub normalize: bool,
    /// Compare without case.
    pub fold_case: bool,
}

/// What stands on which side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// At the source only.
    SrcOnly(Entry),
    /// At the destination only.
    DstOnly(Entry),
    /// On both sides.
    Both {
        /// At the source.
        src: Entry,
        /// At the destination.
        dst: Entry,
    },
    /// A file on one side, a directory on the other.
    Clash {
        /// At the source.
        src: Entry,
        /// At the destination.
        dst: Entry,
    },
}

/// The side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where is copied from.
    Source,
    /// Where is copied to.
    Destination,
}

impl Side {
    /// The word for it in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

/// The result of matching two listings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Sorted by the source's name (the destination's where it stands alone).
    pub pairs: Vec<Pair>,
    /// Entries whose name another one has taken, for a notice each.
    pub surplus: Vec<(Side, Entry)>,
}

impl Names {
    /// What equal names have in common.
    pub(super) fn key<'a>(self, name: &'a str) -> Cow<'a, str> {
        let name = if self.normalize
            && is_nfc_quick(name.chars()) != unicode_normalization::IsNormalized::Yes
        {
            Cow::Owned(name.nfc().collect::<String>())
        } else {
            Cow::Borrowed(name)
        };
        if self.fold_case {
            Cow::Owned(name.to_lowercase())
        } else {
            name
        }
    }
}

/// Matches two listings of one directory.
#[must_use]
pub fn match_listings(src: Vec<Entry>, dst: Vec<Entry>, names: Names) -> Matched {
    let mut matched = Matched::default();
    let src = unique(src, Side::Source, &mut matched.surplus);
    let dst = unique(dst, Side::Destination, &mut matched.surplus);
    let (src, dst) = pair_equal(src, dst, &mut matched.pairs);
    let (src, dst) = pair_similar(src, dst, names, &mut matched);
    let (src, dst) = pair_clashes(src, dst, names, &mut matched.pairs);
    matched.pairs.extend(src.into_iter().map(Pair::SrcOnly));
    matched.pairs.extend(dst.into_iter().map(Pair::DstOnly));
    matched.pairs.sort_by(|a, b| a.name().cmp(b.name()));
    matched
}

impl Pair {
    fn name(&self) -> &str {
        match self {
            Self::SrcOnly(e) | Self::DstOnly(e) => e.name(),
            Self::Both { src, .. } | Self::Clash { src, .. } => src.name(),
        }
    }
}

/// Sorts by name and keeps the first of each name and kind.
fn unique(mut entries: Vec<Entry>, side: Side, surplus: &mut Vec<(Side, Entry)>) -> Vec<Entry> {
    entries.sort_by(|a, b| (a.name(), a.kind).cmp(&(b.name(), b.kind)));
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match kept.last_mut() {
            Some(last) if last.kind == entry.kind && last.name() == entry.name() => {
                if last.is_dir() {
                    // Without an id the path stands for all of them.
                    last.id = None;
                }
                surplus.push((side, entry));
            }
            _ => kept.push(entry),
        }
    }
    kept
}

type Sides = (Vec<Entry>, Vec<Entry>);

fn pair_equal(src: Vec<Entry>, dst: Vec<Entry>, pairs: &mut Vec<Pair>) -> Sides {
    let (mut src_left, mut dst_left) = (Vec::new(), Vec::new());
    let mut dst = dst.into_iter().peekable();
    for s in src {
        while let Some(d) = dst.next_if(|d| (d.name(), d.kind) < (s.name(), s.kind)) {
            dst_left.push(d);
        }
        match dst.next_if(|d| (d.name(), d.kind) == (s.name(), s.kind)) {
            Some(d) => pairs.push(Pair::Both { src: s, dst: d }),
            None => src_left.push(s),
        }
    }
    dst_left.extend(dst);
    (src_left, dst_left)
}

fn pair_similar(src: Vec<Entry>, dst: Vec<Entry>, names: Names, matched: &mut Matched) -> Sides {
    if !names.normalize && !names.fold_case {
        return (src, dst);
    }
    let mut by_key: BTreeMap<(String, EntryKind), Vec<Entry>> = BTreeMap::new();
    for d in dst.into_iter().rev() {
        let key = (names.key(d.name()).into_owned(), d.kind);
        by_key.entry(key).or_default().push(d);
    }
    // Where the destination has no case, a second name with the same key
    // would overwrite the first.
    let mut taken: HashSet<(String, EntryKind)> = HashSet::new();
    if names.fold_case {
        for pair in &matched.pairs {
            if let Pair::Both { src, .. } = pair {
                taken.insert((names.key(src.name()).into_owned(), src.kind));
            }
        }
    }
    let mut src_left = Vec::new();
    for s in src {
        let key = (names.key(s.name()).into_owned(), s.kind);
        if names.fold_case && !taken.insert(key.clone()) {
            matched.surplus.push((Side::Source, s));
            continue;
        }
        match by_key.get_mut(&key).and_then(Vec::pop) {
            Some(d) => matched.pairs.push(Pair::Both { src: s, dst: d }),
            None => src_left.push(s),
        }
    }
    let mut dst_left: Vec<Entry> = by_key.into_values().flatten().collect();
    dst_left.sort_by(|a, b| a.name().cmp(b.name()));
    (src_left, dst_left)
}

fn pair_clashes(src: Vec<Entry>, dst: Vec<Entry>, names: Names, pairs: &mut Vec<Pair>) -> Sides {
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for (i, d) in dst.iter().enumerate() {
        by_key.insert(names.key(d.name()).into_owned(), i);
    }
    let mut dst: Vec<Option<Entry>> = dst.into_iter().map(Some).collect();
    let mut src_left = Vec::new();
    for s in src {
        let other = by_key
            .get(names.key(s.name()).as_ref())
            .and_then(|i| dst.get_mut(*i))
            .and_then(|slot| slot.take_if(|d| d.kind != s.kind));
        match other {
            Some(d) => pairs.push(Pair::Clash { src: s, dst: d }),
            None => src_left.push(s),
        }
    }
    (src_left, dst.into_iter().flatten().collect())
}
