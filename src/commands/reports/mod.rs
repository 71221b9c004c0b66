//! The files in which a comparison tells what it has found.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::Context;
use crate::engine::check::{Finding, Report};
use crate::exit::CommandError;
use crate::output::Output;

/// The flags that ask for reports.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportFlags {
    /// Write every path with a sign to this file: = same, + only at the
    /// source, - only at the destination, * different, ! failed
    #[arg(long, value_name = "FILE")]
    combined: Option<String>,
    /// Write the paths that differ to this file
    #[arg(long, value_name = "FILE")]
    differ: Option<String>,
    /// Write the paths that could not be compared to this file
    #[arg(long, value_name = "FILE")]
    error: Option<String>,
    /// Write the paths that are the same to this file
    #[arg(long, value_name = "FILE")]
    r#match: Option<String>,
    /// Write the paths that the destination lacks to this file
    #[arg(long, value_name = "FILE")]
    missing_on_dst: Option<String>,
    /// Write the paths that the source lacks to this file
    #[arg(long, value_name = "FILE")]
    missing_on_src: Option<String>,
}

impl ReportFlags {
    /// Makes the files; `-` is standard output.
    ///
    /// # Errors
    /// One cannot be made.
    pub(super) fn open(&self, ctx: &Context) -> Result<Reports, CommandError> {
        let mut sinks = Vec::new();
        for (wanted, path) in [
            (None, &self.combined),
            (Some(Finding::Differ), &self.differ),
            (Some(Finding::Error), &self.error),
            (Some(Finding::Match), &self.r#match),
            (Some(Finding::MissingOnDst), &self.missing_on_dst),
            (Some(Finding::MissingOnSrc), &self.missing_on_src),
        ] {
            let Some(path) = path.as_ref().filter(|path| !path.is_empty()) else {
                continue;
            };
            let sink = if path == "-" {
                Sink::Stdout(Arc::clone(&ctx.output))
            } else {
                let file = File::create(path)
                    .map_err(|error| CommandError::run(format!("open {path}: {error}")))?;
                Sink::File(BufWriter::new(file))
            };
            sinks.push((wanted, sink));
        }
        Ok(Reports {
            sinks,
            failed: None,
        })
    }
}

/// Open reports.
pub struct Reports {
    /// What each is told of; `None`: of everything, with a sign.
    sinks: Vec<(Option<Finding>, Sink)>,
    failed: Option<io::Error>,
}

enum Sink {
    Stdout(Arc<Output>),
    File(BufWriter<File>),
}

impl Reports {
    /// The outcome of a comparison that told these reports.
    ///
    /// # Errors
    /// A report that could not be written comes before all else.
    pub(super) fn finish(mut self, result: crate::engine::Result<()>) -> Result<(), CommandError> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        for (_, sink) in &mut self.sinks {
            if let Sink::File(file) = sink {
                file.flush()
                    .map_err(|error| CommandError::run(format!("writing a report: {error}")))?;
            }
        }
        Ok(result?)
    }
}

impl Report for Reports {
    fn tell(&mut self, finding: Finding, path: &str) -> io::Result<()> {
        for (wanted, sink) in &mut self.sinks {
            let line = match wanted {
                None => format!("{} {path}", finding.sign()),
                Some(wanted) if *wanted == finding => path.to_owned(),
                Some(_) => continue,
            };
            let told = match sink {
                Sink::Stdout(output) => output.row(&line),
                Sink::File(file) => writeln!(file, "{line}"),
            };
            told.map_err(|error| {
                let kind = error.kind();
                self.failed = Some(error);
                io::Error::from(kind)
            })?;
        }
        Ok(())
    }
}
