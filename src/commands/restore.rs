//! `megarc restore`.

use super::Context;
use crate::exit::CommandError;
use crate::remote::spec::printable;
use crate::remote::{Entry, EntryId, ErrorKind, RemoteError, RemotePath};

/// Take something out of the rubbish bin of a remote
///
/// The path is looked up in the rubbish bin, whatever the remote shows. It
/// goes back into the directory it was removed from, or into the root if that
/// is gone; or into the directory that is named. Nothing is replaced. To see
/// what there is, list the remote with --mega-root rubbish.
#[derive(clap::Args)]
pub struct Args {
    /// File or directory in the rubbish bin
    #[arg(value_name = "PATH")]
    path: String,
    /// Directory of the same remote to restore it to
    #[arg(value_name = "DIR")]
    dir: Option<String>,
    /// Which of several of that name; lsf -F ip shows the ids
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

/// Runs `megarc restore`.
///
/// # Errors
/// The remote has no rubbish bin, nothing or too much is at the path there,
/// or something of its name stands where it goes.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.locate(&args.path).await?;
    let Some(cloud) = place.remote.cloud() else {
        return Err(CommandError::run(format!(
            "{} has no rubbish bin to restore from",
            place.describe()
        )));
    };
    let dir = match &args.dir {
        Some(dir) => Some(directory(ctx, dir, &place).await?),
        None => None,
    };
    let found = cloud.in_rubbish(&place.path).await?;
    let entry = choose(found, args.id.as_deref(), &place.path)?;
    let object = entry.path.as_str();
    if ctx.run.skips("restore", object, entry.size).await {
        return Ok(());
    }
    let restored = cloud.restore(&entry, dir.as_ref()).await?;
    tracing::info!(object = %object, "Restored to {}", restored.path);
    Ok(())
}

/// The directory to restore to, in the same account.
async fn directory(
    ctx: &Context,
    dir: &str,
    place: &crate::remote::Location,
) -> Result<RemotePath, CommandError> {
    let named = ctx.locate(dir).await?;
    if named.same_store(place) {
        return Ok(named.path);
    }
    Err(CommandError::run(format!(
        "{} is not in the same remote: what lies in a rubbish bin stays in its account",
        printable(dir)
    )))
}

/// The one entry that is meant.
fn choose(found: Vec<Entry>, id: Option<&str>, path: &RemotePath) -> Result<Entry, CommandError> {
    let id_of = |entry: &Entry| {
        let id = entry.id.as_ref().map(EntryId::as_str);
        id.unwrap_or_default().to_owned()
    };
    let mut found: Vec<Entry> = found
        .into_iter()
        .filter(|entry| id.is_none_or(|id| id_of(entry) == id))
        .collect();
    let error = |kind| RemoteError::new(kind, "restoring", path.as_str());
    if found.len() > 1 {
        let ids: Vec<String> = found.iter().map(id_of).collect();
        let error = error(ErrorKind::Invalid).because(format!(
            "{} things in the rubbish bin are called {path}",
            found.len()
        ));
        return Err(error
            .hint(format!("choose with --id: {}", ids.join(", ")))
            .into());
    }
    found.pop().ok_or_else(|| {
        let error = error(ErrorKind::NotFound).because(format!("no {path} in the rubbish bin"));
        error.hint("--mega-root rubbish lists what there is").into()
    })
}
