//! Logins: the complete exchanges of `tests/vectors/login.json`, second
//! factors, other spellings of passwords, missing keys, stored sessions.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use megarc::mega::api::{EmptyRubbish, SessionRenewer};
use megarc::mega::crypto::base64;
use megarc::mega::crypto::keys::SealKey;
use megarc::mega::error::{Error, LoginFailure};
use megarc::mega::session::{Credentials, MfaSource, Secret, SessionStore};
use megarc::mega::transport::{HttpResponse, TransportError};
use megarc::mega::{Client, ClientOptions};
use serde_json::{Value, json};

use crate::script::{Pauses, Script, Sent, all_ok, ok};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/login.json")).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn credentials(email: &str, password: &str) -> Credentials {
    Credentials {
        email: email.to_owned(),
        password: Secret::new(password),
        mfa: MfaSource::default(),
    }
}

fn options(script: &Arc<Script>, credentials: Credentials) -> ClientOptions {
    ClientOptions {
        api_url: "https://api.test/".to_owned(),
        credentials: Some(credentials),
        retries: Pauses::default().policy(2),
        transport: Some(script.clone()),
        ..ClientOptions::default()
    }
}

async fn connect(script: &Arc<Script>, email: &str, password: &str) -> Result<Client, Error> {
    Client::connect(options(script, credentials(email, password))).await
}

/// A server that knows one account, from an exchange of the vectors.
fn server(exchange: Value) -> Arc<Script> {
    Script::new(move |sent, _| answer(&exchange, sent))
}

fn answer(exchange: &Value, sent: &Sent) -> Result<HttpResponse, TransportError> {
    let command = &sent.commands()[0];
    match command["a"].as_str().unwrap() {
        "us0" if *command == exchange["us0_request"] => {
            ok(json!([exchange["us0_response"]]).to_string())
        }
        "us" if *command == exchange["us_request"] => {
            ok(json!([exchange["us_response"]]).to_string())
        }
        "us0" | "us" => ok("[-9]"),
        _ => all_ok(sent),
    }
}

#[tokio::test]
async fn opens_the_sessions_of_the_vectors() {
    let vectors = vectors();
    let mut exchanges = vectors["exchange"].as_array().unwrap().clone();
    exchanges.push(vectors["exchange_sid_with_leading_zero"].clone());
    for exchange in exchanges {
        let script = server(exchange.clone());
        let (email, password) = (text(&exchange["email"]), text(&exchange["password"]));
        let client = connect(&script, &format!(" {email} "), &password)
            .await
            .unwrap();
        let session = client.session().unwrap();
        assert_eq!(session.id.reveal(), text(&exchange["expect"]["sid"]));
        let key: String = session
            .master_key
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(key, text(&exchange["expect"]["master_key_hex"]));
        assert_eq!(session.user.as_str(), text(&exchange["us_response"]["u"]));
        assert!(session.private_key().unwrap().is_some());
        assert_eq!(script.names(), ["us0", "us"]);

        client.api().call(EmptyRubbish).await.unwrap();
        assert_eq!(script.sent()[2].query["sid"], session.id.reveal());
        let shown = format!("{client:?} {session:?} {:?}", client.options().credentials);
        assert!(
            !shown.contains(session.id.reveal()) && !shown.contains(&password),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn refusals_are_explained_for_a_login() {
    let cases = [
        (-9, "wrong e-mail address or password"),
        (-8, "expired"),
        (-6, "too many login attempts"),
        (-13, "not confirmed"),
        (-16, "blocked"),
        (-26, "two-factor"),
        (-17, "login refused"),
    ];
    for (code, expected) in cases {
        let script = Script::new(move |sent, _| match sent.names().as_str() {
            "us0" => ok("[{\"v\":1}]"),
            _ => ok(format!("[{code}]")),
        });
        let error = connect(&script, "user@example.com", "password123")
            .await
            .unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, Error::Login(_)), "{said}");
        assert!(
            said.contains(expected) && !said.contains("object not found"),
            "{code}: {said}"
        );
    }
}

#[tokio::test]
async fn a_v1_password_beyond_ascii_is_tried_in_both_spellings() {
    let vectors = vectors();
    let vector = vectors["v1"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v.get("utf8_variant").is_some())
        .unwrap()
        .clone();
    let (email, password) = (text(&vector["email"]), text(&vector["password"]));
    let script = Script::new(|sent, _| match sent.names().as_str() {
        "us0" => ok("[{\"v\":1}]"),
        _ => ok("[-9]"),
    });
    let error = connect(&script, &email, &password).await.unwrap_err();
    assert!(error.to_string().contains("beyond ASCII"), "{error}");
    let hashes: Vec<String> = script.sent()[1..]
        .iter()
        .map(|sent| text(&sent.commands()[0]["uh"]))
        .collect();
    assert_eq!(
        hashes,
        [text(&vector["uh"]), text(&vector["utf8_variant"]["uh"])]
    );
}

#[tokio::test]
async fn a_v2_password_with_outer_spaces_is_tried_trimmed_too() {
    let exchange = vectors()["exchange_sid_with_leading_zero"].clone();
    let script = server(exchange);
    connect(&script, "zero@example.com", " password123\n")
        .await
        .unwrap();
    assert_eq!(script.names(), ["us0", "us", "us"]);
}

/// A server that wants code 123456.
fn server_with_second_factor(wrong: i64) -> Arc<Script> {
    let exchange = vectors()["exchange"][0].clone();
    Script::new(move |sent, _| {
        let mut command = sent.commands()[0].clone();
        if command["a"] != "us" {
            return answer(&exchange, sent);
        }
        match command.as_object_mut().unwrap().remove("mfa") {
            None => ok("[-26]"),
            Some(code) if code == "123456" => ok(json!([exchange["us_response"]]).to_string()),
            Some(_) => ok(format!("[{wrong}]")),
        }
    })
}

fn callback(
    codes: &'static [&'static str],
    asked: &Arc<AtomicU32>,
) -> megarc::mega::session::CodeCallback {
    let asked = Arc::clone(asked);
    Arc::new(move || {
        let n = asked.fetch_add(1, Ordering::Relaxed) as usize;
        let code = codes.get(n).map(|code| (*code).to_owned());
        Box::pin(std::future::ready(
            code.ok_or_else(|| "no more codes".to_owned()),
        ))
    })
}

async fn second_factor(script: &Arc<Script>, mfa: MfaSource) -> Result<Client, Error> {
    let mut credentials = credentials("user@example.com", "password123");
    credentials.mfa = mfa;
    Client::connect(options(script, credentials)).await
}

#[tokio::test]
async fn a_fixed_code_is_sent_when_asked_for() {
    let script = server_with_second_factor(-26);
    second_factor(&script, MfaSource::fixed("123 456"))
        .await
        .unwrap();
    assert_eq!(script.names(), ["us0", "us", "us"]);
    assert!(script.sent()[1].commands()[0].get("mfa").is_none());
}

#[tokio::test]
async fn without_any_code_the_reason_is_told() {
    let script = server_with_second_factor(-26);
    let error = second_factor(&script, MfaSource::default())
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Login(LoginFailure::SecondFactorMissing)
    ));
}

#[tokio::test]
async fn a_wrong_code_asks_on_and_ends() {
    for wrong in [-26, -5] {
        let (ran, asked) = (Arc::default(), Arc::default());
        let mfa = MfaSource {
            fixed: Some(Secret::new("000000")),
            command: Some(callback(&["111111"], &ran)),
            prompt: Some(callback(&["222222", "123456"], &asked)),
        };
        let script = server_with_second_factor(wrong);
        second_factor(&script, mfa).await.unwrap();
        assert_eq!(
            (ran.load(Ordering::Relaxed), asked.load(Ordering::Relaxed)),
            (1, 2)
        );

        let asked = Arc::default();
        let mfa = MfaSource {
            prompt: Some(callback(&["1", "2", "3", "4"], &asked)),
            ..MfaSource::default()
        };
        let error = second_factor(&script, mfa).await.unwrap_err();
        assert!(matches!(
            error,
            Error::Login(LoginFailure::SecondFactorWrong)
        ));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}

#[tokio::test]
async fn a_code_command_that_fails_says_why() {
    let mfa = MfaSource {
        command: Some(callback(&[], &Arc::default())),
        ..MfaSource::default()
    };
    let error = second_factor(&server_with_second_factor(-26), mfa)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no more codes"), "{error}");
}

/// A change that makes an answer unusable.
type Spoil = fn(&mut Value);

#[tokio::test]
async fn answers_that_do_not_fit_are_refused_by_kind() {
    let spoil: [(&str, Spoil); 5] = [
        ("another user", |us| us["u"] = json!("AAAAAAAAAAA")),
        ("no session id", |us| us["csid"] = json!(null)),
        ("RSA key", |us| us["privk"] = json!(null)),
        ("master key", |us| us["k"] = json!("AAAA")),
        ("session id", |us| us["csid"] = json!("CAAB")),
    ];
    for (expected, change) in spoil {
        let mut exchange = vectors()["exchange"][0].clone();
        change(&mut exchange["us_response"]);
        let error = connect(&server(exchange), "user@example.com", "password123")
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Login(LoginFailure::BadAnswer(_))),
            "{error:?}"
        );
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

#[tokio::test]
async fn an_account_without_keys_gets_them_made() {
    let vectors = vectors();
    let (exchange, ephemeral) = (vectors["exchange"][0].clone(), vectors["ephemeral"].clone());
    // Both belong to one account with one master key; only the temporary
    // session is new.
    let mut temporary = exchange["us_response"].clone();
    let fields = temporary.as_object_mut().unwrap();
    fields.remove("csid");
    fields.remove("privk");
    fields.insert("tsid".to_owned(), ephemeral["us_response"]["tsid"].clone());
    let script = Script::new(move |sent, n| match (sent.names().as_str(), n) {
        ("us", 0..=2) => ok(json!([temporary]).to_string()),
        ("up", _) => ok("[\"T4Ihc23NcAQ\"]"),
        _ => answer(&exchange, sent),
    });
    let client = connect(&script, "user@example.com", "password123")
        .await
        .unwrap();
    assert_eq!(script.names(), ["us0", "us", "up", "us0", "us"]);
    let up = &script.sent()[2];
    assert_eq!(up.query["sid"], text(&ephemeral["us_response"]["tsid"]));
    let length = |name: &str| {
        base64::decode(up.commands()[0][name].as_str().unwrap())
            .unwrap()
            .len()
    };
    assert!(length("privk") % 16 == 0 && length("privk") > 600);
    assert!((259..270).contains(&length("pubk")));
    assert!(client.session().unwrap().private_key().unwrap().is_some());
}

fn with_store(script: &Arc<Script>, dir: &tempfile::TempDir, password: &str) -> ClientOptions {
    ClientOptions {
        store: Some(SessionStore::new(
            dir.path().join("sessions"),
            SealKey::from_bytes([3; 32]),
        )),
        ..options(script, credentials("user@example.com", password))
    }
}

#[tokio::test]
async fn a_stored_session_is_taken_up_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let script = server(vectors()["exchange"][0].clone());
    let first = Client::connect(with_store(&script, &dir, "password123"))
        .await
        .unwrap();
    let second = Client::connect(with_store(&script, &dir, "password123"))
        .await
        .unwrap();
    assert_eq!(script.names(), ["us0", "us"]);
    assert_eq!(first.session().unwrap().id, second.session().unwrap().id);
    assert!(
        Client::connect(with_store(&script, &dir, "another"))
            .await
            .is_err()
    );
    assert_eq!(script.names().len(), 4, "an edited password logs in");

    second.logout().await.unwrap();
    assert_eq!(script.names().last().unwrap(), "sml");
    Client::connect(with_store(&script, &dir, "password123"))
        .await
        .unwrap();
    assert_eq!(script.names()[5..], ["us0", "us"]);
}

#[tokio::test]
async fn ten_that_start_at_once_log_in_once() {
    let dir = tempfile::tempdir().unwrap();
    let script = server(vectors()["exchange"][1].clone());
    let connecting = (0..10).map(|_| {
        let mut options = with_store(&script, &dir, "pässwört 日本語 🔑");
        options.credentials.as_mut().unwrap().email = "unicode@example.com".to_owned();
        tokio::spawn(Client::connect(options))
    });
    for client in futures_util::future::join_all(connecting).await {
        client.unwrap().unwrap();
    }
    assert_eq!(script.names(), ["us0", "us"]);
}

#[tokio::test]
async fn a_stale_stored_session_is_replaced_for_all() {
    let dir = tempfile::tempdir().unwrap();
    let exchange = vectors()["exchange"][0].clone();
    let fresh = text(&exchange["expect"]["sid"]);
    let zero = vectors()["exchange_sid_with_leading_zero"].clone();
    // The first login gives one session, every later one another.
    let (old, new) = (
        zero["us_response"]["csid"].clone(),
        exchange["us_response"]["csid"].clone(),
    );
    let stale = text(&zero["expect"]["sid"]);
    let logins = AtomicU32::new(0);
    let script = Script::new(move |sent, _| match sent.names().as_str() {
        "us" => {
            let mut reply = exchange["us_response"].clone();
            let first = logins.fetch_add(1, Ordering::Relaxed) == 0;
            reply["csid"] = if first { old.clone() } else { new.clone() };
            ok(json!([reply]).to_string())
        }
        "dr" if sent.query["sid"] == stale => ok("-15"),
        _ => answer(&exchange, sent),
    });
    let one = Client::connect(with_store(&script, &dir, "password123"))
        .await
        .unwrap();
    let two = Client::connect(with_store(&script, &dir, "password123"))
        .await
        .unwrap();
    one.api().call(EmptyRubbish).await.unwrap();
    two.api().call(EmptyRubbish).await.unwrap();
    assert_eq!(
        script.names(),
        ["us0", "us", "dr", "us0", "us", "dr", "dr", "dr"]
    );
    assert_eq!(two.session().unwrap().id.reveal(), fresh);
}

#[tokio::test]
async fn without_an_account_nothing_is_sent() {
    let script = Script::new(|_, _| ok("[0]"));
    let mut options = options(&script, credentials("", ""));
    options.credentials = None;
    let client = Client::connect(options).await.unwrap();
    assert!(matches!(
        client.quota().await,
        Err(Error::Login(LoginFailure::NotLoggedIn))
    ));
    assert!(matches!(
        client.logout().await,
        Err(Error::Login(LoginFailure::NotLoggedIn))
    ));
    assert!(script.sent().is_empty());
    fn is_renewer<T: SessionRenewer>() {}
    is_renewer::<megarc::mega::session::SessionKeeper>();
}
