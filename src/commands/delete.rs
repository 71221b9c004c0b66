//! `megarc delete`.

use super::Context;
use crate::engine::{delete, rmdirs};
use crate::exit::CommandError;

/// Delete the files in a path
///
/// Directories stay, unless --rmdirs is given. On MEGA the files go to the
/// rubbish bin, unless --mega-hard-delete is set.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Remove the directories that have become empty
    #[arg(long)]
    rmdirs: bool,
}

/// Runs `megarc delete`.
///
/// # Errors
/// The path is missing, or something cannot be deleted.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    delete::delete(&ctx.run, &root).await?;
    if args.rmdirs && root.file.is_none() {
        rmdirs::remove_empty_dirs(&ctx.run, &root.dir, true).await?;
    }
    Ok(())
}
