//! `megarc rmdir`.

use super::Context;
use crate::engine::delete;
use crate::exit::CommandError;

/// Remove an empty directory
#[derive(clap::Args)]
pub struct Args {
    /// Directory to be removed
    #[arg(value_name = "PATH")]
    path: String,
}

/// Runs `megarc rmdir`.
///
/// # Errors
/// The directory is missing or holds something.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let dir = ctx.open_dir(&args.path).await?;
    Ok(delete::remove_dir(&ctx.run, &dir).await?)
}
