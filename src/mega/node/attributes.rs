//! A node's attributes as the tree keeps them: name and fingerprint by
//! themselves, and the whole object only where there is more in it.

use zeroize::Zeroizing;

use super::wire::clean_text;
use crate::mega::crypto::attributes::{self, Attributes};
use crate::mega::crypto::fingerprint::Fingerprint;

/// The readable attributes of a node.
#[derive(Debug, Clone, Default)]
pub struct NodeAttributes {
    /// `n`: never empty.
    pub name: String,
    /// `c`: CRC block and modification time.
    pub fingerprint: Option<Fingerprint>,
    /// The whole object as JSON, when it holds anything else.
    pub(crate) whole: Option<Box<str>>,
}

impl NodeAttributes {
    /// Opens encrypted attributes; `None` if they do not decrypt or hold no name.
    #[must_use]
    pub fn decrypt(text: &str, key: &[u8; 16]) -> Option<Self> {
        Self::decrypt_in(text, key, &mut Zeroizing::default())
    }

    /// As [`decrypt`](Self::decrypt), in a buffer that is used again and again.
    #[must_use]
    pub fn decrypt_in(text: &str, key: &[u8; 16], plain: &mut Zeroizing<Vec<u8>>) -> Option<Self> {
        let usual = Attributes::open_in(text, key, plain, Self::from_usual_json).ok()?;
        // Anything out of the ordinary takes the thorough way.
        usual.or_else(|| Self::from_attributes(&Attributes::decrypt(text, key).ok()?))
    }

    /// Reads the object that nearly all nodes have: a name and perhaps a
    /// fingerprint, both texts without escapes, and nothing else.
    fn from_usual_json(json: &[u8]) -> Option<Self> {
        let mut rest = clean_text(json)?.strip_prefix('{')?;
        let (mut name, mut fingerprint) = (None, None);
        loop {
            let (key, after) = usual_text(rest)?;
            let (text, after) = usual_text(after.strip_prefix(':')?)?;
            match key {
                "n" if name.is_none() => name = Some(text),
                "c" if fingerprint.is_none() => fingerprint = Some(Fingerprint::parse(text).ok()?),
                _ => return None,
            }
            match after.as_bytes() {
                [b',', ..] => rest = after.get(1..)?,
                b"}" => break,
                _ => return None,
            }
        }
        Some(Self {
            name: name.filter(|name| !name.is_empty())?.to_owned(),
            fingerprint,
            whole: None,
        })
    }

    /// Takes what the tree keeps; `None` without a name.
    #[must_use]
    pub fn from_attributes(attributes: &Attributes) -> Option<Self> {
        let name = attributes.name().filter(|name| !name.is_empty())?;
        let fingerprint = attributes.fingerprint();
        let plain = attributes.keys().all(|key| {
            key == attributes::NAME || (key == attributes::FINGERPRINT && fingerprint.is_some())
        });
        Some(Self {
            name,
            fingerprint,
            whole: (!plain).then(|| attributes.to_json().as_str().into()),
        })
    }

    /// The whole object again, with everything that was in it.
    #[must_use]
    pub fn to_attributes(&self) -> Attributes {
        if let Some(attributes) = self
            .whole
            .as_ref()
            .and_then(|json| serde_json::from_str(json).ok())
        {
            return attributes;
        }
        let mut attributes = Attributes::with_name(&self.name);
        if let Some(fingerprint) = &self.fingerprint {
            attributes.set_fingerprint(fingerprint);
        }
        attributes
    }
}

/// The string without escapes at the front, and what follows it.
fn usual_text(json: &str) -> Option<(&str, &str)> {
    let inner = json.strip_prefix('"')?;
    let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
    let (text, after) = inner.split_at_checked(end)?;
    Some((text, after.strip_prefix('"')?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_quick_way_reads_what_the_thorough_way_reads() {
        for json in [
            r#"{"n":"a"}"#,
            r#"{"n":"é","c":"AAAAAAAAAAAAAAAAAAAAAARlU_FA"}"#,
            r#"{"c":"AAAAAAAAAAAAAAAAAAAAAARlU_FA","n":"a"}"#,
            r#"{"n":"a\"b"}"#,
            r#"{"n":"a","n":"b"}"#,
            r#"{"n":""}"#,
            r#"{"n":"a","c":"no"}"#,
            r#"{"n":"a","x":"b"}"#,
            r#"{"n":"a",}"#,
            r#"{"n":"a"}}"#,
            r#"{"n":"a" }"#,
            "{\"n\":\"a\tb\"}",
            "{}",
            "{\"n",
        ] {
            let slowly = serde_json::from_str::<Attributes>(json).ok();
            let slowly = slowly.and_then(|all| NodeAttributes::from_attributes(&all));
            if let Some(quickly) = NodeAttributes::from_usual_json(json.as_bytes()) {
                assert_eq!(
                    format!("{slowly:?}"),
                    format!("Some({quickly:?})"),
                    "{json}"
                );
            }
        }
    }

    #[test]
    fn nothing_gets_lost_on_the_way_through_the_tree() {
        for json in [
            r#"{"n":"a"}"#,
            r#"{"n":"a","c":"AAAAAAAAAAAAAAAAAAAAAARlU_FA"}"#,
            r#"{"fav":1,"n":"a","c":"AAAAAAAAAAAAAAAAAAAAAARlU_FA","x":{"y":[1.0]}}"#,
            r#"{"n":"a","c":"not a fingerprint"}"#,
        ] {
            let attributes: Attributes = serde_json::from_str(json).unwrap();
            let kept = NodeAttributes::from_attributes(&attributes).unwrap();
            assert_eq!(kept.to_attributes().to_json().as_str(), json);
        }
        for nameless in [r#"{"c":"x"}"#, r#"{"n":""}"#] {
            let attributes: Attributes = serde_json::from_str(nameless).unwrap();
            assert!(NodeAttributes::from_attributes(&attributes).is_none());
        }
    }
}
