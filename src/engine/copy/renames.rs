//! `--track-renames`: a file that the source has under a new name is renamed
//! at the destination, instead of being sent again and deleted there.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::super::compare::{comparable, difference, signed};
use super::super::contents::same_contents;
use super::super::relocate::{Part, relocate};
use super::super::root::relative;
use super::super::stats::Check;
use super::super::transfer::Job;
use super::super::{Error, Result, Run};
use super::tree::{Queues, Tree, lock};
use crate::remote::{Depth, Entry, ErrorKind, Location};

/// What tells that two files are one; equal sizes are always needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strategy {
    contents: bool,
    times: bool,
    names: bool,
}

impl Strategy {
    /// The strategy of a run; `None`: renames are not looked for.
    ///
    /// # Errors
    /// A word that is none.
    pub(super) fn of(run: &Run) -> Result<Option<Self>> {
        if !run.options.track_renames {
            return Ok(None);
        }
        let mut strategy = Self {
            contents: false,
            times: false,
            names: false,
        };
        for word in run.options.track_renames_strategy.split(',') {
            match word {
                "hash" => strategy.contents = true,
                "modtime" => strategy.times = true,
                "leaf" => strategy.names = true,
                "size" | "" => {}
                _ => {
                    let text = format!("unknown track renames strategy {word:?}");
                    return Err(Error::new(ErrorKind::Invalid, text));
                }
            }
        }
        Ok(Some(strategy))
    }

    /// The same, unless the stores cannot do it; that is said.
    pub(super) fn usable(
        self,
        (src, dst): (&Location, &Location),
        window: Option<Duration>,
    ) -> Option<Self> {
        let (from, to) = (src.remote.features(), dst.remote.features());
        let why = if !to.server_move && !to.server_copy {
            "the destination does not support server-side move or copy"
        } else if self.contents && !comparable(&from, &to) {
            "the source and destination do not have a common hash"
        } else if self.times && window.is_none() {
            "either the source or destination do not support modtime"
        } else {
            return Some(self);
        };
        ignore(dst, why);
        None
    }
}

/// A file of the destination that may have been renamed at the source.
struct Extra {
    file: Entry,
    /// It has counted as a check.
    counted: bool,
}

impl From<Entry> for Extra {
    fn from(file: Entry) -> Self {
        let counted = false;
        Self { file, counted }
    }
}

/// Says that renames are not tracked.
pub(super) fn ignore(dst: &Location, why: &str) {
    tracing::error!(object = %dst.describe(), "Ignoring --track-renames as {why}");
}

impl Tree {
    /// Renames what it can of the files that wait for that, and queues the
    /// rest for transfer.
    pub(super) async fn rename_tracked(&self, queues: &Queues) {
        let Some(strategy) = self.strategy else {
            return;
        };
        let label = self.dst.describe();
        tracing::info!(object = %label, "Making map for --track-renames");
        let mut sizes: BTreeMap<u64, (Vec<Job>, Vec<Entry>)> = BTreeMap::new();
        let mut rest = Vec::new();
        for job in std::mem::take(&mut *lock(&self.untracked)) {
            match job.src.size {
                Some(size) => sizes.entry(size).or_default().0.push(job),
                None => rest.push(job),
            }
        }
        let extras = std::mem::take(&mut lock(&self.extras).files);
        let mut left = Vec::new();
        for extra in extras {
            match extra.size {
                Some(size) if sizes.contains_key(&size) => {
                    sizes.entry(size).or_default().1.push(extra);
                }
                _ => left.push(extra),
            }
        }
        tracing::info!(object = %label, "Finished making map for --track-renames");
        let at_a_time = self.run.options.checkers.max(1);
        let sizes = sizes.into_values().map(|(jobs, extras)| {
            let extras = extras.into_iter().map(Extra::from).collect();
            (jobs, extras)
        });
        let done: Vec<(Vec<Job>, Vec<Extra>)> = stream::iter(sizes)
            .map(|(jobs, extras)| self.rename_some(strategy, jobs, extras))
            .buffer_unordered(at_a_time)
            .collect()
            .await;
        for (jobs, extras) in done {
            rest.extend(jobs);
            left.extend(extras.into_iter().map(|extra| extra.file));
        }
        left.sort_by(|a, b| a.path.cmp(&b.path));
        lock(&self.extras).files = left;
        rest.sort_by(|a, b| a.name.cmp(&b.name));
        for job in rest {
            self.send(job, None, queues).await;
        }
    }

    /// Files of one size: returns those that have to be sent, and those that
    /// have to go.
    async fn rename_some(
        &self,
        strategy: Strategy,
        jobs: Vec<Job>,
        mut extras: Vec<Extra>,
    ) -> (Vec<Job>, Vec<Extra>) {
        let mut rest = Vec::new();
        for job in jobs {
            let found = if self.may_delete() {
                self.find_renamed(strategy, &job, &mut extras).await
            } else {
                None
            };
            let Some(found) = found else {
                rest.push(job);
                continue;
            };
            let old = extras.remove(found).file;
            let old_name = relative(&old.path, &self.dst.path).as_str().to_owned();
            let moving = Job {
                src: old,
                name: old_name.clone(),
                ..job.clone()
            };
            match relocate(&self.run, &self.dst, &self.dst, &moving, Part::Aside).await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(e) => {
                    self.fail(e);
                    continue;
                }
            }
            if let Some(parent) = job.to.path.parent() {
                lock(&self.times).mark_file_in(&parent);
            }
            tracing::info!(object = %job.name, "Renamed from {old_name:?}");
        }
        for extra in &mut extras {
            drop(self.check_once(extra));
        }
        (rest, extras)
    }

    /// Each file that may have been renamed counts as one check.
    fn check_once(&self, extra: &mut Extra) -> Option<Check> {
        let first = !std::mem::replace(&mut extra.counted, true);
        first.then(|| {
            let name = relative(&extra.file.path, &self.dst.path);
            self.run.stats.begin_check(name.as_str())
        })
    }

    /// Which of the files is the one of `job`.
    async fn find_renamed(
        &self,
        strategy: Strategy,
        job: &Job,
        extras: &mut [Extra],
    ) -> Option<usize> {
        let leaf = |entry: &Entry| entry.name() == job.src.name();
        for (i, extra) in extras.iter_mut().enumerate() {
            let _check = self.check_once(extra);
            let extra = &extra.file;
            if strategy.names && !leaf(extra) || strategy.times && !self.same_time(job, extra) {
                continue;
            }
            if !strategy.contents {
                return Some(i);
            }
            let (src, dst) = ((&self.src, &job.src), (&self.dst, extra));
            match same_contents(&self.run, src, dst, Depth::Whole).await {
                Ok(true) => return Some(i),
                Ok(false) => {}
                // It is sent then, and whatever is wrong shows again.
                Err(e) => tracing::debug!(object = %job.name, "Failed to compare contents: {e}"),
            }
        }
        None
    }

    fn same_time(&self, job: &Job, extra: &Entry) -> bool {
        match (self.rules.window(), difference(&job.src, extra)) {
            (Some(window), Some(newer)) => newer.abs() < signed(window),
            _ => false,
        }
    }
}
