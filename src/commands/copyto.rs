//! `megarc copyto`.

use super::Context;
use super::mapping::Named;
use super::reports::{CopyReportFlags, Target};
use crate::engine::copy;
use crate::exit::CommandError;

/// Copy a file to a name, or the contents of a directory into another
///
/// Like copy, but a single file gets exactly the name of the destination.
#[derive(clap::Args)]
pub struct Args {
    /// File or directory to be copied
    #[arg(value_name = "SOURCE")]
    source: String,
    /// What the copy shall be called
    #[arg(value_name = "DEST")]
    dest: String,
    /// Copy directories that hold no files too
    #[arg(long)]
    create_empty_src_dirs: bool,
    #[command(flatten)]
    reports: CopyReportFlags,
}

/// Runs `megarc copyto`.
///
/// # Errors
/// The source is missing, the destination of another kind, or something fails
/// to copy.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let source = ctx.open(&args.source).await?;
    let dest = ctx.exact(&source, &args.dest).await?;
    let run = ctx.copying(args.create_empty_src_dirs).await?;
    let run = ctx.between(
        run,
        Some(Named::found(&args.source, &source)),
        Named::found(&args.dest, &source),
    );
    let reports = args.reports.open(ctx)?;
    let run = reports.heard(run);
    let place = Target::exactly(&source, &dest);
    let result = copy::copy_to(&run, &source, &dest).await;
    reports.finish(result, &run, &place).await
}
