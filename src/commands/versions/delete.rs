//! `megarc versions delete`.

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{cloud, file, find, pasts};
use crate::cli::values::{self, Span};
use crate::commands::Context;
use crate::exit::CommandError;
use crate::remote::{Cloud, Version};

/// Delete old versions for good
///
/// Those of one file that are named by number or id; or with --all or
/// --older-than those of a file, or of all files below a directory that the
/// filters show. The files stay what they are.
#[derive(clap::Args)]
pub(super) struct Args {
    /// File or directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Numbers or ids of versions of the file
    #[arg(value_name = "VERSION", required_unless_present_any = ["all", "older_than"])]
    which: Vec<String>,
    /// Delete all old versions
    #[arg(long, conflicts_with_all = ["which", "older_than"])]
    all: bool,
    /// Delete what was replaced longer ago than this, or before this date
    #[arg(long, value_name = "AGE", conflicts_with = "which", value_parser = values::span)]
    older_than: Option<Span>,
}

/// Runs `megarc versions delete`.
///
/// # Errors
/// There is no such file or version, or the remote refuses.
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    if !args.which.is_empty() {
        let (root, file) = file(ctx, &args.path).await?;
        let cloud = cloud(&root.dir)?;
        let versions = cloud.versions(&file).await?;
        // All are found before the first one goes.
        let mut named: Vec<&Version> = Vec::new();
        for name in &args.which {
            let version = find(&versions, name, &file)?;
            if !named.contains(&version) {
                named.push(version);
            }
        }
        let path = file.path.as_str();
        return delete(ctx, cloud, named.into_iter().map(|version| (path, version))).await;
    }
    let root = ctx.open(&args.path).await?;
    let before = args.older_than.and_then(|age| age.ago(Timestamp::now()));
    if before.is_none() && !args.all {
        // An age that is off, or before all time: nothing is so old.
        return Ok(());
    }
    let pasts = pasts(ctx, &root).await?;
    let old = pasts.iter().flat_map(|past| {
        let versions = past.versions.iter().map(|version| (&*past.path, version));
        versions.filter(|(_, version)| before.is_none_or(|moment| version.is_older_than(moment)))
    });
    delete(ctx, cloud(&root.dir)?, old).await
}

/// Deletes versions, several at a time; the first failure is the command's.
async fn delete<'a>(
    ctx: &Context,
    cloud: &dyn Cloud,
    versions: impl Iterator<Item = (&'a str, &'a Version)>,
) -> Result<(), CommandError> {
    let deleted: Vec<Result<(), CommandError>> = stream::iter(versions)
        .map(|(path, version)| delete_one(ctx, cloud, path, version))
        .buffered(ctx.run.options.checkers.max(1))
        .collect()
        .await;
    deleted.into_iter().collect()
}

async fn delete_one(
    ctx: &Context,
    cloud: &dyn Cloud,
    path: &str,
    version: &Version,
) -> Result<(), CommandError> {
    if ctx
        .run
        .skips("delete version", path, version.entry.size)
        .await
    {
        return Ok(());
    }
    cloud.delete_version(version).await?;
    let stored = version.stored.unwrap_or_default();
    tracing::info!(object = %path, "Deleted the version of {stored}");
    Ok(())
}
