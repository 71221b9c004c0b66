//! One bit wrong, anywhere: never a clean end.

use megarc::mega::Client;
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{ErrorKind, Remote};

use super::support::{content, get, kind, names, options, path, put, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_of_content_is_never_accepted() {
    let world = world().await;
    for size in [1, 17, 131_073, 5_767_169] {
        let entry = world.put(&format!("{size}"), &content(size, 1)).await;
        world.faults("down:flip@1;seed=5");
        let error = world.get(&entry).await.unwrap_err();
        assert_eq!(
            (error.kind, error.path),
            (ErrorKind::Corrupt, size.to_string())
        );
        world.faults("");
        assert!(world.get(&entry).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_another_place_are_never_accepted() {
    let world = world().await;
    let entry = world.put("f", &content(5_767_169, 2)).await;
    world.faults("down:shift=16@1");
    let got = world.get(&entry).await;
    assert_eq!(kind(got), ErrorKind::Corrupt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lengths_that_stay_wrong_fail_and_never_loop() {
    let world = world().await;
    let entry = world.put("f", &content(500_000, 3)).await;
    for faults in ["down:short=5", "down:long=5", "down:empty"] {
        world.faults(faults);
        let error = world.get(&entry).await.unwrap_err();
        assert_eq!(
            (error.kind, &*error.path),
            (ErrorKind::Network, "f"),
            "{faults}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_damaged_on_its_way_up_is_noticed_and_sent_again() {
    let world = world().await;
    let bytes = content(300_000, 4);
    // The witness looks at what was stored; MEGA itself would not.
    world.faults("up:flip@1");
    let entry = put(&world.remote, "f", &bytes, None).await.unwrap();
    assert!(get(&world.remote, &entry, None).await.unwrap() == bytes);
    world.faults("up:flip");
    put(&world.remote, "g", &bytes, None).await.unwrap_err();
    world.faults("");
    assert_eq!(world.names("").await, ["f"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_keys_and_attributes_hide_one_node_and_no_other() {
    let world = world().await;
    for name in ["a", "b", "c"] {
        world.put(name, &content(100, 5)).await;
    }
    for faults in ["cs.f:flip=key", "cs.f:flip=attr"] {
        world.faults(faults);
        let other = world.again().await;
        let shown = names(&other, "").await;
        let tree = other.client().tree().await.unwrap();
        let hidden = tree.read().unreadable();
        assert_eq!(shown.len() + hidden, 3, "{faults}: {shown:?}");
        // A flipped MAC or nonce leaves the attributes readable; then the
        // content must not verify.
        for name in shown {
            let entry = other.stat(&path(&name)).await.unwrap();
            world.faults("");
            match get(&other, &entry, None).await {
                Ok(bytes) => assert_eq!(bytes, content(100, 5)),
                Err(error) => assert_eq!(error.kind, ErrorKind::Corrupt),
            }
        }
        assert!(world.sandbox.stats().faults > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_breaks_off_is_fetched_again() {
    let world = world().await;
    world.put("f", b"x").await;
    for faults in [
        "cs.f:cut=100*2",
        "cs.f:garbage@1",
        "cs.f:empty@1",
        "cs.f:-3*2",
        "cs.f:500*2",
    ] {
        world.faults(faults);
        let client = Client::connect(options(world.sandbox.url())).await.unwrap();
        let remote = Mega::new(client, MegaOptions::default());
        assert_eq!(names(&remote, "").await, ["f"], "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_has_run_out_is_asked_for_again() {
    let world = world().await;
    let whole = content(3_000_000, 11);
    let file = world.put("f", &whole).await;
    for faults in ["down:expired@1", "down:expired@2", "down:expired*3"] {
        let asked = world.commands("g");
        world.faults(faults);
        assert!(world.get(&file).await.unwrap() == whole, "{faults}");
        assert!(world.commands("g") > asked + 1, "{faults}");
    }
}
