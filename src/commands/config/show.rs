//! `megarc config show` and `megarc config redacted`.

use super::section::{self, Hide};
use crate::commands::Context;
use crate::exit::CommandError;

/// Show the configuration, or one remote
///
/// Passwords and the keys of sessions are hidden.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Name of a remote
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Show the configuration, or one remote, without what tells who you are
#[derive(clap::Args)]
pub(super) struct RedactedArgs {
    /// Name of a remote
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs `megarc config show`.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    ctx.say_when_unconfigured();
    if let Some(name) = &args.name {
        return section::print(name, ctx);
    }
    let mut text = String::new();
    for section in ctx.opener.config().sections() {
        text += &section::text(&section, Hide::Secrets);
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("; empty config\n");
    }
    ctx.output.text(&text)?;
    Ok(())
}

/// Runs `megarc config redacted`.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn redacted(args: &RedactedArgs, ctx: &Context) -> Result<(), CommandError> {
    ctx.say_when_unconfigured();
    let mut sections = match &args.name {
        Some(name) => vec![section::find(name, ctx)],
        None => ctx.opener.config().sections(),
    };
    sections.sort_by(|a, b| a.name().cmp(b.name()));
    let texts: Vec<String> = sections
        .iter()
        .map(|section| section::text(section, Hide::Persons))
        .collect();
    let mut text = texts.join("\n");
    text.push_str("### Double check the config for sensitive info before posting publicly\n");
    ctx.output.text(&text)?;
    Ok(())
}
