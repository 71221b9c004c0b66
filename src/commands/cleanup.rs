//! `megarc cleanup`.

use jiff::Timestamp;

use super::Context;
use crate::cli::values::{self, Span};
use crate::exit::CommandError;

/// Empty the rubbish bin of a remote, or delete old versions of its files
///
/// With --versions the rubbish bin stays, and what files were before they were
/// replaced is deleted for good, in the whole account.
#[derive(clap::Args)]
pub struct Args {
    /// Remote; a path in it changes nothing
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// Delete old versions of files instead
    #[arg(long)]
    versions: bool,
    /// Only versions replaced longer ago than this, or before this date
    #[arg(long, value_name = "AGE", requires = "versions", value_parser = values::span)]
    older_than: Option<Span>,
}

/// Runs `megarc cleanup`.
///
/// # Errors
/// The remote has no rubbish bin or no versions, or refuses.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.open_dir(&args.remote).await?;
    let object = place.describe();
    if args.versions {
        let Some(cloud) = place.remote.cloud() else {
            return Err(CommandError::run(format!("{object} keeps no old versions")));
        };
        let before = args.older_than.map(|age| age.ago(Timestamp::now()));
        if before == Some(None) {
            return Err(CommandError::start(
                "--older-than needs an age or a date: to delete all versions leave it out",
            ));
        }
        if ctx.run.skips("delete old versions", &object, None).await {
            return Ok(());
        }
        let versions = cloud.delete_versions(before.flatten()).await?;
        tracing::info!(object = %object, "Deleted {versions} old versions");
        return Ok(());
    }
    if !place.remote.features().cleanup {
        return Err(CommandError::run(format!(
            "{object} doesn't support cleanup"
        )));
    }
    if ctx.run.skips("clean up old files", &object, None).await {
        return Ok(());
    }
    let items = place.remote.cleanup().await?;
    tracing::info!(object = %object, "Deleted {items} items from the trash");
    Ok(())
}
