//! What a sync deletes: that which only the destination has; and what a move
//! deletes at its source, because the destination has it.
//!
//! After an error nothing more is deleted, unless `--ignore-errors` is given:
//! what could not be listed at the source might seem to be gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::super::check::Finding;
use super::super::delete::{Failures, delete_moved, delete_or_keep, remove_dir_at};
use super::super::{Class, Error, Result};
use super::may_go;
use super::tree::{Queues, Tree, lock};
use crate::remote::{Entry, ErrorKind, Location};

/// Which part deleting has in a walk through both trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// None: a copy.
    Nothing,
    /// The only one: the first of two walks.
    Only,
    /// While files are copied.
    During,
    /// When all files are copied.
    After,
}

/// What only the destination has, as far as the walk has come.
#[derive(Default)]
pub(super) struct Extras {
    pub(super) files: Vec<Entry>,
    dirs: Vec<Entry>,
    /// Files were left because something had failed.
    kept: bool,
    /// Directories of the source that a move may have emptied.
    pub(super) emptied: Vec<Entry>,
}

impl Tree {
    /// Takes note of an entry that only the destination has.
    pub(super) async fn remove_extra(&self, extra: Entry, queues: &Queues) {
        if let Some(parent) = extra.path.parent() {
            lock(&self.times).mark_changed(parent);
        }
        if extra.is_dir() {
            lock(&self.extras).dirs.push(extra);
            return;
        }
        match &queues.deletions {
            Some(deletions) => {
                // The receiver lives until the sender is gone.
                let _ = deletions.send(extra).await;
            }
            None => lock(&self.extras).files.push(extra),
        }
    }

    /// Deletes files as they come.
    pub(super) async fn delete_meanwhile(self: Arc<Self>, files: mpsc::Receiver<Entry>) {
        if self.run.confirm.is_some() {
            self.may_transfer().await;
        }
        let files = stream::unfold(files, |mut files| async move {
            let file = files.recv().await?;
            Some((file, files))
        });
        let outcome = self.delete_files(files).await;
        self.note_deletions(outcome);
    }

    /// Deletes what the walk has found, files first.
    pub(super) async fn remove_extras(&self) {
        if self.removal == Removal::Nothing {
            return;
        }
        let Extras {
            files, dirs, kept, ..
        } = std::mem::take(&mut *lock(&self.extras));
        match self.removal {
            Removal::During if !kept => {}
            _ if kept || !self.may_delete() => self.refuse("not deleting files"),
            _ => {
                let outcome = self.delete_files(stream::iter(files)).await;
                self.note_deletions(outcome);
            }
        }
        if self.may_delete() {
            self.remove_dirs(&self.dst, dirs).await;
        } else {
            self.refuse("not deleting directories");
        }
    }

    /// Removes the directories of the source that a move has emptied.
    pub(super) async fn remove_emptied(&self) {
        let emptied = std::mem::take(&mut lock(&self.extras).emptied);
        if !emptied.is_empty() && !self.run.is_over() {
            self.remove_dirs(&self.src, emptied).await;
        }
    }

    /// Deletes a file that stands at the destination already.
    pub(super) async fn delete_source(&self, src: &Entry, existing: &Entry) -> Result<()> {
        if !may_go(&self.run, (&self.src, src), (&self.dst, existing)) {
            return Ok(());
        }
        delete_moved(&self.run, &self.src, src).await
    }

    async fn delete_files(&self, files: impl stream::Stream<Item = Entry>) -> Result<()> {
        let at_a_time = self.run.options.checkers.max(1);
        let (root, backup) = if self.moving {
            (&self.src, None)
        } else {
            (&self.dst, self.backup.as_ref())
        };
        let failures = files
            .map(|file| async move {
                if self.removal == Removal::During && !self.may_delete() {
                    lock(&self.extras).kept = true;
                    return Ok(());
                }
                let done = if self.moving {
                    delete_moved(&self.run, root, &file).await
                } else {
                    delete_or_keep(&self.run, root, &file, backup).await
                };
                done.inspect_err(|_| self.run.found_below(root, Finding::Error, &file.path))
            })
            .buffer_unordered(at_a_time)
            .fold(Failures::default(), |mut failures, outcome| async move {
                if let Err(e) = outcome {
                    failures.add(e);
                }
                failures
            })
            .await;
        if self.moving {
            failures.last()
        } else {
            failures.outcome()
        }
    }

    fn note_deletions(&self, outcome: Result<()>) {
        if let Err(error) = outcome {
            // A move has said it where it met it.
            if error.class == Class::Fatal && !self.moving {
                tracing::error!("Cancelling sync due to fatal error: {error}");
            }
            self.fail(error);
        }
    }

    /// Removes the directories that are empty now, deepest first. What a
    /// filter hides may keep one from being so.
    async fn remove_dirs(&self, root: &Location, dirs: Vec<Entry>) {
        let mut levels: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for dir in dirs {
            levels
                .entry(dir.path.elements().count())
                .or_default()
                .push(dir);
        }
        let at_a_time = self.run.options.checkers.max(1);
        for mut level in levels.into_values().rev() {
            // Of several directories of one name the last one has its own id.
            level.reverse();
            stream::iter(level)
                .map(|dir| async move {
                    if let Err(e) = remove_dir_at(&self.run, root, &dir).await {
                        let label = root.label(&dir.path);
                        tracing::debug!(object = %label, "Failed to Rmdir: {e}");
                    }
                })
                .buffer_unordered(at_a_time)
                .collect::<()>()
                .await;
        }
    }

    /// Whether anything may be deleted, after all that has happened.
    pub(super) fn may_delete(&self) -> bool {
        if self.run.is_over() {
            return false;
        }
        let failed = lock(&self.failed).is_some() || self.run.stats.errors() > 0;
        self.run.options.ignore_errors || !failed
    }

    fn refuse(&self, what: &str) {
        let text = format!("{what} as there were IO errors");
        tracing::error!(object = %self.dst.describe(), "{text}");
        if lock(&self.failed).is_none() {
            self.fail(Error::new(ErrorKind::Io, text));
        }
    }
}
