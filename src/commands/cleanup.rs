//! `megarc cleanup`.

use super::Context;
use crate::exit::CommandError;

/// Empty the rubbish bin of a remote
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remote; a path in it changes nothing
    #[arg(value_name = "REMOTE")]
    remote: String,
}

/// Runs `megarc cleanup`.
///
/// # Errors
/// The remote has no rubbish bin, or refuses.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.open_dir(&args.remote).await?;
    let object = place.describe();
    if !place.remote.features().cleanup {
        return Err(CommandError::run(format!(
            "{object} doesn't support cleanup"
        )));
    }
    if ctx.run.skips("clean up old files", &object, None) {
        return Ok(());
    }
    let items = place.remote.cleanup().await?;
    tracing::info!(object = %object, "Deleted {items} items from the trash");
    Ok(())
}
