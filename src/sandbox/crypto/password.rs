//! Passwords into keys, as the server knows them (docs/protocol.md, "Login").

use sha2::{Digest, Sha256, Sha512};

use super::aes::{Aes, xor};

/// What a password and an account give: the key that opens the master key, and
/// the value that proves the password.
pub struct Derived {
    /// AES key of the master key, 16 bytes.
    pub password_key: [u8; 16],
    /// What the client sends as `uh`: 8 bytes (version 1) or 16 (version 2).
    pub user_hash: Vec<u8>,
}

/// Version 1: 65,536 rounds of AES keyed with the password.
pub fn derive_v1(email: &str, password_bytes: &[u8]) -> Derived {
    let password_key = password_key_v1(password_bytes);
    Derived {
        password_key,
        user_hash: user_hash_v1(email, &password_key).to_vec(),
    }
}

/// The bytes that official clients take for a password of a version 1 account.
///
/// One slot a UTF-16 unit. The low byte lands in the unit's slot, the high byte
/// in the slot before it, and is lost where a group of four slots begins.
pub fn password_bytes_v1(password: &str) -> Vec<u8> {
    let units: Vec<u16> = password.encode_utf16().collect();
    let mut bytes = vec![0; units.len()];
    for (slot, unit) in units.iter().enumerate() {
        let [high, low] = unit.to_be_bytes();
        bytes[slot] |= low;
        if slot % 4 != 0 {
            bytes[slot - 1] |= high;
        }
    }
    bytes
}

/// The password key of version 1, from the password's bytes.
pub fn password_key_v1(password_bytes: &[u8]) -> [u8; 16] {
    let ciphers: Vec<Aes> = password_bytes
        .chunks(16)
        .map(|chunk| {
            let mut key = [0; 16];
            key[..chunk.len()].copy_from_slice(chunk);
            Aes::new(&key)
        })
        .collect();
    let mut key = [
        0x93, 0xC4, 0x67, 0xE3, 0x7D, 0xB0, 0xC7, 0xA4, 0xD1, 0xBE, 0x3F, 0x81, 0x01, 0x52, 0xCB,
        0x56,
    ];
    for _ in 0..65_536 {
        for cipher in &ciphers {
            key = cipher.encrypt_block(key);
        }
    }
    key
}

/// The user hash of version 1.
pub fn user_hash_v1(email: &str, password_key: &[u8; 16]) -> [u8; 8] {
    let mut hash = [0; 16];
    for (index, byte) in email.to_ascii_lowercase().bytes().enumerate() {
        hash[index % 16] ^= byte;
    }
    let cipher = Aes::new(password_key);
    for _ in 0..16_384 {
        hash = cipher.encrypt_block(hash);
    }
    let [a, b, c, d, _, _, _, _, e, f, g, h, ..] = hash;
    [a, b, c, d, e, f, g, h]
}

/// Version 2: PBKDF2-HMAC-SHA512, 100,000 rounds, 32 bytes.
pub fn derive_v2(password: &str, salt: &[u8]) -> Derived {
    let derived = pbkdf2_sha512(password.as_bytes(), salt, 100_000);
    let (mut password_key, mut user_hash) = ([0; 16], vec![0; 16]);
    password_key.copy_from_slice(&derived[..16]);
    user_hash.copy_from_slice(&derived[16..32]);
    Derived {
        password_key,
        user_hash,
    }
}

/// The salt that a server makes from the client's random value.
pub fn salt_v2(client_random: &[u8; 16]) -> [u8; 32] {
    let mut padded = [b'P'; 200];
    padded[..7].copy_from_slice(b"mega.nz");
    Sha256::new()
        .chain_update(padded)
        .chain_update(client_random)
        .finalize()
        .into()
}

/// What the server keeps of a version 2 user hash: half its SHA-256.
pub fn stored_auth(user_hash: &[u8]) -> [u8; 16] {
    let mut stored = [0; 16];
    stored.copy_from_slice(&Sha256::digest(user_hash)[..16]);
    stored
}

/// The first block of PBKDF2 with HMAC-SHA512 (RFC 8018 §5.2, RFC 2104).
///
/// The two padded keys are hashed once and their state is cloned, which is what
/// keeps 100,000 rounds bearable in an unoptimised build.
fn pbkdf2_sha512(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 64] {
    let mut key = [0; 128];
    if password.len() > key.len() {
        key[..64].copy_from_slice(&Sha512::digest(password));
    } else {
        key[..password.len()].copy_from_slice(password);
    }
    let inner = Sha512::new_with_prefix(key.map(|byte| byte ^ 0x36));
    let outer = Sha512::new_with_prefix(key.map(|byte| byte ^ 0x5C));
    let hmac = |parts: &[&[u8]]| -> [u8; 64] {
        let mut hash = inner.clone();
        for part in parts {
            hash.update(part);
        }
        outer
            .clone()
            .chain_update(hash.finalize())
            .finalize()
            .into()
    };
    let mut round = hmac(&[salt, &1_u32.to_be_bytes()]);
    let mut sum = round;
    for _ in 1..rounds {
        round = hmac(&[&round]);
        for (half, other) in sum
            .as_chunks_mut::<16>()
            .0
            .iter_mut()
            .zip(round.as_chunks::<16>().0)
        {
            *half = xor(*half, *other);
        }
    }
    sum
}
