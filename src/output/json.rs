//! Objects of `lsjson`, with the fields and escapes of the established form.
//!
//! Pure: an item in, text without its line end out.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::ser::PrettyFormatter;

use crate::remote::Metadata;

/// One file or directory; fields in the order in which they are written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item<'a> {
    /// Path below the place that was listed.
    pub path: &'a str,
    /// Its last element.
    pub name: &'a str,
    /// Bytes; -1: not known.
    pub size: i64,
    /// MIME type; left out when it is not wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<&'a str>,
    /// Time in RFC 3339; empty when it is not wanted.
    pub mod_time: String,
    /// Directory or file.
    pub is_dir: bool,
    /// Sums of the content, by the names of their kinds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<&'a str, String>,
    /// The store's own identifier.
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// What the store knows beside.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<&'a str, String>,
}

/// The form of metadata; what is no text is shown as well as it can be.
#[must_use]
pub fn metadata(metadata: &Metadata) -> BTreeMap<&str, String> {
    let text = |value| String::from_utf8_lossy(value).into_owned();
    metadata.iter().map(|(k, v)| (k, text(v))).collect()
}

/// Metadata on one line, alone.
#[must_use]
pub fn flat_metadata(of: Option<&Metadata>) -> String {
    let fields = of.map(metadata).unwrap_or_default();
    escaped(&serde_json::to_string(&fields).unwrap_or_default())
}

/// On one line.
#[must_use]
pub fn flat(item: &Item<'_>) -> String {
    escaped(&serde_json::to_string(item).unwrap_or_default())
}

/// On a line for each field, indented by tabs.
#[must_use]
pub fn tall(item: &Item<'_>) -> String {
    let mut bytes = Vec::new();
    let format = PrettyFormatter::with_indent(b"\t");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, format);
    // Text and numbers always have a form, and memory takes them.
    let _ = item.serialize(&mut writer);
    escaped(&String::from_utf8_lossy(&bytes))
}

/// What HTML would take for its own is escaped: it stands in strings only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text += "\\u003c",
            '>' => text += "\\u003e",
            '&' => text += "\\u0026",
            '\u{2028}' => text += "\\u2028",
            '\u{2029}' => text += "\\u2029",
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_order_and_escaped() {
        let mut item = Item {
            path: "d/a&\"b\".txt",
            name: "a&\"b\".txt",
            size: 3,
            mime_type: Some("text/plain"),
            mod_time: String::new(),
            is_dir: false,
            hashes: BTreeMap::new(),
            id: Some("AbC"),
            metadata: BTreeMap::new(),
        };
        assert_eq!(
            flat(&item),
            r#"{"Path":"d/a\u0026\"b\".txt","Name":"a\u0026\"b\".txt","Size":3,"MimeType":"text/plain","ModTime":"","IsDir":false,"ID":"AbC"}"#
        );
        item.hashes.insert("md5", "00ff".to_owned());
        item.metadata.insert("mode", "100644".to_owned());
        assert!(flat(&item).ends_with(
            r#""IsDir":false,"Hashes":{"md5":"00ff"},"ID":"AbC","Metadata":{"mode":"100644"}}"#
        ));
        (item.hashes, item.metadata) = (BTreeMap::new(), BTreeMap::new());
        (item.path, item.name, item.mime_type, item.id) = ("", "", None, None);
        assert_eq!(
            tall(&item),
            "{\n\t\"Path\": \"\",\n\t\"Name\": \"\",\n\t\"Size\": 3,\n\t\"ModTime\": \"\",\n\t\"IsDir\": false\n}"
        );
    }
}
