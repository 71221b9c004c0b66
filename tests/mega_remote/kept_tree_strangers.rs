//! The kept tree where others come into play: shares, other processes, other
//! accounts.

use std::fs::{self, File};

use megarc::mega::api::{Command, Route};
use megarc::mega::crypto::base64;
use megarc::mega::crypto::keys::ShareKey;
use megarc::mega::crypto::wrap::{Wrapping, ha};
use megarc::mega::{Client, Error, NodeHandle};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::sandbox::{self, AccountSpec, Handle, RsaSource};
use serde_json::{Value, json};

use super::kept_tree::{dump, kept, sandbox_client};
use super::support::{EMAIL, PASSWORD, put};

const OTHER: &str = "other@example.com";

async fn two_accounts() -> Handle {
    let account = |email| AccountSpec {
        rsa: RsaSource::Fixed,
        ..AccountSpec::new(email, PASSWORD)
    };
    sandbox::start(sandbox::Options {
        accounts: vec![account(EMAIL), account(OTHER)],
        ..sandbox::Options::default()
    })
    .await
    .unwrap()
}

/// `s2`: shares a folder with an account, or no longer.
struct ShareWith(Value);

impl Command for ShareWith {
    const NAME: &'static str = "s2";
    const ROUTE: Route = Route::Alone;
    type Reply = Value;

    fn to_json(&self) -> Value {
        self.0.clone()
    }

    fn parse(reply: Value) -> Result<Value, Error> {
        Ok(reply)
    }
}

/// Shares `folder` of `owner` with the account of `guest`.
async fn share(owner: &Client, guest: &Client, folder: NodeHandle, level: Option<u8>) {
    let master = owner.master_key().unwrap();
    let key = ShareKey::from_bytes([6; 16]);
    let tree = owner.tree().await.unwrap();
    let (nodes, keys): (Vec<String>, Vec<Value>) = {
        let tree = tree.read();
        let below = tree.subtree(folder);
        let keys = below.iter().enumerate().flat_map(|(at, node)| {
            [
                json!(0),
                json!(at),
                json!(key.wrap_node_key(&node.key().unwrap())),
            ]
        });
        (
            below.iter().map(|node| node.handle().to_string()).collect(),
            keys.collect(),
        )
    };
    let mut wish = json!({"u": EMAIL});
    if let Some(level) = level {
        let for_guest = guest.master_key().unwrap().wrap(key.as_bytes());
        wish["r"] = json!(level);
        wish["k"] = json!(base64::encode(&for_guest));
    }
    let command = json!({
        "a": "s2", "n": folder.as_str(), "s": [wish],
        "ok": base64::encode(&master.wrap(key.as_bytes())),
        "ha": ha(folder.as_str(), &master).unwrap(),
        "cr": [[folder.as_str()], nodes, keys],
    });
    owner.api().call(ShareWith(command)).await.unwrap();
}

async fn find(client: &Client, path: &[&str]) -> NodeHandle {
    let tree = client.tree().await.unwrap();
    let tree = tree.read();
    tree.lookup(tree.cloud().unwrap(), path)[0].handle()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_share_comes_and_changes_and_goes() {
    let sandbox = two_accounts().await;
    let home = tempfile::tempdir().unwrap();
    let owner = async || {
        let client = sandbox_client(sandbox.url(), home.path(), OTHER, true).await;
        Mega::new(client, MegaOptions::default())
    };
    let look = async |what: &str| {
        let warm = sandbox_client(sandbox.url(), home.path(), EMAIL, true).await;
        let cold = sandbox_client(sandbox.url(), home.path(), EMAIL, false).await;
        let warm_owner = sandbox_client(sandbox.url(), home.path(), OTHER, true).await;
        let cold_owner = sandbox_client(sandbox.url(), home.path(), OTHER, false).await;
        let right = dump(&cold).await;
        assert_eq!(dump(&warm).await, right, "{what}");
        assert_eq!(
            dump(&warm_owner).await,
            dump(&cold_owner).await,
            "{what}: the owner"
        );
        right
    };
    look("nothing").await;
    let first = owner().await;
    put(&first, "theirs/a", b"one", None).await.unwrap();
    let folder = find(first.client(), &["theirs"]).await;
    let alone = look("not shared yet").await;
    let guest = sandbox_client(sandbox.url(), home.path(), EMAIL, false).await;
    share(first.client(), &guest, folder, Some(0)).await;
    let shared = look("shared").await;
    assert!(shared.len() > alone.len());
    let second = owner().await;
    put(&second, "theirs/below/b", b"two", None).await.unwrap();
    let more = look("a file came").await;
    assert!(more.len() > shared.len());
    let gone = find(second.client(), &["theirs", "a"]).await;
    second.client().discard(gone).await.unwrap();
    look("a file went").await;
    share(second.client(), &guest, folder, Some(2)).await;
    look("we may do more").await;
    share(second.client(), &guest, folder, None).await;
    assert_eq!(look("not shared any more").await, alone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_of_another_account_is_not_taken() {
    let sandbox = two_accounts().await;
    let homes = [EMAIL, OTHER].map(|email| (tempfile::tempdir().unwrap(), email));
    let mut right = Vec::new();
    for (home, email) in &homes {
        let client = sandbox_client(sandbox.url(), home.path(), email, true).await;
        right.push(dump(&client).await);
    }
    let files = [kept(homes[0].0.path()), kept(homes[1].0.path())];
    assert_ne!(files[0].file_name(), files[1].file_name());
    fs::copy(&files[0], &files[1]).unwrap();
    let (home, email) = &homes[1];
    let client = sandbox_client(sandbox.url(), home.path(), email, true).await;
    assert_eq!(dump(&client).await, right[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_writes_or_died_writing_is_in_nobodys_way() {
    let sandbox = two_accounts().await;
    let home = tempfile::tempdir().unwrap();
    let client = async || sandbox_client(sandbox.url(), home.path(), EMAIL, true).await;
    let right = dump(&client().await).await;
    let file = kept(home.path());
    let good = fs::read(&file).unwrap();
    // Killed half way: the whole file stands, a half one beside it.
    fs::write(file.with_extension("part"), &good[..good.len() / 2]).unwrap();
    assert_eq!(dump(&client().await).await, right);
    assert_eq!(fs::read(&file).unwrap(), good);
    // While somebody else writes, nothing is kept and nobody waits.
    fs::remove_file(&file).unwrap();
    let lock = File::open(file.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(dump(&client().await).await, right);
    assert!(!file.exists());
    drop(lock);
    assert_eq!(dump(&client().await).await, right);
    assert!(file.exists() && !file.with_extension("part").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_agree() {
    let sandbox = two_accounts().await;
    let home = tempfile::tempdir().unwrap();
    let client = async || sandbox_client(sandbox.url(), home.path(), EMAIL, true).await;
    let writer = Mega::new(client().await, MegaOptions::default());
    for round in 0..5 {
        put(&writer, &format!("d/{round}"), b"x", None)
            .await
            .unwrap();
        let (a, b, c) = tokio::join!(client(), client(), client());
        let (a, b, c) = tokio::join!(dump(&a), dump(&b), dump(&c));
        assert_eq!(a, dump(writer.client()).await, "{round}");
        assert!(a == b && b == c, "{round}");
    }
}
