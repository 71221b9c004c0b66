//! Both listings of a directory, filtered and matched; either side may lack
//! the directory.

use std::collections::{HashMap, VecDeque};

use futures_util::future;

use super::march::{Matched, Names, Pair, Side, match_listings};
use super::markers;
use super::walk::seen;
use super::{Filter, Run, Stats, Transform, root::relative};
use crate::remote::{Entry, EntryKind, ErrorKind, Location, RemoteError, RemotePath, Withheld};

/// A directory on both sides.
#[derive(Clone, Default)]
pub(super) struct Dirs {
    /// At the source.
    pub(super) src: Option<Entry>,
    /// At the destination.
    pub(super) dst: Option<Entry>,
}

/// What was found in a directory.
#[derive(Default)]
pub(super) struct Found {
    /// Number of entries before filters.
    pub(super) listed: u64,
    /// What lies there and the store cannot read.
    pub(super) withheld: Vec<(Side, Withheld)>,
    /// The sides that could not be listed, the source first. A destination
    /// that is missing is an empty one.
    pub(super) failed: Vec<(Side, RemoteError)>,
    /// What stands where. Nothing, where a side could not be listed; of a
    /// source that is missing, everything is.
    pub(super) matched: Matched,
}

/// Lists and matches directories; cheap to clone into tasks.
#[derive(Clone)]
pub(super) struct Lister {
    src: Location,
    dst: Location,
    filter: std::sync::Arc<Filter>,
    stats: std::sync::Arc<Stats>,
    names: Names,
    transform: std::sync::Arc<Transform>,
    /// The destination is asked for the files of the source, one by one.
    look_up: bool,
    /// Filters hide nothing at the destination.
    all_of_dst: bool,
    /// What the destination cannot read matters, too.
    withheld_of_dst: bool,
}

impl Lister {
    /// To compare both sides.
    pub(super) fn new(run: &Run, src: &Location, dst: &Location) -> Self {
        Self {
            src: src.clone(),
            dst: dst.clone(),
            filter: run.filter.clone(),
            stats: run.stats.clone(),
            names: Names {
                normalize: !run.options.no_unicode_normalization,
                fold_case: run.options.ignore_case_sync || dst.remote.features().case_insensitive,
            },
            transform: run.names.clone(),
            look_up: false,
            all_of_dst: false,
            withheld_of_dst: true,
        }
    }

    /// To change the destination.
    pub(super) fn of_copy(run: &Run, src: &Location, dst: &Location) -> Self {
        Self {
            look_up: run.options.no_traverse,
            all_of_dst: run.options.delete_excluded,
            withheld_of_dst: false,
            ..Self::new(run, src, dst)
        }
    }

    pub(super) async fn find(&self, dirs: &Dirs) -> Found {
        let (src, dst) = match &dirs.src {
            Some(_) if self.look_up => {
                let src = self.list(Side::Source, dirs).await;
                let dst = match &src {
                    Ok(listed) => self.ask_for(&listed.entries, dirs).await,
                    Err(_) => Ok(Listed::default()),
                };
                (src, dst)
            }
            _ => {
                let (src, dst) = (Side::Source, Side::Destination);
                future::join(self.list(src, dirs), self.list(dst, dirs)).await
            }
        };
        let mut found = Found::default();
        let mut known = true;
        let mut side = |side, result: Result<Listed, RemoteError>| {
            let listed = result.unwrap_or_else(|error| {
                let missing = error.kind == ErrorKind::DirNotFound;
                known &= missing;
                if side == Side::Source || !missing {
                    found.failed.push((side, error));
                }
                Listed::default()
            });
            found.listed += listed.entries.len() as u64;
            let withheld = listed.withheld.into_iter().map(|what| (side, what));
            found.withheld.extend(withheld);
            self.seen(side, listed.entries)
        };
        let src = side(Side::Source, src);
        let dst = side(Side::Destination, dst);
        if known && self.transform.is_active() {
            found.matched = self.match_changed(src, dst).await;
        } else if known {
            found.matched = match_listings(src, dst, self.names);
        }
        found
    }

    /// Matches the source by the names that its entries get.
    async fn match_changed(&self, src: Vec<Entry>, dst: Vec<Entry>) -> Matched {
        self.transform.prepare(&src).await;
        // What each entry was, by what it is called for the match; of several
        // the first one counts, as it does there.
        let mut was: HashMap<(RemotePath, EntryKind), VecDeque<Entry>> = HashMap::new();
        let mut called = Vec::with_capacity(src.len());
        for entry in src {
            let label = relative(&entry.path, &self.src.path);
            let name = self.transform.told(&entry, &label, &self.stats);
            let above = entry.path.parent().unwrap_or_default();
            let path = above.child(&name).unwrap_or_else(|_| entry.path.clone());
            called.push(Entry {
                path: path.clone(),
                ..entry.clone()
            });
            was.entry((path, entry.kind)).or_default().push_back(entry);
        }
        let mut back = |entry: &mut Entry| {
            let known = was.get_mut(&(entry.path.clone(), entry.kind));
            if let Some(original) = known.and_then(VecDeque::pop_front) {
                entry.path = original.path;
            }
        };
        let mut matched = match_listings(called, dst, self.names);
        for pair in &mut matched.pairs {
            match pair {
                Pair::SrcOnly(src) | Pair::Both { src, .. } | Pair::Clash { src, .. } => back(src),
                Pair::DstOnly(_) => {}
            }
        }
        for (side, entry) in &mut matched.surplus {
            if *side == Side::Source {
                back(entry);
            }
        }
        matched
    }

    fn seen(&self, side: Side, mut entries: Vec<Entry>) -> Vec<Entry> {
        let root = match side {
            Side::Source => &self.src,
            Side::Destination if self.all_of_dst => return entries,
            Side::Destination => &self.dst,
        };
        seen(&self.filter, &mut entries, &root.path);
        entries
    }

    async fn list(&self, side: Side, dirs: &Dirs) -> Result<Listed, RemoteError> {
        let (at, dir, all) = match side {
            Side::Source => (&self.src, &dirs.src, true),
            Side::Destination => (&self.dst, &dirs.dst, self.withheld_of_dst),
        };
        let Some(dir) = dir else {
            return Ok(Listed::default());
        };
        let mut entries = markers::list(&at.remote, &self.filter, dir).await?;
        if side == Side::Source || !self.all_of_dst {
            let hide = markers::hide_by_metadata;
            entries = hide(at, &self.filter, &self.stats, entries).await;
        }
        // Where the files are named, the others do not matter.
        let withheld = if all && self.filter.listed().is_none() {
            at.remote.withheld(dir).await?
        } else {
            Vec::new()
        };
        Ok(Listed { entries, withheld })
    }

    /// `--no-traverse`: the files of these that the destination has.
    async fn ask_for(&self, src: &[Entry], dirs: &Dirs) -> Result<Listed, RemoteError> {
        let mut found = Listed::default();
        let Some(dir) = &dirs.dst else {
            return Ok(found);
        };
        self.transform.prepare(src).await;
        for file in src.iter().filter(|e| !e.is_dir()) {
            let Ok(path) = dir.path.child(&self.transform.target(file)) else {
                continue;
            };
            match self.dst.remote.stat(&path).await {
                Ok(entry) => found.entries.push(entry),
                Err(e) if e.is_not_found() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(found)
    }
}

/// One side of a directory.
#[derive(Default)]
struct Listed {
    entries: Vec<Entry>,
    withheld: Vec<Withheld>,
}
