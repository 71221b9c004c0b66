//! The engine's copy between a disk and an account: what goes over the line,
//! and what does not have to.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use megarc::engine::copy::copy;
use megarc::engine::{Options, Root, Run};
use megarc::mega::crypto::fingerprint::windows;
use megarc::mega::{Client, ClientOptions, NodeHandle};
use megarc::remote::local::Local;
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Entry, Location, Remote, RemotePath};

use super::support::{TIME, World, content, get, options, path, world, world_with};

struct Disk {
    dir: tempfile::TempDir,
    at: Location,
}

impl Disk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = RemotePath::parse(dir.path().to_str().unwrap()).unwrap();
        let remote = Arc::new(Local::default());
        let at = Location { remote, path };
        Self { dir, at }
    }

    fn write(&self, name: &str, bytes: &[u8], time: i64) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        touch(&path, time);
    }

    fn time(&self, name: &str) -> i64 {
        let time = fs::metadata(self.dir.path().join(name)).unwrap();
        let time = time
            .modified()
            .unwrap()
            .duration_since(SystemTime::UNIX_EPOCH);
        i64::try_from(time.unwrap().as_secs()).unwrap()
    }
}

fn touch(path: &Path, time: i64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time.try_into().unwrap());
    file.set_times(fs::FileTimes::new().set_modified(time))
        .unwrap();
}

/// A world whose account is a place to copy from and to.
struct Both {
    world: World,
    remote: Arc<dyn Remote>,
}

impl Both {
    async fn new() -> Self {
        let world = world().await;
        let remote = Arc::new(world.again().await);
        Self { world, remote }
    }

    fn at(&self, dir: &str) -> Location {
        Location {
            remote: self.remote.clone(),
            path: path(dir),
        }
    }

    async fn stat(&self, at: &str) -> Entry {
        self.remote.stat(&path(at)).await.unwrap()
    }

    /// Copies; returns how many bytes went up, came down, and transfers.
    async fn copy(&self, options: &Options, from: &Location, to: &Location) -> (u64, u64, u64) {
        let run = Run::new(options.clone());
        let before = self.world.sandbox.stats();
        copy(&run, &Root::dir(from.clone()), to).await.unwrap();
        let after = self.world.sandbox.stats();
        (
            after.bytes_up - before.bytes_up,
            after.bytes_down - before.bytes_down,
            run.stats.snapshot().counts.transfers,
        )
    }

    async fn set(&self, at: &str, attribute: &str, value: Option<&str>) {
        // Through another client, as another program would.
        let other = self.world.again().await;
        let id = other.stat(&path(at)).await.unwrap().id.unwrap();
        let handle = NodeHandle::parse(id.as_str()).unwrap();
        let done = other.client().set_attribute(handle, attribute, value);
        done.await.unwrap();
    }

    /// An account whose uploads look for their content first.
    async fn thrifty() -> Self {
        let world = world_with(|options| options.dedupe_uploads = true).await;
        let client = Client::connect(ClientOptions {
            dedupe_uploads: true,
            ..options(world.sandbox.url())
        });
        let remote = Mega::new(client.await.unwrap(), MegaOptions::default());
        Self {
            world,
            remote: Arc::new(remote),
        }
    }

    async fn reopened(self) -> Self {
        let remote = Arc::new(self.world.again().await);
        Self { remote, ..self }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_time_is_sent_where_only_the_time_has_changed() {
    let both = Both::new().await;
    let disk = Disk::new();
    let bytes = content(300_000, 1);
    disk.write("d/f", &bytes, TIME);
    let plain = Options::default();
    let sent = both.copy(&plain, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (300_000, 0, 1));
    touch(&disk.dir.path().join("d/f"), TIME + 100);
    let mut commands = both.world.sandbox.stats().commands;
    let sent = both.copy(&plain, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (0, 0, 0));
    // One command, and nothing else is asked.
    *commands.entry("a".to_owned()).or_default() += 1;
    assert_eq!(both.world.sandbox.stats().commands, commands);
    let seconds = |entry: Entry| entry.modified.unwrap().as_second();
    assert_eq!(seconds(both.stat("dst/d/f").await), TIME + 100);
    // One byte where no fingerprint looks is a change all the same.
    let mut other = bytes.clone();
    let (seen, length) = windows(300_000)[64];
    other[usize::try_from(seen).unwrap() + length] ^= 1;
    disk.write("d/f", &other, TIME + 200);
    let sent = both.copy(&plain, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (300_000, 0, 1));
    // The other way round the disk gets the time.
    touch(&disk.dir.path().join("d/f"), TIME);
    let sent = both.copy(&plain, &both.at("dst"), &disk.at).await;
    assert_eq!(sent, (0, 0, 0));
    assert_eq!(disk.time("d/f"), TIME + 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_without_fingerprint_get_one_instead_of_being_sent_again() {
    let both = Both::new().await;
    let disk = Disk::new();
    disk.write("f", &content(300_000, 2), TIME);
    let plain = Options::default();
    both.copy(&plain, &disk.at, &both.at("dst")).await;
    // As rclone and megatools upload: the time is that of the upload.
    both.set("dst/f", "c", None).await;
    let both = both.reopened().await;
    assert_ne!(both.stat("dst/f").await.modified.unwrap().as_second(), TIME);
    let sent = both.copy(&plain, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (0, 0, 0));
    let both = both.reopened().await;
    assert_eq!(both.stat("dst/f").await.modified.unwrap().as_second(), TIME);
    let checksum = Options {
        checksum: true,
        ..Options::default()
    };
    let sent = both.copy(&checksum, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checksum_looks_at_contents_and_leaves_times_alone() {
    let both = Both::new().await;
    let disk = Disk::new();
    let bytes = content(300_000, 3);
    disk.write("same", &bytes, TIME);
    disk.write("other", &bytes, TIME);
    let checksum = Options {
        checksum: true,
        ..Options::default()
    };
    both.copy(&checksum, &disk.at, &both.at("dst")).await;
    // Same size, same time, another content.
    let mut other = bytes.clone();
    other[0] ^= 1;
    disk.write("other", &other, TIME);
    touch(&disk.dir.path().join("same"), TIME + 100);
    let sent = both.copy(&checksum, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (300_000, 0, 1));
    assert_eq!(
        both.stat("dst/same").await.modified.unwrap().as_second(),
        TIME
    );
    // Files of another account's upload without fingerprint are compared whole.
    both.set("dst/same", "c", None).await;
    let both = both.reopened().await;
    let sent = both.copy(&checksum, &disk.at, &both.at("dst")).await;
    assert_eq!(sent, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_account_has_already_is_copied_there() {
    let both = Both::thrifty().await;
    let disk = Disk::new();
    let sizes = [1, 17, 9_000, 131_072, 1_000_001];
    for size in sizes {
        let bytes = content(size, u32::try_from(size).unwrap());
        disk.write(&format!("d/f{size}"), &bytes, TIME);
    }
    let total: u64 = sizes.iter().map(|size| *size as u64).sum();
    let plain = Options::default();
    let sent = both.copy(&plain, &disk.at, &both.at("one")).await;
    assert_eq!(sent, (total, 0, 5));
    // Other times: the copies must get their own.
    for size in sizes {
        touch(&disk.dir.path().join(format!("d/f{size}")), TIME + 5);
    }
    let sent = both.copy(&plain, &disk.at, &both.at("two")).await;
    assert_eq!(sent, (0, 0, 5));
    for size in sizes {
        let file = both.stat(&format!("two/d/f{size}")).await;
        assert_eq!(file.modified.unwrap().as_second(), TIME + 5);
        let bytes = get(&*both.remote, &file, None).await.unwrap();
        assert!(bytes == content(size, u32::try_from(size).unwrap()));
        let first = both.stat(&format!("one/d/f{size}")).await;
        assert_eq!(first.modified.unwrap().as_second(), TIME);
    }
    // What lies in the rubbish is still there to be copied.
    let one = both.stat("one").await;
    both.remote.purge(&one).await.unwrap();
    let two = both.stat("two").await;
    both.remote.purge(&two).await.unwrap();
    let sent = both.copy(&plain, &disk.at, &both.at("three")).await;
    assert_eq!(sent, (0, 0, 5));
    both.remote.cleanup().await.unwrap();
    let three = both.stat("three").await;
    both.remote.purge(&three).await.unwrap();
    both.remote.cleanup().await.unwrap();
    let sent = both.copy(&plain, &disk.at, &both.at("four")).await;
    assert_eq!(sent, (total, 0, 5));
    assert_eq!(both.world.sandbox.stats().refusals, Vec::<String>::new());
    assert_eq!(both.world.sandbox.check(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fingerprint_alone_is_not_believed() {
    let both = Both::thrifty().await;
    let disk = Disk::new();
    let bytes = content(300_000, 9);
    disk.write("a/f", &bytes, TIME);
    both.copy(&Options::default(), &disk.at, &both.at("dst"))
        .await;
    // Equal in all that the fingerprint looks at.
    let mut other = bytes.clone();
    let (seen, length) = windows(300_000)[64];
    other[usize::try_from(seen).unwrap() + length] ^= 1;
    let disk = Disk::new();
    disk.write("b/f", &other, TIME);
    let sent = both
        .copy(&Options::default(), &disk.at, &both.at("dst"))
        .await;
    assert_eq!(sent, (300_000, 0, 1));
    let file = both.stat("dst/b/f").await;
    assert!(get(&*both.remote, &file, None).await.unwrap() == other);
    // A copy can take the place of another file, which becomes its version.
    let disk = Disk::new();
    disk.write("b/f", &bytes, TIME + 9);
    let sent = both
        .copy(&Options::default(), &disk.at, &both.at("dst"))
        .await;
    assert_eq!(sent, (0, 0, 1));
    let file = both.stat("dst/b/f").await;
    assert!(get(&*both.remote, &file, None).await.unwrap() == bytes);
    assert_eq!(
        both.remote
            .list(&Entry::dir(path("dst/b")))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_client_deleted_meanwhile_is_uploaded() {
    let both = Both::thrifty().await;
    let disk = Disk::new();
    disk.write("f", &content(50_000, 10), TIME);
    both.copy(&Options::default(), &disk.at, &both.at("one"))
        .await;
    let other = both.world.again().await;
    let one = other.stat(&path("one")).await.unwrap();
    other.purge(&one).await.unwrap();
    other.cleanup().await.unwrap();
    let sent = both
        .copy(&Options::default(), &disk.at, &both.at("two"))
        .await;
    assert_eq!(sent, (50_000, 0, 1));
}
