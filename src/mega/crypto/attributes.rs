//! Node attributes: a small JSON object, encrypted with the node's key.
//!
//! On the wire: base64url(AES-CBC(key, IV 0, plaintext)); plaintext = `MEGA`,
//! the JSON object, zero bytes up to a multiple of 16 (none if it already is
//! one). The key is A for a file, the folder key for a folder.
//! Spec: docs/protocol.md#attributes.
//!
//! Entries keep their order, and values their exact text, so that a rename
//! loses nothing that another client wrote.

use std::borrow::Cow;

use aes::Aes128;
use cbc::{Decryptor, Encryptor};
use cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::fingerprint::Fingerprint;
use super::{CryptoError, base64};

/// The attribute that holds the name.
pub const NAME: &str = "n";
/// The attribute that holds the fingerprint and the modification time.
pub const FINGERPRINT: &str = "c";
/// The attribute that remembers where a node in the rubbish bin came from.
pub const RUBBISH_ORIGIN: &str = "rr";

const MAGIC: &[u8] = b"MEGA";

/// The attributes of one node, decrypted.
#[derive(Clone, Default)]
pub struct Attributes {
    entries: Vec<(String, Box<RawValue>)>,
}

impl std::fmt::Debug for Attributes {
    /// Shows which attributes there are; the values are the user's secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.entries.iter().map(|(key, _)| key))
            .finish()
    }
}

impl Attributes {
    /// Makes attributes that hold a name only.
    pub fn with_name(name: &str) -> Self {
        let mut attributes = Self::default();
        attributes.set_name(name);
        attributes
    }

    /// Decrypts the text of an `a` or `at` field.
    ///
    /// # Errors
    /// [`CryptoError::Base64`], [`CryptoError::Blocks`],
    /// [`CryptoError::AttributesMagic`] (a wrong key) or
    /// [`CryptoError::AttributesJson`].
    pub fn decrypt(text: &str, key: &[u8; 16]) -> Result<Self, CryptoError> {
        Self::open(text, key, Self::parse_json)?
    }

    /// Decrypts the text and hands the JSON to `read`, for those who want a
    /// few values out of a million objects.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt), but nothing is said about the JSON.
    pub fn open<T>(
        text: &str,
        key: &[u8; 16],
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, CryptoError> {
        Self::open_in(text, key, &mut Zeroizing::default(), read)
    }

    /// As [`open`](Self::open), in a buffer that is used again and again.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in<T>(
        text: &str,
        key: &[u8; 16],
        plain: &mut Zeroizing<Vec<u8>>,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, CryptoError> {
        base64::decode_into(text, plain)?;
        let (blocks, rest) = Array::slice_as_chunks_mut(plain);
        if blocks.is_empty() || !rest.is_empty() {
            return Err(CryptoError::Blocks { what: "attributes" });
        }
        Decryptor::<Aes128>::new(&Array(*key), &Array([0; 16])).decrypt_blocks(blocks);

        let json = plain.strip_prefix(MAGIC).unwrap_or_default();
        if !json.starts_with(b"{\"") {
            return Err(CryptoError::AttributesMagic);
        }
        let end = memchr::memchr(0, json).unwrap_or(json.len());
        Ok(read(json.get(..end).unwrap_or_default()))
    }

    /// Parses the JSON object. What is not UTF-8 has to be Latin-1, which old
    /// clients wrote: the encryption has no MAC, so a flipped bit shows as
    /// garbage in the middle of the text, and only there.
    fn parse_json(json: &[u8]) -> Result<Self, CryptoError> {
        let text = match std::str::from_utf8(json) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(from_latin1(json).ok_or(CryptoError::AttributesJson)?),
        };
        serde_json::from_str(&text).map_err(|_| CryptoError::AttributesJson)
    }

    /// Encrypts the attributes for an `a` or `at` field.
    pub fn encrypt(&self, key: &[u8; 16]) -> String {
        let mut plain = Zeroizing::new(MAGIC.to_vec());
        plain.extend_from_slice(self.to_json().as_bytes());
        let whole = plain.len().next_multiple_of(16);
        plain.resize(whole, 0);
        let (blocks, _) = Array::slice_as_chunks_mut(&mut plain);
        Encryptor::<Aes128>::new(&Array(*key), &Array([0; 16])).encrypt_blocks(blocks);
        base64::encode(&plain)
    }

    /// The JSON object, compact, in the order of the entries.
    pub fn to_json(&self) -> Zeroizing<String> {
        let mut json = Zeroizing::new(String::from("{"));
        for (i, (key, value)) in self.entries.iter().enumerate() {
            if i > 0 {
                json.push(',');
            }
            json.push_str(&quote(key));
            json.push(':');
            json.push_str(value.get());
        }
        json.push('}');
        json
    }

    /// An attribute's value as text: strings unescaped, anything else as it
    /// stands (`1`, `{"a":[1]}`). If a key stands twice the last one counts.
    pub fn get(&self, key: &str) -> Option<String> {
        let (_, value) = self.entries.iter().rev().find(|(k, _)| k == key)?;
        let raw = value.get();
        if raw.starts_with('"') {
            return serde_json::from_str(raw).ok();
        }
        Some(raw.to_owned())
    }

    /// Sets an attribute to a string, in its old place if it had one.
    pub fn set(&mut self, key: &str, value: &str) {
        let Ok(raw) = RawValue::from_string(quote(value)) else {
            return; // a quoted string is always valid JSON
        };
        let place = self.entries.iter().position(|(k, _)| k == key);
        self.remove(key);
        let place = place.unwrap_or(self.entries.len()).min(self.entries.len());
        self.entries.insert(place, (key.to_owned(), raw));
    }

    /// Removes an attribute; tells whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|(k, _)| k != key);
        self.entries.len() != before
    }

    /// The names of the attributes present, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// The node's name, if it has one.
    pub fn name(&self) -> Option<String> {
        self.get(NAME)
    }

    /// Sets the node's name.
    pub fn set_name(&mut self, name: &str) {
        self.set(NAME, name);
    }

    /// The fingerprint, if there is a readable one.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(&self.get(FINGERPRINT)?).ok()
    }

    /// Sets the fingerprint.
    pub fn set_fingerprint(&mut self, fingerprint: &Fingerprint) {
        self.set(FINGERPRINT, &fingerprint.encode());
    }
}

/// Writes a JSON string; only what JSON demands is escaped.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Attributes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Attributes { entries })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Latin-1 as text; `None` if it holds a character that nobody prints.
fn from_latin1(bytes: &[u8]) -> Option<String> {
    bytes
        .iter()
        .map(|byte| matches!(byte, b' '..=b'~' | 0xa0..).then_some(char::from(*byte)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KEY: [u8; 16] = [3; 16];

    fn parse(json: &str) -> Attributes {
        Attributes::parse_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_rename_keeps_everything_else_byte_for_byte() {
        let mut attributes =
            parse(r#"{"fav":1,"n":"old","gp":{"b":[1.50,1e3]},"x":"\u00e9","c":"q"}"#);
        attributes.set_name("new \"q\" é\u{1}");
        assert_eq!(
            *attributes.to_json(),
            r#"{"fav":1,"n":"new \"q\" é\u0001","gp":{"b":[1.50,1e3]},"x":"\u00e9","c":"q"}"#
        );
        let again = Attributes::decrypt(&attributes.encrypt(&KEY), &KEY).unwrap();
        assert_eq!(again.to_json(), attributes.to_json());
    }

    #[test]
    fn values_read_as_text_whatever_their_type() {
        let attributes = parse(r#"{"fav":1,"lbl":"3","n":"a\u00e9\ud83d\ude00","n":"last"}"#);
        assert_eq!(attributes.get("fav").unwrap(), "1");
        assert_eq!(attributes.get("lbl").unwrap(), "3");
        assert_eq!(attributes.name().unwrap(), "last");
        assert_eq!(attributes.get("none"), None);
    }

    #[test]
    fn latin_1_bytes_do_not_hide_the_node() {
        let attributes = Attributes::parse_json(b"{\"n\":\"caf\xe9\"}").unwrap();
        assert_eq!(attributes.name().unwrap(), "café");
    }

    #[test]
    fn garbage_in_the_middle_is_no_name() {
        // A flipped bit of the ciphertext: one block of noise, which may well
        // swallow the end of the name and what follows.
        let noise = b"{\"n\":\"preci'\x92\xffGU\xc0\x81\x95\xf0q_5tWYU23\"}";
        let refused = Attributes::parse_json(noise);
        assert!(matches!(refused, Err(CryptoError::AttributesJson)));
    }

    #[test]
    fn debug_shows_no_values() {
        let text = format!("{:?}", Attributes::with_name("secret"));
        assert_eq!(text, r#"["n"]"#);
    }
}
