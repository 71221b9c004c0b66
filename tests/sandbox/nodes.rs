//! Folders, versions, copies, moves, deletion.

use megarc::sandbox::crypto::attributes;
use megarc::sandbox::crypto::node_key::NodeKey;
use serde_json::{Value, json};

use crate::support::{Client, bytes, sandbox, seal};

fn parents(tree: &Value) -> Vec<(String, String)> {
    let text = |node: &Value, key: &str| node[key].as_str().unwrap().to_string();
    let nodes = tree["f"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| (text(node, "h"), text(node, "p")))
        .collect()
}

#[tokio::test]
async fn the_list_has_everything_and_parents_first() {
    let (_handle, client) = sandbox().await;
    let (a, _) = client.folder(client.cloud(), "a").await;
    let (b, _) = client.folder(client.cloud(), "b").await;
    let (c, _) = client.folder(&b, "c").await;
    client.one(json!({"a":"m","n":a,"t":c})).await;
    let tree = client.tree().await;
    for list in ["ok", "ok0", "s", "ph", "u"] {
        assert!(tree[list].is_array(), "{list}");
    }
    assert_eq!(tree["u"][0]["c"], 2);
    let mut seen: Vec<String> = vec![String::new()];
    for (handle, parent) in parents(&tree) {
        assert!(seen.contains(&parent), "{parent} comes after {handle}");
        seen.push(handle);
    }
    let root = &tree["f"][0];
    assert_eq!(
        (&root["a"], &root["k"], &root["p"]),
        (&json!(""), &json!(""), &json!(""))
    );
    let own = client.node(&c).await.unwrap();
    assert!(
        own["k"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}:", client.handle))
    );
}

#[tokio::test]
async fn one_request_makes_a_whole_tree() {
    let (_handle, client) = sandbox().await;
    let row = |name: &str, parent: Option<&str>, byte: u8| {
        let mut row = json!({"h":name,"t":1,"a":attributes::encrypt(&[byte;16], "{\"n\":\"x\"}"),
            "k":client.wrap(&NodeKey::Folder([byte;16]))});
        if let Some(parent) = parent {
            row["p"] = parent.into();
        }
        row
    };
    let rows = [
        row("AAAAAAA1", None, 1),
        row("AAAAAAA2", Some("AAAAAAA1"), 2),
        row("AAAAAAA3", Some("AAAAAAA2"), 3),
    ];
    let answer = client
        .one(json!({"a":"p","t":client.cloud(),"n":rows}))
        .await;
    let made = answer["f"].as_array().unwrap();
    assert_eq!(made.len(), 3);
    assert_eq!(made[1]["p"], made[0]["h"]);
    assert_eq!(made[2]["p"], made[1]["h"]);
}

#[tokio::test]
async fn rows_fail_one_by_one() {
    let (_handle, client) = sandbox().await;
    let file = seal(b"x");
    let token = client.send(&file).await;
    let bad = json!({"h":"A".repeat(36),"t":0,"a":file.attributes("x"),"k":"AAAA"});
    let rows = [bad.clone(), client.row(&token, "x", &file)];
    let answer = client
        .one(json!({"a":"p","t":client.cloud(),"n":rows}))
        .await;
    assert_eq!(answer["e"], json!({"0":-9}));
    assert_eq!(answer["f"].as_array().unwrap().len(), 1);
    assert_eq!(
        client
            .one(json!({"a":"p","t":client.cloud(),"n":[bad]}))
            .await,
        -9
    );
    assert_eq!(client.one(json!({"a":"p","t":"AAAAAAAA","n":[]})).await, -9);
}

async fn versions(client: &Client, newest: &str) -> Vec<String> {
    let tree = client.tree().await;
    let all = parents(&tree);
    let mut chain = vec![newest.to_string()];
    while let Some((older, _)) = all.iter().find(|(_, parent)| Some(parent) == chain.last()) {
        chain.push(older.clone());
    }
    chain
}

#[tokio::test]
async fn versions_hang_below_their_successor() {
    let (handle, client) = sandbox().await;
    let (folder, _) = client.folder(client.cloud(), "f").await;
    let new = |answer: &Value| answer["f"][0]["h"].as_str().unwrap().to_string();
    let one = client.file(&folder, "x", &seal(&bytes(10))).await;
    let two = new(&client
        .replace(&folder, "x", &seal(&bytes(20)), &one, json!({}))
        .await);
    let three = new(&client
        .replace(&folder, "x", &seal(&bytes(30)), &two, json!({}))
        .await);
    assert_eq!(versions(&client, &three).await, [&*three, &*two, &*one]);
    let quota = client.one(json!({"a":"uq","strg":1})).await;
    assert_eq!(quota["cstrg"], 60);
    assert_eq!(quota["cstrgn"][client.cloud()], json!([30, 1, 1, 30, 2]));
    // Only this version: the one before takes its place.
    assert_eq!(client.one(json!({"a":"d","n":three,"v":1})).await, 0);
    assert_eq!(client.node(&two).await.unwrap()["p"], folder.as_str());
    let four = new(&client
        .replace(&folder, "x", &seal(&bytes(40)), &two, json!({"vb":0}))
        .await);
    assert_eq!(versions(&client, &four).await, [&*four]);
    client.one(json!({"a":"upv","^!dv":["1"]})).await;
    let five = new(&client
        .replace(&folder, "x", &seal(&bytes(50)), &four, json!({}))
        .await);
    assert_eq!(versions(&client, &five).await, [&*five]);
    let six = new(&client
        .replace(&folder, "x", &seal(&bytes(60)), &five, json!({"vb":1}))
        .await);
    assert_eq!(versions(&client, &six).await, [&*six, &*five]);
    assert_eq!(client.one(json!({"a":"dv"})).await, 0);
    assert_eq!(versions(&client, &six).await, [&*six]);
    assert_eq!(client.one(json!({"a":"uq","strg":1})).await["cstrg"], 60);
    assert_eq!(handle.check(), Vec::<String>::new());
}

#[tokio::test]
async fn moves_keep_to_the_rules() {
    let (_handle, client) = sandbox().await;
    let (a, _) = client.folder(client.cloud(), "a").await;
    let (b, _) = client.folder(&a, "b").await;
    let file = client.file(&b, "x", &seal(b"x")).await;
    let go = async |node: &str, to: &str| client.one(json!({"a":"m","n":node,"t":to})).await;
    assert_eq!(go(&a, &b).await, -10);
    assert_eq!(go(&a, &a).await, -10);
    assert_eq!(go(client.cloud(), &a).await, -11);
    assert_eq!(go(&b, &file).await, -11);
    assert_eq!(go(&b, "AAAAAAAA").await, -9);
    assert_eq!(
        go(&b, &client.roots[1]).await,
        -11,
        "the vault is for backups"
    );
    assert_eq!(go(&b, client.rubbish()).await, 0);
    assert_eq!(client.node(&b).await.unwrap()["p"], client.rubbish());
    assert_eq!(client.one(json!({"a":"dr"})).await, 0);
    assert!(client.node(&file).await.is_none());
    assert_eq!(client.one(json!({"a":"d","n":client.cloud()})).await, -11);
}

#[tokio::test]
async fn attributes_come_in_both_spellings() {
    let (_handle, client) = sandbox().await;
    let file = seal(b"x");
    let node = client.file(client.cloud(), "x", &file).await;
    for field in ["at", "attr"] {
        let new = file.attributes(field);
        let mut command = json!({"a":"a","n":node,"key":"wrong"});
        command[field] = new.clone().into();
        assert_eq!(client.one(command).await, 0);
        assert_eq!(client.node(&node).await.unwrap()["a"], new);
    }
    assert_eq!(
        client
            .one(json!({"a":"a","n":client.cloud(),"at":"AAAA"}))
            .await,
        -11
    );
}

#[tokio::test]
async fn duplicates_and_copies_share_content() {
    let (handle, client) = sandbox().await;
    let file = seal(&bytes(500_000));
    let first = client.file(client.cloud(), "same", &file).await;
    let copy = json!({"h":first,"t":0,"a":file.attributes("same"),"k":client.wrap(&NodeKey::File(file.key))});
    let answer = client
        .one(json!({"a":"p","t":client.cloud(),"n":[copy]}))
        .await;
    let second = answer["f"][0]["h"].as_str().unwrap().to_string();
    assert_ne!(first, second);
    assert_eq!(
        client.one(json!({"a":"uq","strg":1})).await["cstrg"],
        1_000_000
    );
    assert_eq!(client.one(json!({"a":"d","n":first})).await, 0);
    assert_eq!(client.fetch(&second).await, file.data);
    assert_eq!(client.one(json!({"a":"d","n":second})).await, 0);
    assert_eq!(client.one(json!({"a":"uq","strg":1})).await["cstrg"], 0);
    assert_eq!(handle.check(), Vec::<String>::new());
}
