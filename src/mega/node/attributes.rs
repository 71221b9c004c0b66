//! A node's attributes as the tree keeps them: name and fingerprint by
//! themselves, and the whole object only where there is more in it.

use std::borrow::Cow;

use serde::Deserialize;

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
        let usual = Attributes::open(text, key, Self::from_usual_json).ok()?;
        // Anything out of the ordinary takes the thorough way.
        usual.or_else(|| Self::from_attributes(&Attributes::decrypt(text, key).ok()?))
    }

    /// Reads the object that nearly all nodes have: a name and perhaps a
    /// fingerprint, both texts, and nothing else.
    fn from_usual_json(json: &[u8]) -> Option<Self> {
        let usual: Usual<'_> = serde_json::from_slice(json).ok()?;
        let fingerprint = match &usual.c {
            Some(text) => Some(Fingerprint::parse(text).ok()?),
            None => None,
        };
        Some(Self {
            name: Some(usual.n.into_owned()).filter(|name| !name.is_empty())?,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual<'a> {
    #[serde(borrow)]
    n: Cow<'a, str>,
    #[serde(borrow, default)]
    c: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
