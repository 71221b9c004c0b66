//! What is done with the entries of one directory, once both listings of it
//! are matched.

use std::collections::HashSet;

use super::super::check::Finding;
use super::super::dirtimes::{self, Look};
use super::super::lanes::Lanes;
use super::super::march::{Matched, Pair, Side};
use super::super::plan::{Action, plan};
use super::super::root::relative;
use super::super::transfer::Job;
use super::super::{Error, Result};
use super::list::Node;
use super::remove::Removal;
use super::tree::{Pending, Queues, Tree, Twin, lock};
use super::{child, may_go, refuse_change};
use crate::remote::{Destination, Entry, EntryKind, ErrorKind, Metadata};

/// What the owner of a directory needs to write into it.
const WRITABLE: u32 = 0o300;

/// A directory to go into, and what it has at the destination.
pub(super) type Entered = (Node, Option<Entry>);

impl Tree {
    /// Queues the work of one directory; returns the directories in it, and
    /// the entry that each has at the destination.
    pub(super) async fn act(&self, node: &Node, matched: Matched, queues: &Queues) -> Vec<Entered> {
        let surplus = self.surplus_extras(matched.surplus, &matched.pairs);
        let mut entered = Vec::new();
        for pair in matched.pairs {
            let pair = self.with_fixed_case(pair).await;
            let action = match plan(pair, &self.rules) {
                action if self.removal == Removal::Only => only_removing(action),
                action => action,
            };
            if let Err(error) = self.act_on(node, action, queues, &mut entered).await {
                self.fail(error);
            }
        }
        for extra in surplus {
            self.remove_extra(extra, queues).await;
        }
        entered
    }

    /// Gives notice of the entries whose name another one has taken; returns
    /// those that only the destination has, under a name that goes.
    fn surplus_extras(&self, surplus: Vec<(Side, Entry)>, pairs: &[Pair]) -> Vec<Entry> {
        for (side, entry) in &surplus {
            self.notice_duplicate(*side, entry);
        }
        if surplus.is_empty() || self.removal == Removal::Nothing {
            return Vec::new();
        }
        let going: HashSet<(EntryKind, &str)> = pairs
            .iter()
            .filter_map(|pair| match pair {
                Pair::DstOnly(entry) => Some((entry.kind, entry.name())),
                _ => None,
            })
            .collect();
        surplus
            .into_iter()
            .filter(|(side, entry)| {
                *side == Side::Destination && going.contains(&(entry.kind, entry.name()))
            })
            .map(|(_, entry)| entry)
            .collect()
    }

    async fn act_on(
        &self,
        node: &Node,
        action: Action,
        queues: &Queues,
        entered: &mut Vec<Entered>,
    ) -> Result<()> {
        match action {
            Action::Nothing => {}
            Action::Extra { dst } if self.removal == Removal::Nothing => {
                self.tell_extra(&dst);
                // It stays, and only who wants to hear of what it holds goes in.
                if dst.is_dir() && self.run.listener.is_some() {
                    entered.push((self.extra(node, dst), None));
                }
            }
            Action::Extra { dst } => {
                self.tell_extra(&dst);
                if dst.is_dir() {
                    entered.push((self.extra(node, dst.clone()), None));
                }
                self.remove_extra(dst, queues).await;
            }
            Action::Keep { src, dst, why } => {
                lock(&self.times).mark_file_in(&node.dst.path);
                let name = self.name(&src);
                drop(self.run.stats.begin_check(&name));
                tracing::debug!(object = %name, "{why}");
                tracing::debug!(object = %name, "Unchanged skipping");
                self.run.found(Finding::Match, &name);
                if let Some(deletions) = &queues.deletions
                    && self.moving
                    && may_go(&self.run, (&self.src, &src), (&self.dst, &dst))
                {
                    // The receiver lives until the sender is gone.
                    let _ = deletions.send(src).await;
                }
            }
            Action::Copy { src, replace, why } => {
                let job = self.job(node, src, replace)?;
                tracing::debug!(object = %job.name, "{why}");
                self.run.found(
                    match job.replace {
                        Some(_) => Finding::Differ,
                        None => Finding::MissingOnDst,
                    },
                    &job.name,
                );
                if job.replace.is_some() {
                    drop(self.run.stats.begin_check(&job.name));
                }
                if job.replace.is_none() && self.strategy.is_some() {
                    lock(&self.untracked).push(job);
                } else if self.run.aside.is_asked() {
                    self.send(job, None, queues).await;
                } else {
                    self.queue(job, &queues.transfers).await?;
                }
            }
            Action::Probe {
                src,
                dst,
                set_time,
                depth,
            } => {
                lock(&self.times).mark_file_in(&node.dst.path);
                let job = self.job(node, src, Some(dst.clone()))?;
                let twin = Twin {
                    existing: dst,
                    set_time,
                    depth,
                };
                self.send(job, Some(twin), queues).await;
            }
            Action::Enter { src, dst } => {
                let existing = dst.clone();
                let dir = match dst {
                    Some(dst) => dst,
                    None => Entry::dir(child(&node.dst.path, &self.run.names.target(&src))?),
                };
                let next = Node {
                    src: Some(src),
                    dst: dir,
                    exists: existing.is_some() || self.run.options.no_traverse,
                    depth: node.depth + 1,
                };
                entered.push((next, existing));
            }
            Action::Refuse { src, dst } => {
                let what = if src.is_dir() {
                    Error::new(ErrorKind::IsFile, "can't overwrite file with directory")
                } else {
                    Error::new(ErrorKind::IsDir, "can't overwrite directory with file")
                };
                tracing::error!(object = %relative(&dst.path, &self.dst.path), "{what}");
                self.run.found_below(&self.dst, Finding::Error, &dst.path);
                return Err(self.run.stats.count_error(what));
            }
        }
        Ok(())
    }

    /// A directory that only the destination has.
    fn extra(&self, above: &Node, dst: Entry) -> Node {
        Node {
            src: None,
            dst,
            exists: true,
            depth: above.depth + 1,
        }
    }

    fn tell_extra(&self, dst: &Entry) {
        if !dst.is_dir() {
            self.run
                .found_below(&self.dst, Finding::MissingOnSrc, &dst.path);
        }
    }

    fn name(&self, src: &Entry) -> String {
        relative(&src.path, &self.src.path).as_str().to_owned()
    }

    fn job(&self, node: &Node, src: Entry, replace: Option<Entry>) -> Result<Job> {
        let path = match &replace {
            Some(existing) => existing.path.clone(),
            None => child(&node.dst.path, &self.run.names.target(&src))?,
        };
        Ok(Job {
            name: self.name(&src),
            to_name: relative(&path, &self.dst.path).as_str().to_owned(),
            to: Destination {
                path,
                parent: node.dst.id.clone(),
            },
            src,
            replace,
        })
    }

    /// Puts a file into the queue of comparisons.
    pub(super) async fn send(&self, job: Job, with: Option<Twin>, queues: &Queues) {
        self.run.stats.queue_check();
        // The receivers live until the senders are gone.
        let _ = queues.probes.send(Pending { job, with }).await;
    }

    /// Puts a file into the queue of transfers.
    pub(super) async fn queue(&self, job: Job, transfers: &Lanes) -> Result<()> {
        if job.replace.is_some() && self.run.options.immutable {
            return Err(refuse_change(&self.run, &job.name));
        }
        if let Some(parent) = job.to.path.parent() {
            let mut times = lock(&self.times);
            times.mark_file_in(&parent);
            // As in rclone: where renames are tracked, a new file leaves the
            // time of a directory that was there as it becomes.
            if job.replace.is_some() || self.strategy.is_none() {
                times.mark_changed(parent);
            }
        }
        self.run.stats.queue_transfer(job.src.size);
        transfers.send(job).await;
        Ok(())
    }

    /// Looks after the directory itself; returns it when it has to be made
    /// after the march.
    pub(super) async fn enter(
        &self,
        node: &Node,
        existing: Option<Entry>,
        inside: bool,
    ) -> Option<(Entry, Entry)> {
        let src = node.src.as_ref()?;
        if self.empty_dirs {
            lock(&self.extras).emptied.push(src.clone());
        }
        if self.removal == Removal::Only {
            return None;
        }
        let enabled = lock(&self.times).enabled();
        if let Some(existing) = existing {
            if !enabled {
                return None;
            }
            let look = self.look(src).await;
            if !self.dst.remote.features().set_dir_modified {
                if let Some(metadata) = &look.metadata {
                    self.renew(&existing, metadata).await;
                }
                return None;
            }
            let wanted = Entry {
                modified: look.modified,
                ..src.clone()
            };
            let equal = dirtimes::equal(&self.run, self.rules.window(), &wanted, &existing);
            if let (false, Some(modified)) = (equal, look.modified) {
                let at_once = self.run.options.create_empty_src_dirs;
                let set = match look.metadata.as_ref().filter(|_| at_once) {
                    Some(metadata) => {
                        let metadata = self.open_for_now(&existing, metadata);
                        dirtimes::set_metadata(&self.run, &self.dst, &existing, &metadata).await
                    }
                    None => dirtimes::set(&self.run, &self.dst, &existing, true, modified).await,
                };
                match set {
                    Ok(false) => return None,
                    Ok(true) => {}
                    Err(e) => self.fail(e),
                }
            }
            lock(&self.times).delay(existing, true, look);
            return None;
        }
        lock(&self.times).mark_changed(node.dst.path.clone());
        if !self.run.options.create_empty_src_dirs {
            let look = self.look(src).await;
            lock(&self.times).delay(node.dst.clone(), false, look);
        } else if inside {
            return Some((src.clone(), node.dst.clone()));
        } else {
            self.make_dir(src, node.dst.clone()).await;
        }
        None
    }

    pub(super) async fn make_dir(&self, src: &Entry, dir: Entry) {
        let label = self.dst.label(&dir.path);
        if let Some(above) = dir.path.parent() {
            lock(&self.times).mark_changed(above);
        }
        let look = self.look(src).await;
        let action = match look.metadata {
            Some(_) => "update directory metadata",
            None => "make directory",
        };
        if self.run.skips(action, &label, None).await {
            lock(&self.times).delay(dir, false, look);
            return;
        }
        let made = match self.dst.remote.make_dir(&dir.path).await {
            Ok(made) => made,
            Err(e) => {
                let error = Error::from(e);
                tracing::error!(object = %label, "Failed to make directory: {error}");
                self.fail(self.run.stats.count_error(error));
                return;
            }
        };
        match &look {
            Look {
                metadata: Some(metadata),
                ..
            } => {
                let metadata = self.open_for_now(&made, metadata);
                let set = self.dst.remote.set_metadata(&made, &metadata).await;
                match set {
                    Ok(()) => tracing::info!(object = %label, "Updated directory metadata"),
                    Err(e) => self.fail(dirtimes::failed(&self.run, &label, e)),
                }
            }
            Look {
                modified: Some(modified),
                ..
            } => {
                if let Err(e) = self.dst.remote.set_modified(&made, *modified).await {
                    tracing::debug!(object = %label, "Failed to set its time: {e}");
                }
                tracing::info!(
                    object = %label,
                    "Made directory with metadata (mtime={modified})"
                );
            }
            Look { .. } => tracing::info!(object = %label, "Making directory"),
        }
        if self.dst.remote.features().set_dir_modified {
            lock(&self.times).delay(made, true, look);
        }
    }

    /// What the destination's directory shall get of the source's.
    async fn look(&self, src: &Entry) -> Look {
        if !lock(&self.times).enabled() {
            return Look::default();
        }
        let metadata = self.run.metadata_for((&self.src, src), &self.dst).await;
        let metadata = metadata.unwrap_or_else(|e| {
            self.fail(dirtimes::failed(&self.run, &self.src.label(&src.path), e));
            None
        });
        let exact = metadata.as_ref().and_then(|m| m.time("mtime"));
        Look {
            modified: exact
                .or(src.modified)
                .filter(|_| self.dst.remote.features().set_dir_modified),
            metadata,
        }
    }

    /// Sets the metadata of a directory whose time says nothing of them, where
    /// they are other ones.
    async fn renew(&self, dir: &Entry, metadata: &Metadata) {
        let there = self.dst.remote.metadata(dir).await;
        let there = there.ok().flatten().unwrap_or_default();
        let same = metadata
            .iter()
            // These change by looking, and by copying.
            .filter(|(key, _)| !["atime", "btime"].contains(key))
            .all(|(key, value)| there.get(key) == Some(value));
        if !same && let Err(e) = dirtimes::set_metadata(&self.run, &self.dst, dir, metadata).await {
            self.fail(e);
        }
    }

    /// The metadata of a directory into which files are still written: its
    /// owner may do that until the end.
    fn open_for_now(&self, dir: &Entry, metadata: &Metadata) -> Metadata {
        let mut open = metadata.clone();
        let mode = metadata.text("mode").unwrap_or_default();
        if let Ok(mode) = u32::from_str_radix(&mode, 8)
            && mode & WRITABLE != WRITABLE
        {
            open.set("mode", format!("{:o}", mode | WRITABLE));
            lock(&self.times).mark_changed(dir.path.clone());
        }
        open
    }

    fn notice_duplicate(&self, side: Side, entry: &Entry) {
        let root = match side {
            Side::Source => &self.src,
            Side::Destination => &self.dst,
        };
        let (what, fate) = if entry.is_dir() {
            ("directory", "merging")
        } else {
            ("object", "ignoring")
        };
        tracing::warn!(
            object = %relative(&entry.path, &root.path),
            "Duplicate {what} found in {} - {fate}",
            side.word()
        );
    }
}

/// The first of two walks: what is in the way goes, nothing else is done.
fn only_removing(action: Action) -> Action {
    match action {
        Action::Enter { dst: Some(_), .. } | Action::Extra { .. } => action,
        Action::Refuse { dst, .. } => Action::Extra { dst },
        _ => Action::Nothing,
    }
}
