//! `megarc rmdirs`.

use super::Context;
use crate::engine::rmdirs;
use crate::exit::CommandError;

/// Remove the empty directories in a path
///
/// Directories that hold nothing but empty directories go too, and so does
/// the path itself.
#[derive(clap::Args)]
pub struct Args {
    /// Directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Keep the path itself
    #[arg(long)]
    leave_root: bool,
}

/// Runs `megarc rmdirs`.
///
/// # Errors
/// The path is missing, or an empty directory cannot be removed.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let dir = ctx.open_dir(&args.path).await?;
    Ok(rmdirs::remove_empty_dirs(&ctx.run, &dir, args.leave_root).await?)
}
