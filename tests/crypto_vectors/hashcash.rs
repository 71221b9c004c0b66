//! Hashcash: thresholds, known solutions, malformed challenges.

use std::sync::atomic::AtomicBool;

use megarc::mega::crypto::base64;
use megarc::mega::crypto::hashcash::Challenge;
use serde_json::Value;

use crate::support::*;

fn prefix(case: &Value) -> [u8; 4] {
    let bytes = base64::decode(text(case, "prefix")).unwrap();
    bytes.try_into().unwrap()
}

#[test]
fn thresholds() {
    let file = load("hashcash");
    let token = text(&file["challenges"][0], "token");
    for case in cases(&file, "thresholds") {
        let header = format!("1:{}:1:{token}", case["easiness"]);
        let challenge = Challenge::parse(&header).unwrap();
        assert_eq!(u64::from(challenge.threshold()), number(case, "threshold"));
    }
}

#[test]
fn known_solutions_pass_and_others_fail() {
    for case in cases(&load("hashcash"), "challenges") {
        let challenge = Challenge::parse(text(case, "challenge_header")).unwrap();
        assert_eq!(u64::from(challenge.threshold()), number(case, "threshold"));
        for (kind, passes) in [("valid", true), ("invalid", false)] {
            let given = &case[kind];
            assert_eq!(
                u64::from(challenge.word(prefix(given))),
                number(given, "word")
            );
            assert_eq!(challenge.verify(prefix(given)), passes);
            assert_eq!(challenge.answer(prefix(given)), text(given, "header"));
        }
    }
}

#[test]
fn easy_challenges_are_solved() {
    for case in &cases(&load("hashcash"), "challenges")[..2] {
        let challenge = Challenge::parse(text(case, "challenge_header")).unwrap();
        let answer = challenge.solve(2, &AtomicBool::new(false)).unwrap();
        let (rest, found) = answer.rsplit_once(':').unwrap();
        assert_eq!(rest, format!("1:{}", text(case, "token")));
        let found = base64::decode(found).unwrap().try_into().unwrap();
        assert!(challenge.verify(found));
    }
}

#[test]
fn malformed_challenges_are_ignored() {
    for case in cases(&load("hashcash"), "malformed") {
        assert_eq!(
            Challenge::parse(text(case, "header")),
            None,
            "{}",
            text(case, "why")
        );
    }
}
