//! Two clients of one account that give several files one name: each has
//! looked before the other began.

use megarc::mega::Client;
use megarc::mega::session::SessionStore;
use megarc::mega::turns::TurnStore;
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Destination, Entry, ErrorKind, Remote};
use tempfile::TempDir;

use super::support::{World, get, names, options, path, put, world};

/// Another client, which has fetched its tree, and lets go of its turns.
async fn client(world: &World, home: &TempDir) -> Mega {
    let mut options = options(world.sandbox.url());
    let key = megarc::mega::crypto::seal::SealKey::from_bytes([1; 32]);
    options.store = Some(SessionStore::new(home.path().join("sessions"), key));
    options.turns = Some(TurnStore::new(home.path().join("turns")));
    let client = Client::connect(options).await.unwrap();
    client.tree().await.unwrap();
    Mega::new(client, MegaOptions::default())
}

fn to(at: &str) -> Destination {
    path(at).into()
}

async fn stat(remote: &Mega, at: &str) -> Entry {
    remote.stat(&path(at)).await.unwrap()
}

/// What lies in the rubbish.
async fn rubbish(remote: &Mega) -> Vec<String> {
    let tree = remote.client().tree().await.unwrap();
    let tree = tree.read();
    let rubbish = tree.rubbish().unwrap();
    let mut names: Vec<String> = tree
        .children(rubbish)
        .map(|node| node.name().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn content(remote: &Mega, at: &str) -> Vec<u8> {
    get(remote, &stat(remote, at).await, None).await.unwrap()
}

/// `a` and `b` in the root, `c` in a folder, and two clients that know them.
async fn prepared() -> (World, TempDir, Mega, Mega) {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    for (at, bytes) in [("a", b"aa"), ("b", b"bb"), ("dst/c", b"cc")] {
        put(&world.remote, at, bytes, None).await.unwrap();
    }
    let one = client(&world, &home).await;
    let two = client(&world, &home).await;
    (world, home, one, two)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_moved_to_one_name_follow_each_other() {
    let (world, home, one, two) = prepared().await;
    one.rename(&stat(&one, "a").await, &to("dst/f"))
        .await
        .unwrap();
    two.rename(&stat(&two, "b").await, &to("dst/f"))
        .await
        .unwrap();
    let after = client(&world, &home).await;
    assert_eq!(names(&after, "dst").await, ["c", "f"]);
    assert_eq!(content(&after, "dst/f").await, b"bb");
    // What has been replaced is not lost.
    assert_eq!(rubbish(&after).await, ["f"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_file_and_an_uploaded_one_follow_each_other() {
    let (world, home, one, two) = prepared().await;
    one.rename(&stat(&one, "dst/c").await, &to("dst/f"))
        .await
        .unwrap();
    put(&two, "dst/f", b"new", None).await.unwrap();
    let after = client(&world, &home).await;
    assert_eq!(names(&after, "dst").await, ["f"]);
    assert_eq!(content(&after, "dst/f").await, b"new");
    let versions = after.cloud().unwrap();
    let versions = versions.versions(&stat(&after, "dst/f").await).await;
    assert_eq!(versions.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_both_replace_goes_once() {
    let (world, home, one, two) = prepared().await;
    let (old_one, old_two) = (stat(&one, "dst/c").await, stat(&two, "dst/c").await);
    one.rename_over(&stat(&one, "a").await, &to("dst/c"), &old_one)
        .await
        .unwrap();
    two.rename_over(&stat(&two, "b").await, &to("dst/c"), &old_two)
        .await
        .unwrap();
    let after = client(&world, &home).await;
    assert_eq!(names(&after, "dst").await, ["c"]);
    assert_eq!(content(&after, "dst/c").await, b"bb");
    assert_eq!(rubbish(&after).await, ["c", "c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_file_moved_by_both_is_there() {
    let (world, home, one, two) = prepared().await;
    let (first, second) = (stat(&one, "a").await, stat(&two, "a").await);
    one.rename(&first, &to("dst/f")).await.unwrap();
    two.rename(&second, &to("dst/f")).await.unwrap();
    let after = client(&world, &home).await;
    assert_eq!(names(&after, "dst").await, ["c", "f"]);
    assert_eq!(rubbish(&after).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_does_not_go_beside_a_new_one_of_its_name() {
    let (world, home, one, two) = prepared().await;
    put(&one, "x/1", b"1", None).await.unwrap();
    let third = client(&world, &home).await;
    one.rename(&Entry::dir(path("dst")), &to("goal"))
        .await
        .unwrap();
    let refused = third
        .rename(&Entry::dir(path("x")), &to("goal"))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AlreadyExists);
    // And whoever needs a folder of the name uses it.
    put(&two, "goal/n", b"n", None).await.unwrap();
    let after = client(&world, &home).await;
    assert_eq!(names(&after, "").await, ["a", "b", "goal", "x"]);
    assert_eq!(names(&after, "goal").await, ["c", "n"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_changes_are_not_undone_by_late_events() {
    let (world, home, one, two) = prepared().await;
    // Two's events tell of each step, one's turn comes between.
    two.rename(&stat(&two, "a").await, &to("dst/x"))
        .await
        .unwrap();
    two.rename(&stat(&two, "dst/x").await, &to("y"))
        .await
        .unwrap();
    put(&one, "one", b"1", None).await.unwrap();
    put(&two, "two", b"2", None).await.unwrap();
    for remote in [&two, &client(&world, &home).await] {
        assert_eq!(names(remote, "").await, ["b", "dst", "one", "two", "y"]);
        assert_eq!(names(remote, "dst").await, ["c"]);
    }
}
