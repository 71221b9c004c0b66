//! `megarc dedupe`.

use super::Context;
use super::dialogue::Dialogue;
use crate::engine::dedupe::{self, By, Mode};
use crate::exit::CommandError;

/// Find files of one name in one directory, or of one content, and leave one
///
/// MEGA lets several files and directories share a name. Directories of one
/// name are merged first, in every mode but list. Then for each name:
/// interactive asks, skip leaves all, first, newest, oldest, largest and
/// smallest keep that one, rename gives all names of their own, list shows
/// them. With --size-only files of equal size count as identical, and all but
/// one of them go before the mode is asked.
///
/// With --by-hash the contents decide, wherever the files are; rename has no
/// sense then. MEGA knows copies as such, and files of another content by size
/// and fingerprint; of what was uploaded twice one file is read to be sure. Of
/// a disk the files that share their size with another one are read.
#[derive(clap::Args)]
pub struct Args {
    /// Mode (may be left out), then the directory
    #[arg(value_name = "[MODE] PATH", required = true)]
    first: String,
    /// The directory, when a mode stands before it
    #[arg(value_name = "PATH", hide = true)]
    second: Option<String>,
    /// What happens to files of one name
    #[arg(long, value_name = "MODE", default_value = "interactive", value_parser = mode)]
    dedupe_mode: Mode,
    /// Find files of one content instead of one name
    #[arg(long)]
    by_hash: bool,
}

fn mode(name: &str) -> Result<Mode, String> {
    name.parse()
}

/// Runs `megarc dedupe`.
///
/// # Errors
/// There is no such mode, the path cannot be listed, or the dialogue breaks.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let (mode, path) = match &args.second {
        Some(path) => (args.first.parse().map_err(CommandError::start)?, path),
        None => (args.dedupe_mode, &args.first),
    };
    let place = ctx.open_dir(path).await?;
    let by = if args.by_hash { By::Content } else { By::Name };
    let mut dialogue = Dialogue::new(ctx);
    let result = dedupe::dedupe(&ctx.run, &place, mode, by, &mut dialogue).await;
    dialogue.outcome(result)
}
