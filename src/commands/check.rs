//! `megarc check`.

use super::Context;
use super::reports::ReportFlags;
use super::sums;
use crate::engine::check::{self, Ask};
use crate::engine::hash::Wanted;
use crate::engine::{Filter, Root, Run};
use crate::exit::CommandError;

/// Compare two directories, and change nothing
///
/// Every file that differs, or that one side lacks, is an error. Between a disk
/// and MEGA the comparison is exact and downloads nothing: the MAC of the local
/// content is computed under the key of the stored file. Two disks are compared
/// by MD5. Elsewhere sizes are compared, or, with --download, the contents.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file that is right
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Directory to be compared with it
    #[arg(value_name = "DEST")]
    dest: String,
    /// Take SOURCE for a file with sums of this kind
    #[arg(long, short = 'C', value_name = "HASH")]
    checkfile: Option<String>,
    /// Read and compare the contents of both sides
    #[arg(long)]
    download: bool,
    /// Do not look for files that only the destination has
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    reports: ReportFlags,
}

/// Runs `megarc check`.
///
/// # Errors
/// The sides differ, or something could not be compared.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let ask = Ask {
        one_way: args.one_way,
        download: args.download,
    };
    if let Some(hash) = &args.checkfile {
        let wanted = Wanted {
            kind: sums::kind(hash, "check", ctx)?,
            download: args.download,
        };
        let dst = Root::dir(ctx.open_dir(&args.dest).await?);
        let reports = args.reports.open(ctx)?;
        return sums::verify(&args.source, &dst, wanted, ask, reports, ctx).await;
    }
    let src = ctx.open(&args.source).await?;
    let dst = ctx.open_dir(&args.dest).await?;
    let run = match &src.file {
        None => ctx.run.clone(),
        // The one file is all that counts, on both sides.
        Some(file) => Run {
            filter: Filter::single_file(file.name()).into(),
            ..ctx.run.clone()
        },
    };
    let mut reports = args.reports.open(ctx)?;
    let result = check::check(&run, &src.dir, &dst, ask, &mut reports).await;
    reports.finish(result)
}
