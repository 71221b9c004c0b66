//! Logins and sessions over real HTTP, against the sandbox: a server that
//! shares no code with the client.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use megarc::mega::crypto::keys::SealKey;
use megarc::mega::session::{Credentials, MfaSource, Secret, SessionStore};
use megarc::mega::transport::RetryPolicy;
use megarc::mega::{Client, ClientOptions, Error, LoginFailure};
use megarc::sandbox::{AccountSpec, Faults, Handle, Mfa, Options, RsaSource, start};

const EMAIL: &str = "user@example.com";
const PASSWORD: &str = "pässwört 日本語 🔑";

fn account(email: &str, version: u8) -> AccountSpec {
    AccountSpec {
        version,
        // Making a key takes seconds without optimisation.
        rsa: RsaSource::Fixed,
        ..AccountSpec::new(email, PASSWORD)
    }
}

async fn sandbox(accounts: Vec<AccountSpec>) -> Handle {
    let options = Options {
        accounts,
        ..Options::default()
    };
    start(options).await.unwrap()
}

fn options(sandbox: &Handle, email: &str, password: &str) -> ClientOptions {
    ClientOptions {
        api_url: sandbox.url().to_owned(),
        credentials: Some(Credentials {
            email: email.to_owned(),
            password: Secret::new(password),
            mfa: MfaSource::default(),
        }),
        retries: RetryPolicy::new(10).with_sleeper(Arc::new(|_| Box::pin(std::future::ready(())))),
        timeout: Duration::from_secs(60),
        ..ClientOptions::default()
    }
}

fn store(dir: &tempfile::TempDir) -> Option<SessionStore> {
    Some(SessionStore::new(dir.path(), SealKey::from_bytes([1; 32])))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_log_in_and_out() {
    let accounts = vec![account("one@example.com", 1), account("two@example.com", 2)];
    let sandbox = sandbox(accounts).await;
    for email in ["One@Example.com", "TWO@example.com"] {
        let client = Client::connect(options(&sandbox, email, PASSWORD))
            .await
            .unwrap();
        let info = client.user_info().await.unwrap();
        assert_eq!(info.email, email.to_lowercase());
        assert_eq!(info.user, client.session().unwrap().user);
        let quota = client.quota().await.unwrap();
        assert_eq!((quota.used, quota.allowed), (0, 20 << 30));
        assert!(client.stored_share_keys().await.unwrap().is_empty());
        client.logout().await.unwrap();
        client.logout().await.unwrap();
    }
    assert_eq!(sandbox.stats().logins, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_and_unknown_users_are_told_alike() {
    let sandbox = sandbox(vec![account("one@example.com", 1), account(EMAIL, 2)]).await;
    for email in ["one@example.com", EMAIL, "nobody@example.com"] {
        let error = Client::connect(options(&sandbox, email, "wrong"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Login(LoginFailure::WrongCredentials { .. })),
            "{error:?}"
        );
    }
    assert_eq!(sandbox.stats().logins, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_factor_is_asked_for() {
    let mut spec = account(EMAIL, 2);
    spec.mfa = Some(Mfa::Code("123456".to_owned()));
    let sandbox = sandbox(vec![spec]).await;
    let with = |mfa: MfaSource| {
        let mut options = options(&sandbox, EMAIL, PASSWORD);
        options.credentials.as_mut().unwrap().mfa = mfa;
        Client::connect(options)
    };
    let error = with(MfaSource::default()).await.unwrap_err();
    assert!(
        matches!(error, Error::Login(LoginFailure::SecondFactorMissing)),
        "{error:?}"
    );
    let error = with(MfaSource::fixed("654321")).await.unwrap_err();
    assert!(
        matches!(error, Error::Login(LoginFailure::SecondFactorWrong)),
        "{error:?}"
    );
    with(MfaSource::fixed("123456")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_clients_with_one_store_log_in_once() {
    let sandbox = sandbox(vec![account(EMAIL, 2)]).await;
    let dir = tempfile::tempdir().unwrap();
    let clients = (0..10).map(|_| {
        let mut options = options(&sandbox, EMAIL, PASSWORD);
        options.store = store(&dir);
        tokio::spawn(async move {
            let client = Client::connect(options).await.unwrap();
            client.quota().await.unwrap();
            client
        })
    });
    let clients: Vec<Client> = join_all(clients)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(sandbox.stats().logins, 1);

    // When the server forgets the session, again one login serves them all.
    sandbox.drop_sessions().await.unwrap();
    let asking = clients
        .into_iter()
        .map(|client| tokio::spawn(async move { client.quota().await }));
    for quota in join_all(asking).await {
        quota.unwrap().unwrap();
    }
    assert_eq!(sandbox.stats().logins, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_keys_gets_them_made_once() {
    let mut spec = account(EMAIL, 2);
    spec.rsa = RsaSource::Absent;
    let sandbox = sandbox(vec![spec]).await;
    for _ in 0..2 {
        let client = Client::connect(options(&sandbox, EMAIL, PASSWORD))
            .await
            .unwrap();
        assert!(client.session().unwrap().private_key().unwrap().is_some());
        assert!(client.user_info().await.unwrap().public_key.is_some());
    }
    assert_eq!(sandbox.stats().commands.get("up"), Some(&1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_gets_through_a_bad_day() {
    let sandbox = sandbox(vec![account(EMAIL, 2)]).await;
    let day = "login:402=255*2;login:-3@2;login:500@4;login:lose@5;login:cut=3@6;login:empty@7;cs:garbage@1;cs.uq:[-3]*2;cs.uq:reset@1";
    sandbox.set_faults(Faults::parse(day).unwrap());
    let client = Client::connect(options(&sandbox, EMAIL, PASSWORD))
        .await
        .unwrap();
    assert_eq!(client.quota().await.unwrap().used, 0);
    let stats = sandbox.stats();
    assert_eq!(
        stats.logins, 1,
        "an answer that was lost is repeated, not earned anew"
    );
    assert_eq!(stats.reused_ids, 0);
    assert!(stats.hashcash > 0 && stats.faults > 4, "{stats:?}");
}
