//! `megarc copy`.

use super::Context;
use super::reports::CopyReportFlags;
use crate::engine::copy;
use crate::exit::CommandError;

/// Copy files into a directory, leaving out what is there already
///
/// Copies the contents of the source directory, or the one source file, into
/// the destination directory, which is made as needed. Files that are equal by
/// size and time stay as they are. Nothing is deleted at the destination.
///
/// A MEGA link can stand as the source, in quotes: the whole address, with
/// the key behind the number sign.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file to be copied
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Directory to copy into
    #[arg(value_name = "DEST")]
    dest: String,
    /// Copy directories that hold no files too
    #[arg(long)]
    create_empty_src_dirs: bool,
    #[command(flatten)]
    reports: CopyReportFlags,
}

/// Runs `megarc copy`.
///
/// # Errors
/// The source is missing, the destination a file, or something fails to copy.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let places = (args.source.as_str(), args.dest.as_str());
    let errand = args.reports.errand(places, args.create_empty_src_dirs, ctx);
    let errand = errand.await?;
    let result = copy::copy(&errand.run, &errand.source, &errand.dest).await;
    errand.finish(result).await
}
