//! Handles: the short opaque texts by which the protocol names things.
//!
//! They are compared as text and never turned into numbers. Fixed arrays keep
//! the index of a large account small.

use std::fmt;

use super::crypto::base64;
use super::random;

/// An opaque text of exactly `N` ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<const N: usize>([u8; N]);

/// A node, a public link: 6 bytes, 8 characters.
pub type Handle = Text<8>;
/// A user, a session: 8 bytes, 11 characters.
pub type UserHandle = Text<11>;

impl<const N: usize> Text<N> {
    /// Takes a text of the right length; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; N] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_')
            .then_some(Self(bytes))
    }

    /// Draws a new one.
    pub fn random() -> Self {
        loop {
            let mut raw = [0u8; 16];
            random::fill(&mut raw);
            let text = base64::encode(&raw);
            if let Some(handle) = text.get(..N).and_then(Self::canonical) {
                return handle;
            }
        }
    }

    /// As [`Self::parse`], and only if the last character carries no stray
    /// bits: a client that decodes and encodes again must get the same text.
    fn canonical(text: &str) -> Option<Self> {
        let whole = base64::decode(text)?;
        (base64::encode(&whole) == text)
            .then(|| Self::parse(text))
            .flatten()
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> serde::Serialize for Text<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> serde::Deserialize<'de> for Text<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a handle of the wrong form"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn random_handles_survive_decoding() {
        for _ in 0..200 {
            let user = UserHandle::random();
            assert_eq!(
                base64::encode(&base64::decode(user.as_str()).unwrap()),
                user.as_str()
            );
        }
        assert_eq!(base64::decode(Handle::random().as_str()).unwrap().len(), 6);
    }

    #[test]
    fn other_lengths_and_signs_are_refused() {
        assert!(Handle::parse("1234567").is_none());
        assert!(Handle::parse("12345678").is_some());
        assert!(Handle::parse("1234567/").is_none());
    }
}
