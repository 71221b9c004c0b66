//! `megarc obscure`.

use std::io::BufRead as _;

use super::Context;
use crate::config::obscure;
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
    let mut line = String::new();
    let password = if args.password == "-" {
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|e| CommandError::run(format!("reading standard input: {e}")))?;
        line.trim_end_matches(['\r', '\n'])
    } else {
        &args.password
    };
    let obscured = obscure::obscure(password)
        .map_err(|e| CommandError::run(format!("obscuring the password: {e}")))?;
    ctx.output.row(&obscured)?;
    Ok(())
}
