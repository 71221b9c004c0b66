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

/// Files small and large go up until the server process is shot.
async fn busy(client: &Client) -> Vec<(String, Vec<u8>)> {
    let mut acknowledged = Vec::new();
    for round in 0.. {
        let size = [100, 5000, 300_000][round % 3] + round;
        let file = seal(&bytes(size));
        let Some(node) = try_file(client, &file).await else {
            break;
        };
        acknowledged.push((node, file.data));
    }
    acknowledged
}

/// An upload that may end in the middle; the node once it was acknowledged.
async fn try_file(client: &Client, file: &crate::support::Sealed) -> Option<String> {
    let cs = async |command: serde_json::Value| {
        let url = format!(
            "{}cs?id={}&sid={}",
            client.url,
            crate::support::next_id(),
            client.sid
        );
        let body = json!([command]).to_string();
        let answer = client.http.post(url).body(body).send().await.ok()?;
        serde_json::from_str::<serde_json::Value>(&answer.text().await.ok()?).ok()
    };
    let answer = cs(json!({"a":"u","s":file.data.len()})).await?;
    let to = format!("{}/0", answer[0]["p"].as_str()?);
    let token = client
        .http
        .post(to)
        .body(file.data.clone())
        .send()
        .await
        .ok()?;
    let token = token.text().await.ok()?;
    let put = json!({"a":"p","t":client.cloud(),"n":[client.row(&token, "x", file)]});
    let answer = cs(put).await?;
    answer[0]["f"][0]["h"].as_str().map(str::to_string)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_kill_in_the_middle_of_work_loses_nothing() {
    use std::io::BufRead as _;
    let dir = tempfile::tempdir().unwrap();
    start(in_dir(dir.path())).await.unwrap().shutdown().await;
    for patience in [20, 60] {
        let mut server = std::process::Command::new(env!("CARGO_BIN_EXE_megarc"))
            .args(["sandbox", "--account", "unused@example.com:x", "--dir"])
            .arg(dir.path())
            .env("MEGARC_CONFIG", dir.path().join("none.toml"))
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.split_whitespace().last().unwrap();
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(Client::login(url, crate::support::EMAIL, crate::support::PASSWORD).await);
        }
        let counter = Client::login(url, crate::support::EMAIL, crate::support::PASSWORD).await;
        let shot = async {
            // The moment is a number of stored nodes, not a time.
            while counter.tree().await["f"].as_array().unwrap().len() < patience {}
            server.kill().unwrap();
            server.wait().unwrap();
        };
        let (a, b, c, ()) = tokio::join!(
            busy(&clients[0]),
            busy(&clients[1]),
            busy(&clients[2]),
            shot
        );
        let mut client = counter;
        let handle = again(dir.path(), &mut client).await;
        assert_eq!(handle.check(), Vec::<String>::new());
        for (node, data) in a.into_iter().chain(b).chain(c) {
            assert_eq!(client.fetch(&node).await, data, "{node} was acknowledged");
        }
        handle.shutdown().await;
    }
}
