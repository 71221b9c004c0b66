//! Opens configuration files that rclone has encrypted
//! (docs/protocol.md, "rclone compatibility").
//!
//! ```text
//! # comment
//! RCLONE_ENCRYPT_V0:
//! base64( nonce, 24 bytes ‖ Poly1305 tag, 16 bytes ‖ XSalsa20 ciphertext )
//! ```
//!
//! The key is `SHA-256("[" ‖ password in NFKC ‖ "][rclone-config]")`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Secret;

const HEADER: &str = "RCLONE_ENCRYPT_V0:";
const ANY_VERSION: &str = "RCLONE_ENCRYPT_V";
const NONCE: usize = 24;
const TAG: usize = 16;

/// Why a sealed file cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Sealed by a later version of rclone.
    #[error("unsupported configuration encryption - update megarc for support")]
    Version,
    /// The sealed part is no base64, or too short.
    #[error("the encrypted configuration is damaged")]
    Damaged,
    /// The tag is wrong.
    #[error("Couldn't decrypt configuration, most likely wrong password.")]
    WrongPassword,
    /// A password of nothing, or of blanks.
    #[error("no characters in password")]
    EmptyPassword,
    /// Nobody to ask.
    #[error(
        "unable to decrypt configuration and not allowed to ask for password - set MEGARC_CONFIG_PASS to your configuration password"
    )]
    NoPassword,
}

/// A sealed file, not opened yet.
pub struct Envelope {
    nonce: [u8; NONCE],
    tag: [u8; TAG],
    sealed: Vec<u8>,
}

impl Envelope {
    /// Recognizes a sealed file; `None` for a plain one.
    ///
    /// # Errors
    /// [`EnvelopeError::Version`], [`EnvelopeError::Damaged`].
    pub fn parse(text: &str) -> Result<Option<Self>, EnvelopeError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().map(str::trim);
        let Some(first) = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        else {
            return Ok(None);
        };
        if first != HEADER {
            return if first.starts_with(ANY_VERSION) {
                Err(EnvelopeError::Version)
            } else {
                Ok(None)
            };
        }
        let body: String = lines.collect();
        let bytes = STANDARD.decode(body).map_err(|_| EnvelopeError::Damaged)?;
        let (nonce, rest) = bytes.split_first_chunk().ok_or(EnvelopeError::Damaged)?;
        let (tag, sealed) = rest.split_first_chunk().ok_or(EnvelopeError::Damaged)?;
        Ok(Some(Self {
            nonce: *nonce,
            tag: *tag,
            sealed: sealed.to_vec(),
        }))
    }

    /// The text inside.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongPassword`]; [`EnvelopeError::EmptyPassword`].
    pub fn open(&self, password: &Secret) -> Result<Secret, EnvelopeError> {
        let key = derive_key(password)?;
        let mut cipher = XSalsa20::new((&*key).into(), (&self.nonce).into());
        // The first 32 bytes of the key stream are the authenticator's key.
        let mut mac_key = Zeroizing::new([0; 32]);
        cipher.apply_keystream(&mut *mac_key);
        let tag = Poly1305::new((&*mac_key).into()).compute_unpadded(&self.sealed);
        if !bool::from(tag.as_slice().ct_eq(&self.tag)) {
            return Err(EnvelopeError::WrongPassword);
        }
        let mut text = self.sealed.clone();
        cipher.apply_keystream(&mut text);
        match String::from_utf8(text) {
            Ok(text) => Ok(Secret::new(text)),
            Err(_) => Err(EnvelopeError::Damaged),
        }
    }
}

fn derive_key(password: &Secret) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    let normal = Zeroizing::new(password.expose().nfkc().collect::<String>());
    if normal.trim().is_empty() {
        return Err(EnvelopeError::EmptyPassword);
    }
    let hash = Sha256::new()
        .chain_update(b"[")
        .chain_update(normal.as_bytes())
        .chain_update(b"][rclone-config]")
        .finalize();
    Ok(Zeroizing::new(hash.into()))
}
