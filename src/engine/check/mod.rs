//! Are two trees the same? Compares, and changes nothing.
//!
//! Pairs are compared several at a time, and their results told in the order
//! of the walk, so that two runs over one tree say the same in the same order.

mod pair;
mod walk;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::descent::Task;
use super::march::{Pair, Side};
use super::root::relative;
use super::{Error, Result, Run};
use crate::remote::{Entry, EntryId, ErrorKind, Location, RemoteError};
use pair::{Judge, Verdict};
use walk::{Place, Step, Steps};

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask {
    /// What only the destination has does not matter.
    pub one_way: bool,
    /// Read both sides instead of trusting sums.
    pub download: bool,
}

/// What was found out about one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// On both sides, and the same.
    Match,
    /// Only at the destination.
    MissingOnSrc,
    /// Only at the source.
    MissingOnDst,
    /// On both sides, and not the same.
    Differ,
    /// It could not be compared.
    Error,
}

impl Finding {
    /// The sign of a combined report.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Match => '=',
            Self::MissingOnSrc => '-',
            Self::MissingOnDst => '+',
            Self::Differ => '*',
            Self::Error => '!',
        }
    }
}

/// Is told of every path.
pub trait Report: Send {
    /// Takes one finding.
    ///
    /// # Errors
    /// When it can be told nowhere any more; the run ends then.
    fn tell(&mut self, finding: Finding, path: &str) -> io::Result<()>;
}

/// Compares the tree `dst` with `src`.
///
/// # Errors
/// How many differences there are; a directory that could not be listed comes
/// before them. Each has been logged and counted.
pub async fn check(
    run: &Run,
    src: &Location,
    dst: &Location,
    ask: Ask,
    report: &mut dyn Report,
) -> Result<()> {
    let judge = Judge::new(run, src, dst, ask);
    judge.announce();
    run.limits.start_clock(dst);
    let mut check = Check {
        run: run.clone(),
        tally: Tally::new(run, src, dst, report),
        judge: Arc::new(judge),
        permits: Arc::new(Semaphore::new(run.options.checkers.max(1))),
        queue: VecDeque::new(),
        ask,
        src: src.clone(),
        dst: dst.clone(),
    };
    check.walk().await?;
    while !check.queue.is_empty() {
        check.tell_next().await?;
    }
    check.tally.finish()
}

struct Check<'a> {
    run: Run,
    src: Location,
    dst: Location,
    ask: Ask,
    tally: Tally<'a>,
    judge: Arc<Judge>,
    permits: Arc<Semaphore>,
    queue: VecDeque<Waiting>,
}

/// A result that waits until it is its turn to be told.
enum Waiting {
    Known(String, Outcome),
    Asked(String, Task<Verdict>),
}

/// What became of one path.
enum Outcome {
    Alone(Side),
    Compared(Verdict),
}

impl Check<'_> {
    async fn walk(&mut self) -> Result<()> {
        let mut steps = Steps::new(&self.run, &self.src, &self.dst);
        while let Some(step) = steps.next().await {
            let Step {
                place,
                listed,
                withheld,
                failed,
                matched,
                complete,
            } = step;
            self.run.stats.update(|c| c.listed += listed);
            for (side, error) in failed {
                self.tally.unlisted(&place, side, error);
            }
            for (side, id) in withheld {
                self.tally.withheld(&place, side, &id);
            }
            for (side, entry) in &matched.surplus {
                self.tally.surplus(*side, entry);
            }
            let mut below = Vec::new();
            for pair in matched.pairs {
                self.sort(pair, &mut below).await?;
            }
            if complete {
                steps.enter(&place, below);
            }
            if self.run.is_over() {
                break;
            }
        }
        Ok(())
    }

    /// Puts one pair where it belongs.
    async fn sort(
        &mut self,
        pair: Pair,
        below: &mut Vec<(Option<Entry>, Option<Entry>)>,
    ) -> Result<()> {
        match pair {
            Pair::SrcOnly(src) => self.alone(Side::Source, src, below).await,
            Pair::DstOnly(dst) => self.alone(Side::Destination, dst, below).await,
            Pair::Both { src, dst } if src.is_dir() => {
                below.push((Some(src), Some(dst)));
                Ok(())
            }
            Pair::Both { src, dst } => self.compare(src, dst).await,
            // A file and a directory are two things, each on one side only.
            Pair::Clash { src, dst } => {
                self.alone(Side::Source, src, below).await?;
                self.alone(Side::Destination, dst, below).await
            }
        }
    }

    async fn alone(
        &mut self,
        side: Side,
        entry: Entry,
        below: &mut Vec<(Option<Entry>, Option<Entry>)>,
    ) -> Result<()> {
        if side == Side::Destination && self.ask.one_way {
            return Ok(());
        }
        if entry.is_dir() {
            below.push(match side {
                Side::Source => (Some(entry), None),
                Side::Destination => (None, Some(entry)),
            });
            return Ok(());
        }
        let name = self.tally.name(side, &entry);
        self.queue
            .push_back(Waiting::Known(name, Outcome::Alone(side)));
        self.tell_ready().await
    }

    async fn compare(&mut self, src: Entry, dst: Entry) -> Result<()> {
        let name = self.tally.name(Side::Source, &src);
        if self.run.skips("check", &name, src.size) {
            return Ok(());
        }
        // Tasks hold their permits for as long as they compare; here they are
        // only waited for.
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return Ok(());
        };
        let (judge, path) = (Arc::clone(&self.judge), name.clone());
        let task = Task::spawn(async move {
            let verdict = judge.compare(&path, &src, &dst).await;
            drop(permit);
            verdict
        });
        self.queue.push_back(Waiting::Asked(name, task));
        self.tell_ready().await
    }

    /// Tells what is ready, and more where too much waits already.
    async fn tell_ready(&mut self) -> Result<()> {
        while let Some(first) = self.queue.front() {
            let ready = match first {
                Waiting::Known(..) => true,
                Waiting::Asked(_, task) => task.is_finished(),
            };
            if !ready && self.queue.len() <= self.run.options.max_backlog {
                break;
            }
            self.tell_next().await?;
        }
        Ok(())
    }

    async fn tell_next(&mut self) -> Result<()> {
        match self.queue.pop_front() {
            None => Ok(()),
            Some(Waiting::Known(name, outcome)) => self.tally.take(&name, outcome),
            Some(Waiting::Asked(name, task)) => match task.join().await {
                Some(verdict) => self.tally.take(&name, Outcome::Compared(verdict)),
                None => Ok(()),
            },
        }
    }
}

/// Says and counts what is found.
struct Tally<'a> {
    run: Run,
    src: Location,
    dst: Location,
    report: &'a mut dyn Report,
    failed: Option<Error>,
    missing_on_src: u64,
    missing_on_dst: u64,
    differences: u64,
    unsure: u64,
    matches: u64,
}

impl<'a> Tally<'a> {
    fn new(run: &Run, src: &Location, dst: &Location, report: &'a mut dyn Report) -> Self {
        Self {
            run: run.clone(),
            src: src.clone(),
            dst: dst.clone(),
            report,
            failed: None,
            missing_on_src: 0,
            missing_on_dst: 0,
            differences: 0,
            unsure: 0,
            matches: 0,
        }
    }

    fn root(&self, side: Side) -> &Location {
        match side {
            Side::Source => &self.src,
            Side::Destination => &self.dst,
        }
    }

    fn name(&self, side: Side, entry: &Entry) -> String {
        let root = self.root(side);
        relative(&entry.path, &root.path).as_str().to_owned()
    }

    fn count(&self, kind: ErrorKind, text: &str) {
        self.run.stats.count_error(Error::new(kind, text));
    }

    fn take(&mut self, name: &str, outcome: Outcome) -> Result<()> {
        let finding = match outcome {
            Outcome::Alone(side) => self.alone(name, side),
            Outcome::Compared(Verdict::Differ(why)) => {
                tracing::error!(object = %name, "{why}");
                self.count(ErrorKind::Corrupt, "files differ");
                self.differences += 1;
                Finding::Differ
            }
            Outcome::Compared(Verdict::Failed(error)) => {
                tracing::error!(object = %name, "{error}");
                self.run.stats.count_error(error);
                Finding::Error
            }
            Outcome::Compared(Verdict::Same) => {
                tracing::debug!(object = %name, "OK");
                self.matches += 1;
                Finding::Match
            }
            Outcome::Compared(Verdict::Unsure(why)) => {
                tracing::debug!(object = %name, "OK - could not check hash: {why}");
                self.matches += 1;
                self.unsure += 1;
                Finding::Match
            }
        };
        self.report
            .tell(finding, name)
            .map_err(|e| RemoteError::from_io(e, "writing", "the report").into())
    }

    fn alone(&mut self, name: &str, side: Side) -> Finding {
        let (other, missing, finding) = match side {
            Side::Source => (&self.dst, &mut self.missing_on_dst, Finding::MissingOnDst),
            Side::Destination => (&self.src, &mut self.missing_on_src, Finding::MissingOnSrc),
        };
        *missing += 1;
        self.differences += 1;
        let text = format!("file not in {}", other.describe());
        tracing::error!(object = %name, "{text}");
        self.count(ErrorKind::NotFound, &text);
        finding
    }

    fn unlisted(&mut self, place: &Place, side: Side, error: RemoteError) {
        let root = self.root(side);
        let dir = place.on(side);
        let which = if dir.is_none_or(|dir| dir.path == root.path) {
            "root "
        } else {
            ""
        };
        let label = dir.map_or_else(|| root.describe(), |dir| root.label(&dir.path));
        let error = Error::from(error);
        tracing::error!(
            object = %label,
            "error reading {} {which}directory: {error}",
            side.word()
        );
        let error = self.run.stats.count_error(error);
        self.failed.get_or_insert(error);
    }

    /// What cannot be read cannot be said to be equal.
    fn withheld(&mut self, place: &Place, side: Side, id: &EntryId) {
        let root = self.root(side);
        let label = place
            .on(side)
            .map_or_else(|| root.describe(), |dir| root.label(&dir.path));
        let text = format!(
            "{} in it cannot be decrypted and is not compared",
            id.as_str()
        );
        tracing::error!(object = %label, "{text}");
        self.count(ErrorKind::Corrupt, &text);
    }

    fn surplus(&self, side: Side, entry: &Entry) {
        let (what, fate) = if entry.is_dir() {
            ("directory", "merging")
        } else {
            ("object", "ignoring")
        };
        tracing::warn!(
            object = %self.name(side, entry),
            "Duplicate {what} found in {} - {fate}",
            side.word()
        );
    }

    /// The summary, and the outcome.
    fn finish(self) -> Result<()> {
        let dst = self.dst.describe();
        let line = |object: &str, number: u64, what: &str| {
            if number > 0 {
                tracing::warn!(object = %object, "{number} {what}");
            }
        };
        line(&dst, self.missing_on_dst, "files missing");
        line(&self.src.describe(), self.missing_on_src, "files missing");
        tracing::warn!(object = %dst, "{} differences found", self.differences);
        line(&dst, self.run.stats.errors(), "errors while checking");
        line(&dst, self.unsure, "hashes could not be checked");
        line(&dst, self.matches, "matching files");
        match self.failed {
            Some(error) => Err(error),
            None if self.differences > 0 => {
                let text = format!("{} differences found", self.differences);
                // Each of them is counted.
                Err(Error::new(ErrorKind::Corrupt, text).counted())
            }
            None => Ok(()),
        }
    }
}
