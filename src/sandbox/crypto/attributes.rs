//! Node attributes: `MEGA{…}`, zero padded, AES-CBC with a zero IV.

use serde_json::{Map, Value};

use super::aes::{Aes, BLOCK};
use super::{Malformed, base64};

/// Decrypts an `a` or `at` field.
///
/// Stricter than a client has to be: zero bytes alone may follow the object,
/// and at most a block of them, because other clients break on anything else.
/// (None is right where the object fills its last block; megatools adds a whole
/// block there, which does no harm.)
///
/// # Errors
/// When the text, the key, the padding or the JSON is wrong.
pub fn decrypt(key: &[u8; 16], text: &str) -> Result<Map<String, Value>, Malformed> {
    let plain = decrypt_bytes(key, text)?;
    let end = plain
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(plain.len());
    let (json, padding) = plain.split_at(end);
    if padding.len() > BLOCK || padding.iter().any(|byte| *byte != 0) {
        return Err(Malformed(
            "the attributes are not padded with zero bytes alone",
        ));
    }
    parse(json)
}

/// Decrypts as leniently as clients do: whatever follows the first zero byte
/// is cut off.
///
/// # Errors
/// When the text, the key or the JSON is wrong.
pub fn decrypt_lenient(key: &[u8; 16], text: &str) -> Result<Map<String, Value>, Malformed> {
    let plain = decrypt_bytes(key, text)?;
    parse(plain.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// Encrypts a JSON object, given as text.
pub fn encrypt(key: &[u8; 16], json: &str) -> String {
    let mut plain = [b"MEGA", json.as_bytes()].concat();
    plain.resize(plain.len().next_multiple_of(BLOCK), 0);
    base64::encode(&Aes::new(key).cbc_encrypt(&plain).unwrap_or_default())
}

fn decrypt_bytes(key: &[u8; 16], text: &str) -> Result<Vec<u8>, Malformed> {
    let bytes = base64::decode(text).ok_or(Malformed("the attributes are no base64url"))?;
    let plain = Aes::new(key).cbc_decrypt(&bytes).unwrap_or_default();
    if plain.is_empty() {
        return Err(Malformed(
            "the attributes are not a positive number of 16-byte blocks",
        ));
    }
    Ok(plain)
}

fn parse(json: &[u8]) -> Result<Map<String, Value>, Malformed> {
    let object = json
        .strip_prefix(b"MEGA")
        .filter(|json| json.starts_with(b"{\""))
        .ok_or(Malformed(
            "the attributes do not start with MEGA{\" under this key",
        ))?;
    serde_json::from_slice(object).map_err(|_| Malformed("the attributes are no JSON object"))
}
