//! `megarc lsl`.

use super::Context;
use crate::exit::CommandError;
use crate::output::listing::Style;

/// List the files in a path with sizes and times
///
/// Goes into all directories below the path; times are local. Directories are
/// not shown: see lsd. The order is that of the names, directory by directory.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
}

/// Runs `megarc lsl`.
///
/// # Errors
/// The path cannot be listed, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let style = Style::new(ctx.flags.show.human_readable, ctx.flags.copy.default_time);
    ctx.each_entry(&root, ctx.walk(&root), |entry, path| {
        if entry.is_dir() {
            return Ok(());
        }
        ctx.output.row(&style.long_file(entry, path))
    })
    .await
}
