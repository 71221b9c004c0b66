//! Folders shared between two accounts.

use futures_util::TryStreamExt;
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::{self, ClientOptions};
use megarc::remote::mega::{Mega, MegaOptions, Root};
use megarc::remote::{Entry, Remote, RemotePath};
use megarc::sandbox::crypto::node_key::{self, NodeKey};
use megarc::sandbox::crypto::{aes::Aes, attributes, base64};
use serde_json::json;

use crate::support::{Client, PASSWORD, sandbox, seal, spec};

#[tokio::test]
async fn the_other_account_sees_reads_and_writes() {
    let (handle, owner) = sandbox().await;
    handle
        .add_account(&megarc::sandbox::AccountSpec {
            email: "guest@example.com".into(),
            ..spec()
        })
        .await
        .unwrap();
    let guest = Client::login(handle.url(), "guest@example.com", PASSWORD).await;
    let start = guest.sn().await;
    let (folder, folder_key) = owner.folder(owner.cloud(), "shared").await;
    let file = seal(b"for both");
    let inside = owner.file(&folder, "x", &file).await;
    let share: [u8; 16] = megarc::sandbox::crypto::random().unwrap();
    let wrapped = |key: &NodeKey| node_key::wrap(&share, key);
    let for_guest = base64::encode(&Aes::new(&guest.master).encrypt_block(share));
    let share_with = |level: u8| {
        json!({"a":"s2","n":folder,
        "s":[{"u":"guest@example.com","r":level,"k":for_guest}],
        "ok":base64::encode(&Aes::new(&owner.master).encrypt_block(share)),
        "ha":base64::encode(&node_key::handle_auth(&owner.master, &folder).unwrap()),
        "cr":[[folder],[folder,inside],[0,0,wrapped(&NodeKey::Folder(folder_key)),0,1,wrapped(&NodeKey::File(file.key))]]})
    };
    assert_eq!(owner.one(share_with(0)).await, json!({"r":[0]}));

    let root = guest.node(&folder).await.unwrap();
    assert_eq!(
        (&root["su"], &root["sk"], &root["r"]),
        (&json!(owner.handle), &json!(for_guest), &json!(0))
    );
    assert_eq!(
        root["k"],
        format!("{folder}:{}", wrapped(&NodeKey::Folder(folder_key)))
    );
    assert_eq!(guest.fetch(&inside).await, file.data);
    assert_eq!(
        incoming(handle.url(), "guest@example.com").await,
        [("shared/x".to_owned(), b"for both".to_vec())]
    );
    assert_eq!(owner.tree().await["s"][0]["u"], guest.handle);
    let news = guest.events(&start).await;
    let kinds: Vec<&str> = news["a"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["a"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["s2", "t"]);

    // Reading only: no change.
    let new_at = attributes::encrypt(&folder_key, "{\"n\":\"renamed\"}");
    assert_eq!(
        guest.one(json!({"a":"a","n":folder,"at":new_at})).await,
        -11
    );
    assert_eq!(guest.one(json!({"a":"d","n":inside})).await, -11);
    assert_eq!(owner.one(share_with(1)).await, json!({"r":[0]}));

    // With write access the new file belongs to the owner.
    let theirs = seal(b"from the guest");
    let token = guest.send(&theirs).await;
    let put = json!({"a":"p","t":folder,"n":[guest.row(&token, "y", &theirs)],
        "cr":[[folder],[],[0,0,wrapped(&NodeKey::File(theirs.key))]]});
    let answer = guest.one(put).await;
    let new = answer["f"][0]["h"].as_str().unwrap();
    let seen = owner.node(new).await.unwrap();
    assert_eq!(seen["u"], owner.handle);
    assert_eq!(
        seen["k"],
        format!("{folder}:{}", wrapped(&NodeKey::File(theirs.key)))
    );
    assert_eq!(owner.fetch(new).await, theirs.data);
    assert_eq!(
        guest.one(json!({"a":"d","n":new})).await,
        -11,
        "deleting takes full access"
    );

    assert_eq!(
        owner
            .one(json!({"a":"s2","n":folder,"s":[{"u":guest.handle,"r":""}]}))
            .await,
        json!({"r":[0]})
    );
    assert!(guest.node(&folder).await.is_none());
    assert_eq!(guest.one(json!({"a":"g","g":1,"n":inside})).await, -9);
    assert_eq!(handle.check(), Vec::<String>::new());
    assert_eq!(handle.stats().refusals, Vec::<String>::new());
}

/// What megarc finds in the folders that others share with an account: the
/// files directly in each, with their content.
async fn incoming(url: &str, email: &str) -> Vec<(String, Vec<u8>)> {
    let options = ClientOptions {
        api_url: url.to_owned(),
        credentials: Some(Credentials {
            email: email.to_owned(),
            password: Secret::new(PASSWORD),
            mfa: MfaSource::default(),
        }),
        ..ClientOptions::default()
    };
    let client = mega::Client::connect(options).await.unwrap();
    let shown = MegaOptions {
        root: Root::Incoming,
        ..MegaOptions::default()
    };
    let remote = Mega::new(client, shown);
    let mut found = Vec::new();
    for share in remote.list(&Entry::dir(RemotePath::root())).await.unwrap() {
        for file in remote.list(&share).await.unwrap() {
            let pieces: Vec<_> = remote
                .read(&file, None)
                .await
                .unwrap()
                .try_collect()
                .await
                .unwrap();
            found.push((file.path.to_string(), pieces.concat()));
        }
    }
    found
}
