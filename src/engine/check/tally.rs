//! Says, counts and reports what a comparison finds.

use super::super::march::Side;
use super::super::root::relative;
use super::super::{Error, Result, Run};
use super::pair::Verdict;
use super::walk::Place;
use super::{Finding, Report};
use crate::remote::{Entry, ErrorKind, Location, RemoteError, Withheld};

/// What became of one path.
pub(super) enum Outcome {
    /// Only one side has it.
    Alone(Side),
    /// Both have it.
    Compared(Verdict),
    /// A list of sums has it, and no file is there.
    Unmet,
}

/// Says and counts what is found.
pub(super) struct Tally<'a> {
    run: Run,
    /// `None`: a list of sums.
    src: Option<Location>,
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
    pub(super) fn new(
        run: &Run,
        src: Option<&Location>,
        dst: &Location,
        report: &'a mut dyn Report,
    ) -> Self {
        Self {
            run: run.clone(),
            src: src.cloned(),
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
        match (side, &self.src) {
            (Side::Source, Some(src)) => src,
            // What has no place has no entries either.
            (Side::Source, None) | (Side::Destination, _) => &self.dst,
        }
    }

    pub(super) fn name(&self, side: Side, entry: &Entry) -> String {
        let root = self.root(side);
        relative(&entry.path, &root.path).as_str().to_owned()
    }

    fn count(&self, kind: ErrorKind, text: &str) {
        self.run.stats.count_error(Error::new(kind, text));
    }

    pub(super) fn take(&mut self, name: &str, outcome: Outcome) -> Result<()> {
        let finding = match outcome {
            Outcome::Alone(side) => self.alone(name, side),
            Outcome::Unmet => {
                let error = self.lacks(name);
                self.fail(error);
                Finding::MissingOnDst
            }
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
        self.differences += 1;
        match side {
            Side::Source => {
                self.lacks(name);
                Finding::MissingOnDst
            }
            Side::Destination => {
                self.missing_on_src += 1;
                let text = match &self.src {
                    Some(src) => format!("file not in {}", src.describe()),
                    None => "sum not found".to_owned(),
                };
                tracing::error!(object = %name, "{text}");
                self.count(ErrorKind::NotFound, &text);
                Finding::MissingOnSrc
            }
        }
    }

    /// The destination lacks it.
    fn lacks(&mut self, name: &str) -> Error {
        self.missing_on_dst += 1;
        let text = format!("file not in {}", self.dst.describe());
        tracing::error!(object = %name, "{text}");
        self.count(ErrorKind::NotFound, &text);
        Error::new(ErrorKind::Corrupt, text)
    }

    /// The run will end with this error.
    pub(super) fn fail(&mut self, error: Error) {
        self.failed.get_or_insert(error);
    }

    pub(super) fn unlisted(&mut self, place: &Place, side: Side, error: RemoteError) {
        let root = self.root(side);
        let dir = place.on(side);
        let which = if dir.is_none_or(|dir| dir.path == root.path) {
            "root "
        } else {
            ""
        };
        let label = dir.map_or_else(|| root.describe(), |dir| root.label(&dir.path));
        let error = Error::from(error);
        if error.is_closed_dir() {
            tracing::error!(object = %label, "{error}");
        } else {
            tracing::error!(
                object = %label,
                "error reading {} {which}directory: {error}",
                side.word()
            );
        }
        let closed = error.is_closed_dir();
        let error = self.run.stats.count_error(error);
        if !closed {
            self.fail(error);
        }
    }

    /// What cannot be read cannot be said to be equal.
    pub(super) fn withheld(&mut self, place: &Place, side: Side, what: &Withheld) {
        let root = self.root(side);
        let label = place
            .on(side)
            .map_or_else(|| root.describe(), |dir| root.label(&dir.path));
        let text = format!("{} and is not compared", what.why);
        if !what.told {
            tracing::error!(object = %label, "{text}");
        }
        self.count(ErrorKind::Corrupt, &text);
    }

    pub(super) fn surplus(&self, side: Side, entry: &Entry) {
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
    pub(super) fn finish(self) -> Result<()> {
        let dst = self.dst.describe();
        let line = |object: &str, number: u64, what: &str| {
            if number > 0 {
                tracing::warn!(object = %object, "{number} {what}");
            }
        };
        line(&dst, self.missing_on_dst, "files missing");
        match &self.src {
            Some(src) => line(&src.describe(), self.missing_on_src, "files missing"),
            None => line("", self.missing_on_src, "hashes missing"),
        }
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
