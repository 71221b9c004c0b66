//! `megarc config password`.

use super::wizard::password::{self, Without};
use super::{pairs, section};
use crate::commands::Context;
use crate::commands::dialogue::{Prompt, Terminal};
use crate::commands::obscure::line_of_input;
use crate::config::Section;
use crate::config::kinds::{self, OptionInfo, ValueKind};
use crate::exit::CommandError;
use crate::remote::spec::check_name;

const COMMAND: &str = "config password";

/// Set passwords of a remote
///
/// Every value that is given here is obscured, whatever its option holds. With
/// the name alone, on a terminal, it asks for the passwords of the remote; not
/// on one, the first line of standard input becomes its password.
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
    check_name(&args.name).map_err(|e| ctx.refuse(COMMAND, &e))?;
    let section = section::find(&args.name, ctx);
    let Some(kind) = section.get("type") else {
        return Err(ctx.refuse(COMMAND, &"couldn't find type field in config"));
    };
    let mut terminal = Terminal::new(ctx);
    if options.is_empty() {
        options = if terminal.is_person() {
            ask(kind, &section, &mut terminal)?
        } else {
            piped(kind, &section)?
        };
    }
    for (_, value) in &mut options {
        *value = pairs::hide(value)?;
    }
    pairs::store(section.name(), &options, ctx)?;
    section::print(section.name(), ctx)
}

/// The password that stands on standard input, if one does.
fn piped(kind: &str, section: &Section) -> Result<Vec<(String, String)>, CommandError> {
    let Some(option) = passwords(kind, section).next() else {
        return Ok(Vec::new());
    };
    let password = line_of_input()?;
    let set = !password.is_empty();
    Ok(set
        .then(|| (option.name.to_owned(), password.expose().to_owned()))
        .into_iter()
        .collect())
}

/// The passwords that the remote has or needs.
fn passwords<'s>(
    kind: &str,
    section: &'s Section,
) -> impl Iterator<Item = &'static OptionInfo> + 's {
    let options = kinds::kind(kind).into_iter().flat_map(|kind| kind.options);
    options.filter(|option| {
        option.value == ValueKind::Password && (option.required || has(section, option))
    })
}

fn has(section: &Section, option: &OptionInfo) -> bool {
    section.get(option.name).is_some_and(|v| !v.is_empty())
}

/// Asks for those passwords that the remote has or needs.
fn ask(
    kind: &str,
    section: &Section,
    prompt: &mut dyn Prompt,
) -> Result<Vec<(String, String)>, CommandError> {
    let mut chosen = Vec::new();
    for option in passwords(kind, section) {
        prompt.say(&format!("Option {}.\n{}\n", option.name, option.help))?;
        let without = if has(section, option) {
            Without::Kept
        } else {
            Without::Required
        };
        if let Some(password) = password::choose(prompt, without)? {
            chosen.push((option.name.to_owned(), password.expose().to_owned()));
        }
    }
    Ok(chosen)
}
