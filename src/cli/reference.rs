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
    for command in usage::visible(&root) {
        let name = command.get_name();
        push_commands(&mut text, name, command);
    }
    text.push_str("\n## Flags of all commands\n");
    let mut heading = "";
    for flag in root.get_arguments().filter(|a| a.get_long().is_some()) {
        let own = flag.get_help_heading().unwrap_or("Help");
        if own != heading {
            heading = own;
            let _ = write!(text, "\n### {heading}\n\n| flag | |\n| --- | --- |\n");
        }
        push_row(&mut text, flag);
    }
    text.push_str(EXIT_CODES);
    text
}

const EXIT_CODES: &str = "\n## Exit codes\n\n\
    | code | meaning |\n| --- | --- |\n\
    | 0 | success, also when there was nothing to do |\n\
    | 1 | anything without a number of its own |\n\
    | 2 | the command line is wrong |\n\
    | 3 | directory not found |\n\
    | 4 | file not found |\n\
    | 5 | a temporary failure that outlived all retries |\n\
    | 6 | a failure that no retry can mend |\n\
    | 7 | stopped for good |\n\
    | 9 | nothing was transferred (`--error-on-no-transfer`) |\n\
    | 128 + n | ended by signal n; 141: the reader of standard output went away |\n";

/// A command and those below it.
fn push_commands(text: &mut String, name: &str, command: &Command) {
    push_command(text, name, command);
    for below in usage::visible(command) {
        push_commands(text, &format!("{name} {}", below.get_name()), below);
    }
}

fn push_command(text: &mut String, name: &str, command: &Command) {
    let _ = write!(
        text,
        "\n## {name}\n\n{}\n\n```console\n{}\n```\n",
        about(command, true),
        usage::synopsis(name, command)
    );
    // Flags of all commands have their own chapter.
    let own: Vec<&Arg> = command
        .get_opts()
        .filter(|flag| !flag.is_global_set())
        .collect();
    if own.is_empty() {
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
