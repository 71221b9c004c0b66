//! What the commands that print and verify sums have in common.

mod flags;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

pub use flags::SumFlags;

use super::Context;
use super::reports::{ReportFlags, Reports};
use crate::engine::check::{self, Ask, Sums};
use crate::engine::hash::{self, Kind, Wanted};
use crate::engine::{self, Root};
use crate::exit::CommandError;
use crate::remote::system_words;

/// The kind of sum of this name; what there is is said where it is none.
///
/// # Errors
/// There is no such kind.
pub(super) fn kind(name: &str, command: &str, ctx: &Context) -> Result<Kind, CommandError> {
    if let Some(kind) = Kind::parse(name) {
        return Ok(kind);
    }
    ctx.output.text(&format!("{}\n", supported()))?;
    Err(ctx.refuse(command, &format!("unknown hash type {name:?}")))
}

/// The list of kinds.
pub(super) fn supported() -> String {
    let mut text = "Supported hashes are:\n".to_owned();
    for kind in Kind::ALL {
        text += &format!("- {}\n", kind.name());
    }
    text
}

/// Prints or verifies the sums of what `path` holds; of standard input
/// without one.
///
/// # Errors
/// Something cannot be read, or is not as the list says.
pub(super) async fn run(
    kind: Kind,
    path: Option<&str>,
    flags: &SumFlags,
    ctx: &Context,
) -> Result<(), CommandError> {
    let path = path.filter(|path| *path != "-" || io::stdin().is_terminal());
    let wanted = Wanted {
        kind,
        download: flags.download,
    };
    if let Some(list) = &flags.checkfile {
        let Some(path) = path else {
            return Err(CommandError::start(
                "--checkfile needs a path: standard input has no name in a list",
            ));
        };
        let root = ctx.open(path).await?;
        let reports = ReportFlags::combined_on_stdout().open(ctx)?;
        return verify(list, &root, wanted, Ask::default(), reports, ctx).await;
    }
    let mut file = match &flags.output_file {
        None => None,
        Some(name) => {
            let file = File::create(name).map_err(|error| {
                CommandError::run(format!("open {name}: {}", system_words(&error)))
            })?;
            Some(BufWriter::new(file))
        }
    };
    let mut failed = None;
    let mut print = |path: &str, sum: &[u8]| {
        let sum = if flags.base64 {
            URL_SAFE.encode(sum)
        } else {
            hash::hex(sum)
        };
        let line = format!("{sum}  {path}");
        let printed = match &mut file {
            Some(file) => writeln!(file, "{line}"),
            None => ctx.output.row(&line),
        };
        printed.map_err(|error| {
            let kind = error.kind();
            failed = Some(error);
            io::Error::from(kind)
        })
    };
    let result: engine::Result<()> = match path {
        None => {
            let sum = tokio::task::spawn_blocking(move || hash::of_reader(kind, io::stdin()))
                .await
                .map_err(io::Error::other)
                .flatten()
                .map_err(|error| CommandError::run(format!("reading standard input: {error}")))?;
            // Whether it could be printed is asked below.
            let _ = print("-", &sum);
            Ok(())
        }
        Some(path) => {
            let root = ctx.open(path).await?;
            hash::list(&ctx.run, &root, wanted, &mut print).await
        }
    };
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(file) = &mut file {
        file.flush()?;
    }
    Ok(result?)
}

/// Compares what `root` holds with the sums in the file `list`.
///
/// # Errors
/// `list` is none; something is not as it says.
pub(super) async fn verify(
    list: &str,
    root: &Root,
    wanted: Wanted,
    ask: Ask,
    mut reports: Reports,
    ctx: &Context,
) -> Result<(), CommandError> {
    // Filters choose among the files, not the list.
    let list = ctx.find(list).await?;
    let sums = Sums::read(&list).await?;
    let result = check::check_sums(&ctx.run, root, sums, wanted, ask, &mut reports).await;
    reports.finish(result)
}
