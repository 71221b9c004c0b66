//! Copying: a tree into a directory, or one file to a name. Only [`sync()`]
//! deletes something at the destination, only moving at the source.

mod act;
mod case;
mod list;
mod moving;
pub(super) mod overlap;
mod remove;
mod renames;
mod tree;

use std::sync::Arc;

use super::aside::put_away;
use super::check::Finding;
use super::compare::{Rules, Verdict, comparable};
use super::contents::same_contents;
use super::delete::delete_file;
use super::options::Delete;
use super::relocate::{Part, relocate};
use super::transfer::{Job, transfer};
use super::{Class, Error, Result, Root, Run};
pub use moving::{move_into, move_to};
use remove::Removal;
use renames::Strategy;
use tree::Errand;

use crate::remote::{Depth, Destination, Entry, ErrorKind, Location, RemoteError, RemotePath};

/// Copies the contents of a directory into the directory `dst`, or a file
/// into it under its own name.
///
/// # Errors
/// The last failure; each has been logged and counted, and the rest of the
/// work done. A missing source is [`ErrorKind::DirNotFound`].
pub async fn copy(run: &Run, src: &Root, dst: &Location) -> Result<()> {
    match &src.file {
        Some(file) => {
            let path = child(&dst.path, file.name())?;
            copy_file(run, &src.dir, file, (dst, path), Fate::Stays).await
        }
        None => copy_tree(run, &src.dir, dst).await,
    }
}

/// Copies a file to exactly the path `dst`; a directory as [`copy`] does.
///
/// # Errors
/// As [`copy`]; [`ErrorKind::IsDir`] where a directory stands at `dst`.
pub async fn copy_to(run: &Run, src: &Root, dst: &Location) -> Result<()> {
    let Some(file) = &src.file else {
        return copy_tree(run, &src.dir, dst).await;
    };
    let (into, path) = place_of(dst)?;
    copy_file(run, &src.dir, file, (&into, path), Fate::Stays).await
}

/// The directory that holds the path of a file, and the path.
fn place_of(dst: &Location) -> Result<(Location, RemotePath)> {
    let Some(parent) = dst.path.parent() else {
        return Err(ErrorKind::IsDir.into());
    };
    let into = Location {
        remote: dst.remote.clone(),
        path: parent,
    };
    Ok((into, dst.path.clone()))
}

/// Makes the directory `dst` equal to the directory `src`; what only `dst` has
/// is deleted. A single file is copied.
///
/// # Errors
/// As [`copy`]; [`Class::Fatal`] where one lies in the other, and when more
/// would go than may. After a failure nothing is deleted.
pub async fn sync(run: &Run, src: &Root, dst: &Location) -> Result<()> {
    if src.file.is_some() {
        return copy(run, src, dst).await;
    }
    let src = &src.dir;
    if run.options.no_check_dest {
        return Err(Error::new(
            ErrorKind::Invalid,
            "can't use --no-check-dest with sync: use copy instead",
        ));
    }
    overlap::refuse(run, src, dst).await?;
    let mut run = run.clone();
    if run.options.no_traverse {
        if run.filter.listed().is_none() {
            tracing::error!("Ignoring --no-traverse with sync");
        }
        Arc::make_mut(&mut run.options).no_traverse = false;
    }
    let renames = Strategy::of(&run)?;
    if renames.is_some() && run.options.delete == Delete::Before {
        let text = "can't use --delete-before with --track-renames";
        return Err(Error::new(ErrorKind::Invalid, text).class(Class::Fatal));
    }
    run.limits.start_clock(dst);
    let removal = match run.options.delete {
        // What goes is not known before all is seen.
        _ if renames.is_some() => Removal::After,
        Delete::Before => {
            tree::copy_tree(&run, src, dst, Removal::Only.into()).await?;
            // A copy sees no more of the destination than others do.
            Arc::make_mut(&mut run.options).delete_excluded = false;
            run = run.without_extras();
            Removal::Nothing
        }
        Delete::During => Removal::During,
        Delete::After => Removal::After,
    };
    tree::copy_tree(&run, src, dst, removal.into()).await
}

async fn copy_tree(run: &Run, src: &Location, dst: &Location) -> Result<()> {
    if Strategy::of(run)?.is_some() {
        renames::ignore(dst, "it doesn't work with copy or move, only sync");
    }
    run.limits.start_clock(dst);
    let mut run = run.clone();
    // The filters of a copy hold at the destination, too.
    Arc::make_mut(&mut run.options).delete_excluded = false;
    tree::copy_tree(&run, src, dst, Errand::COPY).await
}

/// What becomes of the source of a file that stands at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

async fn copy_file(
    run: &Run,
    src: &Location,
    file: &Entry,
    (dst, path): (&Location, RemotePath),
    fate: Fate,
) -> Result<()> {
    let name = file.name().to_owned();
    let path = changed(run, path).await?;
    if src.same_store(dst) && file.path == path {
        tracing::debug!(object = %name, "Already at the target location, nothing to do");
        return Ok(());
    }
    run.aside.check(dst)?;
    let backup = run.aside.backup(run, (src, dst), false).await?;
    let existing = if run.options.no_check_dest {
        None
    } else {
        find_file(dst, &path).await?
    };
    if let Some(existing) = &existing {
        let rules = rules(run, src, dst);
        let differs = needs_transfer(run, &rules, (src, file, &name), (dst, existing)).await;
        if !differs.inspect_err(|_| run.found(Finding::Error, &name))? {
            run.found(Finding::Match, &name);
            tracing::debug!(object = %name, "Unchanged skipping");
            return match fate {
                Fate::Goes if may_go(run, (src, file), (dst, existing)) => {
                    delete_file(run, src, file).await
                }
                _ => Ok(()),
            };
        }
        run.found(Finding::Differ, &name);
        if run.options.immutable {
            return Err(refuse_change(run, &name));
        }
    } else {
        run.found(Finding::MissingOnDst, &name);
    }
    let mut job = Job {
        src: file.clone(),
        name,
        to_name: path.name().to_owned(),
        to: Destination::from(existing.as_ref().map_or(path, |e| e.path.clone())),
        replace: existing,
    };
    if run.aside.has(run, (src, dst), &job).await? {
        return Ok(());
    }
    if let (Some(backup), Some(old)) = (&backup, &job.replace) {
        if !put_away(run, backup, dst, old).await? {
            return Ok(());
        }
        job.replace = None;
    }
    let done = match fate {
        Fate::Stays => transfer(run, src, dst, &job).await,
        Fate::Goes => relocate(run, src, dst, &job, Part::Transfer)
            .await
            .map(drop),
    };
    done.inspect_err(|_| run.found(Finding::Error, &job.name))
}

/// The path with the name that its file gets.
async fn changed(run: &Run, path: RemotePath) -> Result<RemotePath> {
    if !run.names.is_active() {
        return Ok(path);
    }
    let file = Entry::file(path, None);
    run.names.prepare(std::slice::from_ref(&file)).await;
    let label = RemotePath::root().child(file.name()).unwrap_or_default();
    let name = run.names.told(&file, &label, &run.stats);
    child(&file.path.parent().unwrap_or_default(), &name)
}

/// Whether the source of a move may be deleted because the destination has it
/// already.
fn may_go(
    run: &Run,
    (src, file): (&Location, &Entry),
    (dst, existing): (&Location, &Entry),
) -> bool {
    let one = |a: &RemotePath, b: &RemotePath| {
        a == b
            || dst.remote.features().case_insensitive
                && a.as_str().to_lowercase() == b.as_str().to_lowercase()
    };
    if src.same_store(dst) && one(&file.path, &existing.path) {
        tracing::warn!(
            object = %file.name(),
            "Not removing source file as it is the same file as the destination"
        );
        return false;
    }
    !run.options.ignore_existing
}

/// The file at `path`, if there is one.
async fn find_file(dst: &Location, path: &RemotePath) -> Result<Option<Entry>> {
    match dst.remote.stat(path).await {
        Ok(entry) if entry.is_dir() => Err(ErrorKind::IsDir.into()),
        Ok(entry) => Ok(Some(entry)),
        Err(e) if e.is_not_found() => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn rules(run: &Run, src: &Location, dst: &Location) -> Rules {
    let rules = Rules::new(&run.options, &src.remote.features(), &dst.remote.features());
    if rules.lacks_checksum() && !run.options.size_only {
        tracing::warn!(
            object = %dst.describe(),
            "--checksum is in use but the source and destination have no hashes in common; \
             falling back to --size-only"
        );
    }
    rules
}

async fn needs_transfer(
    run: &Run,
    rules: &Rules,
    (src, file, name): (&Location, &Entry, &str),
    (dst, existing): (&Location, &Entry),
) -> Result<bool> {
    match rules.compare(file, existing) {
        Verdict::Same(_) => Ok(false),
        Verdict::Different(_) => Ok(true),
        Verdict::Contents { set_time, depth } => {
            let how = (set_time, depth);
            probe(run, (src, file, name), (dst, existing), how).await
        }
    }
}

/// Compares contents; equal ones get the source's time where asked. `true`:
/// the file has to be transferred.
async fn probe(
    run: &Run,
    (src, file, name): (&Location, &Entry, &str),
    (dst, existing): (&Location, &Entry),
    (set_time, depth): (bool, Depth),
) -> Result<bool> {
    let features = (src.remote.features(), dst.remote.features());
    let same = if run.options.refresh_times && !comparable(&features.0, &features.1) {
        Ok(true)
    } else {
        same_contents(run, (src, file), (dst, existing), depth).await
    };
    match same {
        Ok(false) => return Ok(true),
        // Who cannot tell has to transfer.
        Err(e) if e.kind == ErrorKind::Unsupported && !run.options.refresh_times => {
            return Ok(true);
        }
        Err(e) if e.kind == ErrorKind::Unsupported => {}
        Ok(true) => {}
        // What cannot be compared is sent, and whatever is wrong shows again.
        Err(e) => {
            let opening = e.op == "opening";
            let ours = e.path.trim_start_matches('/') == file.path.as_str();
            let mut error = Error::from(e);
            if opening {
                let side = if ours { "src" } else { "dst" };
                error = error.within("hash: failed to open");
                tracing::error!(object = %name, "Failed to calculate {side} hash: {error}");
            } else {
                tracing::error!(object = %name, "Failed to compare contents: {error}");
            }
            run.stats.count_error(error);
            return Ok(true);
        }
    }
    let (true, Some(modified)) = (set_time, file.modified) else {
        return Ok(false);
    };
    if run.skips("update modification time", name, file.size).await {
        return Ok(false);
    }
    if run.options.immutable {
        tracing::error!(object = %name, "Timestamp mismatch between immutable objects");
        return Ok(true);
    }
    match dst.remote.set_modified(existing, modified).await {
        Ok(()) => {
            tracing::info!(object = %name, "Updated modification time in destination");
            Ok(false)
        }
        Err(e) if e.kind == ErrorKind::Unsupported => Ok(true),
        Err(e) => {
            let error = Error::from(e);
            tracing::error!(object = %name, "Failed to set modification time: {error}");
            Err(run.stats.count_error(error))
        }
    }
}

/// Logs and counts that `--immutable` forbids a change.
fn refuse_change(run: &Run, name: &str) -> Error {
    let error =
        Error::new(ErrorKind::AlreadyExists, "immutable file modified").class(Class::NoRetry);
    tracing::error!(
        object = %name,
        "Source and destination exist but do not match: {error}"
    );
    run.stats.count_error(error)
}

fn child(dir: &RemotePath, name: &str) -> Result<RemotePath> {
    dir.child(name).map_err(|e| {
        RemoteError::new(ErrorKind::Invalid, "naming", name)
            .because(e)
            .into()
    })
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind, kind.words())
    }
}
