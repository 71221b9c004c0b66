//! `megarc versions list`.

use jiff::Timestamp;
use serde::Serialize;

use super::pasts;
use crate::commands::Context;
use crate::exit::CommandError;
use crate::output::listing::Style;
use crate::remote::{EntryId, Version};

/// List the old versions of a file, or of all files below a directory
///
/// A row for each: number, size, modification time, id and path. The id names
/// a version even when the numbers have moved on.
#[derive(clap::Args)]
pub(super) struct Args {
    /// File or directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Print a JSON object on each line
    #[arg(long)]
    json: bool,
}

/// One version, fields in the order in which they are written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    path: &'a str,
    version: usize,
    #[serde(rename = "ID")]
    id: &'a str,
    size: Option<u64>,
    mod_time: Option<String>,
    /// When the store got it.
    stored: Option<String>,
    /// When something newer took its place.
    replaced: Option<String>,
}

/// Runs `megarc versions list`.
///
/// # Errors
/// The path cannot be listed, the remote keeps no versions, or stdout cannot
/// be written.
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let style = Style::new(ctx.flags.show.human_readable, ctx.flags.copy.default_time);
    for past in pasts(ctx, &root).await? {
        for (at, version) in past.versions.iter().enumerate() {
            let row = if args.json {
                json(&past.path, at + 1, version)
            } else {
                let id = id(version);
                style.version(&version.entry, at + 1, id, &past.path)
            };
            ctx.output.row(&row)?;
        }
    }
    Ok(())
}

fn id(version: &Version) -> &str {
    version.entry.id.as_ref().map_or("", EntryId::as_str)
}

fn json(path: &str, number: usize, version: &Version) -> String {
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let row = Row {
        path,
        version: number,
        id: id(version),
        size: version.entry.size,
        mod_time: text(version.entry.modified),
        stored: text(version.stored),
        replaced: text(version.replaced),
    };
    // Text and numbers always have a form.
    serde_json::to_string(&row).unwrap_or_default()
}
