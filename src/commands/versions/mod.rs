//! `megarc versions`: what files were before they were replaced.

mod delete;
mod list;
mod restore;

use clap::Subcommand;

use super::Context;
use crate::engine::Root;
use crate::exit::CommandError;
use crate::remote::spec::printable;
use crate::remote::{Cloud, Entry, EntryId, ErrorKind, Location, RemoteError, Version};

/// List, restore and delete old versions of files
///
/// MEGA keeps what a file was when it is replaced. The versions of a file are
/// numbered from the newest on: 1 is what the file was before it became what
/// it is. --mega-versions shows them in listings, for copying them elsewhere;
/// cleanup --versions deletes those of all files.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the versions.
#[derive(Subcommand)]
enum Action {
    Delete(delete::Args),
    List(list::Args),
    Restore(restore::Args),
}

/// Runs `megarc versions`.
///
/// # Errors
/// As each of its commands says.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    match &args.action {
        Action::Delete(args) => delete::run(args, ctx).await,
        Action::List(args) => list::run(args, ctx).await,
        Action::Restore(args) => restore::run(args, ctx).await,
    }
}

/// A file, its path below the place that was named, and what it was.
struct Past {
    path: String,
    versions: Vec<Version>,
}

/// All files at `root` that were something else before, as far as the filters
/// show them.
async fn pasts(ctx: &Context, root: &Root) -> Result<Vec<Past>, CommandError> {
    let cloud = cloud(&root.dir)?;
    let mut pasts = Vec::new();
    let mut walk = ctx.walk(root);
    while let Some(listing) = walk.next().await {
        for file in listing.entries.iter().filter(|entry| !entry.is_dir()) {
            let versions = cloud.versions(file).await?;
            if versions.is_empty() {
                continue;
            }
            let path = file.path.strip(&root.dir.path);
            pasts.push(Past {
                path: path.as_ref().unwrap_or(&file.path).as_str().to_owned(),
                versions,
            });
        }
    }
    walk.finish()?;
    Ok(pasts)
}

/// The store's versions.
fn cloud(place: &Location) -> Result<&dyn Cloud, CommandError> {
    place
        .remote
        .cloud()
        .ok_or_else(|| CommandError::run(format!("{} keeps no old versions", place.describe())))
}

/// The version that the user named: by its number, or by its id.
fn find<'a>(
    versions: &'a [Version],
    name: &str,
    file: &Entry,
) -> Result<&'a Version, CommandError> {
    let by_id = versions.iter().find(|version| {
        let id = version.entry.id.as_ref().map(EntryId::as_str);
        id == Some(name)
    });
    let by_number = || {
        let number: usize = name.parse().ok()?;
        versions.get(number.checked_sub(1)?)
    };
    by_id.or_else(by_number).ok_or_else(|| {
        let path = file.path.as_str();
        let error = RemoteError::new(ErrorKind::NotFound, "looking up a version of", path);
        let error = error.because(format!("{path} has no version {name}"));
        error
            .hint("megarc versions list shows those there are")
            .into()
    })
}

/// The one file that `path` names.
async fn file(ctx: &Context, path: &str) -> Result<(Root, Entry), CommandError> {
    let root = ctx.find(path).await?;
    match root.file.clone() {
        Some(file) => Ok((root, file)),
        None => Err(
            RemoteError::new(ErrorKind::NotFound, "looking up", root.dir.path.as_str())
                .because(format!("{} names no file", printable(path)))
                .into(),
        ),
    }
}
