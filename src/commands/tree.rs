//! `megarc tree`.

use super::Context;
use crate::exit::CommandError;

/// List a path as a tree
///
/// Names that begin with a dot are left out, as the Unix command does, unless
/// asked for. The last line counts directories and files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Show names that begin with a dot too
    #[arg(short = 'a', long)]
    all: bool,
    /// Show this many levels; 0 for all
    #[arg(long, value_name = "N", default_value_t = 0)]
    level: usize,
    /// Show the path from the root instead of the name
    #[arg(long)]
    full_path: bool,
    /// Draw no lines
    #[arg(long)]
    noindent: bool,
    /// Leave out the counts at the end
    #[arg(long)]
    noreport: bool,
    /// Put names in double quotes
    #[arg(short = 'Q', long)]
    quote: bool,
}

/// Runs `megarc tree`.
///
/// # Errors
/// The path cannot be listed, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let mut rows = Vec::new();
    let listed = ctx
        .each_entry(&root, ctx.walk(&root), |entry, path| {
            let row = Row::new(path, entry.is_dir());
            if args.shows(&row) {
                rows.push(row);
            }
            Ok(())
        })
        .await;
    // stable: two nodes of one name keep the order of the listing
    rows.sort_by(|a, b| a.parts.cmp(&b.parts));
    // what could be listed is shown, as by ls, before the error
    if listed.is_ok() || !rows.is_empty() {
        for row in args.draw(&rows) {
            ctx.output.row(&row)?;
        }
    }
    listed
}

/// An entry as the names on the way to it.
struct Row {
    parts: Vec<String>,
    dir: bool,
}

impl Row {
    fn new(path: &str, dir: bool) -> Self {
        Self {
            parts: path.split('/').map(str::to_owned).collect(),
            dir,
        }
    }
}

impl Args {
    fn shows(&self, row: &Row) -> bool {
        (self.level == 0 || row.parts.len() <= self.level)
            && (self.all || !row.parts.iter().any(|part| part.starts_with('.')))
    }

    /// The lines of sorted rows, parents before what they hold.
    fn draw(&self, rows: &[Row]) -> Vec<String> {
        let mut lines = vec![self.named("/")];
        let last = last_of_their_parents(rows);
        // whether the ancestor on each level was the last of its parent
        let mut closed: Vec<bool> = Vec::new();
        let (mut dirs, mut files) = (0_u64, 0_u64);
        for (row, last) in rows.iter().zip(last) {
            let depth = row.parts.len().saturating_sub(1);
            closed.resize(depth, true);
            let mut line = String::new();
            if !self.noindent {
                for closed in &closed {
                    line += if *closed { "    " } else { "│   " };
                }
                line += if last { "└── " } else { "├── " };
            }
            line += &if self.full_path {
                self.named(&format!("/{}", row.parts.join("/")))
            } else {
                self.named(row.parts.last().map_or("", String::as_str))
            };
            lines.push(line);
            closed.push(last);
            *(if row.dir { &mut dirs } else { &mut files }) += 1;
        }
        if !self.noreport {
            lines.push(String::new());
            lines.push(format!("{dirs} directories, {files} files"));
        }
        lines
    }

    fn named(&self, name: &str) -> String {
        if self.quote {
            format!("\"{name}\"")
        } else {
            name.to_owned()
        }
    }
}

/// For each of the sorted rows whether no later one stands beside it.
fn last_of_their_parents(rows: &[Row]) -> Vec<bool> {
    // seen from the end: for each level whether a sibling came already
    let mut seen: Vec<bool> = Vec::new();
    let mut last: Vec<bool> = rows
        .iter()
        .rev()
        .map(|row| {
            seen.resize(row.parts.len(), false);
            seen.last_mut()
                .is_none_or(|seen| !std::mem::replace(seen, true))
        })
        .collect();
    last.reverse();
    last
}
