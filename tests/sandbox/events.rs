//! The event channel.

use std::time::Duration;

use megarc::sandbox::Options;
use serde_json::{Value, json};

use crate::support::{options, sandbox, seal, with};

fn kinds(news: &Value) -> Vec<String> {
    let packets = news["a"].as_array().unwrap_or_else(|| panic!("{news}"));
    packets
        .iter()
        .map(|packet| packet["a"].as_str().unwrap().to_string())
        .collect()
}

#[tokio::test]
async fn every_change_is_told_once() {
    let (_handle, client) = sandbox().await;
    let start = client.sn().await;
    assert!(client.events(&start).await["w"].is_string());
    let (folder, _) = client.folder(client.cloud(), "f").await;
    let file = seal(b"x");
    let node = client.file(&folder, "x", &file).await;
    client
        .one(json!({"a":"a","n":node,"at":file.attributes("y"),"i":"mymark"}))
        .await;
    client
        .one(json!({"a":"m","n":node,"t":client.cloud(),"i":"moved"}))
        .await;
    client.one(json!({"a":"l","n":node})).await;
    client.one(json!({"a":"upv","^!x":["v"]})).await;
    client.one(json!({"a":"d","n":node})).await;
    let news = client.events(&start).await;
    assert_eq!(kinds(&news), ["t", "t", "u", "d", "t", "ph", "ua", "d"]);
    assert_eq!(news["a"][2]["i"], "mymark");
    assert_eq!(
        (&news["a"][3]["m"], &news["a"][3]["i"], &news["a"][4]["i"]),
        (&json!(1), &json!("moved"), &json!("moved"))
    );
    assert_eq!(news["a"][1]["t"]["f"][0]["h"], node);
    let now = news["sn"].as_str().unwrap();
    assert!(client.events(now).await["w"].is_string());
    assert_eq!(now, client.sn().await);
}

#[tokio::test]
async fn the_wait_ends_with_an_event_or_in_time() {
    let quick = Options {
        longest_wait: Duration::from_millis(50),
        ..options()
    };
    let (_handle, client) = with(quick).await;
    let sn = client.sn().await;
    let wait = client.events(&sn).await["w"].as_str().unwrap().to_string();
    let answer = client.http.get(&wait).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "0");

    let (_handle, client) = sandbox().await;
    let sn = client.sn().await;
    let wait = client.events(&sn).await["w"].as_str().unwrap().to_string();
    assert!(!wait.contains(&client.sid));
    let official = format!("{wait}?sn={sn}&sid={}", client.sid);
    let (classic, official, _) = tokio::join!(
        async {
            client
                .http
                .get(&wait)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        },
        async {
            client
                .http
                .post(&official)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        },
        client.folder(client.cloud(), "x"),
    );
    assert_eq!(classic, "0");
    assert!(
        official.starts_with("{\"a\":[{\"a\":\"t\",\"st\":"),
        "{official}"
    );
}

#[tokio::test]
async fn lost_history_and_lost_sessions_are_told_apart() {
    let (handle, client) = sandbox().await;
    let sn = client.sn().await;
    handle.drop_history();
    assert_eq!(client.events(&sn).await, -6);
    let sn = client.sn().await;
    assert!(client.events(&sn).await["w"].is_string());
    handle.drop_sessions().await.unwrap();
    assert_eq!(client.events(&sn).await, -15);
}

#[tokio::test]
async fn a_link_has_a_channel_of_its_own() {
    let (_handle, client) = sandbox().await;
    let (folder, key) = client.folder(client.cloud(), "f").await;
    let key = megarc::sandbox::crypto::node_key::NodeKey::Folder(key);
    let (public, _) = crate::links::export(&client, &folder, &[(&folder, key)]).await;
    let url = format!("{}cs?id=77&n={public}", client.url);
    let tree = client
        .http
        .post(url)
        .body("[{\"a\":\"f\",\"c\":1,\"r\":1}]")
        .send()
        .await
        .unwrap();
    let tree: Value = serde_json::from_str(&tree.text().await.unwrap()).unwrap();
    let sn = tree[0]["sn"].as_str().unwrap();
    client.file(&folder, "x", &seal(b"x")).await;
    client.file(client.cloud(), "elsewhere", &seal(b"x")).await;
    let news = client
        .http
        .post(format!("{}sc?sn={sn}&n={public}", client.url))
        .send()
        .await
        .unwrap();
    let news: Value = serde_json::from_str(&news.text().await.unwrap()).unwrap();
    assert_eq!(kinds(&news), ["t"]);
    client.one(json!({"a":"l","n":folder,"d":1})).await;
    let gone = client
        .http
        .post(format!("{}sc?sn={sn}&n={public}", client.url))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.text().await.unwrap(), "-9");
}
