//! The recorded names of rclone's encoder, all of them
//! (tests/recorded/encoding.json).
#![allow(clippy::unwrap_used, missing_docs)]

use megarc::remote::RemotePath;
use megarc::remote::encoding::Encoding;
use serde_json::Value;

/// What the record calls its own standard form: megarc's adds the bytes that
/// are not UTF-8 (docs: `remote::encoding`).
const STANDARD: Encoding = Encoding::STANDARD;

fn recorded() -> Value {
    serde_json::from_str(include_str!("recorded/encoding.json")).unwrap()
}

fn bytes(name: &Value) -> Vec<u8> {
    match name.get("hex").and_then(Value::as_str) {
        Some(hex) => (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect(),
        None => name["text"].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn show(name: &[u8]) -> String {
    name.escape_ascii().to_string()
}

/// Names that the record says nothing about because they do not change.
fn expected(cases: &Value, name: &[u8]) -> Option<Option<Vec<u8>>> {
    let case = cases
        .as_array()
        .unwrap()
        .iter()
        .find(|case| bytes(&case["name"]) == name)?;
    Some(match &case["becomes"] {
        Value::Null => None,
        becomes => Some(bytes(becomes)),
    })
}

#[test]
fn every_name_to_the_disk_and_from_it() {
    let recorded = recorded();
    let mut count = 0;
    let mut wrong = Vec::new();
    for set in recorded["encodings"].as_array().unwrap() {
        let text = set["encoding"].as_str().unwrap();
        let encoding: Encoding = text.parse().unwrap();
        for name in recorded["names"].as_array().unwrap() {
            let raw = bytes(name);
            let standard = STANDARD.encode(&raw);
            for (way, got) in [
                ("to_disk", encoding.encode(&STANDARD.decode(&standard))),
                ("from_disk", STANDARD.encode(&encoding.decode(&raw))),
            ] {
                let want = match expected(&set[way], &raw) {
                    None => raw.clone(),
                    Some(Some(name)) => name,
                    Some(None) => continue,
                };
                count += 1;
                if got != want {
                    wrong.push(format!(
                        "{text} {way} {}: {} instead of {}",
                        show(&raw),
                        show(&got),
                        show(&want)
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 11_000, "{count}");
}

#[test]
fn the_standard_form_differs_in_bad_utf8_only() {
    let recorded = recorded();
    for name in recorded["names"].as_array().unwrap() {
        let raw = bytes(name);
        let standard = Encoding::MEGA.to_standard(&raw);
        let theirs = STANDARD.encode(&Encoding::MEGA.decode(&raw));
        match String::from_utf8(theirs) {
            Ok(theirs) => assert_eq!(standard, theirs, "{}", show(&raw)),
            Err(_) => assert!(standard.contains('‛'), "{standard}"),
        }
        assert_eq!(
            Encoding::MEGA.from_standard(&standard),
            Encoding::MEGA.encode(&Encoding::MEGA.decode(&raw)),
            "{}",
            show(&raw)
        );
    }
}

#[test]
fn names_typed_on_the_command_line() {
    let recorded = recorded();
    let mut count = 0;
    for case in recorded["typed"].as_array().unwrap() {
        let typed = bytes(&case["typed"]);
        let [on_disk] = case["on_disk"].as_array().unwrap().as_slice() else {
            continue;
        };
        let encoding: Encoding = case["encoding"].as_str().unwrap().parse().unwrap();
        let Ok(typed) = String::from_utf8(typed) else {
            continue;
        };
        // Names that only look like `.` on the way in, and those where a
        // slash comes out of the decoder, are paths and not names.
        if typed.contains('/') || matches!(typed.as_str(), "." | "..") {
            continue;
        }
        // A quoted byte typed by hand means that byte here, as it is printed.
        if case["encoding"] != "Ctl"
            && typed.contains('‛')
            && STANDARD.decode(typed.as_bytes())
                != (STANDARD | Encoding::INVALID_UTF8).decode(typed.as_bytes())
        {
            continue;
        }
        if encoding.has(Encoding::SLASH) {
            let path = RemotePath::root().child(&typed).unwrap();
            assert_eq!(
                show(&encoding.from_standard(path.name())),
                show(&bytes(on_disk)),
                "{encoding}: {typed}"
            );
            count += 1;
        }
    }
    assert!(count > 280, "{count}");
}

#[test]
fn lists_of_switches() {
    for case in recorded()["encoding_flag"].as_array().unwrap() {
        let text = case["encoding"].as_str().unwrap();
        match text.parse::<Encoding>() {
            Ok(_) => assert_eq!(case["exit"], 0, "{text}"),
            Err(error) => {
                assert_eq!(case["exit"], 2, "{text}");
                let line = case["stderr"][0].as_str().unwrap();
                assert!(line.ends_with(&error.to_string()), "{line}\n{error}");
            }
        }
    }
    for (text, stored, standard) in [
        ("0", "b／c", "b‛／c"),
        ("2", "b／c", "b／c"),
        ("0x2", "b／c", "b／c"),
    ] {
        let encoding: Encoding = text.parse().unwrap();
        assert_eq!(encoding.to_standard(stored.as_bytes()), standard, "{text}");
    }
}
