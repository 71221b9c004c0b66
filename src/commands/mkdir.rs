//! `megarc mkdir`.

use super::Context;
use crate::engine::delete;
use crate::exit::CommandError;

/// Make a directory, with its parents
///
/// Does nothing if it is there already.
#[derive(clap::Args)]
pub struct Args {
    /// Directory to be made
    #[arg(value_name = "PATH")]
    path: String,
}

/// Runs `megarc mkdir`.
///
/// # Errors
/// Those of making it; a file in the way.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let dir = ctx.open_dir(&args.path).await?;
    Ok(delete::make_dir(&ctx.run, &dir).await?)
}
