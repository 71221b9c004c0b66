//! Two lanes for the files of a copy: large ones `--transfers` at a time, and
//! small ones many more, where the store likes that.
//!
//! A small file is all round trips: a store that takes many questions in one
//! request is asked for dozens of files at once, and the time of one file
//! becomes that of dozens. The store also hears of those that come next, so
//! that it can ask for their addresses in the same requests. Large files fill
//! the line by themselves. `--transfers 1` means one file after the other,
//! whatever its size.
//!
//! Where the user wants an order (`--order-by`) there is one queue instead.

mod order;
mod sorted;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::Run;
use super::transfer::Job;
use crate::remote::{Coming, Location};
pub(super) use order::Order;
use sorted::{Feeder, Taker};

/// The longest file that goes into the lane for small ones.
const SMALL: u64 = 512 << 10;

/// Where the files go in.
#[derive(Clone)]
pub(super) struct Lanes(Entrance);

#[derive(Clone)]
enum Entrance {
    AsTheyCome {
        large: mpsc::Sender<Job>,
        small: Option<mpsc::Sender<Job>>,
    },
    Sorted(Feeder),
}

/// Where a worker takes files out, shared with the others of its lane.
#[derive(Clone)]
pub(super) struct Lane(Exit);

#[derive(Clone)]
enum Exit {
    AsTheyCome(Arc<Mutex<Queue>>),
    Sorted(Taker),
}

struct Queue {
    jobs: mpsc::Receiver<Job>,
    /// The next jobs, announced to their stores already.
    next: VecDeque<Job>,
    announcer: Option<Announcer>,
}

/// Tells the stores what comes.
struct Announcer {
    src: Location,
    dst: Location,
    ahead: usize,
}

impl Lanes {
    /// The lanes of a copy from `src` to `dst`, of `backlog` files each, and
    /// one lane for each worker that shall be started.
    pub(super) fn new(
        (src, dst): (&Location, &Location),
        run: &Run,
        order: Option<Order>,
        backlog: usize,
    ) -> (Self, Vec<Lane>) {
        let transfers = run.options.transfers.max(1);
        let at_a_time = [src, dst]
            .map(|side| side.remote.features().small_files)
            .into_iter()
            .fold(0, usize::max);
        let at_a_time = Some(at_a_time).filter(|most| transfers > 1 && *most > transfers);
        if let Some(order) = order {
            let feeder = Feeder::new(order, backlog);
            let takers = |all, small| {
                let numbers = 0..all;
                let feeder = &feeder;
                numbers.map(move |n| Lane(Exit::Sorted(feeder.taker(n, all, small))))
            };
            let mut workers: Vec<Lane> = takers(transfers, false).collect();
            workers.extend(takers(at_a_time.unwrap_or(0), true));
            return (Self(Entrance::Sorted(feeder)), workers);
        }
        let (large, lane) = Lane::new(backlog, None);
        let mut workers = vec![lane; transfers];
        let small = at_a_time.map(|at_a_time| {
            // What a store copies by itself needs no addresses.
            // Nor do they help where it is not certain that a file is asked for.
            let announces = !run.options.dry_run && run.confirm.is_none() && !src.same_store(dst);
            let announcer = announces.then(|| Announcer {
                src: src.clone(),
                dst: dst.clone(),
                ahead: at_a_time,
            });
            let (small, lane) = Lane::new(backlog, announcer);
            workers.extend(vec![lane; at_a_time]);
            small
        });
        (Self(Entrance::AsTheyCome { large, small }), workers)
    }

    /// Puts a file into its lane, as soon as there is room.
    pub(super) async fn send(&self, job: Job) {
        let lane = match &self.0 {
            Entrance::Sorted(feeder) => return feeder.put(job).await,
            Entrance::AsTheyCome {
                small: Some(small), ..
            } if is_small(&job) => small,
            Entrance::AsTheyCome { large, .. } => large,
        };
        // The receivers live until the senders are gone.
        let _ = lane.send(job).await;
    }
}

fn is_small(job: &Job) -> bool {
    job.src.size.is_some_and(|size| size <= SMALL)
}

impl Lane {
    fn new(backlog: usize, announcer: Option<Announcer>) -> (mpsc::Sender<Job>, Self) {
        let (sender, jobs) = mpsc::channel(backlog);
        let queue = Queue {
            jobs,
            next: VecDeque::new(),
            announcer,
        };
        (sender, Self(Exit::AsTheyCome(Arc::new(Mutex::new(queue)))))
    }

    /// The next file; `None` when all are done.
    pub(super) async fn next(&self) -> Option<Job> {
        let queue = match &self.0 {
            Exit::Sorted(taker) => return taker.next().await,
            Exit::AsTheyCome(queue) => queue,
        };
        let mut queue = queue.lock().await;
        let Queue {
            jobs,
            next,
            announcer,
        } = &mut *queue;
        let job = match next.pop_front() {
            Some(job) => job,
            None => jobs.recv().await?,
        };
        if let Some(announcer) = announcer {
            while next.len() < announcer.ahead
                && let Ok(job) = jobs.try_recv()
            {
                announcer.announce(&job);
                next.push_back(job);
            }
        }
        Some(job)
    }
}

impl Announcer {
    fn announce(&self, job: &Job) {
        self.src.remote.announce(Coming::Read(&job.src));
        if let Some(size) = job.src.size {
            self.dst.remote.announce(Coming::Write(size));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Options;
    use super::*;
    use crate::remote::memory::Memory;
    use crate::remote::{Entry, EntryKind, Remote, RemotePath};

    pub(super) fn job(name: &str, size: Option<u64>) -> Job {
        let path = RemotePath::parse(name).unwrap();
        Job {
            src: Entry {
                path: path.clone(),
                kind: EntryKind::File,
                size,
                modified: None,
                id: None,
            },
            name: name.to_owned(),
            to: path.into(),
            to_name: name.to_owned(),
            replace: None,
        }
    }

    fn remote(small_files: usize) -> Location {
        let mut features = Memory::default().features();
        features.small_files = small_files;
        Location {
            remote: Arc::new(Memory::new(features)),
            path: RemotePath::root(),
        }
    }

    #[tokio::test]
    async fn small_files_have_a_lane_where_a_store_likes_that() {
        let (plain, store) = (remote(0), remote(64));
        let run = Run::new(Options::default());
        let (lanes, workers) = Lanes::new((&plain, &store), &run, None, 10);
        assert_eq!(workers.len(), 4 + 64);
        lanes.send(job("large", Some(SMALL + 1))).await;
        lanes.send(job("unknown", None)).await;
        lanes.send(job("small", Some(SMALL))).await;
        let mut names = Vec::new();
        for lane in [&workers[0], &workers[3], &workers[67]] {
            names.push(lane.next().await.unwrap().name);
        }
        assert_eq!(names, ["large", "unknown", "small"]);
    }

    #[test]
    fn what_the_user_asks_for_is_never_undercut_and_one_means_one() {
        let (plain, store) = (remote(0), remote(64));
        let workers = |dst, transfers| {
            let options = Options {
                transfers,
                ..Options::default()
            };
            Lanes::new((&plain, dst), &Run::new(options), None, 10)
                .1
                .len()
        };
        assert_eq!(workers(&plain, 4), 4);
        assert_eq!(workers(&store, 1), 1);
        assert_eq!(workers(&store, 100), 100);
    }
}
