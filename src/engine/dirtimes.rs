//! Modification times of directories: set when a directory is met, and again
//! at the end where writing into it has changed them.

use std::collections::HashSet;

use jiff::Timestamp;

use super::compare::{difference, signed};
use super::{Error, Result, Run};
use crate::remote::{Entry, ErrorKind, Location, Metadata, RemoteError, RemotePath};

/// The directories whose times may have to be set once all files are written.
/// Paths are those of the destination, from the root of its store.
#[derive(Default)]
pub(super) struct DirTimes {
    enabled: bool,
    delayed: Vec<Delayed>,
    changed: HashSet<RemotePath>,
    with_files: HashSet<RemotePath>,
}

struct Delayed {
    dir: Entry,
    existed: bool,
    look: Look,
}

/// What a directory shall get.
#[derive(Default)]
pub(super) struct Look {
    pub(super) modified: Option<Timestamp>,
    /// Where metadata are copied; its time is the directory's.
    pub(super) metadata: Option<Metadata>,
}

impl DirTimes {
    pub(super) fn new(run: &Run, dst: &Location) -> Self {
        let features = dst.remote.features();
        Self {
            enabled: !run.options.no_update_dir_modtime
                && (features.set_dir_modified || run.options.metadata && features.metadata),
            ..Self::default()
        }
    }

    /// Notes that something is written into `dir`.
    pub(super) fn mark_changed(&mut self, dir: RemotePath) {
        if self.enabled {
            self.changed.insert(dir);
        }
    }

    /// Notes that `dir` and all above it hold a file at the source.
    pub(super) fn mark_file_in(&mut self, dir: &RemotePath) {
        if !self.enabled {
            return;
        }
        let mut dir = Some(dir.clone());
        while let Some(d) = dir {
            let parent = d.parent();
            if !self.with_files.insert(d) {
                break;
            }
            dir = parent;
        }
    }

    /// Notes a directory for the end.
    pub(super) fn delay(&mut self, dir: Entry, existed: bool, look: Look) {
        if self.enabled && (look.modified.is_some() || look.metadata.is_some()) {
            self.delayed.push(Delayed { dir, existed, look });
        }
    }

    pub(super) fn enabled(&self) -> bool {
        self.enabled
    }

    /// Sets the times of the directories that were changed, deepest first.
    pub(super) async fn finish(mut self, run: &Run, dst: &Location) -> Result<()> {
        // A directory that was made has changed the one above it.
        for made in self.delayed.iter().filter(|d| !d.existed) {
            let path = &made.dir.path;
            if (run.options.create_empty_src_dirs || self.with_files.contains(path))
                && let Some(above) = path.parent()
            {
                self.changed.insert(above);
            }
        }
        self.delayed
            .sort_by_key(|d| std::cmp::Reverse(d.dir.path.elements().count()));
        let (mut failures, mut last) = (0_u64, None);
        for delayed in self.delayed {
            let path = &delayed.dir.path;
            // One without files may not have been made.
            let stands = delayed.existed
                || run.options.create_empty_src_dirs
                || self.with_files.contains(path);
            if !self.changed.contains(path) || !stands {
                continue;
            }
            // Nor one whose files have not had their turn.
            if run.limits.is_over()
                && !delayed.existed
                && dst.remote.stat(path).await.is_err_and(|e| e.is_not_found())
            {
                continue;
            }
            let (dir, existed) = (&delayed.dir, delayed.existed);
            let done = match &delayed.look {
                Look {
                    metadata: Some(metadata),
                    ..
                } => set_metadata(run, dst, dir, metadata).await,
                Look {
                    modified: Some(modified),
                    ..
                } => set(run, dst, dir, existed, *modified).await,
                Look { .. } => Ok(false),
            };
            if let Err(e) = done {
                failures += 1;
                last = Some(e);
            }
        }
        let Some(last) = last else { return Ok(()) };
        let many = match failures {
            1 => String::new(),
            n => format!("{n} errors: last error: "),
        };
        // It stands for all of them, and is counted once more as in rclone.
        let text = format!("failed to set directory modtime: {many}{last}");
        Err(Error::new(ErrorKind::Io, text))
    }
}

/// Whether the time of an existing directory may stay.
pub(super) fn equal(
    run: &Run,
    window: Option<std::time::Duration>,
    src: &Entry,
    dst: &Entry,
) -> bool {
    let options = &run.options;
    let Some(window) = window.map(signed) else {
        return true;
    };
    if options.size_only || options.immutable || options.ignore_existing {
        return true;
    }
    if options.ignore_times {
        return false;
    }
    difference(src, dst)
        .is_some_and(|newer| newer.abs() < window || (options.update && newer >= window))
}

/// Sets the time of a directory now; `false` when it is left as it is.
pub(super) async fn set(
    run: &Run,
    dst: &Location,
    dir: &Entry,
    existed: bool,
    modified: Timestamp,
) -> Result<bool> {
    let label = dst.label(&dir.path);
    if run
        .skips("set directory modification time", &label, dir.size)
        .await
    {
        return Ok(false);
    }
    match dst.remote.set_modified(dir, modified).await {
        Ok(()) => {
            let how = if existed {
                "SetModTime"
            } else {
                "DirSetModTime"
            };
            tracing::info!(object = %label, "Set directory modification time (using {how})");
            Ok(true)
        }
        Err(e) => Err(failed(run, &label, e)),
    }
}

/// Sets the metadata of a directory now; `false` when it is left as it is.
pub(super) async fn set_metadata(
    run: &Run,
    dst: &Location,
    dir: &Entry,
    metadata: &Metadata,
) -> Result<bool> {
    let label = dst.label(&dir.path);
    if run.skips("update directory metadata", &label, None).await {
        return Ok(false);
    }
    match dst.remote.set_metadata(dir, metadata).await {
        Ok(()) => {
            tracing::info!(object = %label, "Updated directory metadata");
            Ok(true)
        }
        Err(e) => Err(failed(run, &label, e)),
    }
}

/// Logs and counts that a directory has not got what it should.
pub(super) fn failed(run: &Run, label: &str, error: RemoteError) -> Error {
    let error = Error::from(error);
    tracing::error!(
        object = %label,
        "Failed to update directory timestamp or metadata: {error}"
    );
    run.stats.count_error(error)
}
