//! Copies from one account to another: what the keys and fingerprints of two
//! stored files do not tell.

use std::sync::Arc;

use megarc::engine::copy::copy;
use megarc::engine::{Options, Root, Run};
use megarc::mega::crypto::fingerprint::windows;
use megarc::remote::{Location, Remote};

use super::support::{TIME, World, content, path, world};

/// Two accounts on two servers.
struct Accounts {
    from: World,
    to: World,
}

/// What went over the line, and what was counted.
#[derive(Debug, PartialEq, Eq)]
struct Moved {
    down: u64,
    up: u64,
    transfers: u64,
}

impl Accounts {
    /// A file `f` in each.
    async fn with(from: &[u8], to: &[u8]) -> Self {
        let accounts = Self {
            from: world().await,
            to: world().await,
        };
        accounts.from.put("src/f", from).await;
        let file = accounts.to.put("dst/f", to).await;
        let earlier = jiff::Timestamp::from_second(TIME - 1000).unwrap();
        let set = accounts.to.remote.set_modified(&file, earlier);
        set.await.unwrap();
        accounts
    }

    async fn copy(&self, options: Options) -> Moved {
        let run = Run::new(options);
        let src = at(self.from.again().await, "src");
        let dst = at(self.to.again().await, "dst");
        let (down, up) = (self.down(), self.up());
        copy(&run, &Root::dir(src), &dst).await.unwrap();
        Moved {
            down: self.down() - down,
            up: self.up() - up,
            transfers: run.stats.snapshot().counts.transfers,
        }
    }

    fn down(&self) -> u64 {
        self.from.sandbox.stats().bytes_down + self.to.sandbox.stats().bytes_down
    }

    fn up(&self) -> u64 {
        self.from.sandbox.stats().bytes_up + self.to.sandbox.stats().bytes_up
    }

    /// The file at the destination, as another client sees it.
    async fn stored(&self) -> (Vec<u8>, Option<i64>) {
        let remote = self.to.again().await;
        let file = remote.stat(&path("dst/f")).await.unwrap();
        let content = super::support::get(&remote, &file, None).await.unwrap();
        (content, file.modified.map(jiff::Timestamp::as_second))
    }

    async fn time_at_the_source(&self) -> Option<i64> {
        let file = self.from.stat("src/f").await.unwrap();
        file.modified.map(jiff::Timestamp::as_second)
    }
}

fn at(remote: impl Remote + 'static, dir: &str) -> Location {
    Location {
        remote: Arc::new(remote),
        path: path(dir),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_contents_are_read_once_and_get_the_time() {
    let bytes = content(300_000, 1);
    let accounts = Accounts::with(&bytes, &bytes).await;
    let moved = accounts.copy(Options::default()).await;
    let expected = Moved {
        down: 300_000,
        up: 0,
        transfers: 0,
    };
    assert_eq!(moved, expected);
    let time = accounts.time_at_the_source().await;
    assert_eq!(accounts.stored().await, (bytes, time));
    // The times agree now.
    let moved = accounts.copy(Options::default()).await;
    assert_eq!(moved, Moved { down: 0, ..moved });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_reads_nothing() {
    let bytes = content(300_000, 2);
    let accounts = Accounts::with(&bytes, &bytes).await;
    let dry = Options {
        dry_run: true,
        ..Options::default()
    };
    let nothing = Moved {
        down: 0,
        up: 0,
        transfers: 0,
    };
    assert_eq!(accounts.copy(dry).await, nothing);
    assert_eq!(accounts.stored().await, (bytes, Some(TIME - 1000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_fingerprint_takes_for_equal_is_sent() {
    let bytes = content(300_000, 3);
    let mut other = bytes.clone();
    let (seen, length) = windows(300_000)[64];
    other[usize::try_from(seen).unwrap() + length] ^= 1;
    let accounts = Accounts::with(&other, &bytes).await;
    let moved = accounts.copy(Options::default()).await;
    let expected = Moved {
        down: 600_000,
        up: 300_000,
        transfers: 1,
    };
    assert_eq!(moved, expected);
    let time = accounts.time_at_the_source().await;
    assert_eq!(accounts.stored().await, (other, time));
}
