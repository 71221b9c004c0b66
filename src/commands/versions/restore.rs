//! `megarc versions restore`.

use super::{cloud, file, find};
use crate::commands::Context;
use crate::exit::CommandError;

/// Make an old version the content of its file again
///
/// What the file is now becomes its newest old version, so that nothing is
/// lost. The server does it: no content is transferred.
#[derive(clap::Args)]
pub(super) struct Args {
    /// File
    #[arg(value_name = "FILE")]
    path: String,
    /// Number or id of the version
    #[arg(value_name = "VERSION", default_value = "1")]
    which: String,
}

/// Runs `megarc versions restore`.
///
/// # Errors
/// There is no such file or version, or the remote refuses.
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let (root, file) = file(ctx, &args.path).await?;
    let cloud = cloud(&root.dir)?;
    let versions = cloud.versions(&file).await?;
    let version = find(&versions, &args.which, &file)?;
    let object = file.path.as_str();
    if ctx
        .run
        .skips("restore version", object, version.entry.size)
        .await
    {
        return Ok(());
    }
    cloud.restore_version(version).await?;
    tracing::info!(object = %object, "Restored version {}", args.which);
    Ok(())
}
