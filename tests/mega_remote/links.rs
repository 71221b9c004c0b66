//! Public links, opened by a client that knows nothing but the link.

use megarc::mega::crypto::link::PublicLink;
use megarc::mega::crypto::password_link::PasswordLink;
use megarc::mega::links::read_link;
use megarc::mega::{Client, ClientOptions};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Entry, ErrorKind, LinkOptions, Remote};

use super::support::{TIME, World, content, get, kind, names, options, path, put, world};

async fn open(world: &World, link: &str) -> Mega {
    let stranger = ClientOptions {
        credentials: None,
        ..options(world.sandbox.url())
    };
    let client = Client::connect(stranger).await.unwrap();
    let link = read_link(link, Some("open sesame")).unwrap();
    Mega::new(client.open_link(&link).unwrap(), MegaOptions::default())
}

async fn link(world: &World, at: &str) -> String {
    let entry = world.stat(at).await.unwrap();
    world
        .remote
        .link(&entry, &LinkOptions::default())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_link_opens_until_it_is_taken_back() {
    let world = world().await;
    let bytes = content(300_000, 1);
    let entry = world.put("a/f", &bytes).await;
    let url = link(&world, "a/f").await;
    assert!(url.starts_with("https://mega.nz/file/"), "{url}");
    assert_eq!(link(&world, "a/f").await, url, "the same link again");
    let opened = open(&world, &url).await;
    assert!(opened.features().read_only);
    assert_eq!(names(&opened, "").await, ["f"]);
    let file = opened.stat(&path("f")).await.unwrap();
    assert_eq!(file.modified.unwrap().as_second(), TIME);
    assert!(get(&opened, &file, None).await.unwrap() == bytes);
    assert_eq!(
        kind(put(&opened, "g", b"x", None).await),
        ErrorKind::Unauthenticated
    );
    world.remote.unlink(&entry).await.unwrap();
    world.remote.unlink(&entry).await.unwrap();
    let gone = open(&world, &url).await;
    assert_eq!(kind(gone.stat(&path("f")).await), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_link_shows_all_that_is_in_it_and_what_comes_later() {
    let world = world().await;
    let old = world.put("dir/sub/f", b"old").await;
    put(&world.remote, "dir/sub/f", b"new", Some(old))
        .await
        .unwrap();
    world.put("dir/g", b"g").await;
    world.put("outside", b"not shared").await;
    let url = link(&world, "dir").await;
    assert!(url.starts_with("https://mega.nz/folder/"), "{url}");
    assert_eq!(link(&world, "dir").await, url);

    // What is uploaded, made, copied or moved in later can be opened, too:
    // also by a client that has learned of the share from the server.
    let other = world.again().await;
    put(&other, "dir/sub/later", b"later", None).await.unwrap();
    other.make_dir(&path("dir/made/deep")).await.unwrap();
    let outside = other.stat(&path("outside")).await.unwrap();
    other
        .copy(&outside, &path("dir/copied").into(), None)
        .await
        .unwrap();
    other
        .rename(&outside, &path("dir/moved").into())
        .await
        .unwrap();

    let opened = open(&world, &url).await;
    assert_eq!(
        names(&opened, "").await,
        ["copied", "g", "made", "moved", "sub"]
    );
    assert_eq!(names(&opened, "sub").await, ["f", "later"]);
    assert_eq!(names(&opened, "made").await, ["deep"]);
    assert_eq!(opened.client().tree().await.unwrap().read().unreadable(), 0);
    for (at, content) in [
        ("sub/f", "new"),
        ("sub/later", "later"),
        ("copied", "not shared"),
        ("moved", "not shared"),
    ] {
        let entry = opened.stat(&path(at)).await.unwrap();
        assert_eq!(
            get(&opened, &entry, None).await.unwrap(),
            content.as_bytes(),
            "{at}"
        );
    }

    let entry = world.stat("dir").await.unwrap();
    world.remote.unlink(&entry).await.unwrap();
    let gone = open(&world, &url).await;
    assert_eq!(
        kind(gone.list(&Entry::dir(path(""))).await),
        ErrorKind::NotFound
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_may_name_a_part_of_the_folder() {
    let world = world().await;
    world.put("dir/sub/deep/f", b"content").await;
    let url = link(&world, "dir").await;
    let id = |entry: Entry| entry.id.unwrap().as_str().to_owned();
    let sub = id(world.stat("dir/sub").await.unwrap());
    let file = id(world.stat("dir/sub/deep/f").await.unwrap());

    let opened = open(&world, &format!("{url}/folder/{sub}")).await;
    assert_eq!(names(&opened, "").await, ["deep"]);
    let opened = open(&world, &format!("{url}/file/{file}")).await;
    assert_eq!(names(&opened, "").await, ["f"]);
    let entry = opened.stat(&path("f")).await.unwrap();
    assert_eq!(get(&opened, &entry, None).await.unwrap(), b"content");
    let opened = open(&world, &format!("{url}/file/{sub}")).await;
    assert_eq!(kind(opened.stat(&path("")).await), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn password_links_open_with_their_password() {
    let world = world().await;
    world.put("dir/f", b"content").await;
    let plain = PublicLink::parse(&link(&world, "dir").await).unwrap();
    let url = PasswordLink::protect(&plain, "open sesame")
        .unwrap()
        .to_url();
    let opened = open(&world, &url).await;
    assert_eq!(names(&opened, "").await, ["f"]);
    assert!(read_link(&url, Some("wrong")).is_err());
    assert!(read_link(&url, None).is_err());
}
