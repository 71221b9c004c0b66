//! The command line: from words to a running command and an exit code.
//!
//! [`argv`] sorts the words as rclone's users type them, clap gives them
//! their types, `dispatch.rs` runs the command with its retries, statistics
//! and signals. What is wrong with a command line is said here, in rclone's
//! words; nothing is ever ignored.

mod ages;
pub mod argv;
pub mod complete;
pub mod dates;
mod dispatch;
mod dump;
mod filters;
mod flags;
mod limits;
mod live;
mod local;
pub mod man;
mod memory;
mod metadata;
mod near;
mod network;
pub mod reference;
mod refusal;
mod setup;
mod show;
mod signals;
mod spans;
mod syncing;
mod unsupported;
pub mod usage;
pub mod values;
mod words;

use std::sync::Arc;

use clap::{FromArgMatches as _, Parser};

pub use dump::DumpFlags;
pub use filters::FilterFlags;
pub use flags::{CopyFlags, Flags, MegaFlags, PlaceFlags};
pub use limits::LimitFlags;
pub use local::LocalFlags;
pub use metadata::MetadataFlags;
pub use network::NetworkFlags;
pub use show::ShowFlags;
pub use syncing::SyncFlags;

use crate::commands::Command;
use crate::output::logging::{self, Logging};
use crate::output::{Output, report_panics};
use argv::{Refusal, Sorted};

/// Copies files to MEGA and back, encrypted on this machine and verified to
/// the last byte, with rclone's command line.
#[derive(Parser)]
#[command(
    name = "megarc",
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub struct Cli {
    /// The flags that every command takes.
    #[command(flatten)]
    pub flags: Flags,
    /// Show help for a command
    #[arg(long, short, global = true, help_heading = "Help")]
    pub help: bool,
    /// Show the version
    #[arg(long, short = 'V', global = true, help_heading = "Help")]
    pub version: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Runs the command that the words after the program's name ask for and
/// returns the exit code.
#[must_use]
pub fn main(words: impl Iterator<Item = std::ffi::OsString>) -> u8 {
    memory::forbid_core_dumps();
    report_panics();
    let output = Arc::new(Output::stdio());
    let words: Vec<String> = words.map(|word| quoted(&word)).collect();
    match parse(&words, |name| std::env::var(name).ok()) {
        Ok(Parsed::Help(text)) => show(&output, &text),
        Ok(Parsed::Run(cli)) => dispatch::main(*cli, &output),
        Err(refusal) => {
            logging::start(Logging::default(), Arc::clone(&output));
            refusal::report(&refusal, &output).number()
        }
    }
}

/// A word; bytes that are not UTF-8 in the form in which names show them.
fn quoted(word: &std::ffi::OsStr) -> String {
    let mut text = String::new();
    for chunk in word.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("‛{byte:02X}"));
        }
    }
    text
}

/// What a command line asks for.
pub enum Parsed {
    /// This text, and nothing else.
    Help(String),
    /// A command.
    Run(Box<Cli>),
}

/// Gives the words their types.
///
/// # Errors
/// What is wrong with them.
pub fn parse(
    words: &[String],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Parsed, Refusal> {
    // Flags that clap takes for global it copies into every one of the
    // commands, which takes longer than all the rest of a short command.
    let mut root = usage::root().mut_args(|flag| flag.global(false));
    let mut sorted = argv::sort(&root, words, variable)?;
    // Of tree it is an order of its own.
    if sorted.has("version") && sorted.command != "tree" {
        sorted = Sorted::of_command("version");
    }
    // A group of commands, named alone, tells what is in it.
    let group = usage::find(&root, &sorted.command);
    let group = group.is_some_and(|command| {
        command.is_subcommand_required_set() || command.get_name() == "completion"
    });
    if sorted.has("help") || (group && sorted.arguments.is_empty()) {
        let text = usage::command(&sorted.command).unwrap_or_else(usage::overview);
        return Ok(Parsed::Help(text));
    }
    refusal::check_count(&root, &sorted)?;
    let words = sorted.words(&root, "megarc");
    root.try_get_matches_from_mut(words)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map(|cli| Parsed::Run(Box::new(cli)))
        .map_err(|error| refusal::of_value(&root, &sorted, &error))
}

/// Prints help.
fn show(output: &Output, text: &str) -> u8 {
    match output.text(text) {
        Ok(()) => 0,
        Err(error) => crate::exit::CommandError::from(error).code.number(),
    }
}
