//! `megarc config password`.

use super::{pairs, section};
use crate::commands::Context;
use crate::exit::CommandError;

const COMMAND: &str = "config password";

/// Set passwords of a remote
///
/// Every value that is given here is obscured, whatever its option holds.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Passwords: key=value, or key value
    #[arg(value_name = "OPTION")]
    options: Vec<String>,
}

/// Runs `megarc config password`.
///
/// # Errors
/// The arguments are wrong, or the file cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let mut options = pairs::parse(&args.options).map_err(|e| ctx.refuse(COMMAND, &e))?;
    let section = section::find(&args.name, ctx);
    if section.get("type").is_none() {
        return Err(ctx.refuse(COMMAND, &"couldn't find type field in config"));
    }
    for (_, value) in &mut options {
        *value = pairs::hide(value)?;
    }
    pairs::store(section.name(), &options, ctx)?;
    section::print(section.name(), ctx)
}
