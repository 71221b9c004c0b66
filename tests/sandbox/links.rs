//! Public links to files and folders, and what strangers can do with them.

use megarc::sandbox::crypto::aes::Aes;
use megarc::sandbox::crypto::base64;
use megarc::sandbox::crypto::node_key::{self, NodeKey};
use serde_json::{Value, json};

use crate::support::{Client, http, next_id, post, sandbox, seal};

/// Asks without a session.
async fn stranger(url: &str, query: &str, command: Value) -> Value {
    let text = post(
        &http(),
        url,
        &format!("id={}{query}", next_id()),
        &json!([command]),
    )
    .await;
    match serde_json::from_str::<Value>(&text).unwrap() {
        Value::Array(mut answers) => answers.remove(0),
        bare => bare,
    }
}

/// Exports a folder with all its nodes; the public handle and the share key.
pub async fn export(
    client: &Client,
    folder: &str,
    nodes: &[(&str, NodeKey)],
) -> (String, [u8; 16]) {
    let share: [u8; 16] = megarc::sandbox::crypto::random().unwrap();
    let ha = node_key::handle_auth(&client.master, folder).unwrap();
    let list: Vec<&str> = nodes.iter().map(|(node, _)| *node).collect();
    let mut triplets = Vec::new();
    for (index, (_, key)) in nodes.iter().enumerate() {
        triplets.extend([json!(0), json!(index), json!(node_key::wrap(&share, key))]);
    }
    let answer = client
        .one(json!({"a":"s2","n":folder,"s":[{"u":"EXP","r":0}],
            "ok":base64::encode(&Aes::new(&client.master).encrypt_block(share)),
            "ha":base64::encode(&ha),"cr":[[folder],list,triplets]}))
        .await;
    assert_eq!(answer, json!({"r":[0]}));
    let link = client.one(json!({"a":"l","n":folder})).await;
    (link.as_str().unwrap().to_string(), share)
}

#[tokio::test]
async fn a_file_link_opens_for_anyone_until_it_is_removed() {
    let (_handle, client) = sandbox().await;
    let file = seal(b"public");
    let node = client.file(client.cloud(), "x", &file).await;
    let link = client.one(json!({"a":"l","n":node})).await;
    let public = link.as_str().unwrap();
    assert_eq!(client.one(json!({"a":"l","n":node})).await, link);
    let listed = client.tree().await["ph"][0].clone();
    assert_eq!((&listed["h"], &listed["ph"]), (&json!(node), &link));
    assert!(listed["ts"].is_i64());
    let answer = stranger(&client.url, "", json!({"a":"g","g":1,"p":public})).await;
    assert_eq!(answer["s"], 6);
    let data = http()
        .get(answer["g"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(data.bytes().await.unwrap(), file.data);
    let behind = stranger(&client.url, "", json!({"a":"f","f":1,"p":public})).await;
    assert_eq!(behind["f"][0]["h"], node);
    assert_eq!(client.one(json!({"a":"l","n":node,"d":1})).await, 0);
    assert_eq!(
        stranger(&client.url, "", json!({"a":"g","g":1,"p":public})).await,
        -9
    );
}

#[tokio::test]
async fn links_expire() {
    let (_handle, client) = sandbox().await;
    let node = client.file(client.cloud(), "x", &seal(b"x")).await;
    let public = client
        .one(json!({"a":"l","n":node,"ets":4_000_000_000u64}))
        .await;
    assert_eq!(client.tree().await["ph"][0]["ets"], 4_000_000_000u64);
    assert_eq!(client.one(json!({"a":"l","n":node,"ets":5})).await, public);
    let answer = stranger(&client.url, "", json!({"a":"g","g":1,"p":public})).await;
    assert_eq!(answer, -8);
}

#[tokio::test]
async fn a_folder_link_shows_the_folder_and_nothing_else() {
    let (_handle, client) = sandbox().await;
    let (folder, folder_key) = client.folder(client.cloud(), "shown").await;
    let (below, below_key) = client.folder(&folder, "below").await;
    let file = seal(b"inside");
    let inside = client.file(&below, "x", &file).await;
    let outside = client.file(client.cloud(), "y", &seal(b"outside")).await;
    assert_eq!(
        client.one(json!({"a":"l","n":folder})).await,
        -11,
        "not shared yet"
    );
    let nodes = [
        (folder.as_str(), NodeKey::Folder(folder_key)),
        (below.as_str(), NodeKey::Folder(below_key)),
        (inside.as_str(), NodeKey::File(file.key)),
    ];
    let (public, share) = export(&client, &folder, &nodes).await;
    let ok = client.tree().await;
    assert_eq!(ok["ok"], ok["ok0"]);
    assert_eq!(ok["ok"][0]["h"], folder);

    let context = format!("&n={public}");
    let tree = stranger(&client.url, &context, json!({"a":"f","c":1,"r":1,"ca":1})).await;
    let list = tree["f"].as_array().unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list[0]["h"], folder);
    for (node, key) in &nodes {
        let shown = list.iter().find(|shown| shown["h"] == *node).unwrap();
        let (root, value) = shown["k"].as_str().unwrap().split_once(':').unwrap();
        assert_eq!(root, folder);
        assert!(node_key::unwrap(&share, value).unwrap() == *key);
    }
    let g = |node: &str| json!({"a":"g","g":1,"n":node});
    assert_eq!(stranger(&client.url, &context, g(&inside)).await["s"], 6);
    assert_eq!(stranger(&client.url, &context, g(&outside)).await, -9);
    // The official client names the root's handle instead of the link.
    let mut with_en = g(&inside);
    with_en["en"] = folder.as_str().into();
    assert_eq!(stranger(&client.url, "", with_en).await["s"], 6);
    let info = stranger(&client.url, "", json!({"a":"pli","ph":public})).await;
    assert_eq!(info["s"], json!([6, 1, 1, 0, 0]));

    // Files added later bring their key along, in either way of naming rows.
    for list in [json!([]), json!(["token"])] {
        let file = seal(b"later");
        let token = client.send(&file).await;
        let list = if list == json!([]) {
            list
        } else {
            json!([token])
        };
        let shared = node_key::wrap(&share, &NodeKey::File(file.key));
        let answer = client
            .one(
                json!({"a":"p","t":below,"n":[client.row(&token, "z", &file)],
                "cr":[[folder],list,[0,0,shared]]}),
            )
            .await;
        let new = answer["f"][0]["h"].as_str().unwrap();
        let tree = stranger(&client.url, &context, json!({"a":"f","c":1,"r":1})).await;
        let shown = tree["f"]
            .as_array()
            .unwrap()
            .iter()
            .find(|node| node["h"] == new)
            .unwrap()
            .clone();
        assert_eq!(shown["k"], format!("{folder}:{shared}"));
    }

    // Without its key a node is listed with an empty one.
    let dark = client.file(&below, "dark", &seal(b"d")).await;
    let tree = stranger(&client.url, &context, json!({"a":"f","c":1,"r":1})).await;
    let shown = tree["f"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["h"] == dark)
        .unwrap()
        .clone();
    assert_eq!(shown["k"], "");

    // Rubbish is not public.
    assert_eq!(
        client
            .one(json!({"a":"m","n":folder,"t":client.rubbish()}))
            .await,
        0
    );
    assert_eq!(
        stranger(&client.url, &context, json!({"a":"f","c":1})).await,
        -9
    );
    assert_eq!(client.tree().await["ok"], json!([]));
}

#[tokio::test]
async fn removing_the_share_removes_the_link() {
    let (_handle, client) = sandbox().await;
    for off in [json!({"u":"EXP","r":""}), json!({"u":"EXP"})] {
        let (folder, key) = client.folder(client.cloud(), "x").await;
        let (public, _) = export(&client, &folder, &[(&folder, NodeKey::Folder(key))]).await;
        assert_eq!(
            client.one(json!({"a":"s2","n":folder,"s":[off]})).await,
            json!({"r":[0]})
        );
        let answer = stranger(&client.url, &format!("&n={public}"), json!({"a":"f","c":1})).await;
        assert_eq!(answer, -9);
        assert_eq!(client.tree().await["s"], json!([]));
    }
}

#[tokio::test]
async fn links_are_imported() {
    let (handle, client) = sandbox().await;
    handle
        .add_account(&megarc::sandbox::AccountSpec {
            email: "other@example.com".into(),
            ..crate::support::spec()
        })
        .await
        .unwrap();
    let other = Client::login(handle.url(), "other@example.com", crate::support::PASSWORD).await;
    let file = seal(b"gift");
    let node = client.file(client.cloud(), "x", &file).await;
    let row = |source: &Value| {
        json!({"ph":source,"t":0,"a":file.attributes("mine"),
        "k":other.wrap(&NodeKey::File(file.key))})
    };
    let import = |source: &Value| json!({"a":"p","t":other.cloud(),"n":[row(source)]});
    assert_eq!(
        other.one(import(&json!(node))).await,
        -9,
        "a node handle is no link"
    );
    let public = client.one(json!({"a":"l","n":node})).await;
    let answer = other.one(import(&public)).await;
    let copy = answer["f"][0]["h"].as_str().unwrap().to_string();
    assert_eq!(client.one(json!({"a":"d","n":node})).await, 0);
    assert_eq!(other.fetch(&copy).await, file.data);

    let (folder, key) = client.folder(client.cloud(), "public").await;
    let inside = client.file(&folder, "x", &file).await;
    export(
        &client,
        &folder,
        &[
            (&folder, NodeKey::Folder(key)),
            (&inside, NodeKey::File(file.key)),
        ],
    )
    .await;
    assert!(other.one(import(&json!(inside))).await["f"][0]["h"].is_string());
    assert_eq!(handle.stats().refusals, Vec::<String>::new());
    assert_eq!(handle.check(), Vec::<String>::new());
}

#[tokio::test]
async fn zero_keys_are_placeholders() {
    let (_handle, client) = sandbox().await;
    let (folder, _) = client.folder(client.cloud(), "x").await;
    let zero = base64::encode(&[0; 16]);
    let answer = client
        .one(json!({"a":"s2","n":folder,"s":[{"u":"EXP","r":0}],"ok":zero,"ha":zero}))
        .await;
    assert_eq!(answer, json!({"r":[0]}));
    let tree = client.tree().await;
    assert_eq!((&tree["ok"], &tree["ok0"]), (&json!([]), &json!([])));
    assert!(client.one(json!({"a":"l","n":folder})).await.is_string());
}
