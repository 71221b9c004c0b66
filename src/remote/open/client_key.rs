//! The password of a certificate's key (`--client-pass`).
//!
//! Two forms are in use: PKCS#8 (`ENCRYPTED PRIVATE KEY`, RFC 5958), which
//! names its ciphers itself, and the old one of OpenSSL, a block with the
//! headers `Proc-Type` and `DEK-Info` whose key is drawn from the password by
//! rounds of MD5. What comes out is PEM without a password.

use aes::{Aes128, Aes192, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cipher::KeyIvInit;
use cipher::block_padding::Pkcs7;
use des::{Des, TdesEde3};
use md5::{Digest as _, Md5};
use pkcs8::EncryptedPrivateKeyInfoRef;
use zeroize::Zeroizing;

use crate::config::Secret;
use crate::config::obscure::reveal;

/// Bytes of the password's salt: the first ones of the initial vector.
const SALT: usize = 8;

/// The first encrypted key of `pem` without its password, which is given
/// obscured; nothing where none is encrypted, and the password is not needed.
///
/// # Errors
/// No password, one that was not obscured, or one that does not fit.
pub(super) fn opened(
    pem: &str,
    pass: Option<&Secret>,
) -> Result<Option<Zeroizing<String>>, String> {
    let pass = pass.filter(|pass| !pass.is_empty());
    let password = pass
        .map(|pass| reveal(pass.expose()).map_err(|e| format!("reveal key password: {e}")))
        .transpose()?;
    let Some(block) = Block::first(pem) else {
        return Ok(None);
    };
    let old = block.header("DEK-Info");
    let pkcs8 = block.label == "ENCRYPTED PRIVATE KEY";
    if !pkcs8 && old.is_none() {
        return Ok(None);
    }
    let password = password.ok_or("key is encrypted but no --client-pass provided")?;
    let body = STANDARD
        .decode(block.body.as_bytes())
        .map_err(|e| format!("the key is no PEM: {e}"))?;
    if let Some(info) = old {
        let der = decrypt_old(info, &body, password.expose())
            .map_err(|why| format!("decrypt PEM key: {why}"))?;
        return Ok(Some(written(block.label, &der)));
    }
    let key = EncryptedPrivateKeyInfoRef::try_from(body.as_slice())
        .and_then(|key| key.decrypt(password.expose()))
        .map_err(|e| format!("parse encrypted PKCS#8: {e}"))?;
    Ok(Some(written("PRIVATE KEY", key.as_bytes())))
}

/// A block of PEM.
struct Block<'a> {
    label: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    /// Base64, in one piece.
    body: String,
}

impl<'a> Block<'a> {
    /// The first block of `pem` that is a key.
    fn first(pem: &'a str) -> Option<Self> {
        let mut lines = pem.lines().map(str::trim);
        let label = lines.by_ref().find_map(|line| {
            let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
            label.ends_with("PRIVATE KEY").then_some(label)
        })?;
        let mut block = Self {
            label,
            headers: Vec::new(),
            body: String::new(),
        };
        for line in lines.take_while(|line| !line.starts_with("-----END ")) {
            match line.split_once(':') {
                Some((name, value)) => block.headers.push((name.trim(), value.trim())),
                None => block.body.push_str(line),
            }
        }
        Some(block)
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(have, _)| *have == name)?;
        Some(found.1)
    }
}

/// Decrypts the old form; `info` is the cipher's name, a comma, and the
/// initial vector in hexadecimal.
fn decrypt_old(info: &str, body: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let (name, iv) = info.split_once(',').ok_or("malformed DEK-Info header")?;
    let iv = unhex(iv.trim()).ok_or("malformed DEK-Info header")?;
    let open = |length: usize| key_of(password, &iv, length);
    let plain = match name.trim() {
        "AES-128-CBC" => decrypt::<Decryptor<Aes128>>(&open(16), &iv, body),
        "AES-192-CBC" => decrypt::<Decryptor<Aes192>>(&open(24), &iv, body),
        "AES-256-CBC" => decrypt::<Decryptor<Aes256>>(&open(32), &iv, body),
        "DES-EDE3-CBC" => decrypt::<Decryptor<TdesEde3>>(&open(24), &iv, body),
        "DES-CBC" => decrypt::<Decryptor<Des>>(&open(8), &iv, body),
        other => return Err(format!("unknown encryption mode {other}")),
    };
    plain.ok_or_else(|| "decryption password incorrect".to_owned())
}

fn decrypt<C>(key: &[u8], iv: &[u8], body: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: KeyIvInit + cipher::BlockModeDecrypt,
{
    let cipher = C::new_from_slices(key, iv).ok()?;
    let mut plain = Zeroizing::new(body.to_vec());
    let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).ok()?.len();
    plain.truncate(length);
    // A wrong password leaves padding that looks right once in 256 times; a
    // key is a DER sequence.
    (plain.first() == Some(&0x30)).then_some(plain)
}

/// OpenSSL's rounds: each sum takes in the one before, the password and the
/// salt.
fn key_of(password: &str, iv: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let salt = iv.get(..SALT).unwrap_or(iv);
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut last: Option<[u8; 16]> = None;
    while key.len() < length {
        let mut sum = Md5::new();
        if let Some(last) = last {
            sum.update(last);
        }
        sum.update(password.as_bytes());
        sum.update(salt);
        let sum: [u8; 16] = sum.finalize().into();
        key.extend_from_slice(&sum);
        last = Some(sum);
    }
    key.truncate(length);
    key
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn written(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut pem = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::obscure::obscure_with;

    macro_rules! vector {
        ($name:literal) => {
            include_str!(concat!(
                "../../../tests/vectors/client_keys/",
                $name,
                ".pem"
            ))
        };
    }

    /// Made by OpenSSL 3.0 from one key, with the password below.
    const ENCRYPTED: [(&str, &str); 10] = [
        ("PKCS#8, AES-128", vector!("p8-aes-128-cbc")),
        ("PKCS#8, AES-256", vector!("p8-aes-256-cbc")),
        ("PKCS#8, 3DES", vector!("p8-des3")),
        ("PKCS#8, scrypt", vector!("p8-scrypt")),
        ("PKCS#8, SHA-1", vector!("p8-sha1")),
        ("old, AES-128", vector!("old-aes128")),
        ("old, AES-192", vector!("old-aes192")),
        ("old, AES-256", vector!("old-aes256")),
        ("old, 3DES", vector!("old-des3")),
        ("old, DES", vector!("old-des")),
    ];
    const PLAIN: &str = vector!("plain");

    fn pass(text: &str) -> Secret {
        Secret::new(obscure_with(text, [7; 16]))
    }

    /// The scalar of the key, which all forms hold.
    fn scalar(pem: &str) -> Vec<u8> {
        let der = STANDARD.decode(Block::first(pem).unwrap().body).unwrap();
        let at = der
            .windows(4)
            .position(|four| four == [2, 1, 1, 4])
            .unwrap();
        der[at + 5..at + 37].to_vec()
    }

    #[test]
    fn every_form_opens_to_the_same_key() {
        for (form, pem) in ENCRYPTED {
            let key = opened(pem, Some(&pass("pässword"))).unwrap().unwrap();
            assert_eq!(scalar(&key), scalar(PLAIN), "{form}");
            assert!(key.lines().all(|line| line.len() <= 64), "{form}");
        }
    }

    #[test]
    fn what_does_not_open_says_why() {
        for (form, pem) in ENCRYPTED {
            for wrong in [None, Some(Secret::new(""))] {
                assert_eq!(
                    opened(pem, wrong.as_ref()).unwrap_err(),
                    "key is encrypted but no --client-pass provided",
                    "{form}"
                );
            }
            let why = opened(pem, Some(&pass("password"))).unwrap_err();
            assert!(
                why.starts_with("parse encrypted PKCS#8: ")
                    || why == "decrypt PEM key: decryption password incorrect",
                "{form}: {why}"
            );
        }
        let why = opened(PLAIN, Some(&Secret::new("not obscured!"))).unwrap_err();
        assert!(why.starts_with("reveal key password: "), "{why}");
    }

    #[test]
    fn keys_without_a_password_are_left_alone() {
        for pass in [None, Some(pass("any"))] {
            for pem in [PLAIN, "", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
                assert_eq!(opened(pem, pass.as_ref()), Ok(None));
            }
        }
    }

    #[test]
    fn damaged_keys_are_refused() {
        let pass = pass("pässword");
        for info in ["AES-256-CBC", "AES-256-CBC,xy", "AES-256-CBC,+1", "RC4,00"] {
            let pem = format!(
                "-----BEGIN EC PRIVATE KEY-----\nDEK-Info: {info}\n\nAAAA\n\
                 -----END EC PRIVATE KEY-----\n"
            );
            assert!(opened(&pem, Some(&pass)).is_err(), "{info}");
        }
        for (form, pem) in ENCRYPTED {
            let half: String = pem.lines().take(4).collect::<Vec<_>>().join("\n");
            assert!(opened(&half, Some(&pass)).is_err(), "{form}");
        }
    }
}
