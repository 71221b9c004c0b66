//! `megarc logout`.

use super::Context;
use crate::exit::CommandError;

/// End the session that is kept for a remote
///
/// The next command logs in again.
#[derive(clap::Args)]
pub struct Args {
    /// Remote
    #[arg(value_name = "REMOTE")]
    remote: String,
}

/// Runs `megarc logout`.
///
/// # Errors
/// The remote keeps no session, or ending it fails.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.locate(&args.remote).await?;
    let object = place.describe();
    if ctx.run.skips("log out", &object, None).await {
        return Ok(());
    }
    place.remote.logout().await?;
    tracing::info!(object = %object, "Logged out");
    Ok(())
}
