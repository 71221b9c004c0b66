//! `megarc config update`.

use super::{pairs, section};
use crate::commands::Context;
use crate::exit::CommandError;
use crate::remote::spec::check_name;

const COMMAND: &str = "config update";

/// Set options of a remote
///
/// Options are given as key=value or as key value; the others stay. Passwords
/// are obscured, unless they are already.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Options: key=value, or key value
    #[arg(value_name = "OPTION")]
    options: Vec<String>,
    #[command(flatten)]
    flags: pairs::Flags,
}

/// Runs `megarc config update`.
///
/// # Errors
/// The arguments are wrong, or the file cannot be written.
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    args.flags.check().map_err(|e| ctx.refuse(COMMAND, &e))?;
    let mut options = pairs::parse(&args.options).map_err(|e| ctx.refuse(COMMAND, &e))?;
    check_name(&args.name).map_err(|e| ctx.refuse(COMMAND, &e))?;
    let section = section::find(&args.name, ctx);
    let Some(kind) = section.get("type") else {
        return Err(ctx.refuse(COMMAND, &"couldn't find type field in config"));
    };
    args.flags.prepare(kind, &mut options)?;
    args.flags
        .finish(COMMAND, section, options, false, ctx)
        .await
}
