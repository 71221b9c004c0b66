//! Help and usage texts, made from clap's description of the command line.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::Cli;

/// Columns of a help text.
const WIDTH: usize = 80;

/// The whole command line as clap describes it.
#[must_use]
pub fn root() -> Command {
    Cli::command().term_width(WIDTH)
}

/// What `megarc help` shows.
#[must_use]
pub fn overview() -> String {
    let root = root();
    let about = first_paragraph(root.get_long_about().or(root.get_about()));
    format!("{about}\n\n{}", commands())
}

/// What `megarc` alone shows.
#[must_use]
pub fn commands() -> String {
    let root = root();
    let mut text =
        String::from("Usage:\n  megarc COMMAND [ARGUMENTS] [FLAGS]\n\nAvailable commands:\n");
    for command in visible(&root) {
        let about = first_paragraph(command.get_about());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<12}{about}", command.get_name());
    }
    text.push_str(
        "\n'megarc help COMMAND' tells about a command, 'megarc help flags' about the\n\
         flags that every command takes.\n",
    );
    text
}

/// What `megarc help flags` shows.
#[must_use]
pub fn flags() -> String {
    let mut root = root();
    root.build();
    let mut text = String::from(
        "Flags of all commands. Each can be set in the environment too: --dry-run is\n\
         MEGARC_DRY_RUN. The last one counts; the command line beats the environment.\n",
    );
    let mut heading = "";
    let flags: Vec<&Arg> = root
        .get_arguments()
        .filter(|a| a.get_long().is_some())
        .collect();
    for flag in flags {
        let own = flag.get_help_heading().unwrap_or("Help");
        if own != heading {
            heading = own;
            let _ = write!(text, "\n{heading}:\n");
        }
        text.push_str(&flag_row(flag));
    }
    text
}

/// What `megarc help NAME` and `megarc NAME --help` show; `None` when there
/// is no such command.
#[must_use]
pub fn command(name: &str) -> Option<String> {
    let root = root();
    let command = find(&root, name)?;
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    Some(format!(
        "{}\n\n{}",
        about.trim_end(),
        usage_of(name, command)
    ))
}

/// The command of that name, which may be several words.
#[must_use]
pub fn find<'c>(root: &'c Command, name: &str) -> Option<&'c Command> {
    name.split(' ')
        .try_fold(root, |command, word| command.find_subcommand(word))
}

/// The usage of a command, or of megarc itself, for stderr.
#[must_use]
pub fn short(name: Option<&str>) -> String {
    let root = root();
    match name.and_then(|name| Some((name, find(&root, name)?))) {
        Some((name, command)) => usage_of(name, command),
        None => "Usage:\n  megarc COMMAND [ARGUMENTS] [FLAGS]\n\n\
                 'megarc help' lists the commands.\n"
            .to_owned(),
    }
}

/// How a command is called: `megarc copy SOURCE DEST [FLAGS]`.
#[must_use]
pub fn synopsis(name: &str, command: &Command) -> String {
    let mut line = format!("megarc {name}");
    if command.is_subcommand_required_set() {
        line.push_str(" COMMAND");
    } else if command.has_subcommands() {
        line.push_str(" [COMMAND]");
    }
    for argument in command.get_positionals() {
        let name = value_name(argument);
        let _ = if argument.is_required_set() {
            write!(line, " {name}")
        } else {
            write!(line, " [{name}]")
        };
        if matches!(argument.get_action(), ArgAction::Append) {
            line.push_str("...");
        }
    }
    line + " [FLAGS]"
}

fn usage_of(name: &str, command: &Command) -> String {
    let mut text = format!("Usage:\n  {}\n", synopsis(name, command));
    if command.has_subcommands() {
        text.push_str("\nCommands:\n");
    }
    for below in visible(command) {
        let about = first_paragraph(below.get_about());
        let _ = writeln!(text, "  {:<12}{about}", below.get_name());
    }
    let arguments: String = command
        .get_positionals()
        .map(|argument| {
            let name = value_name(argument);
            format!("  {name:<12}{}\n", help_text(argument))
        })
        .collect();
    if !arguments.is_empty() {
        let _ = write!(text, "\nArguments:\n{arguments}");
    }
    let flags: String = command.get_opts().map(flag_row).collect();
    if !flags.is_empty() {
        let _ = write!(text, "\nFlags:\n{flags}");
    }
    text.push_str("\n'megarc help flags' lists the flags that every command takes.\n");
    text
}

/// What the value of an argument or a flag is called.
#[must_use]
pub fn value_name(argument: &Arg) -> &str {
    let names = argument.get_value_names().and_then(|names| names.first());
    names.map_or("ARGUMENT", clap::builder::Str::as_str)
}

/// `  -n, --dry-run   help`.
#[must_use]
pub fn flag_row(flag: &Arg) -> String {
    format!("  {:<34}{}\n", flag_form(flag), help_text(flag))
}

/// `-n, --dry-run` or `    --transfers N`.
#[must_use]
pub fn flag_form(flag: &Arg) -> String {
    let short = flag
        .get_short()
        .map_or_else(|| "    ".to_owned(), |c| format!("-{c}, "));
    let mut form = format!("{short}--{}", flag.get_long().unwrap_or_default());
    let value = flag.get_value_names().and_then(|names| names.first());
    if let Some(value) = value.filter(|_| matches!(flag.get_action(), ArgAction::Set)) {
        let _ = if flag.get_num_args().is_some_and(|n| n.min_values() == 0) {
            write!(form, "[={value}]")
        } else {
            write!(form, " {value}")
        };
    }
    form
}

/// Help with the default behind it.
#[must_use]
pub fn help_text(argument: &Arg) -> String {
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let default = argument
        .get_default_values()
        .first()
        .and_then(|v| v.to_str());
    match default.filter(|_| matches!(argument.get_action(), ArgAction::Set)) {
        Some(default) => format!("{help} [default: {default}]"),
        None => help,
    }
}

/// The commands that are shown, by name.
pub fn visible(root: &Command) -> impl Iterator<Item = &Command> {
    root.get_subcommands()
        .filter(|command| !command.is_hide_set())
}

/// A text up to its first empty line.
#[must_use]
pub fn first_paragraph(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").next().unwrap_or_default().to_owned()
}
