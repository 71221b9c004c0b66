//! One-time codes: RFC 6238 with SHA-1, six digits, 30 seconds.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Seconds a code is shown.
const STEP: u64 = 30;

/// The code of a secret at a time (UTC seconds).
pub fn code(secret: &[u8], time: u64) -> String {
    let counter = (time / STEP).to_be_bytes();
    let Ok(mac) = <Hmac<Sha1> as KeyInit>::new_from_slice(secret) else {
        return String::new();
    };
    let digest: [u8; 20] = mac.chain_update(counter).finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 15);
    let word = digest[offset..offset + 4]
        .iter()
        .fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    format!("{:06}", (word & 0x7FFF_FFFF) % 1_000_000)
}

/// Whether a code is right now, or was or will be one step away.
pub fn accepts(secret: &[u8], given: &str, time: u64) -> bool {
    [time.saturating_sub(STEP), time, time + STEP]
        .iter()
        .any(|time| code(secret, *time) == given)
}

/// Reads a secret in base32 (RFC 4648), spaces, case and padding ignored.
pub fn secret(text: &str) -> Option<Vec<u8>> {
    let (mut word, mut bits, mut bytes) = (0_u32, 0_u32, Vec::new());
    for letter in text.bytes().filter(|byte| !b" -=".contains(byte)) {
        let value = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        word = (word << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}
