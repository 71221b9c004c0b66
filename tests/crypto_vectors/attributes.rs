//! Attributes: both directions, and what must be reported as undecryptable.

use megarc::mega::crypto::CryptoError;
use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::fingerprint::Fingerprint;
use megarc::mega::crypto::keys::NodeKey;
use serde_json::Value;

use crate::support::*;

#[test]
fn good_attributes_both_ways() {
    for case in cases(&load("attributes"), "good") {
        let name = text(case, "name");
        let key = NodeKey::from_slice(&bytes(case, "node_key_hex")).unwrap();
        assert_eq!(hex(key.attr_key()), text(case, "attr_key_hex"), "{name}");

        let attributes = Attributes::decrypt(text(case, "at"), key.attr_key()).unwrap();
        assert_eq!(*attributes.to_json(), text(case, "json"), "{name}");
        assert_eq!(
            attributes.encrypt(key.attr_key()),
            text(case, "at"),
            "{name}"
        );
        assert_eq!(
            attributes.to_json().len() as u64 + 4,
            number(case, "plain_len"),
            "{name}"
        );
        let json: Value = serde_json::from_str(text(case, "json")).unwrap();
        assert_eq!(attributes.name().as_deref(), json["n"].as_str(), "{name}");
        let fingerprint = json["c"].as_str().and_then(|c| Fingerprint::parse(c).ok());
        assert_eq!(attributes.fingerprint(), fingerprint, "{name}");
    }
}

#[test]
fn bad_attributes_fail_with_their_kind() {
    for case in cases(&load("attributes"), "bad") {
        let expected = match text(case, "reason") {
            "does not start with MEGA{" | "decrypted with another key" => {
                CryptoError::AttributesMagic
            }
            "15 bytes" | "empty string" => CryptoError::Blocks { what: "attributes" },
            "JSON cut off" => CryptoError::AttributesJson,
            other => panic!("unknown reason {other}"),
        };
        let error = Attributes::decrypt(text(case, "at"), &array(case, "attr_key_hex"));
        assert_eq!(error.unwrap_err(), expected, "{}", text(case, "name"));
    }
}
