//! The files in which a comparison tells what it has found.

mod copying;
mod flags;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

pub use copying::CopyReportFlags;
pub(super) use copying::Target;
pub use flags::ReportFlags;

use crate::engine::check::{Finding, Report};
use crate::exit::CommandError;
use crate::output::Output;

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
        self.close()?;
        Ok(result?)
    }

    /// Hands everything on to the disk.
    ///
    /// # Errors
    /// A report could not be written.
    fn close(&mut self) -> Result<(), CommandError> {
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        for (_, sink) in &mut self.sinks {
            sink.close()
                .map_err(|error| CommandError::run(format!("writing a report: {error}")))?;
        }
        Ok(())
    }
}

impl Sink {
    fn line(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Stdout(output) => output.row(line),
            Self::File(file) => writeln!(file, "{line}"),
        }
    }

    fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(file) => file.flush(),
        }
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
            sink.line(&line).map_err(|error| {
                let kind = error.kind();
                self.failed = Some(error);
                io::Error::from(kind)
            })?;
        }
        Ok(())
    }
}
