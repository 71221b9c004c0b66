//! `megarc config delete`.

use super::broken;
use crate::commands::Context;
use crate::exit::CommandError;

/// Remove a remote
///
/// Only the configuration forgets it; 'megarc logout' ends its session.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
}

/// Runs `megarc config delete`. A remote that is not there is no error.
///
/// # Errors
/// The file cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let name = args.name.strip_suffix(':').unwrap_or(&args.name);
    let config = ctx.opener.config();
    if config.section(name).is_none() {
        return Ok(());
    }
    let removed = config.edit(|draft| {
        draft.remove(name);
        Ok(())
    });
    removed.map_err(|e| broken(&e))
}
