//! What is counted without listing is what listings show.

use megarc::engine::walk::Walk;
use megarc::engine::{Options, Root, Run, totals};
use megarc::mega::{Client, NodeHandle};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Destination, Entry, Location, Remote, Totals};
use std::sync::Arc;

use super::support::{World, content, file, path, put, random, world, world_on};

/// What a walk of `place` finds, and how many entries it counts.
async fn walked(place: &Location) -> (Totals, u64) {
    let run = Run::new(Options::default());
    let mut walk = Walk::new(&run, &Root::find(place).await.unwrap());
    let mut found = Totals::default();
    while let Some(listing) = walk.next().await {
        for entry in listing.entries {
            found.files += u64::from(!entry.is_dir());
            found.dirs += u64::from(entry.is_dir());
            found.bytes += entry.size.unwrap_or(0);
        }
    }
    walk.finish().unwrap();
    let mut listed = 0;
    run.stats.update(|counts| listed = counts.listed);
    (found, listed)
}

async fn assert_counted(client: &Client, options: MegaOptions, at: &str) -> Totals {
    let place = Location {
        remote: Arc::new(Mega::new(client.clone(), options)),
        path: path(at),
    };
    let run = Run::new(Options::default());
    let counted = totals(&run, &Root::find(&place).await.unwrap()).await;
    let counted = counted.unwrap_or_else(|| panic!("{at:?} is not counted"));
    let mut listed = 0;
    run.stats.update(|counts| listed = counts.listed);
    assert_eq!((counted, listed), walked(&place).await, "{at:?}");
    counted
}

#[tokio::test]
async fn a_filled_account_is_counted_as_it_is_listed() {
    let filled = megarc::sandbox::Options {
        seed_nodes: 2000,
        ..Default::default()
    };
    let world = world_on(filled, |_| {}).await;
    let client = world.remote.client();
    let all = assert_counted(client, MegaOptions::default(), "").await;
    assert_eq!(all.files + all.dirs, 2000);
    for entry in world.remote.list(&Entry::dir(path(""))).await.unwrap() {
        if entry.is_dir() {
            assert_counted(client, MegaOptions::default(), entry.name()).await;
        }
    }
}

/// Several nodes of one name, old versions, names that are none.
async fn odd_world() -> World {
    let world = world().await;
    let remote = &world.remote;
    let old = world.put("d/f", &content(700, 1)).await;
    put(remote, "d/f", &content(50, 2), Some(old))
        .await
        .unwrap();
    world.put("d/deep/er/g", b"12345").await;
    let other = remote.make_dir(&path("other")).await.unwrap();
    let other = remote.rename(&other, &path("d").into()).await.unwrap();
    let into = Destination {
        path: path("d/b"),
        parent: other.id.clone(),
    };
    remote
        .write(&into, file(Some(3), random(b"abc")))
        .await
        .unwrap();
    for (at, (place, name)) in [
        ("x1", "real/slash"),
        ("x2/inside", ".."),
        ("x3", "."),
        ("x4", "nul\0"),
        ("x5", "bell\u{7}"),
    ]
    .into_iter()
    .enumerate()
    {
        world.put(place, &content(10 + at, 3)).await;
        let top = place.split('/').next().unwrap();
        let node = world.stat(top).await.unwrap().id.unwrap();
        let node = NodeHandle::parse(node.as_str()).unwrap();
        remote.client().rename(node, name).await.unwrap();
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_nodes_are_counted_as_they_are_listed() {
    let world = odd_world().await;
    for client in [world.remote.client(), world.again().await.client()] {
        let all = assert_counted(client, MegaOptions::default(), "").await;
        assert_eq!((all.files, all.bytes > 58), (8, true));
        // Both folders of the name.
        let both = assert_counted(client, MegaOptions::default(), "d").await;
        assert_eq!((both.files, both.dirs, both.bytes), (3, 2, 58));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_listing_can_tell_is_not_counted() {
    let world = odd_world().await;
    let counted = |options: Options, mega: MegaOptions, at: &'static str| {
        let remote = Arc::new(Mega::new(world.remote.client().clone(), mega));
        async move {
            let place = Location {
                remote,
                path: path(at),
            };
            let root = Root::find(&place).await.unwrap();
            totals(&Run::new(options), &root).await
        }
    };
    let plain = MegaOptions::default;
    assert!(counted(Options::default(), plain(), "d").await.is_some());
    assert_eq!(counted(Options::default(), plain(), "missing").await, None);
    assert_eq!(counted(Options::default(), plain(), "d/f").await, None);
    let flat = Options {
        max_depth: Some(1),
        ..Options::default()
    };
    assert_eq!(counted(flat, plain(), "d").await, None);
    let versions = MegaOptions {
        versions: true,
        ..plain()
    };
    assert_eq!(counted(Options::default(), versions, "d").await, None);
}
