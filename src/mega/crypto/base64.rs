//! Base64url as MEGA writes and reads it.
//!
//! Written: alphabet `A-Z a-z 0-9 - _`, no padding. Read: also `+` and `/`,
//! and `=` at the end is ignored; spare bits in the last character are too,
//! since peers set them. Spec: docs/protocol.md#encodings.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::CryptoError;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false),
);

/// Encodes bytes as base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// What each character stands for, in both alphabets.
const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut value = 0_u8;
    while value < 64 {
        values[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    values[b'+' as usize] = 62;
    values[b'/' as usize] = 63;
    values
};
/// No value has this bit.
const INVALID: u8 = 0x80;

/// The same for each place in a group of four characters: the value where it
/// stands among the group's 24 bits.
const PLACED: [[u32; 256]; 4] = {
    let mut placed = [[0; 256]; 4];
    let mut place = 0;
    while place < 4 {
        let mut byte = 0;
        while byte < 256 {
            placed[place][byte] = match VALUES[byte] {
                INVALID => NOTHING,
                value => (value as u32) << (18 - 6 * place),
            };
            byte += 1;
        }
        place += 1;
    }
    placed
};
/// No group of values has this bit.
const NOTHING: u32 = 1 << 31;

/// Decodes base64 text of either alphabet, with or without padding.
///
/// # Errors
/// [`CryptoError::Base64`] for any other character and for a cut-off end.
pub fn decode(text: &str) -> Result<Vec<u8>, CryptoError> {
    let mut bytes = Vec::new();
    decode_into(text, &mut bytes)?;
    Ok(bytes)
}

/// As [`decode`], into a buffer that is used again and again.
///
/// # Errors
/// As [`decode`]; the buffer's content means nothing then.
pub fn decode_into(text: &str, out: &mut Vec<u8>) -> Result<(), CryptoError> {
    out.clear();
    // Never less than is needed: padding only makes the text longer.
    out.resize(text.len() / 4 * 3 + 2, 0);
    let length = decode_slice(text, out)?.len();
    out.truncate(length);
    Ok(())
}

/// As [`decode`], into the front of `out`; returns the bytes there.
///
/// # Errors
/// As [`decode`], and where `out` is too short.
pub fn decode_slice<'a>(text: &str, out: &'a mut [u8]) -> Result<&'a [u8], CryptoError> {
    let text = text.trim_end_matches('=').as_bytes();
    // A rest of one character is the cut-off end of something.
    if text.len() % 4 == 1 {
        return Err(CryptoError::Base64);
    }
    let length = text.len() / 4 * 3 + (text.len() % 4).saturating_sub(1);
    let out = out.get_mut(..length).ok_or(CryptoError::Base64)?;
    let value = |byte: u8| VALUES.get(usize::from(byte)).copied().unwrap_or(INVALID);
    let (groups, rest) = text.as_chunks::<4>();
    let (places, last) = out.as_chunks_mut::<3>();
    let [first, second, third, fourth] = &PLACED;
    let mut groups_seen = 0;
    for (place, [a, b, c, d]) in places.iter_mut().zip(groups) {
        let group = first[usize::from(*a)]
            | second[usize::from(*b)]
            | third[usize::from(*c)]
            | fourth[usize::from(*d)];
        groups_seen |= group;
        let [_, x, y, z] = group.to_be_bytes();
        *place = [x, y, z];
    }
    let mut seen = 0;
    let [a, b, c] = [0, 1, 2].map(|at| rest.get(at).map_or(0, |byte| value(*byte)));
    seen |= a | b | c;
    for (place, byte) in last.iter_mut().zip([a << 2 | b >> 4, b << 4 | c >> 2]) {
        *place = byte;
    }
    if seen & INVALID != 0 || groups_seen & NOTHING != 0 {
        return Err(CryptoError::Base64);
    }
    Ok(out)
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
    fn reads_what_was_written_whatever_its_length() {
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..bytes.len() {
            let text = encode(&bytes[..length]);
            assert_eq!(decode(&text).unwrap(), bytes[..length], "{text}");
            let other = text.replace('-', "+").replace('_', "/") + "==";
            assert_eq!(decode(&other).unwrap(), bytes[..length], "{other}");
        }
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
