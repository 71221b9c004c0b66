//! `megarc config dump`.

use std::collections::BTreeMap;

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::commands::Context;
use crate::config::kinds;
use crate::exit::CommandError;

/// Print all remotes as JSON
///
/// Passwords are in it, obscured. The keys of sessions are not.
#[derive(clap::Args)]
pub(super) struct Args {}

/// Runs `megarc config dump`.
///
/// # Errors
/// Stdout cannot be written.
pub(super) fn run(_: &Args, ctx: &Context) -> Result<(), CommandError> {
    ctx.say_when_unconfigured();
    let sections = ctx.opener.config().sections();
    let mut all: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for section in &sections {
        let kind = section.get("type").and_then(kinds::kind);
        let hidden = |key| {
            let option = kind.and_then(|kind| kind.option(key));
            option.is_some_and(|option| option.hidden)
        };
        let shown = section.iter().filter(|(key, _)| !hidden(key)).collect();
        all.insert(section.name(), shown);
    }
    let mut json = Vec::new();
    let format = PrettyFormatter::with_indent(b"    ");
    all.serialize(&mut Serializer::with_formatter(&mut json, format))
        .map_err(|e| CommandError::run(e.to_string()))?;
    ctx.output.text(&String::from_utf8_lossy(&json))?;
    Ok(())
}
