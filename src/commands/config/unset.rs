//! `megarc config unset`.

use super::{broken, section};
use crate::commands::Context;
use crate::exit::CommandError;
use crate::remote::spec::check_name;

/// Remove options of a remote
#[derive(clap::Args)]
pub(super) struct Args {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Names of options
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

/// Runs `megarc config unset`.
///
/// # Errors
/// There is no such remote, or the file cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let name = &args.name;
    check_name(name).map_err(|e| ctx.refuse("config unset", &e))?;
    let config = ctx.opener.config();
    if config.section(name).is_none() {
        let why = format!("remote {name:?} doesn't exist");
        return Err(ctx.refuse("config unset", &why));
    }
    let removed = config.edit(|draft| {
        for key in &args.keys {
            draft.unset(name, key);
        }
        Ok(())
    });
    removed.map_err(|e| broken(&e))?;
    section::print(name, ctx)
}
