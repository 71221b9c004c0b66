//! `megarc moveto`.

use super::Context;
use super::mapping::Named;
use super::reports::{CopyReportFlags, Target};
use crate::engine::copy;
use crate::exit::CommandError;

/// Move a file to a name, or the contents of a directory into another
///
/// Like move, but a single file gets exactly the name of the destination.
#[derive(clap::Args)]
pub struct Args {
    /// File or directory to be moved
    #[arg(value_name = "SOURCE")]
    source: String,
    /// What it shall be called
    #[arg(value_name = "DEST")]
    dest: String,
    #[command(flatten)]
    reports: CopyReportFlags,
}

/// Runs `megarc moveto`.
///
/// # Errors
/// The source is missing, the destination of another kind, or something fails
/// to be moved.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let source = ctx.open(&args.source).await?;
    let run = ctx.copying(false).await?;
    let run = ctx.between(
        run,
        Some(Named::found(&args.source, &source)),
        Named::found(&args.dest, &source),
    );
    let dest = ctx.exact(&source, &args.dest).await?;
    let reports = args.reports.open(ctx)?;
    let run = reports.heard(run);
    let place = Target::exactly(&source, &dest);
    let result = copy::move_to(&run, &source, &dest).await;
    reports.finish(result, &run, &place).await
}
