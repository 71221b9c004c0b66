//! The flags that ask for reports, and the files that they name.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use super::{Reports, Sink};
use crate::commands::Context;
use crate::engine::check::Finding;
use crate::exit::CommandError;
use crate::remote::system_words;

/// The flags that ask for reports.
#[derive(Clone, Default, clap::Args)]
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
    /// Everything to standard output, as verified sums are shown.
    #[must_use]
    pub(in crate::commands) fn combined_on_stdout() -> Self {
        Self {
            combined: Some("-".to_owned()),
            ..Self::default()
        }
    }

    /// Makes the files; `-` is standard output.
    ///
    /// # Errors
    /// One cannot be made.
    pub(in crate::commands) fn open(&self, ctx: &Context) -> Result<Reports, CommandError> {
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
            sinks.push((wanted, open_sink(path, ctx)?));
        }
        Ok(Reports {
            sinks,
            failed: None,
        })
    }
}

/// Makes the file of a report; `-` is standard output.
pub(super) fn open_sink(path: &str, ctx: &Context) -> Result<Sink, CommandError> {
    if path == "-" {
        return Ok(Sink::Stdout(Arc::clone(&ctx.output)));
    }
    let file = File::create(path).map_err(|error| {
        let why = system_words(&error);
        CommandError::run(format!("open {path}: {why}"))
    })?;
    Ok(Sink::File(BufWriter::new(file)))
}
