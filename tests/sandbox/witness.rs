//! Uploads that break the protocol are refused, with a reason.

use megarc::sandbox::crypto::node_key::NodeKey;
use megarc::sandbox::{Handle, Options};
use serde_json::json;

use crate::support::{Client, Sealed, bytes, options, sandbox, seal, with};

async fn put(client: &Client, file: &Sealed) -> serde_json::Value {
    let token = client.send(file).await;
    client
        .one(json!({"a":"p","t":client.cloud(),"n":[client.row(&token, "x", file)]}))
        .await
}

fn reason(handle: &Handle) -> String {
    handle.stats().refusals.pop().unwrap_or_default()
}

#[tokio::test]
async fn wrong_bytes_keys_attributes_and_nonces_are_seen() {
    let (handle, client) = sandbox().await;
    for size in [1000, 400_000] {
        let mut bad = seal(&bytes(size));
        bad.data[size / 2] ^= 1;
        assert_eq!(put(&client, &bad).await, -14);
        assert!(reason(&handle).contains("MAC"), "{}", reason(&handle));
    }
    let mut bad = seal(&bytes(1000));
    bad.key.meta_mac[0] ^= 1;
    assert_eq!(put(&client, &bad).await, -14);

    let good = seal(&bytes(1000));
    let token = client.send(&good).await;
    let mut row = client.row(&token, "x", &good);
    row["a"] = seal(b"").attributes("x").into();
    assert_eq!(
        client
            .one(json!({"a":"p","t":client.cloud(),"n":[row]}))
            .await,
        -14
    );
    assert!(reason(&handle).contains("attributes"));
    // The upload itself is still good.
    let row = client.row(&token, "x", &good);
    let answer = client
        .one(json!({"a":"p","t":client.cloud(),"n":[row]}))
        .await;
    let node = answer["f"][0]["h"].as_str().unwrap();

    let other_key = NodeKey::File(seal(b"z").key);
    let copy = json!({"h":node,"t":0,"a":good.attributes("x"),"k":client.wrap(&other_key)});
    assert_eq!(
        client
            .one(json!({"a":"p","t":client.cloud(),"n":[copy]}))
            .await,
        -14
    );
    assert_eq!(
        client
            .one(json!({"a":"a","n":node,"at":"AAAAAAAAAAAAAAAAAAAAAA"}))
            .await,
        -14
    );
    assert_eq!(handle.check(), Vec::<String>::new());
}

#[tokio::test]
async fn without_the_witness_anything_is_stored() {
    let (_handle, client) = with(Options {
        witness: false,
        ..options()
    })
    .await;
    let mut bad = seal(&bytes(1000));
    bad.data[5] ^= 1;
    assert!(put(&client, &bad).await["f"][0]["h"].is_string());
}
