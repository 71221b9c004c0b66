//! `megarc sync`.

use super::Context;
use super::reports::{CopyReportFlags, Target};
use crate::engine::copy;
use crate::exit::CommandError;

/// Make a directory equal to another one, deleting what is too much
///
/// Copies as copy does, and then deletes at the destination the files and
/// directories that the source does not have. See with --dry-run first what
/// would go. After any error nothing is deleted, and what filters hide stays
/// on both sides. A single file is copied into the destination, where nothing
/// is deleted then.
#[derive(clap::Args)]
pub struct Args {
    /// Directory that stays as it is
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Directory that becomes equal to it
    #[arg(value_name = "DEST")]
    dest: String,
    /// Copy directories that hold no files too
    #[arg(long)]
    create_empty_src_dirs: bool,
    #[command(flatten)]
    reports: CopyReportFlags,
}

/// Runs `megarc sync`.
///
/// # Errors
/// The source is missing, the destination a file or inside the source, or
/// something fails to be copied or deleted.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let source = ctx.find(&args.source).await?;
    let dest = ctx.open_dir(&args.dest).await?;
    let run = ctx.copying(args.create_empty_src_dirs).await?;
    let reports = args.reports.open(ctx)?;
    let run = reports.heard(run);
    let place = Target::under(&source, &dest)?;
    let result = copy::sync(&run, &source, &dest).await;
    reports.finish(result, &run, &place).await
}
