//! A whole tree: the march goes on while comparisons and transfers run, with
//! bounded queues between them, so that memory does not grow with the tree.
//!
//! ```text
//! march ──► plan ──► probes (--checkers) ──► transfers (two lanes)
//!             └───────────────────────────────►┘
//! ```
//!
//! Where the destination lies inside the source the march is finished first:
//! what is copied is what was there before. What is done with one directory
//! stands in `act.rs`, what a sync deletes in `remove.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::super::aside::put_away;
use super::super::check::Finding;
use super::super::compare::Rules;
use super::super::descent::Descent;
use super::super::dirtimes::DirTimes;
use super::super::lanes::{Lane, Lanes, Order};
use super::super::march::Side;
use super::super::relocate::{Part, relocate};
use super::super::sides::{Found, Lister};
use super::super::transfer::{Job, transfer};
use super::super::{Class, Error, Result, Run};
use super::list::{Node, report, report_withheld};
use super::remove::{Extras, Removal};
use super::renames::Strategy;
use super::{probe, rules};
use crate::remote::{Depth, Entry, Location};

/// What the tasks of one copy share.
pub(super) struct Tree {
    pub(super) run: Run,
    pub(super) src: Location,
    pub(super) dst: Location,
    pub(super) rules: Rules,
    pub(super) removal: Removal,
    /// The source of a file goes when its copy stands.
    pub(super) moving: bool,
    /// And the directories that this empties.
    pub(super) empty_dirs: bool,
    /// Where files go instead of being replaced or deleted.
    pub(super) backup: Option<Location>,
    /// In which order files are transferred, if in any.
    order: Option<Order>,
    /// How renamed files are known, if they are looked for.
    pub(super) strategy: Option<Strategy>,
    /// Files that may stand at the destination under another name.
    pub(super) untracked: Mutex<Vec<Job>>,
    pub(super) extras: Mutex<Extras>,
    pub(super) times: Mutex<DirTimes>,
    pub(super) failed: Mutex<Option<Error>>,
    /// Closed when comparisons may begin.
    walked: Semaphore,
    /// Closed when transfers may begin.
    gate: Semaphore,
}

/// A pair whose contents have to be compared.
pub(super) struct Pending {
    pub(super) job: Job,
    /// `None`: it has to be transferred, unless it stands in another place.
    pub(super) with: Option<Twin>,
}

/// What stands at the destination, and how it is compared.
pub(super) struct Twin {
    pub(super) existing: Entry,
    pub(super) set_time: bool,
    pub(super) depth: Depth,
}

/// Where the march puts its work.
pub(super) struct Queues {
    pub(super) probes: mpsc::Sender<Pending>,
    pub(super) transfers: Lanes,
    /// Only where files are deleted meanwhile, at the source or destination.
    pub(super) deletions: Option<mpsc::Sender<Entry>>,
}

/// What a walk through both trees is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errand {
    removal: Removal,
    moving: bool,
    empty_dirs: bool,
}

impl Errand {
    /// To copy, and nothing else.
    pub(super) const COPY: Self = Self {
        removal: Removal::Nothing,
        moving: false,
        empty_dirs: false,
    };

    /// To move; with `empty_dirs` the emptied directories go, too.
    pub(super) const fn moving(empty_dirs: bool) -> Self {
        Self {
            moving: true,
            empty_dirs,
            ..Self::COPY
        }
    }
}

impl From<Removal> for Errand {
    fn from(removal: Removal) -> Self {
        Self {
            removal,
            ..Self::COPY
        }
    }
}

/// Makes the directory `dst` like `src`, as far as the errand says.
pub(super) async fn copy_tree(
    run: &Run,
    src: &Location,
    dst: &Location,
    errand: Errand,
) -> Result<()> {
    let same_store = src.same_store(dst);
    if same_store && src.path == dst.path {
        tracing::error!(
            object = %src.describe(),
            "Nothing to do as source and destination are the same"
        );
        return Ok(());
    }
    let inside = same_store && dst.path.strip(&src.path).is_some();
    run.aside.check(dst)?;
    let backup = run.aside.backup(run, (src, dst), true).await?;
    let rules = rules(run, src, dst);
    let strategy = match Strategy::of(run)? {
        Some(strategy) if errand.removal == Removal::After => {
            strategy.usable((src, dst), rules.window())
        }
        _ => None,
    };
    let order = Order::parse(&run.options.order_by)?;
    let tree = Arc::new(Tree {
        run: run.clone(),
        src: src.clone(),
        dst: dst.clone(),
        rules,
        backup,
        order,
        strategy,
        untracked: Mutex::default(),
        removal: errand.removal,
        moving: errand.moving,
        empty_dirs: errand.empty_dirs,
        extras: Mutex::default(),
        times: Mutex::new(DirTimes::new(run, dst)),
        failed: Mutex::new(None),
        walked: Semaphore::new(0),
        gate: Semaphore::new(0),
    });
    tree.clone().work(inside).await;
    if let Some(error) = run.limits.overtime() {
        tracing::error!(object = %dst.describe(), "{error}");
        tree.fail(error);
    }
    tree.remove_extras().await;
    tree.remove_emptied().await;
    let times = std::mem::take(&mut *lock(&tree.times));
    if !run.stats.is_fatal()
        && let Err(e) = times.finish(run, dst).await
    {
        tree.fail(e);
    }
    let failed = lock(&tree.failed).take();
    match failed {
        Some(error) => Err(error),
        None => {
            if errand.removal != Removal::Only && run.stats.snapshot().counts.transfers == 0 {
                tracing::info!("There was nothing to transfer");
            }
            Ok(())
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for all tasks; a panic goes on here.
async fn join(tasks: &mut JoinSet<()>) {
    while let Some(done) = tasks.join_next().await {
        if let Err(e) = done
            && let Ok(panic) = e.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Tree {
    async fn work(self: Arc<Self>, inside: bool) {
        let options = &self.run.options;
        let check_first = options.check_first && self.removal != Removal::Only;
        if check_first {
            tracing::info!(
                object = %self.dst.describe(),
                "Running all checks before starting transfers"
            );
        }
        // What is asked comes in the same order on every run: the walk's own
        // questions, then those of comparisons, then the rest.
        let asks = self.run.confirm.is_some();
        let checkers = if asks { 1 } else { options.checkers.max(1) };
        if !asks {
            self.walked.close();
        }
        let backlog = if inside || check_first || asks {
            Semaphore::MAX_PERMITS
        } else {
            self.gate.close();
            options.max_backlog.clamp(1, Semaphore::MAX_PERMITS)
        };
        let (probes, to_probe) = mpsc::channel(backlog);
        let sides = (&self.src, &self.dst);
        let (transfers, lanes) = Lanes::new(sides, &self.run, self.order, backlog);
        let mut workers = JoinSet::new();
        let to_probe = Arc::new(AsyncMutex::new(to_probe));
        let mut probers = JoinSet::new();
        for _ in 0..checkers {
            let (tree, queue) = (self.clone(), to_probe.clone());
            probers.spawn(tree.probe_all(queue, transfers.clone()));
        }
        for lane in lanes {
            workers.spawn(self.clone().transfer_all(lane));
        }
        let deletes = self.moving || self.removal == Removal::During;
        let deletions = deletes.then(|| {
            let (deletions, to_delete) = mpsc::channel(backlog);
            workers.spawn(self.clone().delete_meanwhile(to_delete));
            deletions
        });
        let queues = Queues {
            probes,
            transfers,
            deletions,
        };
        let late = self.march(&queues, inside).await;
        for (src, path) in late {
            self.make_dir(&src, path).await;
        }
        self.rename_tracked(&queues).await;
        drop(queues);
        self.walked.close();
        if check_first || asks {
            join(&mut probers).await;
        }
        if check_first {
            tracing::info!(
                object = %self.dst.describe(),
                "Checks finished, now starting transfers"
            );
        }
        self.gate.close();
        join(&mut probers).await;
        join(&mut workers).await;
    }

    /// Walks both trees; returns the directories still to be made.
    async fn march(&self, queues: &Queues, inside: bool) -> Vec<(Entry, Entry)> {
        let lister = Lister::of_copy(&self.run, &self.src, &self.dst);
        let mut descent = Descent::new(self.run.options.checkers, move |node: Node| {
            let lister = lister.clone();
            async move {
                let found = lister.find(&node.dirs()).await;
                (node, found)
            }
            .boxed()
        });
        descent.enter(vec![Node {
            src: Some(Entry::dir(self.src.path.clone())),
            dst: Entry::dir(self.dst.path.clone()),
            exists: !self.run.options.no_check_dest,
            depth: 0,
        }]);
        let mut late = Vec::new();
        while let Some((node, found)) = descent.next().await {
            let Found {
                listed,
                withheld,
                failed,
                matched,
            } = found;
            if let Some((side, error)) = failed.into_iter().next() {
                let (root, dir) = match (side, &node.src) {
                    (Side::Source, Some(dir)) => (&self.src, dir),
                    _ => (&self.dst, &node.dst),
                };
                self.run.found_below(root, Finding::Error, &dir.path);
                let error = report(&self.run, root, dir, side, error);
                // It is counted, which ends the command.
                if !error.is_closed_dir() {
                    self.fail(error);
                }
            } else {
                self.run.stats.update(|c| c.listed += listed);
                if let Some(dir) = &node.src {
                    for (_, what) in withheld {
                        if let Some(e) = report_withheld(&self.run, &self.src, dir, &what) {
                            self.fail(e);
                        }
                    }
                }
                let entered = self.act(&node, matched, queues).await;
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
            if self.run.is_over() {
                break;
            }
        }
        late
    }

    /// What is excluded is deleted at any depth.
    fn deeper(&self, node: &Node) -> bool {
        if node.src.is_none() && self.run.options.delete_excluded {
            return true;
        }
        self.run
            .options
            .max_depth
            .is_none_or(|max| node.depth < max)
    }

    async fn probe_all(
        self: Arc<Self>,
        queue: Arc<AsyncMutex<mpsc::Receiver<Pending>>>,
        transfers: Lanes,
    ) {
        // An error means closed, which is what is waited for.
        let _ = self.walked.acquire().await;
        loop {
            let next = queue.lock().await.recv().await;
            let Some(Pending { job, with }) = next else {
                return;
            };
            self.run.stats.unqueue_check();
            if let Err(e) = self.probe_one(job, with, &transfers).await {
                self.fail(e);
            }
        }
    }

    async fn probe_one(&self, job: Job, with: Option<Twin>, transfers: &Lanes) -> Result<()> {
        if let Some(Twin {
            existing,
            set_time,
            depth,
        }) = with
        {
            let check = self.run.stats.begin_check(&job.name);
            let src = (&self.src, &job.src, job.name.as_str());
            let differs = probe(&self.run, src, (&self.dst, &existing), (set_time, depth)).await;
            drop(check);
            let differs = differs.inspect_err(|_| self.run.found(Finding::Error, &job.name))?;
            if differs {
                self.run.found(Finding::Differ, &job.name);
            } else {
                self.run.found(Finding::Match, &job.name);
                if self.moving {
                    return self.delete_source(&job.src, &existing).await;
                }
                return Ok(());
            }
        }
        let sides = (&self.src, &self.dst);
        if !self.run.aside.is_asked() || !self.run.aside.has(&self.run, sides, &job).await? {
            return self.queue(job, transfers).await;
        }
        if let Some(parent) = job.to.path.parent()
            && !self.run.aside.copy.is_empty()
        {
            let mut times = lock(&self.times);
            times.mark_file_in(&parent);
            times.mark_changed(parent);
        }
        match &job.replace {
            Some(existing) if self.moving => self.delete_source(&job.src, existing).await,
            _ => Ok(()),
        }
    }

    /// Waits until transfers may begin.
    pub(super) async fn may_transfer(&self) {
        // An error means closed, which is what is waited for.
        let _ = self.gate.acquire().await;
    }

    async fn transfer_all(self: Arc<Self>, queue: Lane) {
        self.may_transfer().await;
        while let Some(mut job) = queue.next().await {
            // What is not begun any more stays in the totals.
            if self.run.is_over() {
                continue;
            }
            self.run.stats.unqueue_transfer(job.src.size);
            if let Err(e) = self.transfer_one(&mut job).await {
                self.run.found(Finding::Error, &job.name);
                self.run.limits.tell(&e);
                self.fail(e);
            }
        }
    }

    async fn transfer_one(&self, job: &mut Job) -> Result<()> {
        let (run, src, dst) = (&self.run, &self.src, &self.dst);
        if let (Some(backup), Some(old)) = (&self.backup, &job.replace) {
            if !put_away(run, backup, dst, old).await? {
                return Ok(());
            }
            job.replace = None;
        }
        if self.moving {
            relocate(run, src, dst, job, Part::Transfer).await.map(drop)
        } else {
            transfer(run, src, dst, job).await
        }
    }

    /// Remembers a failure. What is fatal outlasts what is not.
    pub(super) fn fail(&self, error: Error) {
        let error = self.run.stats.count_error(error);
        let mut failed = lock(&self.failed);
        if failed.as_ref().is_none_or(|e| e.class != Class::Fatal) || error.class == Class::Fatal {
            *failed = Some(error);
        }
    }
}
