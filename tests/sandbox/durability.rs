//! What was acknowledged is there after the server was killed.

use std::path::Path;

use megarc::sandbox::{Handle, Options, start};
use serde_json::json;

use crate::support::{Client, bytes, options, seal, with};

fn in_dir(dir: &Path) -> Options {
    Options {
        dir: Some(dir.to_path_buf()),
        ..options()
    }
}

/// The same client against a server that was started again elsewhere.
async fn again(dir: &Path, client: &mut Client) -> Handle {
    let handle = start(in_dir(dir)).await.unwrap();
    client.url = handle.url().to_string();
    handle
}

#[tokio::test]
async fn everything_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (handle, mut client) = with(in_dir(dir.path())).await;
    let start_sn = client.sn().await;
    let (folder, _) = client.folder(client.cloud(), "x").await;
    let (small, large) = (seal(&bytes(5000)), seal(&bytes(600_000)));
    let one = client.file(&folder, "small", &small).await;
    let two = client.file(&folder, "large", &large).await;
    let gone = client.file(&folder, "gone", &seal(&bytes(400_000))).await;
    client.one(json!({"a":"d","n":gone})).await;
    let link = client.one(json!({"a":"l","n":two})).await;
    client.one(json!({"a":"upv","^!x":["kept"]})).await;
    let before = client.tree().await;
    handle.kill().await;

    let handle = again(dir.path(), &mut client).await;
    assert_eq!(handle.check(), Vec::<String>::new());
    assert_eq!(
        client.tree().await,
        before,
        "the session is still good, the list the same"
    );
    assert_eq!(client.fetch(&one).await, small.data);
    assert_eq!(client.fetch(&two).await, large.data);
    assert_eq!(client.one(json!({"a":"l","n":two})).await, link);
    assert_eq!(
        client.one(json!({"a":"ug","v":1})).await["^!x"]["av"],
        "kept"
    );
    let news = client.events(&start_sn).await;
    assert_eq!(news["a"].as_array().unwrap().len(), 7, "{news}");
    assert_eq!(handle.accounts().len(), 1);
}

#[tokio::test]
async fn a_repeated_request_is_known_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (handle, mut client) = with(in_dir(dir.path())).await;
    let (folder, _) = client.folder(client.cloud(), "x").await;
    let file = seal(b"once");
    let token = client.send(&file).await;
    let put = json!([{"a":"p","t":folder,"n":[client.row(&token, "x", &file)]}]);
    let first = client.text_with("id=once", put.clone()).await;
    handle.kill().await;
    let handle = again(dir.path(), &mut client).await;
    assert_eq!(client.text_with("id=once", put).await, first);
    let files = client.tree().await["f"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["t"] == 0)
        .count();
    assert_eq!(files, 1);
    assert_eq!(handle.stats().replays, 1);
}

#[tokio::test]
async fn unfinished_uploads_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (handle, mut client) = with(in_dir(dir.path())).await;
    let file = seal(&bytes(600_000));
    client.send(&file).await;
    handle.kill().await;
    let handle = again(dir.path(), &mut client).await;
    assert_eq!(
        std::fs::read_dir(dir.path().join("blobs")).unwrap().count(),
        0
    );
    assert_eq!(handle.check(), Vec::<String>::new());
    drop(handle);
}

#[tokio::test]
async fn a_second_server_cannot_have_the_same_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (handle, _) = with(in_dir(dir.path())).await;
    let second = start(in_dir(dir.path())).await;
    assert!(second.is_err());
    handle.shutdown().await;
    start(in_dir(dir.path())).await.unwrap();
}
