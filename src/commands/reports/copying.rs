//! The reports of the commands that copy: what was found about each path, and
//! what the destination holds afterwards.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::flags::open_sink;
use super::{ReportFlags, Reports, Sink};
use crate::cli::values;
use crate::commands::Context;
use crate::commands::lsf::rows::{Row, RowFlags};
use crate::commands::mapping::Named;
use crate::engine::check::{Finding, Report as _};
use crate::engine::details::{self, Details, Ended};
use crate::engine::findings::Listener;
use crate::engine::walk::Walk;
use crate::engine::{self, Root, Run};
use crate::exit::CommandError;
use crate::remote::{Entry, Location, RemoteError};

/// The flags that ask for reports of a copy.
#[derive(Clone, clap::Args)]
pub struct CopyReportFlags {
    #[command(flatten)]
    findings: ReportFlags,
    /// Write what the destination holds afterwards to this file, in rows as
    /// lsf prints them
    #[arg(long, value_name = "FILE")]
    dest_after: Option<String>,
    #[command(flatten)]
    row: RowFlags,
    /// With --dest-after: no directories
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = clap::ArgAction::Set, value_name = "BOOL", value_parser = values::boolean)]
    files_only: bool,
    /// With --dest-after: no files
    #[arg(long)]
    dirs_only: bool,
    /// With --dest-after: how times are written
    #[arg(long, short = 't', value_name = "LAYOUT", default_value = "")]
    timeformat: String,
}

/// Where a copy goes: below a directory, or to one name.
pub(in crate::commands) enum Target<'p> {
    /// The contents of a directory go there.
    Dir(&'p Location),
    /// A file gets that name.
    File(Location),
}

impl<'p> Target<'p> {
    /// The source's contents, or its file under its own name, in `dir`.
    ///
    /// # Errors
    /// The name cannot stand there.
    pub(in crate::commands) fn under(
        source: &Root,
        dir: &'p Location,
    ) -> Result<Self, CommandError> {
        let Some(file) = &source.file else {
            return Ok(Self::Dir(dir));
        };
        let path = dir.path.child(file.name());
        let path = path.map_err(|error| CommandError::start(error.to_string()))?;
        Ok(Self::File(Location {
            path,
            ..dir.clone()
        }))
    }

    /// The source under exactly this name.
    pub(in crate::commands) fn exactly(source: &Root, place: &'p Location) -> Self {
        match source.file {
            Some(_) => Self::File(place.clone()),
            None => Self::Dir(place),
        }
    }
}

/// The open reports of one try of a copy.
pub(in crate::commands) struct CopyReports<'f> {
    flags: &'f CopyReportFlags,
    findings: Option<Arc<Told>>,
    after: Option<Sink>,
    no_time: Timestamp,
}

struct Told(Mutex<Reports>);

impl Listener for Told {
    fn found(&self, finding: Finding, path: &str) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // It keeps its failure, and tells it at the end.
        let _ = reports.tell(finding, path);
    }
}

impl CopyReportFlags {
    /// Makes the files that are asked for.
    ///
    /// # Errors
    /// One cannot be made.
    pub(in crate::commands) fn open(&self, ctx: &Context) -> Result<CopyReports<'_>, CommandError> {
        let findings = self.findings.open(ctx)?;
        let after = self.dest_after.as_ref().filter(|path| !path.is_empty());
        Ok(CopyReports {
            flags: self,
            findings: (!findings.sinks.is_empty()).then(|| Arc::new(Told(Mutex::new(findings)))),
            after: after.map(|path| open_sink(path, ctx)).transpose()?,
            no_time: ctx.flags.copy.default_time,
        })
    }
}

/// A copy that can begin.
pub(in crate::commands) struct Errand<'f> {
    pub(in crate::commands) run: Run,
    pub(in crate::commands) source: Root,
    pub(in crate::commands) dest: Location,
    reports: CopyReports<'f>,
}

impl CopyReportFlags {
    /// Opens source, destination directory and reports of a command that
    /// copies into a directory.
    ///
    /// # Errors
    /// The source is missing, the destination a file, or a place or report
    /// cannot be opened.
    pub(in crate::commands) async fn errand(
        &self,
        (from, to): (&str, &str),
        empty_dirs: bool,
        ctx: &Context,
    ) -> Result<Errand<'_>, CommandError> {
        let source = ctx.find(from).await?;
        let dest = ctx.open_dir(to).await?;
        let run = ctx.copying(empty_dirs).await?;
        let run = ctx.between(run, Some(Named::found(from, &source)), Named::dir(to));
        let reports = self.open(ctx)?;
        Ok(Errand {
            run: reports.heard(run),
            source,
            dest,
            reports,
        })
    }
}

impl Errand<'_> {
    /// As [`CopyReports::finish`].
    ///
    /// # Errors
    /// A report that could not be written comes before all else.
    pub(in crate::commands) async fn finish(
        self,
        result: engine::Result<()>,
    ) -> Result<(), CommandError> {
        let place = Target::under(&self.source, &self.dest)?;
        self.reports.finish(result, &self.run, &place).await
    }
}

impl CopyReports<'_> {
    /// The run that tells them what it finds.
    pub(in crate::commands) fn heard(&self, mut run: Run) -> Run {
        run.listener = self.findings.clone().map(|told| told as _);
        run
    }

    /// The outcome of the copy, when all is reported.
    ///
    /// # Errors
    /// A report that could not be written comes before all else.
    pub(in crate::commands) async fn finish(
        self,
        result: engine::Result<()>,
        run: &Run,
        place: &Target<'_>,
    ) -> Result<(), CommandError> {
        if let Some(told) = &self.findings {
            let mut reports = told.0.lock().unwrap_or_else(PoisonError::into_inner);
            reports.close()?;
        }
        if let Some(sink) = self.after {
            self.flags.list(sink, run, place, self.no_time).await?;
        }
        Ok(result?)
    }
}

impl CopyReportFlags {
    /// Writes what stands at the destination now.
    async fn list(
        &self,
        mut sink: Sink,
        run: &Run,
        place: &Target<'_>,
        no_time: Timestamp,
    ) -> Result<(), CommandError> {
        let root = match place {
            Target::Dir(dir) => Root::dir((*dir).clone()),
            Target::File(file) => Root::find(file).await?,
        };
        let row = Row::new(
            &self.row,
            &self.timeformat,
            root.dir.remote.features(),
            no_time,
        )?;
        let missing = match place {
            Target::Dir(dir) => is_missing(dir).await?,
            Target::File(_) => root.file.is_none(),
        };
        if !missing {
            let mut line = |entry: &Entry, path: &str, more: &Details| {
                let shown = if entry.is_dir() {
                    self.dirs_only || !self.files_only
                } else {
                    !self.dirs_only
                };
                if !shown {
                    return Ok(());
                }
                sink.line(&row.text(entry, path, more))
            };
            let walk = Walk::new(run, &root);
            let ended = details::each(run, &root.dir, walk, &row.ask(), &mut line).await;
            ended.map_err(|ended| match ended {
                Ended::Sink(error) => written(error),
                Ended::Walk(error) => error.into(),
            })?;
        }
        sink.close().map_err(written)
    }
}

/// A dry run may have left the destination unmade.
async fn is_missing(dir: &Location) -> Result<bool, RemoteError> {
    if dir.path.is_root() {
        return Ok(false);
    }
    match dir.remote.stat(&dir.path).await {
        Ok(_) => Ok(false),
        Err(error) if error.is_not_found() => Ok(true),
        Err(error) => Err(error),
    }
}

fn written(error: io::Error) -> CommandError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return error.into();
    }
    CommandError::run(format!("writing a report: {error}"))
}
