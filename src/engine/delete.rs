//! Removing and making: files, directories, whole trees.

use futures_util::{StreamExt, stream};

use super::aside::put_away;
use super::rmdirs::remove_empty_dirs;
use super::walk::Walk;
use super::{Class, Error, Result, Root, Run};
use crate::remote::{Entry, ErrorKind, Location};

/// Deletes the files below `root` that the filter lets through; directories
/// stay.
///
/// # Errors
/// The first directory that could not be listed, or the last file that could
/// not be deleted; the rest of the work is done.
pub async fn delete(run: &Run, root: &Root) -> Result<()> {
    let (listed, deleted) = delete_found(run, root).await;
    listed?;
    deleted
}

/// The outcome of listing, and that of deleting.
async fn delete_found(run: &Run, root: &Root) -> (Result<()>, Result<()>) {
    let mut walk = Walk::new(run, root);
    let mut failures = Failures::default();
    while let Some(listing) = walk.next().await {
        let files = listing.entries.iter().filter(|e| !e.is_dir());
        let results: Vec<Result<()>> = stream::iter(files)
            .map(|file| delete_file(run, &root.dir, file))
            .buffered(run.options.checkers.max(1))
            .collect()
            .await;
        for error in results.into_iter().filter_map(Result::err) {
            failures.add(error);
        }
        // What may not be deleted is named to the end.
        if run.stats.is_fatal() && !failures.are_about(ErrorKind::MaxDelete) {
            break;
        }
    }
    (walk.finish(), failures.outcome())
}

/// Deletions that failed, for one error at the end.
#[derive(Default)]
pub(super) struct Failures {
    count: u64,
    last: Option<Error>,
}

impl Failures {
    /// One more.
    pub(super) fn add(&mut self, error: Error) {
        self.count += 1;
        if self.last.as_ref().is_none_or(|e| e.class != Class::Fatal) {
            self.last = Some(error);
        }
    }

    fn are_about(&self, kind: ErrorKind) -> bool {
        self.last.as_ref().is_some_and(|e| e.kind == kind)
    }

    /// # Errors
    /// The last one, or the one that ended the run.
    pub(super) fn last(self) -> Result<()> {
        self.last.map_or(Ok(()), Err)
    }

    /// # Errors
    /// How many there were.
    pub(super) fn outcome(self) -> Result<()> {
        match self.last {
            None => Ok(()),
            Some(last) => {
                let text = format!("failed to delete {} files", self.count);
                Err(Error::new(last.kind, text).class(last.class))
            }
        }
    }
}

/// Deletes one file. A failure is logged and counted here.
///
/// # Errors
/// The failure, already counted.
pub async fn delete_file(run: &Run, root: &Location, file: &Entry) -> Result<()> {
    delete_or_keep(run, root, file, None).await
}

/// Deletes one file, or moves it to where such files are kept.
///
/// # Errors
/// As [`delete_file`].
pub(super) async fn delete_or_keep(
    run: &Run,
    root: &Location,
    file: &Entry,
    backup: Option<&Location>,
) -> Result<()> {
    let name = super::root::relative(&file.path, &root.path);
    let _check = run.stats.begin_check(name.as_str());
    if let Err(error) = admit(run, file) {
        tracing::error!(object = %name, "Got fatal error on delete: {error}");
        return Err(error);
    }
    delete_admitted(run, root, file, backup).await
}

/// Deletes a file whose copy stands where it was to be moved. A failure is
/// logged and counted here.
///
/// # Errors
/// The failure, already counted.
pub(super) async fn delete_moved(run: &Run, root: &Location, file: &Entry) -> Result<()> {
    let name = super::root::relative(&file.path, &root.path);
    let _check = run.stats.begin_check(name.as_str());
    admit_moving(run, file)?;
    delete_admitted(run, root, file, None).await
}

/// Counts the deletion of what a move has no use for, if it may be.
///
/// # Errors
/// It may not; logged and counted.
pub(super) fn admit_moving(run: &Run, file: &Entry) -> Result<()> {
    admit(run, file).inspect_err(|error| {
        tracing::error!("Cancelling sync due to fatal error: {error}");
    })
}

async fn delete_admitted(
    run: &Run,
    root: &Location,
    file: &Entry,
    backup: Option<&Location>,
) -> Result<()> {
    let name = super::root::relative(&file.path, &root.path);
    let (action, actioned) = match backup {
        None => ("delete", "Deleted"),
        Some(_) => ("move into backup dir", "Moved into backup dir"),
    };
    if run.skips(action, name.as_str(), file.size).await {
        return Ok(());
    }
    let done = match backup {
        None => root.remote.remove(file).await.map_err(Error::from),
        Some(backup) => put_away(&run.unasked(), backup, root, file).await.map(drop),
    };
    match done {
        Ok(()) => {
            tracing::info!(object = %name, "{actioned}");
            Ok(())
        }
        Err(error) => {
            tracing::error!(object = %name, "Couldn't {action}: {error}");
            Err(run.stats.count_error(error))
        }
    }
}

/// Counts a deletion, if it may be.
///
/// # Errors
/// It may not; counted.
fn admit(run: &Run, file: &Entry) -> Result<()> {
    let size = file.size.unwrap_or(0);
    let mut reached = None;
    run.stats.update(|c| {
        let bytes = c.deleted_bytes.saturating_add(size);
        let beyond = |most: Option<u64>, would_be: u64| most.is_some_and(|most| would_be > most);
        if beyond(run.options.max_delete, c.deletes + 1) {
            reached = Some("--max-delete");
        } else if beyond(run.options.max_delete_size, bytes) {
            reached = Some("--max-delete-size");
        } else {
            c.deletes += 1;
            c.deleted_bytes = bytes;
        }
    });
    reached.map_or(Ok(()), |flag| {
        let text = format!("{flag} threshold reached");
        let error = Error::new(ErrorKind::MaxDelete, text).class(Class::Fatal);
        Err(run.stats.count_error(error))
    })
}

/// Makes a directory with its parents.
///
/// # Errors
/// [`ErrorKind::IsFile`] when a file is in the way.
pub async fn make_dir(run: &Run, dir: &Location) -> Result<()> {
    let label = dir.describe();
    if run.skips("make directory", &label, None).await {
        return Ok(());
    }
    tracing::info!(object = %label, "Making directory");
    dir.remote.make_dir(&dir.path).await?;
    Ok(())
}

/// Removes an empty directory.
///
/// # Errors
/// [`ErrorKind::DirNotEmpty`]; [`ErrorKind::DirNotFound`].
pub async fn remove_dir(run: &Run, dir: &Location) -> Result<()> {
    remove_dir_at(run, dir, &Entry::dir(dir.path.clone())).await
}

/// Removes one empty directory below `root`.
///
/// # Errors
/// As [`remove_dir`].
pub(super) async fn remove_dir_at(run: &Run, root: &Location, dir: &Entry) -> Result<()> {
    run.stats.update(|c| c.deleted_dirs += 1);
    let label = root.label(&dir.path);
    if run.skips("remove directory", &label, None).await {
        return Ok(());
    }
    tracing::info!(object = %label, "Removing directory");
    root.remote.remove(dir).await?;
    Ok(())
}

/// Removes a directory with all it holds, whatever the filter says.
///
/// # Errors
/// [`ErrorKind::DirNotFound`]; the last failure where it is done piece by
/// piece.
pub async fn purge(run: &Run, dir: &Location) -> Result<()> {
    // A disk has no such step: going file by file says what is deleted.
    if !run.options.dry_run && !dir.remote.features().local {
        if run.skips("purge directory", &dir.describe(), None).await {
            return Ok(());
        }
        match dir.remote.purge(&Entry::dir(dir.path.clone())).await {
            Ok(()) => {
                run.stats.update(|c| c.deleted_dirs += 1);
                return Ok(());
            }
            Err(e) if e.kind == ErrorKind::Unsupported => {}
            Err(e) => {
                run.stats.update(|c| c.deleted_dirs += 1);
                return Err(e.into());
            }
        }
    }
    let everything = run.clone().with_filter(super::Filter::default());
    // What could not be listed is counted; the removal of the directories
    // says whether anything is left.
    let (_, deleted) = delete_found(&everything, &Root::dir(dir.clone())).await;
    deleted?;
    remove_empty_dirs(&everything, dir, false).await
}
