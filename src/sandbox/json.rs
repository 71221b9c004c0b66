//! Writes compact JSON in a chosen order of keys.
//!
//! The official client reads some packets by position (`a` first, then `i`,
//! then `st`), so answers are written, not collected in a sorted map.

use std::fmt::{Display, Write as _};

/// Appends `text` as a JSON string.
pub fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push_str(text);
    } else {
        for sign in text.chars() {
            match sign {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                sign if (sign as u32) < 0x20 => {
                    let _ = write!(out, "\\u{:04x}", sign as u32);
                }
                sign => out.push(sign),
            }
        }
    }
    out.push('"');
}

/// `text` as a JSON string.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_text(&mut out, text);
    out
}

/// Texts as a JSON array.
pub fn texts<I: IntoIterator<Item = S>, S: AsRef<str>>(items: I) -> String {
    array(items.into_iter().map(|item| text(item.as_ref())))
}

/// Finished JSON values as an array.
pub fn array<I: IntoIterator<Item = S>, S: AsRef<str>>(items: I) -> String {
    let mut out = String::from("[");
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(item.as_ref());
    }
    out.push(']');
    out
}

/// A JSON object under construction.
#[derive(Debug)]
pub struct Object(String);

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

impl Object {
    /// An empty object.
    pub fn new() -> Self {
        Self(String::from("{"))
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_text(&mut self.0, key);
        self.0.push(':');
    }

    /// Adds a text.
    pub fn text(mut self, key: &str, value: &str) -> Self {
        self.key(key);
        push_text(&mut self.0, value);
        self
    }

    /// Adds a text if there is one.
    pub fn maybe_text(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds a number, or any JSON value already written.
    pub fn raw(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        let _ = write!(self.0, "{value}");
        self
    }

    /// Adds a number if there is one.
    pub fn maybe_raw(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.raw(key, value),
            None => self,
        }
    }

    /// The finished text.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_in_order_and_strings_are_escaped() {
        let text = Object::new()
            .text("z", "a\"b\\c\n\u{1}é")
            .raw("a", 5)
            .maybe_text("n", None)
            .end();
        assert_eq!(text, "{\"z\":\"a\\\"b\\\\c\\n\\u0001é\",\"a\":5}");
    }

    #[test]
    fn arrays() {
        assert_eq!(texts(["a", "b"]), "[\"a\",\"b\"]");
        assert_eq!(array(Vec::<String>::new()), "[]");
    }
}
