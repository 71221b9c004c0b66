//! Two lanes for the files of a copy: large ones `--transfers` at a time, and
//! small ones many more, where the store likes that.
//!
//! A small file is all round trips: a store that takes many questions in one
//! request is asked for dozens of files at once, and the time of one file
//! becomes that of dozens. The store also hears of those that come next, so
//! that it can ask for their addresses in the same requests. Large files fill
//! the line by themselves. `--transfers 1` means one file after the other,
//! whatever its size.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::Options;
use super::transfer::Job;
use crate::remote::{Coming, Location};

/// The longest file that goes into the lane for small ones.
const SMALL: u64 = 512 << 10;

/// Where the files go in.
#[derive(Clone)]
pub(super) struct Lanes {
    large: mpsc::Sender<Job>,
    small: Option<mpsc::Sender<Job>>,
}

/// Where a worker takes files out, shared with the others of its lane.
#[derive(Clone)]
pub(super) struct Lane(Arc<Mutex<Queue>>);

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
        options: &Options,
        backlog: usize,
    ) -> (Self, Vec<Lane>) {
        let transfers = options.transfers.max(1);
        let (large, lane) = Lane::new(backlog, None);
        let mut workers = vec![lane; transfers];
        let at_a_time = [src, dst]
            .map(|side| side.remote.features().small_files)
            .into_iter()
            .fold(0, usize::max);
        let small = (transfers > 1 && at_a_time > transfers).then(|| {
            // What a store copies by itself needs no addresses.
            let announces = !options.dry_run && !src.same_store(dst);
            let announcer = announces.then(|| Announcer {
                src: src.clone(),
                dst: dst.clone(),
                ahead: at_a_time,
            });
            let (small, lane) = Lane::new(backlog, announcer);
            workers.extend(vec![lane; at_a_time]);
            small
        });
        (Self { large, small }, workers)
    }

    /// Puts a file into its lane, as soon as there is room.
    pub(super) async fn send(&self, job: Job) {
        let lane = match &self.small {
            Some(small) if job.src.size.is_some_and(|size| size <= SMALL) => small,
            _ => &self.large,
        };
        // The receivers live until the senders are gone.
        let _ = lane.send(job).await;
    }
}

impl Lane {
    fn new(backlog: usize, announcer: Option<Announcer>) -> (mpsc::Sender<Job>, Self) {
        let (sender, jobs) = mpsc::channel(backlog);
        let queue = Queue {
            jobs,
            next: VecDeque::new(),
            announcer,
        };
        (sender, Self(Arc::new(Mutex::new(queue))))
    }

    /// The next file; `None` when all are done.
    pub(super) async fn next(&self) -> Option<Job> {
        let mut queue = self.0.lock().await;
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
    use super::*;
    use crate::remote::memory::Memory;
    use crate::remote::{Entry, EntryKind, Remote, RemotePath};

    fn job(name: &str, size: Option<u64>) -> Job {
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
        let options = Options::default();
        let (lanes, workers) = Lanes::new((&plain, &store), &options, 10);
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
            Lanes::new((&plain, dst), &options, 10).1.len()
        };
        assert_eq!(workers(&plain, 4), 4);
        assert_eq!(workers(&store, 1), 1);
        assert_eq!(workers(&store, 100), 100);
    }
}
