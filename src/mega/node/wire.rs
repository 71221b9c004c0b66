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
    // Base64 is a third longer than what it carries.
    let text = text_or_empty(d)?;
    Ok(if text.len() > MAX_ATTRIBUTES / 3 * 4 + 4 {
        Cow::Borrowed("")
    } else {
        text
    })
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
    fn huge_attributes_are_left_out() {
        let text = format!(r#"{{"h":"abcdefgh","t":0,"a":"{}"}}"#, "A".repeat(100_000));
        let wire: WireNode<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(wire.attributes, "");
    }
}
