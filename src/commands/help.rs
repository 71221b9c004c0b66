//! `megarc help`.

use super::Context;
use crate::cli::usage;
use crate::exit::{Code, CommandError};

/// Show help for megarc, a command, or the flags of all commands
#[derive(clap::Args)]
pub struct Args {
    /// Command, or 'flags'
    #[arg(value_name = "TOPIC")]
    topic: Option<String>,
}

/// Runs `megarc help`.
///
/// # Errors
/// There is no such command, or stdout cannot be written.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let text = match args.topic.as_deref() {
        None => usage::overview(),
        Some("flags") => usage::flags(),
        Some(command) => usage::command(command).ok_or_else(|| {
            CommandError::start(format!("There is no command {command:?}"))
                .code(Code::Usage)
                .hint("'megarc help' lists the commands")
        })?,
    };
    ctx.output.text(&text)?;
    Ok(())
}
