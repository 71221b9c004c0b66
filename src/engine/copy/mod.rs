//! Copying: a tree into a directory, or one file to a name. Nothing at the
//! destination is ever deleted.

mod list;
mod tree;

use super::compare::{Rules, Verdict};
use super::contents::same_contents;
use super::transfer::{Job, transfer};
use super::{Class, Error, Result, Root, Run};
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
            copy_file(run, &src.dir, file, dst, path).await
        }
        None => tree::copy_tree(run, &src.dir, dst).await,
    }
}

/// Copies a file to exactly the path `dst`; a directory as [`copy`] does.
///
/// # Errors
/// As [`copy`]; [`ErrorKind::IsDir`] where a directory stands at `dst`.
pub async fn copy_to(run: &Run, src: &Root, dst: &Location) -> Result<()> {
    let Some(file) = &src.file else {
        return tree::copy_tree(run, &src.dir, dst).await;
    };
    let Some(parent) = dst.path.parent() else {
        return Err(ErrorKind::IsDir.into());
    };
    let into = Location {
        remote: dst.remote.clone(),
        path: parent,
    };
    copy_file(run, &src.dir, file, &into, dst.path.clone()).await
}

async fn copy_file(
    run: &Run,
    src: &Location,
    file: &Entry,
    dst: &Location,
    path: RemotePath,
) -> Result<()> {
    let name = file.name().to_owned();
    if src.same_store(dst) && file.path == path {
        tracing::debug!(object = %name, "Already at the target location, nothing to do");
        return Ok(());
    }
    let existing = if run.options.no_check_dest {
        None
    } else {
        find_file(dst, &path).await?
    };
    if let Some(existing) = &existing {
        let rules = rules(run, src, dst);
        if !needs_transfer(run, &rules, (src, file, &name), (dst, existing)).await? {
            tracing::debug!(object = %name, "Unchanged skipping");
            return Ok(());
        }
        if run.options.immutable {
            return Err(refuse_change(run, &name));
        }
    }
    let job = Job {
        src: file.clone(),
        name,
        to_name: path.name().to_owned(),
        to: Destination::from(existing.as_ref().map_or(path, |e| e.path.clone())),
        replace: existing,
    };
    transfer(run, src, dst, &job).await
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
    let same = same_contents((src, file), (dst, existing), depth).await;
    match same {
        Ok(false) => return Ok(true),
        // Who cannot tell has to transfer.
        Err(e) if e.kind == ErrorKind::Unsupported => return Ok(true),
        Ok(true) => {}
        Err(e) => {
            let error = Error::from(e);
            tracing::error!(object = %name, "Failed to compare contents: {error}");
            return Err(run.stats.count_error(error));
        }
    }
    let (true, Some(modified)) = (set_time, file.modified) else {
        return Ok(false);
    };
    if run.skips("update modification time", name, file.size) {
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
