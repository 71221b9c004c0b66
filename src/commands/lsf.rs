//! `megarc lsf`.

pub(super) mod rows;

use super::Context;
use crate::exit::CommandError;
use rows::{Row, RowFlags};

/// List names, or chosen fields, for scripts
///
/// One row for each file and directory; directories end in a slash. Use -R to
/// go into the directories.
///
/// Fields of --format: p path, s size (-1 of directories), t time, m MIME
/// type, i the store's id, o id of a wrapped object (always empty), T tier
/// (always empty), h hash (of files on a disk, of the kind in --hash), M
/// metadata as JSON. --time-format takes layouts of Go, their names such as
/// RFC3339 and DateOnly, unix, unixnano, and max for all the digits there are.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    #[command(flatten)]
    row: RowFlags,
    /// Show no directories
    #[arg(long)]
    files_only: bool,
    /// Show no files
    #[arg(long)]
    dirs_only: bool,
    /// Go into the directories
    #[arg(long, short = 'R')]
    recursive: bool,
    /// How times are written
    #[arg(long, short = 't', value_name = "LAYOUT", default_value = "")]
    time_format: String,
}

/// Runs `megarc lsf`.
///
/// # Errors
/// A letter that means nothing, or nothing there; the path cannot be listed,
/// or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let features = root.dir.remote.features();
    let row = Row::new(
        &args.row,
        &args.time_format,
        features,
        ctx.flags.copy.default_time,
    )?;
    let walk = ctx.walk(&root);
    // A depth that was asked for is a wish to go down, as with -R.
    let deep = args.recursive || ctx.run.options.max_depth.is_some();
    let walk = if deep { walk } else { walk.flat() };
    ctx.each_detailed(&root, walk, &row.ask(), |entry, path, details| {
        let unwanted = if entry.is_dir() {
            args.files_only
        } else {
            args.dirs_only
        };
        if unwanted {
            return Ok(());
        }
        ctx.output.row(&row.text(entry, path, details))
    })
    .await
    .map_err(|error| error.within("error in ListJSON"))
}
