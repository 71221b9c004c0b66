//! What is sent again, how often, and after which pause.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::{StreamExt, stream};
use megarc::mega::api::{FetchNodes, Logout, Prelogin, Quota, UserInfo};
use megarc::mega::crypto::hashcash::Challenge;
use megarc::mega::error::Error;
use megarc::mega::transport::{
    BodyStream, HttpResponse, TransportError, TransportErrorKind as Kind,
};

use crate::script::{
    Pauses, Script, all_ok, anonymous, anonymous_with, ok, refused, status, with_header,
};

const CHALLENGE: &str =
    "1:255:1731410499:F3RrW3wWY5_zMVVm7aThM-cuYjn0PvfVjAP9cRFQ1mmSvBsDUtcHI3VhPsCwKT0T";

#[tokio::test]
async fn temporary_failures_are_sent_again_unchanged() {
    let pauses = Pauses::default();
    let script = Script::new(|sent, n| match n {
        0 => refused(),
        1 => status(500),
        2 => status(502),
        3 => status(503),
        4 => status(504),
        5 => ok(""),
        6 => ok("[{\"cstrg\":1,"),
        7 => ok("-3"),
        _ => all_ok(sent),
    });
    anonymous_with(&script, pauses.policy(10))
        .call(Logout)
        .await
        .unwrap();
    let sent = script.sent();
    assert_eq!(sent.len(), 9);
    assert!(
        sent.iter()
            .all(|one| one.id() == sent[0].id() && one.body == sent[0].body)
    );
    assert_eq!(
        pauses.millis(),
        [100, 200, 400, 800, 1600, 3200, 6400, 8000]
    );
}

#[tokio::test]
async fn low_level_retries_bound_the_tries() {
    let pauses = Pauses::default();
    let script = Script::new(|_, _| refused());
    let error = anonymous_with(&script, pauses.policy(2))
        .call(Logout)
        .await
        .unwrap_err();
    assert_eq!(script.sent().len(), 3);
    assert_eq!(error.to_string(), "api.test: connection refused");
    assert!(error.is_temporary());
}

#[tokio::test]
async fn too_many_requests_slow_down_more_and_heed_the_server() {
    let pauses = Pauses::default();
    let script = Script::new(|sent, n| match n {
        0 => ok("-4"),
        1 => status(429),
        2 => with_header(429, "retry-after", "30"),
        _ => all_ok(sent),
    });
    anonymous_with(&script, pauses.policy(10))
        .call(Logout)
        .await
        .unwrap();
    assert_eq!(pauses.millis(), [400, 800, 30_000]);
}

#[tokio::test]
async fn a_server_that_stays_busy_is_quoted() {
    let script = Script::new(|_, _| ok("-4"));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert_eq!(script.sent().len(), 11);
    assert_eq!(error.code().unwrap().0, -4);
}

#[tokio::test]
async fn a_wrong_address_is_told_soon() {
    let script = Script::new(|_, _| status(404));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert_eq!(script.sent().len(), 3);
    assert!(error.to_string().contains("HTTP 404"), "{error}");
    assert!(matches!(
        &error,
        Error::Transport(TransportError {
            kind: Kind::Status(404),
            ..
        })
    ));
}

#[tokio::test]
async fn used_up_transfer_quota_is_not_waited_for_here() {
    let script = Script::new(|_, _| with_header(509, "X-MEGA-Time-Left", "120"));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert_eq!(script.sent().len(), 1);
    assert!(
        matches!(error, Error::Quota { retry_after: Some(wait) } if wait == Duration::from_secs(120))
    );
}

#[tokio::test]
async fn a_proof_of_work_goes_with_the_same_request() {
    let script = Script::new(|sent, n| match n {
        0 => with_header(402, "X-Hashcash", CHALLENGE),
        1 => refused(),
        _ => ok(if sent.hashcash.is_some() {
            "[0]"
        } else {
            "[-1]"
        }),
    });
    anonymous(&script).call(Logout).await.unwrap();
    let sent = script.sent();
    assert!(
        sent.iter()
            .all(|one| one.id() == sent[0].id() && one.body == sent[0].body)
    );
    assert!(sent[0].hashcash.is_none());
    let proof = sent[2].hashcash.clone().unwrap();
    let mut parts = proof.split(':');
    let token = CHALLENGE.rsplit(':').next();
    assert_eq!((parts.next(), parts.next()), (Some("1"), token));
    let prefix = megarc::mega::crypto::base64::decode(parts.next().unwrap()).unwrap();
    let challenge = Challenge::parse(CHALLENGE).unwrap();
    assert!(challenge.verify(prefix.try_into().unwrap()));
}

/// The easiest way to see that the work stopped: the runtime waits for its
/// threads at the end of the test, and this challenge takes days.
#[tokio::test]
async fn a_proof_that_nobody_waits_for_is_given_up() {
    let hopeless = CHALLENGE.replace(":255:", ":0:");
    let script = Script::new(move |_, _| with_header(402, "X-Hashcash", &hopeless));
    let api = anonymous(&script);
    let call = tokio::spawn(async move { api.call(Logout).await });
    script.arrived(1).await;
    tokio::task::yield_now().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_challenge_in_an_unknown_form_is_given_up() {
    let script = Script::new(|_, _| with_header(402, "X-Hashcash", "2:1:2:x"));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert!(error.to_string().contains("402"), "{error}");
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test]
async fn endless_challenges_end() {
    let script = Script::new(|_, _| with_header(402, "X-Hashcash", CHALLENGE));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert!(error.to_string().contains("proof of work"), "{error}");
    assert_eq!(script.sent().len(), 9);
}

#[tokio::test]
async fn too_few_results_are_fatal() {
    let script = Script::new(|_, _| ok("[]"));
    let error = anonymous(&script).call(Logout).await.unwrap_err();
    assert_eq!(script.sent().len(), 1);
    assert!(
        error.to_string().contains("0 results for 1 commands"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stream_is_handed_on_after_its_errors_are_over() {
    let broken = || {
        let error = TransportError::new(Kind::Broken, "https://api.test/cs", "reset");
        let pieces = stream::iter([Ok("[".into()), Err(error)]);
        Ok(HttpResponse {
            status: 200,
            headers: Vec::new(),
            body: BodyStream::new(pieces, None),
        })
    };
    let script = Script::new(move |_, n| match n {
        0 => ok("-3"),
        1 => status(500),
        2 => broken(),
        3 => ok("[-3]"),
        _ => {
            let pieces = ["[", "{\"f\"", ":[]", "}]"].map(|piece| Ok(piece.into()));
            let body = BodyStream::new(stream::iter(pieces), None);
            Ok(HttpResponse {
                status: 200,
                headers: Vec::new(),
                body,
            })
        }
    });
    let body = anonymous(&script).stream(FetchNodes).await.unwrap();
    let whole: Vec<u8> = body.map(Result::unwrap).collect::<Vec<_>>().await.concat();
    assert_eq!(whole, b"[{\"f\":[]}]");
    let ids: Vec<u64> = script
        .sent()
        .iter()
        .map(|one| one.id() - script.sent()[0].id())
        .collect();
    assert_eq!(ids, [0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_refused_stream_is_an_error() {
    for (body, code) in [("-15", -15), ("[-9]", -9), ("[{\"err\":-16}]", -16)] {
        let script = Script::new(move |_, _| ok(body));
        let error = anonymous(&script).stream(FetchNodes).await.unwrap_err();
        assert_eq!(error.code().unwrap().0, code);
    }
}

#[tokio::test]
async fn not_executed_commands_go_again_alone() {
    let script = Script::gated(|_, n| match n {
        0 => ok("[0]"),
        1 => ok("[{\"v\":1},-3]".replace("{\"v\":1}", "{\"cstrg\":1,\"mstrg\":2}")),
        _ => ok("[{\"u\":\"T4Ihc23NcAQ\"}]"),
    });
    let api = anonymous(&script);
    let first = tokio::spawn({
        let api = api.clone();
        async move { api.call(Logout).await }
    });
    script.arrived(1).await;
    let both = tokio::spawn(async move { tokio::join!(api.call(Quota), api.call(UserInfo)) });
    tokio::task::yield_now().await;
    script.let_through(3);
    first.await.unwrap().unwrap();
    let (quota, user) = both.await.unwrap();
    assert_eq!(quota.unwrap().allowed, 2);
    assert_eq!(user.unwrap().user.as_str(), "T4Ihc23NcAQ");
    assert_eq!(script.names(), ["sml", "uq ug", "ug"]);
    let ids: Vec<u64> = script
        .sent()
        .iter()
        .map(|one| one.id() - script.sent()[0].id())
        .collect();
    assert_eq!(ids, [0, 1, 2]);
}

#[tokio::test]
async fn endless_refusals_of_one_command_end() {
    let pauses = Pauses::default();
    let script = Script::new(|_, _| ok("[-3]"));
    let command = Prelogin {
        email: "a@b.cd".to_owned(),
    };
    let error = anonymous_with(&script, pauses.policy(3))
        .call(command)
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().0, -3);
    assert_eq!(script.sent().len(), 4);
    assert_eq!(pauses.millis(), [100, 200, 400]);
}
