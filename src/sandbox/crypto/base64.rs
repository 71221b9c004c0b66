//! base64url without padding, by hand (docs/protocol.md, "Notation").

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        for index in 0..=group.len() {
            let digit = (word >> (18 - 6 * index)) & 63;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

/// Reads base64 in either alphabet, with or without padding.
///
/// Bits of the last character that fill no byte are dropped, as every client
/// does. `None` for a foreign character or a lone last one.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    digits(
        text.bytes().filter(|byte| *byte != b'='),
        |byte| match byte {
            b'+' => Some(62),
            b'/' => Some(63),
            _ => digit(byte),
        },
    )
}

/// Reads base64url exactly as [`encode`] writes it.
pub fn decode_strict(text: &str) -> Option<Vec<u8>> {
    let bytes = digits(text.bytes(), digit)?;
    (encode(&bytes) == text).then_some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    let position = ALPHABET.iter().position(|letter| *letter == byte)?;
    u8::try_from(position).ok()
}

fn digits(text: impl Iterator<Item = u8>, value: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut bits, mut count) = (0_u32, 0_u32, 0_usize);
    for byte in text {
        word = (word << 6) | u32::from(value(byte)?);
        bits += 6;
        count += 1;
        if bits >= 8 {
            bits -= 8;
            bytes.push(((word >> bits) & 255) as u8);
            word &= (1 << bits) - 1;
        }
    }
    (count % 4 != 1).then_some(bytes)
}
