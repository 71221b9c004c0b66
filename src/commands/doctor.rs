//! `megarc doctor`: what works of a remote and what does not, from its
//! configuration to a file that travels there and back.

mod advice;
mod checks;
mod report;

use super::Context;
use crate::exit::{Code, CommandError};
use report::Report;

/// Find out what is wrong with a remote
///
/// It goes from the configuration over the network and the login to a small
/// file that is uploaded, downloaded and deleted again, in a folder of its own
/// below the path given. Each step says what it found; a failure names the
/// likely cause and the cure, and the exit code is 1.
#[derive(clap::Args)]
pub struct Args {
    /// Remote, with a path or without
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `megarc doctor`.
///
/// # Errors
/// Something is wrong with the remote, or stdout cannot be written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let mut report = Report::new(&args.remote, args.json, ctx);
    checks::run(&args.remote, ctx, &mut report).await?;
    if report.finish()? {
        return Ok(());
    }
    Err(CommandError::silent(Code::Other))
}
