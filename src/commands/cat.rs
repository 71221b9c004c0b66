//! `megarc cat`.

use std::io;
use std::sync::Arc;

use super::Context;
use crate::cli::values;
use crate::engine::cat::{self, Part, Sink};
use crate::exit::CommandError;
use crate::output::Output;

/// Write files to standard output
///
/// All files below the path follow each other. A whole file is verified while
/// it passes; a part of one (--head, --tail, --offset, --count) cannot be.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Only the first N bytes of each file
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::strict_integer)]
    head: i64,
    /// Only the last N bytes of each file
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::strict_integer)]
    tail: i64,
    /// Begin each file at byte N; negative: so many bytes from its end
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::strict_integer)]
    offset: i64,
    /// Only N bytes of each file
    #[arg(long, value_name = "N", default_value = "-1", value_parser = values::strict_integer)]
    count: i64,
    /// Read and verify the files, but write nothing
    #[arg(long)]
    discard: bool,
    /// Write this after each file
    #[arg(long, value_name = "TEXT", default_value = "")]
    separator: String,
}

/// Runs `megarc cat`.
///
/// # Errors
/// The path is missing, a file cannot be read, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let part = args.part()?;
    let root = ctx.open(&args.path).await?;
    let mut sink = Stdout::new((!args.discard).then(|| Arc::clone(&ctx.output)));
    let result = cat::cat(&ctx.run, &root, &part, &mut sink).await;
    sink.finish(result)
}

impl Args {
    /// The part of each file that the flags ask for.
    fn part(&self) -> Result<Part, CommandError> {
        let head = self.head > 0;
        let tail = self.tail > 0;
        let range = self.offset != 0 || self.count >= 0;
        if [head, tail, range].into_iter().filter(|used| *used).count() > 1 {
            return Err(CommandError::start(
                "Can only use one of  --head, --tail or --offset with --count",
            ));
        }
        let (offset, count) = match (head, tail) {
            (true, _) => (0, self.head),
            (_, true) => (-self.tail, -1),
            _ => (self.offset, self.count),
        };
        Ok(Part {
            offset,
            count: u64::try_from(count).ok(),
            separator: self.separator.clone(),
        })
    }
}

/// Standard output, which remembers how it failed.
pub(super) struct Stdout {
    output: Option<Arc<Output>>,
    failed: Option<io::Error>,
}

impl Stdout {
    /// Writes to `output`; without one, nowhere.
    pub(super) fn new(output: Option<Arc<Output>>) -> Self {
        Self {
            output,
            failed: None,
        }
    }

    /// The outcome of a command that wrote so: standard output comes first.
    pub(super) fn finish(self, result: crate::engine::Result<()>) -> Result<(), CommandError> {
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(result?),
        }
    }
}

impl Sink for Stdout {
    fn put(&mut self, piece: &[u8]) -> io::Result<()> {
        let Some(output) = &self.output else {
            return Ok(());
        };
        output.bytes(piece).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn part(head: i64, tail: i64, offset: i64, count: i64) -> Option<(i64, Option<u64>)> {
        let args = Args {
            path: String::new(),
            head,
            tail,
            offset,
            count,
            discard: false,
            separator: String::new(),
        };
        args.part().ok().map(|p| (p.offset, p.count))
    }

    #[test]
    fn flags_choose_a_part() {
        assert_eq!(part(0, 0, 0, -1), Some((0, None)));
        assert_eq!(part(5, 0, 0, -1), Some((0, Some(5))));
        assert_eq!(part(-1, 0, 0, -1), Some((0, None)));
        assert_eq!(part(0, 5, 0, -1), Some((-5, None)));
        assert_eq!(part(0, 0, -4, 2), Some((-4, Some(2))));
        assert_eq!(part(0, 0, 0, 0), Some((0, Some(0))));
        assert_eq!(part(5, 5, 0, -1), None);
        assert_eq!(part(5, 0, 1, -1), None);
        assert_eq!(part(0, 3, 0, 1), None);
    }
}
