//! Are two trees the same? Compares, and changes nothing.
//!
//! Pairs are compared several at a time, and their results told in the order
//! of the walk, so that two runs over one tree say the same in the same order.

mod pair;
mod sums;
mod tally;
mod walk;

use std::io;
use std::sync::Arc;

pub use sums::{Sums, check_sums};

use super::in_order::InOrder;
use super::march::{Pair, Side};
use super::sides::{Dirs, Found};
use super::{Result, Run};
use crate::remote::{Entry, Location};
use pair::Judge;
use tally::{Outcome, Tally};
use walk::Steps;

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
        tally: Tally::new(run, Some(src), dst, report),
        judge: Arc::new(judge),
        queue: InOrder::new(run.options.checkers, run.options.max_backlog),
        ask,
        src: src.clone(),
        dst: dst.clone(),
    };
    check.walk().await?;
    while let Some((name, outcome)) = check.queue.next().await {
        check.tally.take(&name, outcome)?;
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
    queue: InOrder<(String, Outcome)>,
}

impl Check<'_> {
    async fn walk(&mut self) -> Result<()> {
        let mut steps = Steps::new(&self.run, &self.src, &self.dst);
        while let Some((place, found)) = steps.next().await {
            let Found {
                listed,
                withheld,
                failed,
                matched,
            } = found;
            let complete = failed.is_empty();
            self.run.stats.update(|c| c.listed += listed);
            for (side, error) in failed {
                self.tally.unlisted(&place, side, error);
            }
            for (side, what) in withheld {
                self.tally.withheld(&place, side, &what);
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
    async fn sort(&mut self, pair: Pair, below: &mut Vec<Dirs>) -> Result<()> {
        match pair {
            Pair::SrcOnly(src) => self.alone(Side::Source, src, below).await,
            Pair::DstOnly(dst) => self.alone(Side::Destination, dst, below).await,
            Pair::Both { src, dst } if src.is_dir() => {
                below.push(Dirs {
                    src: Some(src),
                    dst: Some(dst),
                });
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

    async fn alone(&mut self, side: Side, entry: Entry, below: &mut Vec<Dirs>) -> Result<()> {
        if side == Side::Destination && self.ask.one_way {
            return Ok(());
        }
        if entry.is_dir() {
            let mut dirs = Dirs::default();
            *match side {
                Side::Source => &mut dirs.src,
                Side::Destination => &mut dirs.dst,
            } = Some(entry);
            below.push(dirs);
            return Ok(());
        }
        let name = self.tally.name(side, &entry);
        self.queue.add((name, Outcome::Alone(side)));
        self.tell_ready().await
    }

    async fn compare(&mut self, src: Entry, dst: Entry) -> Result<()> {
        let name = self.tally.name(Side::Source, &src);
        if self.run.skips("check", &name, src.size).await {
            return Ok(());
        }
        let judge = Arc::clone(&self.judge);
        let work = async move {
            let verdict = judge.compare(&name, &src, &dst).await;
            (name, Outcome::Compared(verdict))
        };
        self.queue.begin(work).await;
        self.tell_ready().await
    }

    async fn tell_ready(&mut self) -> Result<()> {
        while let Some((name, outcome)) = self.queue.next_ready().await {
            self.tally.take(&name, outcome)?;
        }
        Ok(())
    }
}
