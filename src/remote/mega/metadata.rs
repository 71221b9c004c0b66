//! Metadata of files and folders in an attribute of their own, `_meta`: a JSON
//! object, encrypted with the name. Values are texts; what is none is
//! `{"base64": TEXT}`. Other clients keep the attribute as they find it.
//!
//! The time of a file stands in its fingerprint, in seconds; the attribute has
//! it as exactly as the disk, and counts as long as both agree.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::mega::tree::NodeRef;
use crate::remote::Metadata;

/// The attribute: what programs add for themselves begins with `_`.
pub(super) const ATTRIBUTE: &str = "_meta";
/// Bytes of the longest one.
const LONGEST: usize = 16 << 10;
const BASE64: &str = "base64";
const MODIFIED: &str = "mtime";
const MADE: &str = "btime";

/// All that the account knows of a node.
pub(super) fn of(node: NodeRef<'_>) -> Metadata {
    let mut metadata = kept(node);
    let seconds = node.fingerprint().map(|fingerprint| fingerprint.mtime);
    let exact = metadata.time(MODIFIED).map(Timestamp::as_second);
    for (key, seconds) in [
        (MODIFIED, seconds.filter(|seconds| exact != Some(*seconds))),
        (MADE, Some(node.created())),
    ] {
        if let Some(time) = seconds.and_then(|s| Timestamp::from_second(s).ok()) {
            metadata.set_time(key, time);
        }
    }
    metadata
}

/// What the attribute of a node holds; nothing of one that cannot be read.
pub(super) fn kept(node: NodeRef<'_>) -> Metadata {
    let attributes = node.attributes().map(|kept| kept.to_attributes());
    let text = attributes.and_then(|attributes| attributes.get(ATTRIBUTE));
    text.map(|text| parse(&text)).unwrap_or_default()
}

fn parse(text: &str) -> Metadata {
    let mut metadata = Metadata::default();
    let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    for (key, value) in fields {
        let bytes = match &value {
            Value::String(text) => Some(text.clone().into_bytes()),
            other => other
                .get(BASE64)
                .and_then(Value::as_str)
                .and_then(|text| STANDARD.decode(text).ok()),
        };
        if let Some(bytes) = bytes {
            metadata.set(&key, bytes);
        }
    }
    metadata
}

/// The attribute that holds `metadata`. Where attributes of users make it too
/// long they are left out, and the log says so.
pub(super) fn text(metadata: &Metadata, name: &str) -> String {
    let all = written(metadata.iter());
    if all.len() <= LONGEST {
        return all;
    }
    tracing::warn!(object = %name, "Its attributes are too long for MEGA, and are left out");
    written(metadata.system())
}

fn written<'m>(pairs: impl Iterator<Item = (&'m str, &'m [u8])>) -> String {
    let fields: Map<String, Value> = pairs
        // When the node was made only the server knows.
        .filter(|(key, _)| *key != MADE)
        .map(|(key, value)| {
            let value = match std::str::from_utf8(value) {
                Ok(text) => json!(text),
                Err(_) => json!({ BASE64: STANDARD.encode(value) }),
            };
            (key.to_owned(), value)
        })
        .collect();
    Value::from(fields).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut metadata = Metadata::default();
        metadata.set("mode", "100640");
        metadata.set("color", &b"\xffred"[..]);
        let all = metadata.clone();
        metadata.set(MADE, "2020-01-02T03:04:05Z");
        let text = text(&metadata, "f");
        assert_eq!(text, r#"{"color":{"base64":"/3JlZA=="},"mode":"100640"}"#);
        assert_eq!(parse(&text), all);
        for none in ["", "[]", "{", r#"{"mode":7,"x":{"base64":"?"}}"#] {
            assert!(parse(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let mut metadata = Metadata::default();
        metadata.set("mode", "100640");
        metadata.set("notes", "x".repeat(LONGEST));
        assert_eq!(text(&metadata, "f"), r#"{"mode":"100640"}"#);
    }
}
