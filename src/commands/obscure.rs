//! `megarc obscure`.

use std::io::BufRead as _;

use super::Context;
use crate::config::{Secret, obscure};
use crate::exit::CommandError;

/// Obscure a password for the configuration file
///
/// This keeps a password from eyes that fall on the file. It is no
/// encryption: whoever has the result can reveal it. Use - to read one line
/// of standard input, so that the password stands in no history.
#[derive(clap::Args)]
pub struct Args {
    /// Password, or - for standard input
    #[arg(value_name = "PASSWORD")]
    password: String,
}

/// Runs `megarc obscure`.
///
/// # Errors
/// Standard input cannot be read, or stdout not written.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let password = if args.password == "-" {
        line_of_input()?
    } else {
        Secret::from(args.password.clone())
    };
    let obscured = obscure::obscure(password.expose())
        .map_err(|e| CommandError::run(format!("obscuring the password: {e}")))?;
    ctx.output.row(&obscured)?;
    Ok(())
}

/// One line of standard input, without its end; empty where there is none.
///
/// # Errors
/// It cannot be read.
pub(super) fn line_of_input() -> Result<Secret, CommandError> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| CommandError::run(format!("reading standard input: {e}")))?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Secret::from(line))
}
