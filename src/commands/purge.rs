//! `megarc purge`.

use super::Context;
use crate::engine::delete;
use crate::exit::CommandError;

/// Remove a directory with all that it holds
///
/// On MEGA it goes to the rubbish bin, unless --mega-hard-delete is set.
/// Filters are refused: everything goes.
#[derive(clap::Args)]
pub struct Args {
    /// Directory to be removed
    #[arg(value_name = "PATH")]
    path: String,
}

/// Runs `megarc purge`.
///
/// # Errors
/// The path is missing or a file; a filter is set; something cannot go.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let dir = ctx.open_dir(&args.path).await?;
    if ctx.run.filter.is_active() {
        return Err(CommandError::start(
            "filters are not supported with purge (purge will delete everything unconditionally)",
        ));
    }
    Ok(delete::purge(&ctx.run, &dir).await?)
}
