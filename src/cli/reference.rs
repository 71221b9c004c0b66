//! The reference of all commands and flags, as Markdown: docs/commands.md.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::usage;

/// The whole reference.
#[must_use]
pub fn markdown() -> String {
    let mut root = usage::root();
    root.build();
    let mut text = String::from(
        "# Commands\n\n\
         Made from the program's own help by a test: do not edit it here.\n\n\
         Commands and flags are those of rclone, with the same output and exit codes. Flags\n\
         stand anywhere on the line; the last one counts; `--flag=false` turns a switch off.\n\
         Each can be set in the environment too: `--dry-run` is `MEGARC_DRY_RUN`; the command\n\
         line comes first.\n\n",
    );
    for command in usage::visible(&root) {
        // Writing to a String cannot fail.
        let name = command.get_name();
        let _ = writeln!(text, "- [`{name}`](#{name}): {}", about(command, false));
    }
    for (name, command) in commands(&root) {
        push_command(&mut text, "##", &name, command);
    }
    text.push_str("\n## Flags of all commands\n");
    push_flags(&mut text, &root, "###");
    text.push_str("\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in EXIT_CODES {
        let _ = writeln!(text, "| {code} | {meaning} |");
    }
    text
}

/// The reference in pieces, by the names of their files: a page for each
/// command, and one for the flags of all.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let mut root = usage::root();
    root.build();
    let mut pages: Vec<(String, String)> = commands(&root)
        .into_iter()
        .map(|(name, command)| {
            let mut text = String::new();
            push_command(&mut text, "#", &name, command);
            text.push_str("\n[Flags of all commands](../flags.md)\n");
            let file = format!("commands/megarc_{}.md", name.replace(' ', "_"));
            (file, text.trim_start().to_owned())
        })
        .collect();
    let mut flags = String::from("# Flags of all commands\n");
    push_flags(&mut flags, &root, "##");
    pages.push(("flags.md".to_owned(), flags));
    pages
}

/// The commands that are shown, and those below them, with their whole names.
pub(super) fn commands(root: &Command) -> Vec<(String, &Command)> {
    let mut all = Vec::new();
    for command in usage::visible(root) {
        push_below(&mut all, command.get_name(), command);
    }
    all
}

fn push_below<'c>(all: &mut Vec<(String, &'c Command)>, name: &str, command: &'c Command) {
    all.push((name.to_owned(), command));
    for below in usage::visible(command) {
        push_below(all, &format!("{name} {}", below.get_name()), below);
    }
}

/// The flags that a command does not share with all others.
pub(super) fn own_flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_opts().filter(|flag| !flag.is_global_set())
}

/// The numbers that a command ends with.
pub(super) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "success, also when there was nothing to do"),
    ("1", "anything without a number of its own"),
    ("2", "the command line is wrong"),
    ("3", "directory not found"),
    ("4", "file not found"),
    ("5", "a temporary failure that outlived all retries"),
    ("6", "a failure that no retry can mend"),
    ("7", "stopped for good"),
    ("8", "as much was transferred as may be (`--max-transfer`)"),
    ("9", "nothing was transferred (`--error-on-no-transfer`)"),
    ("10", "the time is over (`--max-duration`)"),
    (
        "128 + n",
        "ended by signal n; 141: the reader of standard output went away",
    ),
];

fn push_flags(text: &mut String, root: &Command, level: &str) {
    let mut heading = "";
    for flag in root.get_arguments().filter(|a| a.get_long().is_some()) {
        let own = flag.get_help_heading().unwrap_or("Help");
        if own != heading {
            heading = own;
            let _ = write!(text, "\n{level} {heading}\n\n| flag | |\n| --- | --- |\n");
        }
        push_row(text, flag);
    }
}

fn push_command(text: &mut String, level: &str, name: &str, command: &Command) {
    let _ = write!(
        text,
        "\n{level} {name}\n\n{}\n\n```console\n{}\n```\n",
        about(command, true),
        usage::synopsis(name, command)
    );
    // Flags of all commands have their own chapter.
    let mut own = own_flags(command).peekable();
    if own.peek().is_none() {
        return;
    }
    text.push_str("\n| flag | |\n| --- | --- |\n");
    for flag in own {
        push_row(text, flag);
    }
}

fn push_row(text: &mut String, flag: &Arg) {
    let help = usage::help_text(flag).replace('|', "\\|");
    let _ = writeln!(text, "| `{}` | {help} |", usage::flag_form(flag).trim());
}

fn about(command: &Command, long: bool) -> String {
    let text = match command.get_long_about() {
        Some(text) if long => Some(text),
        _ => command.get_about(),
    };
    text.map(ToString::to_string)
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}
