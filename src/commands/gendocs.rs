//! `megarc gendocs`.

use std::fs;
use std::path::{Path, PathBuf};

use super::Context;
use crate::cli::{man, reference};
use crate::exit::CommandError;

/// Write the reference of all commands into a directory
///
/// As Markdown: commands/megarc_NAME.md for each command, and flags.md. With
/// --man as manual pages: megarc.1, and megarc-NAME.1 for each command.
#[derive(clap::Args)]
pub struct Args {
    /// Directory, made if it is missing
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Write manual pages
    #[arg(long)]
    man: bool,
}

/// Runs `megarc gendocs`.
///
/// # Errors
/// A file cannot be written.
pub fn run(args: &Args, _: &Context) -> Result<(), CommandError> {
    let pages = if args.man {
        man::pages()
    } else {
        reference::pages()
    };
    for (name, text) in pages {
        let path = args.dir.join(name);
        write(&path, &text)
            .map_err(|error| CommandError::start(format!("writing {}: {error}", path.display())))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, text)
}
