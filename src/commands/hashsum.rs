//! `megarc hashsum`.

use super::Context;
use super::sums::{self, SumFlags};
use crate::exit::CommandError;

/// Print a sum of every file
///
/// The form is that of md5sum and its like: the sum, two blanks, the path.
/// Without a path standard input is read; without anything the kinds of sums
/// are listed. Files of this machine's disks are read; other stores, MEGA among
/// them, keep none of these sums, so that --download is needed there.
#[derive(clap::Args)]
pub struct Args {
    /// Kind of sum
    #[arg(value_name = "HASH")]
    hash: Option<String>,
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: Option<String>,
    #[command(flatten)]
    flags: SumFlags,
}

/// Runs `megarc hashsum`.
///
/// # Errors
/// There is no such kind; a file cannot be read, or is not as the list says.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let Some(hash) = &args.hash else {
        return Ok(ctx.output.text(&sums::supported())?);
    };
    let kind = sums::kind(hash, "hashsum", ctx)?;
    sums::run(kind, args.path.as_deref(), &args.flags, ctx).await
}
