//! `megarc checksum`.

use super::Context;
use super::reports::ReportFlags;
use super::sums;
use crate::engine::Root;
use crate::engine::check::Ask;
use crate::engine::hash::Wanted;
use crate::exit::CommandError;

/// Compare a directory with a list of sums
///
/// The list is what md5sum and its like, or 'megarc hashsum', print. Every file
/// whose sum is another one, and every file that either side lacks, is an
/// error. Files on MEGA have no such sums: with --download they are read.
#[derive(clap::Args)]
pub struct Args {
    /// Kind of the sums
    #[arg(value_name = "HASH")]
    hash: String,
    /// File with the sums
    #[arg(value_name = "SUMFILE")]
    list: String,
    /// Directory to be compared with them
    #[arg(value_name = "DEST")]
    dest: String,
    /// Read the files of stores that keep no sums
    #[arg(long)]
    download: bool,
    /// Do not look for files that the list lacks
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    reports: ReportFlags,
}

/// Runs `megarc checksum`.
///
/// # Errors
/// A file is not as the list says, or could not be read.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let kind = sums::kind(&args.hash, "checksum", ctx)?;
    let dest = Root::dir(ctx.open_dir(&args.dest).await?);
    let wanted = Wanted {
        kind,
        download: args.download,
    };
    let ask = Ask {
        one_way: args.one_way,
        download: args.download,
    };
    let reports = args.reports.open(ctx)?;
    sums::verify(&args.list, &dest, wanted, ask, reports, ctx).await
}
