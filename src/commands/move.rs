//! `megarc move`.

use super::Context;
use super::reports::CopyReportFlags;
use crate::engine::copy;
use crate::exit::CommandError;

/// Move files into a directory
///
/// Each file is copied and then deleted at the source, or renamed at once
/// where both are in the same account or on the same disk. A whole directory
/// is renamed where the destination does not exist yet. Files that the
/// destination has already are deleted at the source; what filters hide stays.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file to be moved
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Directory to move into
    #[arg(value_name = "DEST")]
    dest: String,
    /// Make directories that hold no files at the destination too
    #[arg(long)]
    create_empty_src_dirs: bool,
    /// Remove the directories that are empty afterwards
    #[arg(long)]
    delete_empty_src_dirs: bool,
    #[command(flatten)]
    reports: CopyReportFlags,
}

/// Runs `megarc move`.
///
/// # Errors
/// The source is missing, the destination a file or inside the source, or
/// something fails to be moved.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let places = (args.source.as_str(), args.dest.as_str());
    let errand = args.reports.errand(places, args.create_empty_src_dirs, ctx);
    let errand = errand.await?;
    let result = copy::move_into(
        &errand.run,
        &errand.source,
        &errand.dest,
        args.delete_empty_src_dirs,
    )
    .await;
    errand.finish(result).await
}
