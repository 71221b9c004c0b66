//! `megarc config password`.

use super::wizard::password::{self, Without};
use super::{pairs, section};
use crate::commands::Context;
use crate::commands::dialogue::{Prompt, Terminal};
use crate::config::Section;
use crate::config::kinds::{self, ValueKind};
use crate::exit::CommandError;

const COMMAND: &str = "config password";

/// Set passwords of a remote
///
/// Every value that is given here is obscured, whatever its option holds. With
/// the name alone, on a terminal, it asks for the passwords of the remote.
#[derive(clap::Args)]
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
    let Some(kind) = section.get("type") else {
        return Err(ctx.refuse(COMMAND, &"couldn't find type field in config"));
    };
    let mut terminal = Terminal::new(ctx);
    if options.is_empty() && terminal.is_person() {
        options = ask(kind, &section, &mut terminal)?;
    }
    for (_, value) in &mut options {
        *value = pairs::hide(value)?;
    }
    pairs::store(section.name(), &options, ctx)?;
    section::print(section.name(), ctx)
}

/// Asks for those passwords that the remote has or needs.
fn ask(
    kind: &str,
    section: &Section,
    prompt: &mut dyn Prompt,
) -> Result<Vec<(String, String)>, CommandError> {
    let mut passwords = Vec::new();
    let options = kinds::kind(kind).into_iter().flat_map(|kind| kind.options);
    for option in options.filter(|option| option.value == ValueKind::Password) {
        let set = section.get(option.name).is_some_and(|v| !v.is_empty());
        if !option.required && !set {
            continue;
        }
        prompt.say(&format!("Option {}.\n{}\n", option.name, option.help))?;
        let without = if set {
            Without::Kept
        } else {
            Without::Required
        };
        if let Some(password) = password::choose(prompt, without)? {
            passwords.push((option.name.to_owned(), password.expose().to_owned()));
        }
    }
    Ok(passwords)
}
