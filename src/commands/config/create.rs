//! `megarc config create`.

use super::{broken, pairs};
use crate::commands::Context;
use crate::config::kinds;
use crate::exit::CommandError;
use crate::remote::spec::check_name;

const COMMAND: &str = "config create";

/// Make a remote
///
/// Options are given as key=value or as key value. A remote of that name is
/// replaced. Passwords are obscured, unless they are already; to keep one out
/// of the shell's history, give what 'megarc obscure -' prints.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Its type, such as mega
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Options: key=value, or key value
    #[arg(value_name = "OPTION")]
    options: Vec<String>,
    #[command(flatten)]
    flags: pairs::Flags,
}

/// Runs `megarc config create`.
///
/// # Errors
/// The arguments are wrong, or the file cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    check_name(&args.name).map_err(|e| ctx.refuse(COMMAND, &e))?;
    if kinds::kind(&args.kind).is_none() {
        let why = format!("couldn't find backend for type {:?}", args.kind);
        return Err(ctx.refuse(COMMAND, &why));
    }
    args.flags.check().map_err(|e| ctx.refuse(COMMAND, &e))?;
    let mut options = pairs::parse(&args.options).map_err(|e| ctx.refuse(COMMAND, &e))?;
    args.flags.prepare(&args.kind, &mut options)?;
    let stored = ctx.opener.config().edit(|draft| {
        draft.remove(&args.name);
        draft.set(&args.name, "type", &args.kind);
        for (key, value) in &options {
            draft.set(&args.name, key, value);
        }
        Ok(())
    });
    stored.map_err(|e| broken(&e))?;
    args.flags.print(&args.name, ctx)
}
