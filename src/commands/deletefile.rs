//! `megarc deletefile`.

use super::Context;
use crate::engine::{self, delete};
use crate::exit::CommandError;
use crate::remote::ErrorKind;
use crate::remote::spec::printable;

/// Delete exactly one file
///
/// Unlike delete it never touches a directory.
#[derive(clap::Args)]
pub struct Args {
    /// File to be deleted
    #[arg(value_name = "FILE")]
    path: String,
}

/// Runs `megarc deletefile`.
///
/// # Errors
/// There is no such file, or it cannot be deleted.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.find(&args.path).await?;
    let Some(file) = &root.file else {
        let text = format!(
            "{} is a directory or doesn't exist: {}",
            printable(&args.path),
            ErrorKind::NotFound.words()
        );
        return Err(engine::Error::new(ErrorKind::NotFound, text).into());
    };
    Ok(delete::delete_file(&ctx.run, &root.dir, file).await?)
}
