//! `megarc tree`.

mod color;
mod draw;
mod nodes;
mod order;

use std::fs::File;
use std::io::{BufWriter, Write as _};

use jiff::Zoned;

use super::Context;
use crate::exit::CommandError;
use crate::remote::system_words;
use draw::{Drawing, Line};
use nodes::Nodes;
use order::Order;

/// List a path as a tree
///
/// Names that begin with a dot are left out, as the Unix command does, unless
/// asked for. The last line counts directories and files. On a terminal
/// directories, archives, programs, pictures and sounds have colours (--color).
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Show names that begin with a dot too
    #[arg(short = 'a', long)]
    all: bool,
    /// Show directories only
    #[arg(short = 'd', long)]
    dirs_only: bool,
    /// Show directories before files; no other order, and -U, go with it
    #[arg(long)]
    dirsfirst: bool,
    /// Show this many levels; 0 for all
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    level: i64,
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
    /// Show sizes in bytes; of a directory, that of all it holds
    #[arg(short = 's', long)]
    size: bool,
    /// Show when files were changed
    #[arg(short = 'D', long)]
    modtime: bool,
    /// Show permissions; a store has none, so that they are always the same
    #[arg(short = 'p', long)]
    protections: bool,
    /// Sort by name, version, size, mtime or ctime
    #[arg(long, value_name = "KEY")]
    sort: Option<String>,
    /// Sort by time: stores keep no other than that of the change
    #[arg(long)]
    sort_ctime: bool,
    /// Sort by time
    #[arg(short = 't', long)]
    sort_modtime: bool,
    /// Sort the other way round
    #[arg(short = 'r', long)]
    sort_reverse: bool,
    /// Leave the order as the store has it
    #[arg(short = 'U', long)]
    unsorted: bool,
    /// Sort by name, numbers in it by their value
    #[arg(long)]
    version: bool,
    /// Write to this file
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<String>,
}

/// Runs `megarc tree`.
///
/// # Errors
/// The path cannot be listed, or the output not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let mut run = ctx.run.clone();
    // What is not shown need not be listed, but that sizes are added up.
    if let (Some(level), false) = (args.level(), args.size) {
        let options = std::sync::Arc::make_mut(&mut run.options);
        options.max_depth = Some(options.max_depth.map_or(level, |max| max.min(level)));
    }
    let mut walk = crate::engine::walk::Walk::new(&run, &root);
    let mut nodes = Nodes::new();
    while let Some(listing) = walk.next().await {
        nodes.add(listing, |entry| args.shows(entry.name(), entry.is_dir()));
    }
    let listed = walk.finish().is_ok();
    // What could be listed is shown, as by ls. What could not has been said
    // and counted, which is what the command ends with.
    if listed || !nodes.is_empty() {
        if let Some(order) = args.order() {
            nodes.sort(&order);
        }
        let lines = Drawing {
            dirs_only: args.dirs_only,
            level: args.level(),
            full_path: args.full_path,
            indent: !args.noindent,
            report: !args.noreport,
            quote: args.quote,
            size: args.size,
            human: ctx.flags.show.human_readable,
            modtime: args.modtime,
            protections: args.protections,
            now: Zoned::now(),
            no_time: ctx.flags.copy.default_time,
        }
        .lines(&nodes);
        args.write(&lines, ctx)?;
    }
    Ok(())
}

impl Args {
    fn level(&self) -> Option<usize> {
        usize::try_from(self.level).ok().filter(|level| *level > 0)
    }

    fn shows(&self, name: &str, dir: bool) -> bool {
        (self.all || !name.starts_with('.')) && (dir || !self.dirs_only)
    }

    /// `None`: the order of the listing.
    fn order(&self) -> Option<Order> {
        if self.unsorted {
            return None;
        }
        let named = self.sort.as_deref().unwrap_or_default();
        let timed = self.sort_modtime || self.sort_ctime;
        let by = if timed || ["mtime", "ctime"].contains(&named) {
            order::by_time
        } else if self.dirsfirst {
            order::dirs_first
        } else if self.version || named == "version" {
            order::by_version
        } else if named == "size" {
            order::by_size
        } else {
            order::by_name
        };
        Some(Order {
            by,
            reverse: self.sort_reverse,
        })
    }

    fn write(&self, lines: &[Line], ctx: &Context) -> Result<(), CommandError> {
        let Some(path) = &self.output else {
            for line in lines {
                ctx.output.painted_row(&line.head, &line.name, line.paint)?;
            }
            return Ok(());
        };
        let failed = |error: std::io::Error| {
            CommandError::run(format!("open {path}: {}", system_words(&error)))
        };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        for line in lines {
            writeln!(file, "{}{}", line.head, line.name).map_err(failed)?;
        }
        file.flush().map_err(failed)
    }
}
