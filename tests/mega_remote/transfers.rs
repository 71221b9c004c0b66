//! Bytes up, bytes down.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use megarc::remote::{Content, Entry, ErrorKind, Meter, Remote, RemoteError, Retry, Span};

use super::support::{
    TIME, content, file, get, kind, names, path, put, random, streamed, world, world_with,
};

const SIZES: [usize; 12] = [
    0, 1, 15, 16, 17, 131_071, 131_072, 131_073, 262_145, 393_216, 1_048_579, 5_767_169,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_size_comes_back_as_it_was() {
    let world = world().await;
    for size in SIZES {
        let bytes = content(size, 1);
        let name = format!("dir/{size}");
        let entry = world.put(&name, &bytes).await;
        assert_eq!(
            (entry.size, entry.path.as_str()),
            (Some(size as u64), &*name)
        );
        assert_eq!(entry.modified.unwrap().as_second(), TIME);
        let stream = file(Some(size), streamed(&bytes));
        let again = world
            .remote
            .write(&path(&format!("streamed/{size}")).into(), stream)
            .await;
        let spooled = file(None, streamed(&bytes));
        let spooled = world
            .remote
            .write(&path(&format!("spooled/{size}")).into(), spooled)
            .await;
        for entry in [entry, again.unwrap(), spooled.unwrap()] {
            assert!(world.get(&entry).await.unwrap() == bytes, "{}", entry.path);
        }
    }
    let other = world.again().await;
    for entry in other.list(&Entry::dir(path("dir"))).await.unwrap() {
        let bytes = get(&other, &entry, None).await.unwrap();
        assert!(bytes == content(bytes.len(), 1));
        assert_eq!(entry.modified.unwrap().as_second(), TIME);
    }
    assert_eq!(world.sandbox.stats().refusals, Vec::<String>::new());
    assert_eq!(world.sandbox.check(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_start_and_end_anywhere() {
    let world = world().await;
    let bytes = content(5_767_169, 2);
    let entry = world.put("f", &bytes).await;
    for (offset, length) in [
        (0, Some(1)),
        (5, Some(20)),
        (131_070, Some(5)),
        (1_000_003, Some(4_000_001)),
        (5_767_168, None),
        (5_767_169, None),
        (9_000_000, Some(3)),
        (3, None),
        (7, Some(0)),
    ] {
        let span = Span { offset, length };
        let part = get(&world.remote, &entry, Some(span)).await.unwrap();
        let start = usize::try_from(offset).unwrap().min(bytes.len());
        let end = length.map_or(bytes.len(), |length| {
            bytes.len().min(start + usize::try_from(length).unwrap())
        });
        assert!(part == bytes[start..end], "{span:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_works_as_well() {
    let world = world_with(|options| {
        options.upload_connections = 1;
        options.download_connections = 1;
    })
    .await;
    let bytes = content(8_000_000, 3);
    let entry = world.put("f", &bytes).await;
    assert!(world.get(&entry).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_never_leaves_a_gap_and_keeps_the_old_version() {
    let world = world().await;
    let old = world.put("f", b"old").await;
    let new = put(&world.remote, "f", b"newer", Some(old.clone()))
        .await
        .unwrap();
    assert_ne!(old.id, new.id);
    assert_eq!(
        world.commands("p"),
        2,
        "one command a file, none to take the old one away"
    );
    assert_eq!(world.commands("d") + world.commands("m"), 0);
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(names(remote, "").await, ["f"]);
        let tree = remote.client().tree().await.unwrap();
        let tree = tree.read();
        let newest = tree.lookup(tree.cloud().unwrap(), &["f"])[0];
        assert_eq!(newest.handle().as_str(), new.id.as_ref().unwrap().as_str());
        let versions = tree.versions(newest.handle());
        assert_eq!(versions.len(), 1);
        assert_eq!(
            versions[0].handle().as_str(),
            old.id.as_ref().unwrap().as_str()
        );
    }
    assert_eq!(
        world.get(&world.stat("f").await.unwrap()).await.unwrap(),
        b"newer"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hard_delete_drops_the_replaced_version_and_no_older_one() {
    let world = world_with(|options| options.hard_delete = true).await;
    let old = world.put("f", b"old").await;
    let new = put(&world.remote, "f", b"new", Some(old)).await.unwrap();
    for remote in [&world.remote, &world.again().await] {
        let tree = remote.client().tree().await.unwrap();
        let tree = tree.read();
        let newest = tree.lookup(tree.cloud().unwrap(), &["f"])[0];
        assert_eq!(newest.handle().as_str(), new.id.as_ref().unwrap().as_str());
        assert_eq!(tree.versions(newest.handle()).len(), 0);
        // The three roots and the file.
        assert_eq!(tree.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_replace_a_second_file_of_the_name_appears() {
    let world = world().await;
    let first = world.put("f", b"first").await;
    let second = world.put("f", b"second").await;
    assert_eq!(world.names("").await, ["f", "f"]);
    assert_eq!(world.get(&first).await.unwrap(), b"first");
    assert_eq!(world.get(&second).await.unwrap(), b"second");
    world.remote.remove(&first).await.unwrap();
    assert_eq!(world.names("").await, ["f"]);
    assert_eq!(world.stat("f").await.unwrap().id, second.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_files_share_their_requests() {
    let world = world().await;
    world.remote.make_dir(&path("dir")).await.unwrap();
    let before = world.sandbox.stats().requests;
    let contents: Vec<Vec<u8>> = (0..64).map(|n| content(100 + n, 9)).collect();
    let names: Vec<String> = (0..64).map(|n| format!("dir/{n:02}")).collect();
    let puts = names
        .iter()
        .zip(&contents)
        .map(|(name, bytes)| world.put(name, bytes));
    let entries = join_all(puts).await;
    let requests = world.sandbox.stats().requests - before;
    assert!(requests <= 64, "{requests} requests for 128 commands");
    assert_eq!((world.commands("u"), world.commands("p")), (64, 65));
    let gets = join_all(entries.iter().map(|entry| world.get(entry))).await;
    for (bytes, expected) in gets.into_iter().zip(contents) {
        assert_eq!(bytes.unwrap(), expected);
    }
    assert_eq!(world.names("dir").await.len(), 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_of_another_length_makes_no_node() {
    let world = world().await;
    let bytes = content(300_000, 4);
    for (announced, source) in [
        (299_999, streamed(&bytes)),
        (300_001, streamed(&bytes)),
        (299_999, random(&bytes)),
        (300_001, random(&bytes)),
        (0, streamed(&bytes)),
        (1, streamed(b"")),
    ] {
        let written = world
            .remote
            .write(&path("f").into(), file(Some(announced), source))
            .await;
        assert_eq!(kind(written), ErrorKind::Changed, "{announced}");
    }
    assert_eq!(world.names("").await, Vec::<String>::new());
    assert_eq!(world.commands("p"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sources_own_error_comes_through() {
    let world = world().await;
    let parts = vec![
        Ok(Bytes::from(content(100, 1))),
        Err(RemoteError::new(
            ErrorKind::DirNotEmpty,
            "odd",
            "the source",
        )),
    ];
    let source = Content::Stream(Box::pin(stream::iter(parts)));
    let error = world
        .remote
        .write(&path("f").into(), file(Some(200), source))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, &*error.path),
        (ErrorKind::DirNotEmpty, "the source")
    );
    assert_eq!(world.names("").await, Vec::<String>::new());
}

#[derive(Default)]
struct Count(AtomicI64);

#[async_trait]
impl Meter for Count {
    async fn passed(&self, bytes: u64) -> Result<(), RemoteError> {
        self.0
            .fetch_add(i64::try_from(bytes).unwrap(), Ordering::Relaxed);
        Ok(())
    }

    fn rewound(&self, bytes: u64) {
        self.0
            .fetch_sub(i64::try_from(bytes).unwrap(), Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_survive_what_hosts_do_and_the_meter_stays_right() {
    let world = world().await;
    let bytes = content(4_500_001, 5);
    for faults in [
        "up:-3*2",
        "up:-14@2",
        "up:-4@2",
        "up:-5@1",
        "up:-6@1",
        "up:-8@3",
        "up:404@2",
        "up:500*3",
        "up:503@2",
        "up:garbage@1",
        "up:lose@2",
        "up:reset@1",
        "up:hangup=1000@2",
        "cs.u:[-3]*2",
        "cs.p:[-3]*2",
        "cs.p:lose@1",
        "cs:500*2",
        "cs.p:[-9]@1",
    ] {
        world.faults(faults);
        let meter = Arc::new(Count::default());
        let mut new = file(Some(bytes.len()), random(&bytes));
        new.meter = Some(meter.clone());
        let entry = world.remote.write(&path("f").into(), new).await;
        let entry = entry.unwrap_or_else(|error| panic!("{faults}: {error}"));
        world.faults("");
        assert_eq!(meter.0.load(Ordering::Relaxed), 4_500_001, "{faults}");
        assert!(world.get(&entry).await.unwrap() == bytes, "{faults}");
        assert_eq!(world.names("").await, ["f"], "{faults}");
        world.remote.remove(&entry).await.unwrap();
    }
    assert_eq!(world.sandbox.stats().refusals, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_upload_of_a_stream_asks_for_the_file_again() {
    let world = world().await;
    let bytes = content(300_000, 6);
    world.faults("up:-4@1");
    let lost = world
        .remote
        .write(&path("f").into(), file(Some(bytes.len()), streamed(&bytes)))
        .await;
    let lost = lost.unwrap_err();
    assert!(matches!(lost.retry, Retry::Later(_)), "{lost:?}");
    assert_eq!(world.names("").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_survive_what_hosts_do() {
    let world = world().await;
    let bytes = content(4_500_001, 7);
    let entry = world.put("f", &bytes).await;
    for faults in [
        "down:500*3",
        "down:503@2",
        "down:429@1",
        "down:403@1",
        "down:404@2",
        "down:cut=5000@1",
        "down:cut=500000*3",
        "down:reset@1",
        "down:short=7@1",
        "down:short=7@2",
        "down:long=9@1",
        "down:length=100@1",
        "down:empty@1",
        "cs.g:[-3]*2",
        "cs:500*2",
    ] {
        world.faults(faults);
        let got = world
            .get(&entry)
            .await
            .unwrap_or_else(|error| panic!("{faults}: {error}"));
        assert!(got == bytes, "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn used_up_quota_says_so_or_waits() {
    let world = world().await;
    let bytes = content(200_000, 8);
    let entry = world.put("f", &bytes).await;
    for faults in ["down:509=30", "cs.g:quota=30"] {
        world.faults(faults);
        assert_eq!(
            kind(world.get(&entry).await),
            ErrorKind::QuotaExceeded,
            "{faults}"
        );
    }
    world.faults("");
    let patient = world_with(|options| options.quota = megarc::mega::QuotaReaction::Wait).await;
    let entry = patient.put("f", &bytes).await;
    for faults in ["down:509=30*2", "cs.g:quota=30*1"] {
        patient.faults(faults);
        assert!(patient.get(&entry).await.unwrap() == bytes, "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_storage_is_final() {
    let world = world().await;
    world.faults("cs.u:[-17]");
    let error = put(&world.remote, "f", b"x", None).await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry),
        (ErrorKind::QuotaExceeded, Retry::Never)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_can_feed_an_upload() {
    let world = world().await;
    let bytes = content(12_000_000, 10);
    let source = world.put("source", &bytes).await;
    let copies = (0..4).map(|n| {
        let (world, source) = (&world, &source);
        async move {
            let stream = world.remote.read(source, None).await.unwrap();
            let new = file(Some(12_000_000), Content::Stream(stream));
            world
                .remote
                .write(&path(&format!("copy{n}")).into(), new)
                .await
                .unwrap()
        }
    });
    for copy in join_all(copies).await {
        assert!(world.get(&copy).await.unwrap() == bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_download_stops_and_a_dropped_upload_leaves_nothing() {
    let world = world().await;
    let bytes = content(12_000_000, 11);
    let entry = world.put("f", &bytes).await;
    drop(world.remote.read(&entry, None).await.unwrap());
    let pending = Content::Stream(Box::pin(stream::pending()));
    let destination = path("never").into();
    let mut write = world.remote.write(&destination, file(Some(5), pending));
    assert!(futures_util::poll!(&mut write).is_pending());
    drop(write);
    assert_eq!(world.names("").await, ["f"]);
}
