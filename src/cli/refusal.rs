//! Command lines that are refused: what is said, and the exit code.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use super::argv::{self, Refusal, Sorted, Why};
use super::usage;
use crate::exit::Code;
use crate::output::Output;
use crate::remote::spec::printable;

/// Checks the number of arguments.
///
/// # Errors
/// Too many or too few.
pub(super) fn check_count(root: &Command, sorted: &Sorted) -> Result<(), Refusal> {
    let Some(command) = usage::find(root, &sorted.command) else {
        return Ok(());
    };
    let given = sorted.arguments.len();
    let least = command
        .get_positionals()
        .filter(|a| a.is_required_set())
        .count();
    let endless = |a: &clap::Arg| matches!(a.get_action(), clap::ArgAction::Append);
    let most = if command.get_positionals().any(endless) {
        usize::MAX
    } else {
        command.get_positionals().count()
    };
    let (bound, word) = if given < least {
        (least, "minimum")
    } else if given > most {
        (most, "maximum")
    } else {
        return Ok(());
    };
    let listed: Vec<String> = sorted
        .arguments
        .iter()
        .map(|text| match command.get_name() {
            // What they are given is a password, however it is written.
            "obscure" | "reveal" => "***".to_owned(),
            _ => format!("{:?}", printable(text)),
        })
        .collect();
    let text = format!(
        "Command {} needs {bound} arguments {word}: you provided {given} non flag arguments: [{}]",
        command.get_name(),
        listed.join(" ")
    );
    Err(refusal(sorted, Why::Count(text)))
}

/// A value that clap's parsers refused, in rclone's words.
pub(super) fn of_value(root: &Command, sorted: &Sorted, error: &clap::Error) -> Refusal {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // "--head <N>": the name ends before the blank.
    let typed = text(ContextKind::InvalidArg);
    let name = typed
        .trim_start_matches('-')
        .split([' ', '='])
        .next()
        .unwrap_or_default();
    let value = text(ContextKind::InvalidValue);
    let flag = usage::find(root, &sorted.command)
        .into_iter()
        .chain([root])
        .flat_map(Command::get_arguments)
        .find(|flag| flag.get_long() == Some(name));
    let (Some(flag), Some(cause)) = (flag, std::error::Error::source(error)) else {
        // Not reached by any flag of ours; clap's own words then.
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        return refusal(
            sorted,
            Why::Flag(line.trim_start_matches("error: ").to_owned()),
        );
    };
    let invalid = format!(
        "invalid argument {value:?} for {:?} flag: {cause}",
        argv::display_name(flag)
    );
    match sorted.variable(name) {
        None => refusal(sorted, Why::Flag(invalid)),
        Some(variable) => refusal(
            sorted,
            Why::Environment(format!(
                "Invalid value when setting --{name} from environment variable \
                 {variable}={value:?}: {invalid}"
            )),
        ),
    }
}

fn refusal(sorted: &Sorted, why: Why) -> Refusal {
    Refusal {
        command: Some(sorted.command.clone()),
        why,
    }
}

/// Says what is wrong, and returns the exit code.
pub(super) fn report(refusal: &Refusal, output: &Output) -> Code {
    let usage = || usage::short(refusal.command.as_deref());
    match &refusal.why {
        Why::NoCommand => output.complain(&usage::commands()),
        Why::UnknownCommand(name, near) => {
            let mut text = format!("unknown command {name:?} for \"megarc\"\n");
            if !near.is_empty() {
                text.push_str("\nDid you mean this?\n");
                for name in near {
                    text.push_str(&format!("\t{name}\n"));
                }
            }
            output.complain(&format!(
                "Error: {text}\nRun 'megarc help' for the list of commands.\n"
            ));
            tracing::warn!(lines = true, "Fatal error: {}", text.trim_end());
        }
        Why::Flag(text) => {
            output.complain(&format!("Error: {text}\n{}\n", usage()));
            tracing::warn!("Fatal error: {text}");
        }
        Why::Count(text) => output.complain(&format!("{}{text}\n", usage())),
        Why::Environment(text) => {
            tracing::error!(critical = true, "{text}");
            return Code::Other;
        }
    }
    Code::Usage
}
