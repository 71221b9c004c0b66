//! Everything but moving bytes.

use futures_util::future::join_all;
use jiff::Timestamp;
use megarc::mega::{ErrorCode, NodeHandle};
use megarc::remote::mega::{Mega, MegaOptions, Root};
use megarc::remote::{Destination, Entry, EntryKind, ErrorKind, Remote, RemotePath};

use super::support::{
    TIME, content, get, kind, names, path, put, world, world_with, world_with_quota,
};

fn handle(entry: &Entry) -> NodeHandle {
    NodeHandle::parse(entry.id.as_ref().unwrap().as_str()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folders_are_made_with_their_parents_and_only_once() {
    let world = world().await;
    let made = join_all((0..20).map(|n| {
        let remote = &world.remote;
        async move {
            remote
                .make_dir(&path(&format!("a/b/{}", n % 4)))
                .await
                .unwrap()
        }
    }))
    .await;
    assert!(made.iter().all(Entry::is_dir));
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(names(remote, "").await, ["a"]);
        assert_eq!(names(remote, "a").await, ["b"]);
        assert_eq!(names(remote, "a/b").await, ["0", "1", "2", "3"]);
    }
    // Several levels travel in one command.
    let before = world.commands("p");
    world.remote.make_dir(&path("x/y/z/w")).await.unwrap();
    assert_eq!(world.commands("p"), before + 1);
    world.put("file", b"x").await;
    assert_eq!(
        kind(world.remote.make_dir(&path("file/d")).await),
        ErrorKind::IsFile
    );
    assert_eq!(
        world
            .remote
            .make_dir(&RemotePath::root())
            .await
            .unwrap()
            .path,
        path("")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_says_so() {
    let world = world().await;
    world.put("file", b"x").await;
    let list = |at: &str| Entry::dir(path(at));
    assert_eq!(kind(world.stat("none").await), ErrorKind::NotFound);
    assert_eq!(
        kind(world.remote.list(&list("none")).await),
        ErrorKind::DirNotFound
    );
    assert_eq!(
        kind(world.remote.list(&list("file")).await),
        ErrorKind::IsFile
    );
    assert_eq!(
        kind(world.remote.list(&list("file/x")).await),
        ErrorKind::DirNotFound
    );
    let gone = Entry::file(path("none"), None);
    assert_eq!(kind(world.get(&gone).await), ErrorKind::NotFound);
    assert_eq!(kind(world.remote.remove(&gone).await), ErrorKind::NotFound);
    assert_eq!(
        kind(world.remote.purge(&list("none")).await),
        ErrorKind::DirNotFound
    );
    assert_eq!(
        kind(world.remote.purge(&list("")).await),
        ErrorKind::PermissionDenied
    );
    assert_eq!(world.stat("file").await.unwrap().kind, EntryKind::File);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_and_renaming_keep_all_attributes() {
    let world = world().await;
    let entry = world.put("a/f", b"content").await;
    world.put("b/g", b"other").await;
    let moved = world
        .remote
        .rename(&entry, &path("b/renamed").into())
        .await
        .unwrap();
    assert_eq!(moved.id, entry.id);
    let dir = world.stat("b").await.unwrap();
    world
        .remote
        .rename(&dir, &path("new/place").into())
        .await
        .unwrap();
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(names(remote, "").await, ["a", "new"]);
        assert_eq!(names(remote, "new/place").await, ["g", "renamed"]);
        let entry = remote.stat(&path("new/place/renamed")).await.unwrap();
        assert_eq!(entry.modified.unwrap().as_second(), TIME);
        assert_eq!(get(remote, &entry, None).await.unwrap(), b"content");
    }
    let place = world.stat("new").await.unwrap();
    let inside = world
        .remote
        .rename(&place, &path("new/place/inside").into())
        .await;
    assert_eq!(kind(inside), ErrorKind::Invalid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removing_goes_to_the_rubbish_and_cleanup_empties_it() {
    let world = world().await;
    let entry = world.put("d/f", b"content").await;
    let dir = world.stat("d").await.unwrap();
    assert_eq!(
        kind(world.remote.remove(&dir).await),
        ErrorKind::DirNotEmpty
    );
    world.remote.remove(&entry).await.unwrap();
    world.remote.remove(&dir).await.unwrap();
    world.put("p/q/r", b"purged").await;
    world.remote.purge(&Entry::dir(path("p"))).await.unwrap();
    assert_eq!(world.names("").await, Vec::<String>::new());
    let rubbish = |client| {
        let options = MegaOptions {
            root: Root::Rubbish,
            ..MegaOptions::default()
        };
        Mega::new(client, options)
    };
    let bin = rubbish(world.remote.client().clone());
    assert_eq!(names(&bin, "").await, ["d", "f", "p"]);
    // Where it came from is noted, and what it was is kept.
    let trashed = bin.stat(&path("f")).await.unwrap();
    {
        let tree = world.remote.client().tree().await.unwrap();
        let tree = tree.read();
        let kept = tree.node(handle(&trashed)).unwrap().attributes().unwrap();
        let origin = kept.to_attributes().get("rr");
        assert_eq!(origin.as_deref(), Some(dir.id.as_ref().unwrap().as_str()));
    }
    assert_eq!(trashed.modified.unwrap().as_second(), TIME);
    assert_eq!(world.remote.cleanup().await.unwrap(), 3);
    assert_eq!(world.remote.cleanup().await.unwrap(), 0);
    for bin in [bin, rubbish(world.again().await.client().clone())] {
        assert_eq!(names(&bin, "").await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hard_delete_goes_past_the_rubbish() {
    let world = world_with(|options| options.hard_delete = true).await;
    let entry = world.put("d/f", b"content").await;
    world.remote.remove(&entry).await.unwrap();
    world.remote.purge(&Entry::dir(path("d"))).await.unwrap();
    let tree = world.again().await.client().tree().await.unwrap();
    assert_eq!(tree.read().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restoring_a_version_loses_nothing_even_with_hard_delete() {
    let world = world().await;
    let old = world.put("f", b"old").await;
    let old = put(&world.remote, "f", b"newer", Some(old)).await.unwrap();
    let rash = world.again_with(|options| options.hard_delete = true).await;
    let file = rash.stat(&path("f")).await.unwrap();
    assert_eq!(file.id, old.id);
    let cloud = rash.cloud().unwrap();
    let versions = cloud.versions(&file).await.unwrap();
    let restored = cloud.restore_version(&versions[0]).await.unwrap();
    assert_eq!(get(&rash, &restored, None).await.unwrap(), b"old");
    for remote in [&rash, &world.again().await] {
        let versions = remote.cloud().unwrap().versions(&restored).await.unwrap();
        let sizes: Vec<Option<u64>> = versions.iter().map(|v| v.entry.size).collect();
        assert_eq!(sizes, [Some(5), Some(3)]);
        assert_eq!(names(remote, "").await, ["f"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_made_by_the_server() {
    let world = world().await;
    let file = world.put("src/f", b"content").await;
    world.put("src/deep/g", b"deep").await;
    let sent = world.sandbox.stats().bytes_up;
    let copy = world
        .remote
        .copy(&file, &path("dst/copy").into(), None)
        .await
        .unwrap();
    assert_ne!(copy.id, file.id);
    let old = world.put("dst/old", b"old").await;
    let sent_old = world.sandbox.stats().bytes_up;
    let over = world
        .remote
        .copy(&file, &path("dst/old").into(), Some(&old))
        .await
        .unwrap();
    assert_eq!(world.sandbox.stats().bytes_up, sent_old);
    assert_eq!(sent_old, sent + 3);
    let client = world.remote.client();
    let dir = world.stat("src").await.unwrap();
    let root = client.tree().await.unwrap().read().cloud().unwrap();
    client
        .copy_node(handle(&dir), root, "tree", None)
        .await
        .unwrap();
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(names(remote, "dst").await, ["copy", "old"]);
        assert_eq!(names(remote, "tree").await, ["deep", "f"]);
        for (at, content) in [
            ("dst/copy", "content"),
            ("dst/old", "content"),
            ("tree/deep/g", "deep"),
        ] {
            let entry = remote.stat(&path(at)).await.unwrap();
            assert_eq!(get(remote, &entry, None).await.unwrap(), content.as_bytes());
            assert_eq!(entry.modified.unwrap().as_second(), TIME);
        }
        let tree = remote.client().tree().await.unwrap();
        assert_eq!(tree.read().versions(handle(&over)).len(), 1);
    }
    // Folders of the copy have keys of their own.
    let keys: Vec<Vec<u8>> = {
        let tree = client.tree().await.unwrap();
        let tree = tree.read();
        let key = |at: &[&str]| tree.lookup(root, at)[0].key().unwrap().to_bytes().to_vec();
        vec![
            key(&["src"]),
            key(&["tree"]),
            key(&["src", "f"]),
            key(&["tree", "f"]),
        ]
    };
    assert!(keys[0] != keys[1] && keys[2] == keys[3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_the_server_makes_in_part_is_an_error() {
    let world = world_with_quota(2_500).await;
    for name in ["d/a", "d/b", "d/c"] {
        world.put(name, &content(500, 1)).await;
    }
    let dir = world.stat("d").await.unwrap();
    let client = world.remote.client();
    let root = client.tree().await.unwrap().read().cloud().unwrap();
    let copied = client.copy_node(handle(&dir), root, "copy", None).await;
    let error = copied.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::EOVERQUOTA), "{error}");
    assert!(
        error.to_string().starts_with("only 3 of 4 items were made"),
        "{error}"
    );
    // What there is of it is known here as it is there.
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(names(remote, "copy").await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_change_without_a_transfer() {
    let world = world().await;
    let entry = world.put("f", b"content").await;
    let time = Timestamp::from_second(1_234_567_890).unwrap();
    world.remote.set_modified(&entry, time).await.unwrap();
    for remote in [&world.remote, &world.again().await] {
        assert_eq!(remote.stat(&path("f")).await.unwrap().modified, Some(time));
    }
    assert_eq!(world.get(&entry).await.unwrap(), b"content");
    // A file as rclone and megatools leave it: no fingerprint to put it in.
    for size in [0, 17, 8_192, 200_000] {
        let bytes = content(size, 3);
        let entry = world.put(&format!("bare{size}"), &bytes).await;
        let client = world.remote.client();
        let written = |tree: &megarc::mega::tree::Tree| {
            tree.node(handle(&entry)).unwrap().fingerprint().unwrap()
        };
        let before = written(&client.tree().await.unwrap().read());
        let gone = client.set_attribute(handle(&entry), "c", None).await;
        gone.unwrap();
        let up = world.sandbox.stats().bytes_up;
        world.remote.set_modified(&entry, time).await.unwrap();
        assert_eq!(world.sandbox.stats().bytes_up, up);
        let again = world.again().await;
        let after = written(&again.client().tree().await.unwrap().read());
        assert_eq!((after.crc, after.mtime), (before.crc, 1_234_567_890));
        assert!(get(&again, &entry, None).await.unwrap() == bytes);
    }
    world.remote.make_dir(&path("d")).await.unwrap();
    let dir = world.stat("d").await.unwrap();
    assert_eq!(
        kind(world.remote.set_modified(&dir, time).await),
        ErrorKind::Unsupported
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_takes_over_marks() {
    let world = world().await;
    let old = world.put("f", b"old").await;
    let client = world.remote.client();
    client
        .set_attribute(handle(&old), "lbl", Some("3"))
        .await
        .unwrap();
    let new = put(&world.remote, "f", b"new", Some(old)).await.unwrap();
    let tree = world.again().await.client().tree().await.unwrap();
    let tree = tree.read();
    let attributes = tree.node(handle(&new)).unwrap().attributes().unwrap();
    assert_eq!(attributes.to_attributes().get("lbl").as_deref(), Some("3"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicate_folders_are_listed_as_one_and_kept_apart_by_id() {
    let world = world().await;
    let first = world.remote.make_dir(&path("d")).await.unwrap();
    put(&world.remote, "d/a", b"a", None).await.unwrap();
    let second = world.remote.make_dir(&path("other")).await.unwrap();
    let second = world
        .remote
        .rename(&second, &path("d").into())
        .await
        .unwrap();
    let destination = Destination {
        path: path("d/b"),
        parent: second.id.clone(),
    };
    let file = super::support::file(Some(1), super::support::random(b"b"));
    world.remote.write(&destination, file).await.unwrap();
    assert_eq!(world.names("").await, ["d", "d"]);
    assert_eq!(world.names("d").await, ["a", "b"]);
    let only = |entries: Vec<Entry>| entries[0].name().to_owned();
    assert_eq!(only(world.remote.list(&first).await.unwrap()), "a");
    assert_eq!(only(world.remote.list(&second).await.unwrap()), "b");
    assert!(world.stat("d/b").await.is_ok());
    world.remote.purge(&Entry::dir(path("d"))).await.unwrap();
    assert_eq!(world.names("").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_names_keep_their_look() {
    let world = world().await;
    let odd = [
        "sl／ash", "．．", "q\"uo'te", " spaces ", "e\u{301}", "é", ".dot",
    ];
    for name in odd {
        world.put(&format!("d/{name}"), name.as_bytes()).await;
    }
    world.put(&format!("d/{}", "x".repeat(250)), b"long").await;
    for remote in [&world.remote, &world.again().await] {
        let shown = names(remote, "d").await;
        assert_eq!(shown.len(), odd.len() + 1);
        for name in odd {
            assert!(shown.iter().any(|shown| shown == name), "{name}");
            let entry = remote.stat(&path(&format!("d/{name}"))).await.unwrap();
            assert_eq!(get(remote, &entry, None).await.unwrap(), name.as_bytes());
        }
    }
    // A name that only another client can write is found as it is listed.
    let entry = world.put("plain", b"slash").await;
    world
        .remote
        .client()
        .rename(handle(&entry), "real/slash")
        .await
        .unwrap();
    assert_eq!(world.stat("real／slash").await.unwrap().id, entry.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_is_one_command() {
    let world = world().await;
    let entry = world.put("f", &content(300_000, 4)).await;
    let before = world.sandbox.stats();
    let time = Timestamp::from_second(TIME + 77).unwrap();
    world.remote.set_modified(&entry, time).await.unwrap();
    let after = world.sandbox.stats();
    assert_eq!(after.bytes_up, before.bytes_up);
    assert_eq!(after.bytes_down, before.bytes_down);
    let mut commands = before.commands.clone();
    *commands.entry("a".to_owned()).or_default() += 1;
    assert_eq!(after.commands, commands);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn about_counts() {
    let world = world().await;
    let entry = world.put("f", &[0; 1000]).await;
    let about = world.remote.about(&RemotePath::root()).await.unwrap();
    assert_eq!((about.total, about.used), (Some(20 << 30), Some(1000)));
    assert_eq!((about.free, about.trashed), (Some((20 << 30) - 1000), None));
    world.remote.remove(&entry).await.unwrap();
    let about = world.remote.about(&RemotePath::root()).await.unwrap();
    assert_eq!((about.used, about.trashed), (Some(1000), Some(1000)));
    assert_eq!((about.versions, about.other), (None, None));
    // Old versions count by themselves, and so do downloads.
    let old = world.put("g", &[1; 700]).await;
    let new = put(&world.remote, "g", &[2; 300], Some(old)).await.unwrap();
    world.get(&new).await.unwrap();
    let about = world.remote.about(&RemotePath::root()).await.unwrap();
    assert_eq!(about.used, Some(2000));
    assert_eq!((about.versions, about.other), (Some(700), Some(700)));
    let transfer = about.transfer.unwrap();
    assert_eq!((transfer.used, transfer.allowed), (300, None));
}
