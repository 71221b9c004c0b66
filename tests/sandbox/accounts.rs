//! Logins, sessions, quota, attributes.

use megarc::sandbox::crypto::base64;
use megarc::sandbox::{AccountSpec, Mfa, Options, RsaSource};
use serde_json::{Value, json};

use crate::support::{
    Client, EMAIL, PASSWORD, hash, http, next_id, options, post, sandbox, spec, with,
};

async fn us(url: &str, email: &str, password: &str, more: Value) -> String {
    let http = http();
    let derived = hash(&http, url, email, password).await;
    let mut command = json!({"a":"us","user":email,"uh":base64::encode(&derived.user_hash)});
    for (key, value) in more.as_object().unwrap() {
        command[key] = value.clone();
    }
    post(&http, url, &format!("id={}", next_id()), &json!([command])).await
}

#[tokio::test]
async fn both_versions_log_in_and_the_address_may_be_capitalised() {
    let old = AccountSpec {
        version: 1,
        email: "Old@Example.com".into(),
        ..spec()
    };
    let (handle, new) = with(Options {
        accounts: vec![spec(), old],
        ..options()
    })
    .await;
    let old = Client::login(handle.url(), "old@example.com", PASSWORD).await;
    assert_ne!(new.handle, old.handle);
    assert_eq!(new.sid.len(), 58);
    let raw = base64::decode(&new.sid).unwrap();
    assert_ne!(raw[0], 0);
    assert_eq!(&raw[16..27], new.handle.as_bytes());
    assert_eq!(handle.stats().logins, 2);
    let emails: Vec<String> = handle
        .accounts()
        .into_iter()
        .map(|account| account.email)
        .collect();
    assert_eq!(emails, ["old@example.com", "user@example.com"]);
}

#[tokio::test]
async fn wrong_passwords_and_second_factors_are_told_apart() {
    let two = AccountSpec {
        email: "two@example.com".into(),
        mfa: Some(Mfa::Code("123456".into())),
        ..spec()
    };
    let (handle, client) = with(Options {
        accounts: vec![spec(), two],
        ..options()
    })
    .await;
    let url = handle.url();
    assert_eq!(us(url, EMAIL, "wrong", json!({})).await, "[-9]");
    assert_eq!(
        us(url, "two@example.com", PASSWORD, json!({})).await,
        "[-26]"
    );
    assert_eq!(
        us(url, "two@example.com", PASSWORD, json!({"mfa":"000000"})).await,
        "[-26]"
    );
    assert!(
        us(url, "two@example.com", PASSWORD, json!({"mfa":"123456"}))
            .await
            .contains("csid")
    );
    let nobody = json!([{"a":"us0","user":"nobody@example.com"}]);
    assert_eq!(post(&client.http, url, "id=1", &nobody).await, "[-9]");
    assert_eq!(handle.stats().logins, 2);
}

#[tokio::test]
async fn an_account_without_rsa_gets_a_plain_session_and_can_be_given_keys() {
    let bare = AccountSpec {
        rsa: RsaSource::Absent,
        ..spec()
    };
    let (_handle, client) = with(Options {
        accounts: vec![bare],
        ..options()
    })
    .await;
    let ug = client.one(json!({"a":"ug"})).await;
    assert!(ug.get("privk").is_none() && ug.get("pubk").is_none());
    assert_eq!(
        client
            .one(json!({"a":"up","privk":"AAAA","pubk":"AAAA"}))
            .await,
        -14
    );
}

#[tokio::test]
async fn a_bad_session_fails_the_whole_request() {
    let (_handle, client) = sandbox().await;
    let body = json!([{"a":"uq","strg":1},{"a":"ug"}]);
    assert_eq!(
        post(&client.http, &client.url, "id=5&sid=nonsense", &body).await,
        "-15"
    );
    assert_eq!(post(&client.http, &client.url, "id=6", &body).await, "-15");
    assert_eq!(client.one(json!({"a":"sml"})).await, 0);
    assert_eq!(client.text(json!([{"a":"ug"}])).await, "-15");
}

#[tokio::test]
async fn sessions_are_listed_resumed_and_ended() {
    let (handle, first) = sandbox().await;
    let text = us(
        handle.url(),
        EMAIL,
        PASSWORD,
        json!({"sek":"AAAAAAAAAAAAAAAAAAAAAA"}),
    )
    .await;
    assert!(text.contains("\"sek\":\"AAAAAAAAAAAAAAAAAAAAAA\""));
    let second = Client::login(handle.url(), EMAIL, PASSWORD).await;
    let list = first.one(json!({"a":"usl","x":1})).await;
    assert_eq!(list.as_array().unwrap().len(), 3);
    let current: Vec<i64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[5].as_i64().unwrap())
        .collect();
    assert_eq!(current.iter().sum::<i64>(), 1);
    let resumed = first
        .one(json!({"a":"us","sek":"BBBBBBBBBBBBBBBBBBBBBA"}))
        .await;
    assert_eq!(resumed["u"], first.handle.as_str());
    assert_eq!(resumed["sek"], "BBBBBBBBBBBBBBBBBBBBBA");
    assert_eq!(first.one(json!({"a":"usr","ko":1})).await, 0);
    assert_eq!(second.text(json!([{"a":"ug"}])).await, "-15");
    assert!(first.one(json!({"a":"ug"})).await["email"].is_string());
}

#[tokio::test]
async fn the_quota_has_every_field_that_some_client_insists_on() {
    let (_handle, client) = sandbox().await;
    let quota = client
        .one(json!({"a":"uq","xfer":1,"strg":1,"mstrg":1,"pro":1,"v":2}))
        .await;
    for field in [
        "bt", "usl", "uslw", "cstrg", "mstrg", "cstrgn", "subs", "plans", "features", "balance",
        "mxfer", "caxfer", "csxfer", "srvratio", "tuo", "tua", "ruo", "rua", "tar", "tah", "rtt",
        "utype",
    ] {
        assert!(quota.get(field).is_some(), "{field} is missing");
    }
    assert_eq!(quota["cstrg"], 0);
    assert_eq!(quota["mstrg"], 20u64 << 30);
}

#[tokio::test]
async fn attributes_have_versions() {
    let (_handle, client) = sandbox().await;
    assert_eq!(
        client
            .one(json!({"a":"uga","u":client.handle,"ua":"^!keys","v":1}))
            .await,
        -9
    );
    let written = client.one(json!({"a":"upv","^!keys":["first"]})).await;
    let version = written["^!keys"].as_str().unwrap();
    let read = client
        .one(json!({"a":"uga","u":client.handle,"ua":"^!keys","v":1}))
        .await;
    assert_eq!(read, json!({"av":"first","v":version}));
    assert_eq!(
        client
            .one(json!({"a":"upv","^!keys":["second","stale"]}))
            .await,
        -8
    );
    assert!(
        client
            .one(json!({"a":"upv","^!keys":["second",version]}))
            .await
            .is_object()
    );
    let ug = client.one(json!({"a":"ug","v":1})).await;
    assert_eq!(ug["^!keys"]["av"], "second");
    assert!(client.one(json!({"a":"up2","*x":"y"})).await["*x"].is_string());
}

#[tokio::test]
async fn unknown_commands_fail_alone() {
    let (_handle, client) = sandbox().await;
    let text = client
        .text(json!([{"a":"stp"},{"a":"qbq","s":5},{"a":"gpsa"},{"a":"pk"}]))
        .await;
    assert_eq!(text, "[-2,0,-9,-9]");
    assert_eq!(client.text(json!({"a":"ug"})).await, "-1");
}

#[tokio::test]
async fn the_same_request_is_carried_out_once() {
    let (handle, client) = sandbox().await;
    let (folder, _) = client.folder(client.cloud(), "x").await;
    let row = json!([{"a":"p","t":folder,"n":[{"h":"xxxxxxxx","t":1,
        "a":megarc::sandbox::crypto::attributes::encrypt(&[7;16], "{\"n\":\"y\"}"),
        "k":client.wrap(&megarc::sandbox::crypto::node_key::NodeKey::Folder([7;16]))}]}]);
    let (first, second) = tokio::join!(
        client.text_with("id=abc", row.clone()),
        client.text_with("id=abc", row.clone())
    );
    let third = client.text_with("id=abc", row.clone()).await;
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(handle.stats().replays, 2);
    let fourth = client.text_with("id=abd", row).await;
    assert_ne!(first, fourth);
    let other = client.text_with("id=abc", json!([{"a":"ug"}])).await;
    assert!(other.contains("email"));
    assert_eq!(handle.stats().reused_ids, 1);
}
