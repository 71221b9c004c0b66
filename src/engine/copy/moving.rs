//! Moving: as copying, but the source goes, each file when its copy is
//! complete. A whole directory is renamed where its store can do that.

use super::super::{Error, Result, Root, Run};
use super::tree::Errand;
use super::{Fate, copy_file, overlap, place_of, renames, tree};
use crate::remote::{Entry, ErrorKind, Location};

/// Moves the contents of a directory into the directory `dst`, or a file into
/// it under its own name. With `empty_dirs` the directories that this empties
/// are removed.
///
/// # Errors
/// As [`super::copy`]; fatal where one lies in the other. What could not be
/// moved is where it was.
pub async fn move_into(run: &Run, src: &Root, dst: &Location, empty_dirs: bool) -> Result<()> {
    match &src.file {
        Some(file) => {
            let path = super::child(&dst.path, file.name())?;
            copy_file(run, &src.dir, file, (dst, path), Fate::Goes).await
        }
        None => move_tree(run, &src.dir, dst, empty_dirs).await,
    }
}

/// Moves a file to exactly the path `dst`; a directory as [`move_into`] does.
///
/// # Errors
/// As [`move_into`]; [`ErrorKind::IsDir`] where a directory stands at `dst`.
pub async fn move_to(run: &Run, src: &Root, dst: &Location) -> Result<()> {
    let Some(file) = &src.file else {
        return move_tree(run, &src.dir, dst, false).await;
    };
    let (into, path) = place_of(dst)?;
    copy_file(run, &src.dir, file, (&into, path), Fate::Goes).await
}

async fn move_tree(run: &Run, src: &Location, dst: &Location, empty_dirs: bool) -> Result<()> {
    if src.same_store(dst) && src.path == dst.path {
        return tree::copy_tree(run, src, dst, Errand::COPY).await;
    }
    if moves_dirs(run, src, dst) && at_once(run, src, dst).await? {
        return Ok(());
    }
    overlap::refuse(run, src, dst).await?;
    if run.options.track_renames {
        renames::ignore(dst, "it doesn't work with copy or move, only sync");
    }
    run.limits.start_clock(dst);
    tree::copy_tree(run, src, dst, Errand::moving(empty_dirs)).await
}

/// Whether the store can move the directory as a whole, and nothing in it is
/// to stay.
fn moves_dirs(run: &Run, src: &Location, dst: &Location) -> bool {
    src.same_store(dst)
        && src.remote.features().dir_move
        && !run.filter.is_active()
        // Who wants to hear of every file does not hear of them so.
        && run.listener.is_none()
        // Each name in it may become another one.
        && !run.names.is_active()
        && !src.path.is_root()
        && !dst.path.is_root()
}

/// Renames the directory, unless the destination exists. `false`: what is left
/// has to be moved file by file.
async fn at_once(run: &Run, src: &Location, dst: &Location) -> Result<bool> {
    let label = dst.describe();
    if run.skips("server-side directory move", &label, None).await {
        return Ok(true);
    }
    match dst.remote.stat(&dst.path).await {
        Ok(_) => {
            tracing::info!(
                object = %label,
                "Server side directory move failed - fallback to file moves: \
                 can't copy directory - destination already exists"
            );
            return Ok(false);
        }
        Err(e) if e.is_not_found() => {}
        Err(e) => return Err(e.into()),
    }
    overlap::refuse(run, src, dst).await?;
    let dir = Entry::dir(src.path.clone());
    match dst.remote.rename(&dir, &dst.path.clone().into()).await {
        Ok(_) => {}
        // Somebody else may have made it since.
        Err(e) if matches!(e.kind, ErrorKind::Unsupported | ErrorKind::AlreadyExists) => {
            tracing::info!(
                object = %label,
                "Server side directory move failed - fallback to file moves: {e}"
            );
            return Ok(false);
        }
        Err(e) => {
            let error = Error::from(e);
            tracing::error!(object = %label, "Server side directory move failed: {error}");
            return Err(run.stats.count_error(error));
        }
    }
    tracing::info!(object = %label, "Server side directory move succeeded");
    // Where several directories share the path, one has gone.
    let more = src.remote.features().duplicate_names && src.remote.stat(&src.path).await.is_ok();
    Ok(!more)
}
