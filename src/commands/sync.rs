//! `megarc sync`.

use super::Context;
use super::reports::CopyReportFlags;
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
    let places = (args.source.as_str(), args.dest.as_str());
    let errand = args.reports.errand(places, args.create_empty_src_dirs, ctx);
    let errand = errand.await?;
    let result = copy::sync(&errand.run, &errand.source, &errand.dest).await;
    errand.finish(result).await
}
