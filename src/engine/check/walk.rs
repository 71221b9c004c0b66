//! Both listings of a directory, filtered and matched; either may be missing.

use futures_util::{FutureExt, future};

use super::super::descent::Descent;
use super::super::march::{Matched, Names, Side, match_listings};
use super::super::walk::seen;
use super::super::{Filter, Run};
use crate::remote::{Entry, ErrorKind, Location, RemoteError, Withheld};

/// A directory of the walk.
#[derive(Clone)]
pub(super) struct Place {
    src: Option<Entry>,
    dst: Option<Entry>,
    /// Levels below the start.
    depth: usize,
}

impl Place {
    /// The directory on one side.
    pub(super) fn on(&self, side: Side) -> Option<&Entry> {
        match side {
            Side::Source => self.src.as_ref(),
            Side::Destination => self.dst.as_ref(),
        }
    }
}

/// A directory, listed on both sides.
pub(super) struct Step {
    pub(super) place: Place,
    /// Number of entries before filters.
    pub(super) listed: u64,
    /// What lies there and the store cannot read.
    pub(super) withheld: Vec<(Side, Withheld)>,
    /// The sides that could not be listed.
    pub(super) failed: Vec<(Side, RemoteError)>,
    pub(super) matched: Matched,
    /// Whether it makes sense to go on below.
    pub(super) complete: bool,
}

/// The walk under way.
pub(super) struct Steps {
    descent: Descent<Place, Step>,
    max_depth: Option<usize>,
}

impl Steps {
    pub(super) fn new(run: &Run, src: &Location, dst: &Location) -> Self {
        let lister = Lister {
            src: src.clone(),
            dst: dst.clone(),
            filter: run.filter.clone(),
            names: Names {
                normalize: !run.options.no_unicode_normalization,
                fold_case: run.options.ignore_case_sync || dst.remote.features().case_insensitive,
            },
        };
        let mut descent = Descent::new(run.options.checkers, move |place: Place| {
            let lister = lister.clone();
            async move { lister.step(place).await }.boxed()
        });
        descent.enter(vec![Place {
            src: Some(Entry::dir(src.path.clone())),
            dst: Some(Entry::dir(dst.path.clone())),
            depth: 0,
        }]);
        Self {
            descent,
            max_depth: run.options.max_depth,
        }
    }

    pub(super) async fn next(&mut self) -> Option<Step> {
        self.descent.next().await
    }

    /// Goes into directories of `place`, as deep as allowed.
    pub(super) fn enter(&mut self, place: &Place, below: Vec<(Option<Entry>, Option<Entry>)>) {
        let depth = place.depth + 1;
        if self.max_depth.is_some_and(|max| depth >= max) {
            return;
        }
        let places = below
            .into_iter()
            .map(|(src, dst)| Place { src, dst, depth })
            .collect();
        self.descent.enter(places);
    }
}

#[derive(Clone)]
struct Lister {
    src: Location,
    dst: Location,
    filter: std::sync::Arc<Filter>,
    names: Names,
}

/// One side of a directory.
#[derive(Default)]
struct Listed {
    entries: Vec<Entry>,
    withheld: Vec<Withheld>,
}

impl Lister {
    async fn step(&self, place: Place) -> Step {
        let (src, dst) = future::join(
            self.list(&self.src, place.src.as_ref()),
            self.list(&self.dst, place.dst.as_ref()),
        )
        .await;
        let mut step = Step {
            place,
            listed: 0,
            withheld: Vec::new(),
            failed: Vec::new(),
            matched: Matched::default(),
            complete: true,
        };
        // A missing destination is an empty one; and of a source that is
        // missing, everything is missing. What cannot be listed says nothing.
        let mut known = true;
        let mut sides = Vec::with_capacity(2);
        for (side, root, result) in [
            (Side::Source, &self.src, src),
            (Side::Destination, &self.dst, dst),
        ] {
            let listed = match result {
                Ok(listed) => listed,
                Err(e) if e.kind == ErrorKind::DirNotFound => {
                    if side == Side::Source {
                        step.failed.push((side, e));
                        step.complete = false;
                    }
                    Listed::default()
                }
                Err(e) => {
                    step.failed.push((side, e));
                    known = false;
                    Listed::default()
                }
            };
            step.listed += listed.entries.len() as u64;
            step.withheld
                .extend(listed.withheld.into_iter().map(|what| (side, what)));
            let mut entries = listed.entries;
            seen(&self.filter, &mut entries, &root.path);
            sides.push(entries);
        }
        step.complete &= known;
        if let (Some(dst), Some(src), true) = (sides.pop(), sides.pop(), known) {
            step.matched = match_listings(src, dst, self.names);
        }
        step
    }

    async fn list(&self, at: &Location, dir: Option<&Entry>) -> Result<Listed, RemoteError> {
        let Some(dir) = dir else {
            return Ok(Listed::default());
        };
        let entries = at.remote.list(dir).await?;
        // Where the files are named, the others do not matter.
        let withheld = if self.filter.listed().is_some() {
            Vec::new()
        } else {
            at.remote.withheld(dir).await?
        };
        Ok(Listed { entries, withheld })
    }
}
