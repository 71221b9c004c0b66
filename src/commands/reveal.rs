//! `megarc reveal`.

use super::Context;
use crate::config::obscure;
use crate::exit::CommandError;

/// Reveal an obscured password
#[derive(clap::Args)]
pub struct Args {
    /// Obscured password, as it stands in the configuration file
    #[arg(value_name = "OBSCURED")]
    obscured: String,
}

/// Runs `megarc reveal`.
///
/// # Errors
/// The text is no obscured password, or stdout cannot be written.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let plain =
        obscure::reveal(&args.obscured).map_err(|error| CommandError::run(error.to_string()))?;
    ctx.output.bytes(plain.expose().as_bytes())?;
    ctx.output.bytes(b"\n")?;
    Ok(())
}
