//! `megarc listremotes`.

use std::cmp::Ordering;

use serde::Serialize;

use super::Context;
use crate::config::Origin;
use crate::engine::filter::anywhere;
use crate::exit::CommandError;

/// List the remotes of the configuration and the environment
///
/// Those that the environment defines come first. Patterns match anywhere:
/// FILTER in any column, the flags in theirs.
#[derive(clap::Args)]
pub struct Args {
    /// Only remotes in which this pattern is found
    #[arg(value_name = "FILTER")]
    pattern: Option<String>,
    /// Show type and description too
    #[arg(long)]
    long: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Only remotes whose name matches
    #[arg(long, value_name = "PATTERN")]
    name: Option<String>,
    /// Only remotes whose type matches
    #[arg(long = "type", value_name = "PATTERN")]
    kind: Option<String>,
    /// Only remotes that come from there: file or environment
    #[arg(long, value_name = "PATTERN")]
    source: Option<String>,
    /// Only remotes whose description matches
    #[arg(long, value_name = "PATTERN")]
    description: Option<String>,
    /// Order: name, type, source, description, separated by commas; =desc turns one round
    #[arg(long, value_name = "COLUMNS")]
    order_by: Option<String>,
}

/// One remote, with the names that rclone's JSON has.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    source: &'static str,
    description: String,
}

/// A column of a row.
type Column = fn(&Row) -> &str;

const NAME: Column = |row| &row.name;
const KIND: Column = |row| &row.kind;
const SOURCE: Column = |row| row.source;
const DESCRIPTION: Column = |row| &row.description;

/// Runs `megarc listremotes`.
///
/// # Errors
/// A pattern or an order is wrong, or stdout cannot be written.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let refuse = |why: String| ctx.refuse("listremotes", &why);
    ctx.say_when_unconfigured();
    let mut rows = rows(ctx);
    retain(args, &mut rows).map_err(refuse)?;
    if let Some(order) = &args.order_by {
        let order = parse_order(order).map_err(refuse)?;
        rows.sort_by(|a, b| compare(&order, a, b));
    }
    let text = if args.json {
        json(&rows)?
    } else if args.long {
        table(&rows)
    } else {
        rows.iter().map(|row| format!("{}:\n", row.name)).collect()
    };
    ctx.output.text(&text)?;
    Ok(())
}

/// All remotes in the order of the configuration.
fn rows(ctx: &Context) -> Vec<Row> {
    let config = ctx.opener.config();
    let row = |(name, origin): (String, Origin)| {
        let section = config.section(&name);
        let value = |key: &str| {
            let set = config.env().remote_option(&name, key);
            set.or_else(|| section.as_ref()?.get(key))
                .unwrap_or_default()
                .to_owned()
        };
        Row {
            kind: value("type"),
            source: match origin {
                Origin::Environment => "environment",
                Origin::File => "file",
            },
            description: value("description"),
            name,
        }
    };
    config.remotes().into_iter().map(row).collect()
}

/// Leaves those that all patterns let through.
fn retain(args: &Args, rows: &mut Vec<Row>) -> Result<(), String> {
    let all: &[Column] = &[NAME, KIND, SOURCE, DESCRIPTION];
    let patterns: [(&Option<String>, &[Column]); 5] = [
        (&args.pattern, all),
        (&args.name, &[NAME]),
        (&args.kind, &[KIND]),
        (&args.source, &[SOURCE]),
        (&args.description, &[DESCRIPTION]),
    ];
    for (pattern, columns) in patterns {
        let Some(pattern) = pattern.as_deref().filter(|p| !p.is_empty()) else {
            continue;
        };
        let regex = anywhere(pattern)?;
        rows.retain(|row| columns.iter().any(|column| regex.is_match(column(row))));
    }
    Ok(())
}

/// Columns to sort by, and whether backwards.
fn parse_order(text: &str) -> Result<Vec<(Column, bool)>, String> {
    text.split(',')
        .map(|part| {
            let (field, direction) = part.trim().split_once('=').unwrap_or((part.trim(), "asc"));
            let column = match field {
                "name" => NAME,
                "type" => KIND,
                "source" => SOURCE,
                "description" => DESCRIPTION,
                _ => return Err(format!("unknown --order-by field {field:?}")),
            };
            match direction {
                "asc" => Ok((column, false)),
                "desc" => Ok((column, true)),
                _ => Err(format!("unknown --order-by direction {direction:?}")),
            }
        })
        .collect()
}

fn compare(order: &[(Column, bool)], a: &Row, b: &Row) -> Ordering {
    order
        .iter()
        .fold(Ordering::Equal, |so_far, (column, turn)| {
            let next = column(a).cmp(column(b));
            so_far.then(if *turn { next.reverse() } else { next })
        })
}

fn json(rows: &[Row]) -> Result<String, CommandError> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    let lines = lines.map_err(|e| CommandError::run(e.to_string()))?;
    let end = if lines.is_empty() { "" } else { "\n" };
    Ok(format!("[\n{}{end}]\n", lines.join(",\n")))
}

fn table(rows: &[Row]) -> String {
    let width = |column: Column| {
        let lengths = rows.iter().map(|row| column(row).chars().count());
        lengths.max().unwrap_or(0)
    };
    let (names, kinds) = (width(NAME) + 1, width(KIND));
    let line = |row: &Row| {
        let name = format!("{}:", row.name);
        format!("{name:<names$} {:<kinds$} {}\n", row.kind, row.description)
    };
    rows.iter().map(line).collect()
}
