//! The JSON form of a node, borrowed from the answer.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Longer attributes than the server allows are not looked at.
const MAX_ATTRIBUTES: usize = 64 << 10;

/// The fields of a node that matter here; the rest is passed over.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WireNode<'a> {
    /// `h`: handle.
    #[serde(rename = "h", borrow, deserialize_with = "text_or_empty")]
    pub handle: Cow<'a, str>,
    /// `p`: parent.
    #[serde(rename = "p", borrow, deserialize_with = "text")]
    pub parent: Option<Cow<'a, str>>,
    /// `t`: type.
    #[serde(rename = "t", deserialize_with = "number")]
    pub kind: Option<i64>,
    /// `a`: encrypted attributes.
    #[serde(rename = "a", borrow, deserialize_with = "attributes")]
    pub attributes: Cow<'a, str>,
    /// `k`: keys.
    #[serde(rename = "k", borrow, deserialize_with = "text_or_empty")]
    pub key: Cow<'a, str>,
    /// `s`: size.
    #[serde(rename = "s", deserialize_with = "number")]
    pub size: Option<i64>,
    /// `ts`: creation time.
    #[serde(rename = "ts", deserialize_with = "number")]
    pub created: Option<i64>,
    /// `su`: who shares this folder with us.
    #[serde(rename = "su", borrow, deserialize_with = "text")]
    pub sharer: Option<Cow<'a, str>>,
    /// `sk`: the share's key, encrypted to us.
    #[serde(rename = "sk", borrow, deserialize_with = "text")]
    pub share_key: Option<Cow<'a, str>>,
    /// `r`: our access level in the share.
    #[serde(rename = "r", deserialize_with = "number")]
    pub access: Option<i64>,
}

impl<'a> WireNode<'a> {
    /// Reads one element of `f`; `None` if it is no such object.
    #[must_use]
    pub fn read(json: &'a [u8]) -> Option<Self> {
        match clean_text(json) {
            Some(json) => Self::read_clean(json),
            None => serde_json::from_slice(json).ok(),
        }
    }

    /// As [`read`](Self::read), of what [`clean_text`] lets through.
    #[must_use]
    pub fn read_clean(json: &'a str) -> Option<Self> {
        // serde takes all of JSON; nearly every node needs very little of it.
        Self::read_usual(json).or_else(|| serde_json::from_str(json).ok())
    }

    /// Reads an object of texts without escapes and whole numbers, no key of
    /// which stands twice; `None` for any other.
    fn read_usual(json: &'a str) -> Option<Self> {
        let mut node = Self::default();
        let mut seen = 0_u32;
        let mut rest = json.strip_prefix('{')?;
        loop {
            let key = usual_text(&mut rest)?.as_bytes();
            rest = rest.strip_prefix(':')?;
            let value = match rest.as_bytes().first()? {
                b'"' => Usual::Text(usual_text(&mut rest)?),
                _ => Usual::Number(usual_number(&mut rest)?),
            };
            let place = match key {
                b"h" | b"p" | b"t" | b"a" | b"k" | b"s" => 1 << (key.first()? & 31),
                b"r" => 1,
                b"ts" => 1 << 2,
                b"su" => 1 << 3,
                b"sk" => 1 << 4,
                // Passed over, and may stand as often as it likes.
                _ => 0,
            };
            if seen & place != 0 {
                return None;
            }
            seen |= place;
            match (key, value) {
                (b"h", Usual::Text(text)) => node.handle = Cow::Borrowed(text),
                (b"p", Usual::Text(text)) => node.parent = Some(Cow::Borrowed(text)),
                (b"a", Usual::Text(text)) => node.attributes = bounded(text.into()),
                (b"k", Usual::Text(text)) => node.key = Cow::Borrowed(text),
                (b"su", Usual::Text(text)) => node.sharer = Some(Cow::Borrowed(text)),
                (b"sk", Usual::Text(text)) => node.share_key = Some(Cow::Borrowed(text)),
                (b"t", Usual::Number(number)) => node.kind = Some(number),
                (b"s", Usual::Number(number)) => node.size = Some(number),
                (b"ts", Usual::Number(number)) => node.created = Some(number),
                (b"r", Usual::Number(number)) => node.access = Some(number),
                _ if place != 0 => return None,
                _ => {}
            }
            match rest.as_bytes() {
                [b',', ..] => rest = rest.get(1..)?,
                b"}" => return Some(node),
                _ => return None,
            }
        }
    }
}

impl WireNode<'_> {
    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> WireNode<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        WireNode {
            handle: own(self.handle),
            parent: self.parent.map(own),
            kind: self.kind,
            attributes: own(self.attributes),
            key: own(self.key),
            size: self.size,
            created: self.created,
            sharer: self.sharer.map(own),
            share_key: self.share_key.map(own),
            access: self.access,
        }
    }
}

/// A value of any shape, of which only texts and numbers are kept.
enum Loose<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    Other,
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Loose::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Loose::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Loose::Number(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(i64::try_from(number).map_or(Loose::Other, Loose::Number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                // A cast from float to integer saturates: nothing to fear.
                #[expect(clippy::cast_possible_truncation)]
                let number = number as i64;
                Ok(Loose::Number(number))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Loose::Other)
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Loose::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A number, also when it is written as text; nothing else is an error.
pub(crate) fn number<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    Ok(match Loose::deserialize(d)? {
        Loose::Number(number) => Some(number),
        Loose::Text(text) => text.trim().parse().ok(),
        Loose::Other => None,
    })
}

pub(crate) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(match Loose::deserialize(d)? {
        Loose::Text(text) => Some(text),
        Loose::Number(number) => Some(Cow::Owned(number.to_string())),
        Loose::Other => None,
    })
}

pub(crate) fn text_or_empty<'de, D: Deserializer<'de>>(d: D) -> Result<Cow<'de, str>, D::Error> {
    Ok(text(d)?.unwrap_or_default())
}

fn attributes<'de, D: Deserializer<'de>>(d: D) -> Result<Cow<'de, str>, D::Error> {
    Ok(bounded(text_or_empty(d)?))
}

/// Attributes, unless they are too long.
fn bounded(text: Cow<'_, str>) -> Cow<'_, str> {
    // Base64 is a third longer than what it carries.
    if text.len() > MAX_ATTRIBUTES / 3 * 4 + 4 {
        return Cow::Borrowed("");
    }
    text
}

/// A value of the usual kinds.
enum Usual<'a> {
    Text(&'a str),
    Number(i64),
}

/// The bytes as text, if they are without control characters, which no string
/// of JSON may hold as they are.
#[must_use]
pub fn clean_text(json: &[u8]) -> Option<&str> {
    let clean = json
        .iter()
        .fold(true, |clean, byte| clean & (*byte >= b' '));
    std::str::from_utf8(json).ok().filter(|_| clean)
}

/// Takes a string without escapes off the front.
fn usual_text<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let inner = rest.strip_prefix('"')?;
    let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
    let (text, after) = inner.split_at_checked(end)?;
    *rest = after.strip_prefix('"')?;
    Some(text)
}

/// Takes a whole number of up to 18 digits off the front.
fn usual_number(rest: &mut &str) -> Option<i64> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let digits = rest.bytes().take_while(is_digit).count();
    let (number, after) = rest.split_at_checked(digits)?;
    if digits == 0 || digits > 18 || (digits > 1 && number.starts_with('0')) {
        return None;
    }
    *rest = after;
    Some(
        number
            .bytes()
            .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn odd_shapes_are_no_errors() {
        let wire: WireNode<'_> = serde_json::from_str(
            r#"{"h":"abcdefgh","p":null,"t":"1","a":[1],"k":5,"s":1.5,"ts":"12","zz":{"y":[]}}"#,
        )
        .unwrap();
        assert_eq!(
            (&*wire.handle, wire.kind, wire.size),
            ("abcdefgh", Some(1), Some(1))
        );
        assert_eq!(
            (&*wire.attributes, &*wire.key, wire.created),
            ("", "5", Some(12))
        );
        assert!(wire.parent.is_none());
    }

    #[test]
    fn the_quick_way_reads_what_serde_reads() {
        for json in [
            r#"{"h":"abcdefgh","p":"ABCDEFGH","u":"x","t":0,"a":"attr","k":"x:y","s":12,"ts":17}"#,
            r#"{"h":"a","su":"b","sk":"c","r":2,"fa":"1:2*3","zz":007}"#,
            r#"{"h":"a","zz":1,"zz":"2"}"#,
            r#"{"h":"a"}"#,
            r#"{"h":"a","h":"b"}"#,
            r#"{"h":"\u0061","t":1}"#,
            r#"{"h":"é","t":1}"#,
            r#"{"h":"a","t":01}"#,
            r#"{"h":"a","t":-1}"#,
            r#"{"h":"a","s":123456789012345678}"#,
            r#"{"h":"a","s":9223372036854775808}"#,
            r#"{"h":"a","s":"12","t":1.5,"p":7}"#,
            r#"{"h":"a","x":{"y":[]}}"#,
            r#"{"h":"a" , "t":1}"#,
            r#"{"h":"a","t":1,}"#,
            r#"{"h":"a","t":1}}"#,
            r#"{"h":"a","t":}"#,
            "{}",
            "{",
            "",
        ] {
            let slowly: Option<WireNode<'_>> = serde_json::from_str(json).ok();
            if let Some(quickly) = WireNode::read_usual(json) {
                assert_eq!(
                    format!("{slowly:?}"),
                    format!("Some({quickly:?})"),
                    "{json}"
                );
            }
            let either = WireNode::read(json.as_bytes());
            assert_eq!(format!("{either:?}"), format!("{slowly:?}"), "{json}");
        }
        let usual =
            r#"{"h":"abcdefgh","p":"ABCDEFGH","u":"x","t":0,"a":"attr","k":"x:y","s":12,"ts":17}"#;
        assert!(WireNode::read_usual(usual).is_some());
    }

    #[test]
    fn texts_of_other_than_ascii_and_control_characters() {
        let accents = r#"{"h":"é","t":1}"#;
        assert!(WireNode::read_usual(accents).is_some());
        for control in ["{\"h\":\"a\tb\",\"t\":1}", "{\"h\":\"a\",\n\"t\":1}"] {
            assert_eq!(clean_text(control.as_bytes()), None);
            let slowly: Option<WireNode<'_>> = serde_json::from_str(control).ok();
            let either = WireNode::read(control.as_bytes());
            assert_eq!(format!("{either:?}"), format!("{slowly:?}"));
        }
        assert_eq!(clean_text(b"{\"h\":\"\xff\"}"), None);
    }

    #[test]
    fn huge_attributes_are_left_out() {
        let text = format!(r#"{{"h":"abcdefgh","t":0,"a":"{}"}}"#, "A".repeat(100_000));
        let wire: WireNode<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(wire.attributes, "");
    }
}
