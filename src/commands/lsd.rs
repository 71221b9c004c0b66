//! `megarc lsd`.

use super::Context;
use crate::exit::CommandError;
use crate::output::listing::Style;

/// List the directories in a path
///
/// Shows size (-1 when the store does not say), modification time, number of
/// entries (-1, not counted) and name. Use -R to go into the directories.
#[derive(clap::Args)]
pub struct Args {
    /// Directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Go into the directories
    #[arg(long, short = 'R')]
    recursive: bool,
}

/// Runs `megarc lsd`.
///
/// # Errors
/// The path cannot be listed, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let style = Style::new(ctx.flags.show.human_readable, ctx.flags.copy.default_time);
    let walk = ctx.walk(&root);
    // A depth that was asked for is a wish to go down, as with -R.
    let deep = args.recursive || ctx.run.options.max_depth.is_some();
    let walk = if deep { walk } else { walk.flat() };
    ctx.each_entry(&root, walk, |entry, path| {
        if !entry.is_dir() {
            return Ok(());
        }
        ctx.output.row(&style.dir(entry, path))
    })
    .await
}
