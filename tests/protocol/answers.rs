//! Every case of `tests/vectors/responses.json`, as pure parsing and through the queue.
#![allow(clippy::unwrap_used)]

use megarc::mega::api::{Answer, BadAnswer, Command, Route, parse_answer};
use megarc::mega::error::{Error, ErrorCode};
use serde_json::{Value, json};

use crate::script::{Pauses, Script, anonymous_with, ok};

fn cases() -> Vec<Value> {
    let text = include_str!("../vectors/responses.json");
    let file: Value = serde_json::from_str(text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// A result in the vectors' notation: refusals are numbers (or objects with `err`).
fn expected(result: &Value) -> Result<Value, ErrorCode> {
    match result.as_i64() {
        Some(code) if code < 0 => Err(ErrorCode(code)),
        _ => Ok(result.clone()),
    }
}

#[test]
fn parses_every_recorded_answer() {
    for case in cases() {
        let body = case["body"].as_str().unwrap();
        let commands = usize::try_from(case["commands"].as_u64().unwrap()).unwrap();
        let got = parse_answer(body.as_bytes(), commands);
        match case["level"].as_str().unwrap() {
            "command" => {
                let results = case["results"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(expected)
                    .collect();
                assert_eq!(got, Ok(Answer::Results(results)), "{body}");
            }
            "request" => {
                let code = case["results"][0].as_i64().unwrap();
                assert_eq!(got, Ok(Answer::Request(code)), "{body}");
            }
            _ if body == "[0]" => {
                assert_eq!(
                    got,
                    Err(BadAnswer::WrongCount { sent: 2, got: 1 }),
                    "{body}"
                );
            }
            _ => assert!(matches!(got, Err(BadAnswer::Incomplete(_))), "{body}"),
        }
    }
}

/// A command that takes any reply.
struct Any;

impl Command for Any {
    const NAME: &'static str = "any";
    const ROUTE: Route = Route::Batched;
    type Reply = Value;

    fn to_json(&self) -> Value {
        json!({"a": "any"})
    }

    fn parse(reply: Value) -> Result<Value, Error> {
        Ok(reply)
    }
}

/// The queue sends again exactly where the vectors say so, with the same id
/// where they say so; everything else reaches the caller at the first try.
#[tokio::test]
async fn the_queue_does_what_the_vectors_say() {
    for case in cases().into_iter().filter(|case| case["commands"] == 1) {
        let body = case["body"].as_str().unwrap().to_owned();
        let action = case["action"].as_str().unwrap_or_default().to_owned();
        let pauses = Pauses::default();
        let first = body.clone();
        let script = Script::new(move |_, n| {
            ok(if n == 0 {
                first.clone()
            } else {
                "[{\"second\":1}]".to_owned()
            })
        });
        let result = anonymous_with(&script, pauses.policy(3)).call(Any).await;
        let sent = script.sent();

        if action.starts_with("resend") {
            assert_eq!(result.unwrap(), json!({"second": 1}), "{body}");
            assert_eq!(sent.len(), 2, "{body}");
            assert_eq!(sent[0].body, sent[1].body, "{body}");
            let same_id = sent[0].id() == sent[1].id();
            assert_eq!(same_id, !action.contains("new request"), "{body}");
            assert_eq!(pauses.millis().len(), 1, "{body}");
        } else {
            assert_eq!(sent.len(), 1, "{body}");
            assert!(pauses.millis().is_empty(), "{body}");
            match expected(&case["results"][0]) {
                Ok(value) => assert_eq!(result.unwrap(), value, "{body}"),
                Err(code) => assert_eq!(result.unwrap_err().code(), Some(code), "{body}"),
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(body: Vec<u8>, commands in 0_usize..4) {
        let _ = parse_answer(&body, commands);
    }
}
