//! Passwords made unreadable to a glance, as rclone does it.
//!
//! `base64url(IV of 16 bytes ‖ AES-256-CTR(fixed key, IV, text))`, without
//! padding. The key is in every copy of rclone and of this program: this hides
//! a password from somebody looking over a shoulder and from nobody else.

use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use ctr::cipher::{KeyIvInit, StreamCipher};

use super::Secret;

type Cipher = ctr::Ctr128BE<aes::Aes256>;

const IV: usize = 16;
const KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
    0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];

/// Strict about padding and alphabet; rclone does not look at the bits that
/// are left over in the last character.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Why a text cannot be revealed. rclone's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// No base64url, or padded.
    #[error(
        "base64 decode failed when revealing password - is it obscured?: illegal base64 data at input byte {0}"
    )]
    Base64(usize),
    /// Not even an IV.
    #[error("input too short when revealing password - is it obscured?")]
    TooShort,
    /// What came out is no text.
    #[error("revealed password is no text - is it obscured?")]
    NotText,
}

/// Obscures a text under a fresh random IV.
///
/// # Errors
/// When the system gives no random numbers.
pub fn obscure(text: &str) -> Result<String, getrandom::Error> {
    let mut iv = [0; IV];
    getrandom::fill(&mut iv)?;
    Ok(obscure_with(text, iv))
}

/// Obscures a text under a given IV: the same text and IV give the same result.
#[must_use]
pub fn obscure_with(text: &str, iv: [u8; IV]) -> String {
    let mut bytes = iv.to_vec();
    bytes.extend_from_slice(text.as_bytes());
    if let Some(text) = bytes.get_mut(IV..) {
        apply(iv, text);
    }
    BASE64.encode(bytes)
}

/// Makes an obscured text readable again.
///
/// # Errors
/// [`RevealError`] when it was not obscured.
pub fn reveal(obscured: &str) -> Result<Secret, RevealError> {
    let bytes = BASE64.decode(obscured).map_err(|e| {
        RevealError::Base64(match e {
            DecodeError::InvalidByte(at, _) => at,
            DecodeError::InvalidLastSymbol { offset, .. } => offset,
            // One letter too many, or a final sign of equality.
            DecodeError::InvalidLength(length) => length.saturating_sub(1),
            DecodeError::InvalidPadding => obscured.find('=').unwrap_or(0),
        })
    })?;
    let (iv, text) = bytes.split_first_chunk().ok_or(RevealError::TooShort)?;
    let mut text = text.to_vec();
    apply(*iv, &mut text);
    match String::from_utf8(text) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(RevealError::NotText),
    }
}

fn apply(iv: [u8; IV], text: &mut [u8]) {
    Cipher::new(&KEY.into(), &iv.into()).apply_keystream(text);
}
