//! `megarc sha1sum`.

use super::Context;
use super::sums::{self, SumFlags};
use crate::engine::hash::Kind;
use crate::exit::CommandError;

/// Print the SHA-1 of every file
///
/// The same as 'megarc hashsum SHA1 PATH': see there.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file; without one standard input is read
    #[arg(value_name = "PATH")]
    path: Option<String>,
    #[command(flatten)]
    flags: SumFlags,
}

/// Runs `megarc sha1sum`.
///
/// # Errors
/// A file cannot be read, or is not as the list says.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    sums::run(Kind::Sha1, args.path.as_deref(), &args.flags, ctx).await
}
