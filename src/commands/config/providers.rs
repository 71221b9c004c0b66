//! `megarc config providers`.

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use super::questions::described;
use crate::commands::Context;
use crate::config::kinds::{KINDS, Kind};
use crate::exit::CommandError;

/// Print all types of remotes and their options as JSON
///
/// The form is rclone's: programs that make remotes in windows of their own
/// read it.
#[derive(clap::Args)]
pub(super) struct Args {}

/// Runs `megarc config providers`.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn run(_: &Args, ctx: &Context) -> Result<(), CommandError> {
    let all: Vec<Value> = KINDS.iter().map(provider).collect();
    let mut json = Vec::new();
    let format = PrettyFormatter::with_indent(b"    ");
    all.serialize(&mut Serializer::with_formatter(&mut json, format))
        .map_err(|e| CommandError::run(e.to_string()))?;
    ctx.output.text(&String::from_utf8_lossy(&json))?;
    Ok(())
}

fn provider(kind: &Kind) -> Value {
    let options = kind.options.iter();
    let options: Vec<Value> = options
        .map(|option| described(option, option.default, option.choices.to_vec()))
        .collect();
    json!({
        "Name": kind.name,
        "Description": kind.help,
        "Prefix": kind.name,
        "Options": options,
        "CommandHelp": null,
        "Aliases": null,
        "Hide": false,
        "MetadataInfo": null,
    })
}
