//! What the official client needs beside: tags, packets in order, channel forms.

use serde_json::{Value, json};

use crate::support::{sandbox, seal};

#[tokio::test]
async fn changes_answer_with_the_tag_of_their_packet() {
    let (_handle, client) = sandbox().await;
    let sn = client.sn().await;
    let file = seal(b"x");
    let token = client.send(&file).await;
    let put = json!({"a":"p","v":4,"sm":1,"t":client.cloud(),"i":"abcdefghij","n":[client.row(&token, "x", &file)]});
    let answer = client.tagged(put).await;
    let put_tag = answer[0].as_str().unwrap().to_string();
    assert_eq!(answer[1]["e"], json!([]));
    let node = answer[1]["fh"][0]
        .as_str()
        .unwrap()
        .split(':')
        .next()
        .unwrap()
        .to_string();
    let set = client
        .tagged(json!({"a":"a","n":node,"at":file.attributes("y")}))
        .await;
    let set_tag = set.as_str().unwrap();
    let moved = client
        .tagged(json!({"a":"m","n":node,"t":client.rubbish()}))
        .await;
    let moved_tag = moved.as_str().unwrap();
    let later = |a: &str, b: &str| (b.len(), b) > (a.len(), a);
    assert!(later(&put_tag, set_tag) && later(set_tag, moved_tag));

    let address = format!("{}wsc?sn={sn}&sid={}", client.url, client.sid);
    let text = client
        .http
        .post(address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let head = format!("{{\"a\":[{{\"a\":\"t\",\"i\":\"abcdefghij\",\"st\":\"{put_tag}\",\"t\":");
    assert!(text.starts_with(&head), "{text}");
    let news: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(news["a"][0]["t"]["f"][0]["i"], 0);
    let tags: Vec<&str> = news["a"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["st"].as_str().unwrap())
        .collect();
    assert_eq!(tags, [&put_tag, set_tag, moved_tag, moved_tag]);
}

#[tokio::test]
async fn nothing_to_do_means_no_tag() {
    let (_handle, client) = sandbox().await;
    assert_eq!(client.tagged(json!({"a":"dv"})).await, 0);
    assert_eq!(client.tagged(json!({"a":"dr"})).await, 0);
    let node = client.file(client.cloud(), "x", &seal(b"x")).await;
    let first = client.tagged(json!({"a":"l","n":node})).await;
    assert!(first[0].is_string());
    let again = client.tagged(json!({"a":"l","n":node})).await;
    assert_eq!(again, json!([0, first[1]]));
    let keys = client.tagged(json!({"a":"upv","^!keys":["x"]})).await;
    assert!(keys[0].is_string() && keys[1]["^!keys"].is_string());
}

#[tokio::test]
async fn the_list_carries_the_tag_and_alerts_are_empty() {
    let (_handle, client) = sandbox().await;
    let tree = client.tagged(json!({"a":"f","c":1,"r":1,"ca":1})).await;
    assert!(tree["st"].is_string());
    let address = format!("{}sc?c=50&sid={}", client.url, client.sid);
    let text = client
        .http
        .post(address)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.starts_with("{\"c\":[]"));
    let ug = client.one(json!({"a":"ug","v":1})).await;
    assert!(
        ug.get("b").is_none(),
        "it would read as an expired business account"
    );
    let answer = client
        .http
        .get(format!("{}dl/x/0-1", client.url))
        .send()
        .await
        .unwrap();
    assert_ne!(answer.headers()["content-type"], "text/html");
}
