//! Base64url as MEGA writes and reads it.
//!
//! Written: alphabet `A-Z a-z 0-9 - _`, no padding. Read: also `+` and `/`,
//! and `=` at the end is ignored; spare bits in the last character are too,
//! since peers set them. Spec: docs/protocol.md#encodings.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::CryptoError;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Encodes bytes as base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Decodes base64 text of either alphabet, with or without padding.
///
/// # Errors
/// [`CryptoError::Base64`] for any other character and for a cut-off end.
pub fn decode(text: &str) -> Result<Vec<u8>, CryptoError> {
    let text = text.trim_end_matches('=');
    if text.bytes().any(|b| b == b'+' || b == b'/') {
        let url_safe = text.replace('+', "-").replace('/', "_");
        return ENGINE.decode(url_safe).map_err(|_| CryptoError::Base64);
    }
    ENGINE.decode(text).map_err(|_| CryptoError::Base64)
}

/// Decodes text that must give exactly `N` bytes; `what` names it in the error.
///
/// # Errors
/// [`CryptoError::Base64`] or [`CryptoError::Length`].
pub fn decode_exact<const N: usize>(
    what: &'static str,
    text: &str,
) -> Result<[u8; N], CryptoError> {
    let mut bytes = decode(text)?;
    let result = <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| CryptoError::Length {
        what,
        expected: N,
        got: bytes.len(),
    });
    zeroize::Zeroize::zeroize(&mut bytes);
    result
}

/// Tells whether every character belongs to the base64url alphabet.
pub fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn refuses_other_characters_and_cut_off_ends() {
        for text in ["A", "AA*A", "AAAAA", "AA=A", "ä", "AA AA"] {
            assert_eq!(decode(text), Err(CryptoError::Base64), "{text:?}");
        }
    }

    #[test]
    fn ignores_spare_bits() {
        assert_eq!(decode("AB").unwrap(), [0]);
    }

    #[test]
    fn says_which_length_was_wrong() {
        assert_eq!(
            decode_exact::<16>("key", "AAAA"),
            Err(CryptoError::Length {
                what: "key",
                expected: 16,
                got: 3
            })
        );
    }
}
