//! A whole tree: the march goes on while comparisons and transfers run, with
//! bounded queues between them, so that memory does not grow with the tree.
//!
//! ```text
//! march ──► plan ──► probes (--checkers) ──► transfers (two lanes)
//!             └───────────────────────────────►┘
//! ```
//!
//! Where the destination lies inside the source the march is finished first:
//! what is copied is what was there before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::super::compare::Rules;
use super::super::descent::Descent;
use super::super::dirtimes::{self, DirTimes};
use super::super::lanes::{Lane, Lanes};
use super::super::march::{Matched, Side};
use super::super::plan::{Action, plan};
use super::super::root::relative;
use super::super::transfer::{Job, transfer};
use super::super::{Error, Result, Run};
use super::list::{Lister, Node, Step, report, report_withheld};
use super::{child, probe, refuse_change, rules};
use crate::remote::{Depth, Destination, Entry, ErrorKind, Location};

/// What the tasks of one copy share.
struct Tree {
    run: Run,
    src: Location,
    dst: Location,
    rules: Rules,
    times: Mutex<DirTimes>,
    failed: Mutex<Option<Error>>,
    /// Closed when transfers may begin.
    gate: Semaphore,
}

/// A pair whose contents have to be compared.
struct Pending {
    job: Job,
    existing: Entry,
    set_time: bool,
    depth: Depth,
}

/// Where the march puts its work.
struct Queues {
    probes: mpsc::Sender<Pending>,
    transfers: Lanes,
}

pub(super) async fn copy_tree(run: &Run, src: &Location, dst: &Location) -> Result<()> {
    let same_store = src.same_store(dst);
    if same_store && src.path == dst.path {
        tracing::error!(
            object = %src.describe(),
            "Nothing to do as source and destination are the same"
        );
        return Ok(());
    }
    let inside = same_store && dst.path.strip(&src.path).is_some();
    let tree = Arc::new(Tree {
        run: run.clone(),
        src: src.clone(),
        dst: dst.clone(),
        rules: rules(run, src, dst),
        times: Mutex::new(DirTimes::new(run, dst)),
        failed: Mutex::new(None),
        gate: Semaphore::new(0),
    });
    run.limits.start_clock(dst);
    tree.clone().work(inside).await;
    if let Some(error) = run.limits.overtime() {
        tracing::error!(object = %dst.describe(), "{error}");
        tree.fail(error);
    }
    let times = std::mem::take(&mut *lock(&tree.times));
    if let Err(e) = times.finish(run, dst).await {
        tree.fail(e);
    }
    let failed = lock(&tree.failed).take();
    match failed {
        Some(error) => Err(error),
        None => {
            if run.stats.snapshot().counts.transfers == 0 {
                tracing::info!("There was nothing to transfer");
            }
            Ok(())
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tree {
    async fn work(self: Arc<Self>, inside: bool) {
        let options = &self.run.options;
        let backlog = if inside {
            Semaphore::MAX_PERMITS
        } else {
            self.gate.close();
            options.max_backlog.clamp(1, Semaphore::MAX_PERMITS)
        };
        let (probes, to_probe) = mpsc::channel(backlog);
        let sides = (&self.src, &self.dst);
        let (transfers, lanes) = Lanes::new(sides, options, backlog);
        let mut workers = JoinSet::new();
        let to_probe = Arc::new(AsyncMutex::new(to_probe));
        for _ in 0..options.checkers.max(1) {
            let (tree, queue) = (self.clone(), to_probe.clone());
            workers.spawn(tree.probe_all(queue, transfers.clone()));
        }
        for lane in lanes {
            workers.spawn(self.clone().transfer_all(lane));
        }
        let late = self.march(Queues { probes, transfers }, inside).await;
        for (src, path) in late {
            self.make_dir(&src, path).await;
        }
        self.gate.close();
        while let Some(done) = workers.join_next().await {
            if let Err(e) = done
                && let Ok(panic) = e.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    /// Walks both trees; returns the directories still to be made.
    async fn march(&self, queues: Queues, inside: bool) -> Vec<(Entry, Entry)> {
        let lister = Lister::new(&self.run, &self.src, &self.dst);
        let mut descent = Descent::new(self.run.options.checkers, move |node: Node| {
            let lister = lister.clone();
            async move { lister.step(node).await }.boxed()
        });
        descent.enter(vec![Node {
            src: Entry::dir(self.src.path.clone()),
            dst: Entry::dir(self.dst.path.clone()),
            exists: !self.run.options.no_check_dest,
            depth: 0,
        }]);
        let mut late = Vec::new();
        while let Some(Step {
            node,
            listed,
            withheld,
            result,
        }) = descent.next().await
        {
            self.run.stats.update(|c| c.listed += listed);
            for id in withheld {
                self.fail(report_withheld(&self.run, &self.src, &node.src, &id));
            }
            match result {
                Ok(matched) => {
                    let entered = self.act(&node, matched, &queues).await;
                    let mut next = Vec::with_capacity(entered.len());
                    for (child, existed) in entered {
                        if let Some(made) = self.enter(&child, existed, inside).await {
                            late.push(made);
                        }
                        if self.deeper(&child) {
                            next.push(child);
                        }
                    }
                    descent.enter(next);
                }
                Err((side, error)) => {
                    let (root, dir) = match side {
                        Side::Source => (&self.src, &node.src),
                        Side::Destination => (&self.dst, &node.dst),
                    };
                    self.fail(report(&self.run, root, dir, side, error));
                }
            }
            if self.run.is_over() {
                break;
            }
        }
        late
    }

    fn deeper(&self, node: &Node) -> bool {
        self.run
            .options
            .max_depth
            .is_none_or(|max| node.depth < max)
    }

    /// Queues the work of one directory; returns the directories in it, and
    /// the entry that each has at the destination.
    async fn act(
        &self,
        node: &Node,
        matched: Matched,
        queues: &Queues,
    ) -> Vec<(Node, Option<Entry>)> {
        for (side, entry) in matched.surplus {
            self.notice_duplicate(side, &entry);
        }
        let mut entered = Vec::new();
        for pair in matched.pairs {
            let action = plan(pair, &self.rules);
            if let Err(error) = self.act_on(node, action, queues, &mut entered).await {
                self.fail(error);
            }
        }
        entered
    }

    async fn act_on(
        &self,
        node: &Node,
        action: Action,
        queues: &Queues,
        entered: &mut Vec<(Node, Option<Entry>)>,
    ) -> Result<()> {
        match action {
            Action::Nothing => {}
            Action::Keep { src, why } => {
                lock(&self.times).mark_file_in(&node.dst.path);
                let name = self.name(&src);
                drop(self.run.stats.begin_check(&name));
                tracing::debug!(object = %name, "{why}");
                tracing::debug!(object = %name, "Unchanged skipping");
            }
            Action::Copy { src, replace, why } => {
                lock(&self.times).mark_file_in(&node.dst.path);
                let job = self.job(node, src, replace)?;
                tracing::debug!(object = %job.name, "{why}");
                if job.replace.is_some() {
                    drop(self.run.stats.begin_check(&job.name));
                }
                self.queue(job, &queues.transfers).await?;
            }
            Action::Probe {
                src,
                dst,
                set_time,
                depth,
            } => {
                lock(&self.times).mark_file_in(&node.dst.path);
                let job = self.job(node, src, Some(dst.clone()))?;
                self.run.stats.queue_check();
                let pending = Pending {
                    job,
                    existing: dst,
                    set_time,
                    depth,
                };
                // The receivers live until the senders are gone.
                let _ = queues.probes.send(pending).await;
            }
            Action::Enter { src, dst } => {
                let existing = dst.clone();
                let dir = match dst {
                    Some(dst) => dst,
                    None => Entry::dir(child(&node.dst.path, src.name())?),
                };
                let next = Node {
                    src,
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
                return Err(self.run.stats.count_error(what));
            }
        }
        Ok(())
    }

    fn name(&self, src: &Entry) -> String {
        relative(&src.path, &self.src.path).as_str().to_owned()
    }

    fn job(&self, node: &Node, src: Entry, replace: Option<Entry>) -> Result<Job> {
        let path = match &replace {
            Some(existing) => existing.path.clone(),
            None => child(&node.dst.path, src.name())?,
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

    /// Puts a file into the queue of transfers.
    async fn queue(&self, job: Job, transfers: &Lanes) -> Result<()> {
        if job.replace.is_some() && self.run.options.immutable {
            return Err(refuse_change(&self.run, &job.name));
        }
        if let Some(parent) = job.to.path.parent() {
            lock(&self.times).mark_changed(parent);
        }
        self.run.stats.queue_transfer(job.src.size);
        transfers.send(job).await;
        Ok(())
    }

    /// Looks after the directory itself; returns it when it has to be made
    /// after the march.
    async fn enter(
        &self,
        node: &Node,
        existing: Option<Entry>,
        inside: bool,
    ) -> Option<(Entry, Entry)> {
        let enabled = lock(&self.times).enabled();
        if let Some(existing) = existing {
            if !enabled {
                return None;
            }
            let equal = dirtimes::equal(&self.run, self.rules.window(), &node.src, &existing);
            if let (false, Some(modified)) = (equal, node.src.modified) {
                match dirtimes::set(&self.run, &self.dst, &existing, true, modified).await {
                    Ok(()) if self.run.options.dry_run => return None,
                    Ok(()) => {}
                    Err(e) => self.fail(e),
                }
            }
            lock(&self.times).delay(existing, true, node.src.modified);
            return None;
        }
        lock(&self.times).mark_changed(node.dst.path.clone());
        if !self.run.options.create_empty_src_dirs {
            lock(&self.times).delay(node.dst.clone(), false, node.src.modified);
        } else if inside {
            return Some((node.src.clone(), node.dst.clone()));
        } else {
            self.make_dir(&node.src, node.dst.clone()).await;
        }
        None
    }

    async fn make_dir(&self, src: &Entry, dir: Entry) {
        let label = self.dst.label(&dir.path);
        let modified = src.modified.filter(|_| lock(&self.times).enabled());
        if self.run.skips("make directory", &label, None) {
            lock(&self.times).delay(dir, false, modified);
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
        match modified {
            Some(modified) => {
                if let Err(e) = self.dst.remote.set_modified(&made, modified).await {
                    tracing::debug!(object = %label, "Failed to set its time: {e}");
                }
                tracing::info!(
                    object = %label,
                    "Made directory with metadata (mtime={modified})"
                );
            }
            None => tracing::info!(object = %label, "Making directory"),
        }
        lock(&self.times).delay(made, true, modified);
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

    async fn probe_all(
        self: Arc<Self>,
        queue: Arc<AsyncMutex<mpsc::Receiver<Pending>>>,
        transfers: Lanes,
    ) {
        loop {
            let next = queue.lock().await.recv().await;
            let Some(Pending {
                job,
                existing,
                set_time,
                depth,
            }) = next
            else {
                return;
            };
            self.run.stats.unqueue_check();
            let check = self.run.stats.begin_check(&job.name);
            let src = (&self.src, &job.src, job.name.as_str());
            let differs = probe(&self.run, src, (&self.dst, &existing), (set_time, depth)).await;
            drop(check);
            let outcome = match differs {
                Ok(true) => self.queue(job, &transfers).await,
                Ok(false) => Ok(()),
                Err(e) => Err(e),
            };
            if let Err(e) = outcome {
                self.fail(e);
            }
        }
    }

    async fn transfer_all(self: Arc<Self>, queue: Lane) {
        // An error means closed, which is what is waited for.
        let _ = self.gate.acquire().await;
        while let Some(job) = queue.next().await {
            self.run.stats.unqueue_transfer(job.src.size);
            if self.run.is_over() {
                continue;
            }
            if let Err(e) = transfer(&self.run, &self.src, &self.dst, &job).await {
                self.run.limits.tell(&e);
                self.fail(e);
            }
        }
    }

    fn fail(&self, error: Error) {
        let error = self.run.stats.count_error(error);
        *lock(&self.failed) = Some(error);
    }
}
