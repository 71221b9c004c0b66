//! `megarc config create`.

use super::pairs;
use crate::commands::Context;
use crate::config::{Section, kinds};
use crate::exit::CommandError;
use crate::remote::spec::check_name;

const COMMAND: &str = "config create";

/// Make a remote
///
/// Options are given as key=value or as key value. A remote of that name is
/// replaced. Passwords are obscured, unless they are already; to keep one out
/// of the shell's history, give what 'megarc obscure -' prints. A code of the
/// second factor (2fa=CODE) is used to log in at once, and not stored.
#[derive(clap::Args)]
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
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    check_name(&args.name).map_err(|e| ctx.refuse(COMMAND, &e))?;
    if kinds::kind(&args.kind).is_none() {
        let why = format!("couldn't find backend for type {:?}", args.kind);
        return Err(ctx.refuse(COMMAND, &why));
    }
    args.flags.check().map_err(|e| ctx.refuse(COMMAND, &e))?;
    let mut options = pairs::parse(&args.options).map_err(|e| ctx.refuse(COMMAND, &e))?;
    args.flags.prepare(&args.kind, &mut options)?;
    let mut section = Section::new(&args.name);
    section.set("type", &args.kind);
    let fresh = !args.flags.continues();
    args.flags
        .finish(COMMAND, section, options, fresh, ctx)
        .await
}
