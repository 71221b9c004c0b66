//! `megarc config string`.

use crate::commands::Context;
use crate::exit::CommandError;

/// Print a remote as a connection string
///
/// The string needs no configuration: it holds every option of the remote that
/// is set, the password too, obscured. It is not quoted for a shell.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Remote, with a path or without
    #[arg(value_name = "REMOTE")]
    remote: String,
}

/// Runs `megarc config string`.
///
/// # Errors
/// There is no such remote.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let text = ctx.opener.connection_string(&args.remote);
    let text = text.map_err(|error| ctx.refuse("config string", &error))?;
    ctx.output.row(&text)?;
    Ok(())
}
