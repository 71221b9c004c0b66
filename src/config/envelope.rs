//! Configuration files that are encrypted as a whole: rclone's, which are only
//! opened, and ours (docs/protocol.md, "rclone compatibility").
//!
//! ```text
//! # comment
//! RCLONE_ENCRYPT_V0:
//! base64( nonce, 24 bytes ‖ Poly1305 tag, 16 bytes ‖ XSalsa20 ciphertext )
//! ```
//!
//! Its key is `SHA-256("[" ‖ password in NFKC ‖ "][rclone-config]")`: who gets
//! the file can try passwords as fast as they can be hashed. Ours makes each
//! try dear:
//!
//! ```text
//! # comment
//! MEGARC_ENCRYPT_V1:pbkdf2-hmac-sha512:ITERATIONS:base64( salt, 16 bytes )
//! base64( nonce ‖ tag ‖ ciphertext )
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::secretbox::{self, NONCE};
use super::{ConfigError, Secret};

const RCLONES: &str = "RCLONE_ENCRYPT_V0:";
const RCLONES_ANY: &str = "RCLONE_ENCRYPT_V";
const OURS: &str = "MEGARC_ENCRYPT_V1:pbkdf2-hmac-sha512:";
const OURS_ANY: &str = "MEGARC_ENCRYPT_V";
const COMMENT: &str = "# Configuration of megarc, encrypted: 'megarc config encryption' sets, changes and removes\n\
                       # the password.\n";
const SALT: usize = 16;
/// What OWASP asks of PBKDF2 with SHA-512: a tenth of a second.
const ITERATIONS: u32 = 210_000;
/// A file that asks for more wants to keep the processor busy.
const MOST_ITERATIONS: u32 = 20_000_000;

/// Why a sealed file cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Sealed by a later version.
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
}

type Key = Zeroizing<[u8; 32]>;

/// How a password becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Derivation {
    /// As rclone does it.
    Rclone,
    /// PBKDF2 with HMAC-SHA-512.
    Pbkdf2 {
        /// How often.
        iterations: u32,
        /// What makes equal passwords differ.
        salt: [u8; SALT],
    },
}

/// A sealed file, not opened yet.
pub struct Envelope {
    derivation: Derivation,
    nonce: [u8; NONCE],
    boxed: Vec<u8>,
}

/// A password, and the key that was made of it: good for opening a file and
/// for sealing it again.
pub struct Seal {
    password: Secret,
    derivation: Derivation,
    key: Key,
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
        let derivation = if first == RCLONES {
            Derivation::Rclone
        } else if let Some(parameters) = first.strip_prefix(OURS) {
            Derivation::parse(parameters).ok_or(EnvelopeError::Damaged)?
        } else if first.starts_with(RCLONES_ANY) || first.starts_with(OURS_ANY) {
            return Err(EnvelopeError::Version);
        } else {
            return Ok(None);
        };
        let body: String = lines.collect();
        let bytes = STANDARD.decode(body).map_err(|_| EnvelopeError::Damaged)?;
        let (nonce, boxed) = bytes.split_first_chunk().ok_or(EnvelopeError::Damaged)?;
        if boxed.len() < secretbox::TAG {
            return Err(EnvelopeError::Damaged);
        }
        Ok(Some(Self {
            derivation,
            nonce: *nonce,
            boxed: boxed.to_vec(),
        }))
    }

    /// Whether rclone has sealed it.
    #[must_use]
    pub fn is_rclones(&self) -> bool {
        self.derivation == Derivation::Rclone
    }

    /// The text inside.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongPassword`]; [`EnvelopeError::EmptyPassword`].
    pub fn open(&self, password: &Secret) -> Result<Secret, EnvelopeError> {
        let seal = Seal::derive(password, self.derivation)?;
        self.open_with(&seal)
    }

    /// The text inside, and what seals it again.
    pub(super) fn unlock(&self, password: &Secret) -> Result<(Secret, Seal), EnvelopeError> {
        let seal = Seal::derive(password, self.derivation)?;
        Ok((self.open_with(&seal)?, seal))
    }

    /// The text inside, by the password of `seal`.
    pub(super) fn open_again(&self, seal: &Seal) -> Result<Secret, EnvelopeError> {
        if seal.derivation == self.derivation {
            return self.open_with(seal);
        }
        self.open(&seal.password)
    }

    fn open_with(&self, seal: &Seal) -> Result<Secret, EnvelopeError> {
        let text = secretbox::open(&seal.key, &self.nonce, &self.boxed);
        match String::from_utf8(text.ok_or(EnvelopeError::WrongPassword)?) {
            Ok(text) => Ok(Secret::new(text)),
            Err(_) => Err(EnvelopeError::Damaged),
        }
    }
}

impl Seal {
    /// A seal for a new password.
    ///
    /// # Errors
    /// [`ConfigError::Random`]; [`ConfigError::BadPassword`].
    pub fn new(password: &Secret) -> Result<Self, ConfigError> {
        let derivation = Derivation::Pbkdf2 {
            iterations: ITERATIONS,
            salt: random()?,
        };
        Self::derive(password, derivation).map_err(ConfigError::BadPassword)
    }

    fn derive(password: &Secret, derivation: Derivation) -> Result<Self, EnvelopeError> {
        Ok(Self {
            password: password.clone(),
            derivation,
            key: derivation.key(password)?,
        })
    }

    /// A whole file with this text sealed inside.
    ///
    /// # Errors
    /// [`ConfigError::Random`].
    pub(super) fn wrap(&self, text: &str) -> Result<String, ConfigError> {
        let nonce: [u8; NONCE] = random()?;
        let boxed = secretbox::seal(&self.key, &nonce, text.as_bytes());
        let body = STANDARD.encode([nonce.as_slice(), &boxed].concat());
        Ok(format!("{COMMENT}\n{}\n{body}\n", self.derivation.header()))
    }
}

impl Derivation {
    fn parse(parameters: &str) -> Option<Self> {
        let (iterations, salt) = parameters.split_once(':')?;
        let iterations = iterations.parse().ok()?;
        let salt = STANDARD.decode(salt).ok()?;
        (1..=MOST_ITERATIONS)
            .contains(&iterations)
            .then_some(Self::Pbkdf2 {
                iterations,
                salt: salt.try_into().ok()?,
            })
    }

    fn header(&self) -> String {
        match self {
            Self::Rclone => RCLONES.to_owned(),
            Self::Pbkdf2 { iterations, salt } => {
                format!("{OURS}{iterations}:{}", STANDARD.encode(salt))
            }
        }
    }

    fn key(&self, password: &Secret) -> Result<Key, EnvelopeError> {
        let normal = Zeroizing::new(password.expose().nfkc().collect::<String>());
        if normal.trim().is_empty() {
            return Err(EnvelopeError::EmptyPassword);
        }
        let mut key = Zeroizing::new([0; 32]);
        match self {
            Self::Rclone => {
                let hash = Sha256::new()
                    .chain_update(b"[")
                    .chain_update(normal.as_bytes())
                    .chain_update(b"][rclone-config]")
                    .finalize();
                *key = hash.into();
            }
            Self::Pbkdf2 { iterations, salt } => {
                pbkdf2::pbkdf2_hmac::<Sha512>(normal.as_bytes(), salt, *iterations, &mut *key);
            }
        }
        Ok(key)
    }
}

fn random<const N: usize>() -> Result<[u8; N], ConfigError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| ConfigError::Random(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ours_opens_again_and_no_two_are_alike() {
        let password = Secret::new("pässword");
        let seal = Seal::new(&password).unwrap();
        let (one, two) = (seal.wrap("text").unwrap(), seal.wrap("text").unwrap());
        assert_ne!(one, two);
        for file in [&one, &two] {
            let envelope = Envelope::parse(file).unwrap().unwrap();
            assert!(!envelope.is_rclones());
            assert_eq!(envelope.open_again(&seal).unwrap().expose(), "text");
            let (text, again) = envelope.unlock(&Secret::new("pa\u{308}ssword")).unwrap();
            assert_eq!((text.expose(), *again.key), ("text", *seal.key));
            let wrong = envelope.open(&Secret::new("password")).map(drop);
            assert_eq!(wrong, Err(EnvelopeError::WrongPassword));
        }
        // Sealed by the same password elsewhere.
        let other = Seal::new(&password).unwrap();
        let envelope = Envelope::parse(&one).unwrap().unwrap();
        assert_eq!(envelope.open_again(&other).unwrap().expose(), "text");
        assert!(Seal::new(&Secret::new(" ")).is_err());
    }

    /// Made in Python: `hashlib.pbkdf2_hmac`, and a secretbox of its own that
    /// makes rclone's vectors.
    const FOREIGN: &str = "# x\n\nMEGARC_ENCRYPT_V1:pbkdf2-hmac-sha512:1000:AAECAwQFBgcICQoLDA0ODw==\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7rqqhBk6aePotzqkSpYASLzy3jK8G82MdXOXz/c2x+Y60t01U";

    #[test]
    fn another_implementation_makes_the_same_file() {
        let envelope = Envelope::parse(FOREIGN).unwrap().unwrap();
        let text = envelope.open(&Secret::new("correct horse")).unwrap();
        assert_eq!(text.expose(), "[a]\ntype = \"memory\"\n");
    }

    #[test]
    fn what_is_no_envelope_of_ours_is_refused() {
        let parse = |line: &str| Envelope::parse(&format!("{line}\nAAAA")).map(|_| ());
        let salt = "AAAAAAAAAAAAAAAAAAAAAA==";
        for (line, expected) in [
            ("MEGARC_ENCRYPT_V2:x", EnvelopeError::Version),
            ("MEGARC_ENCRYPT_V1:argon2:1:AAAA", EnvelopeError::Version),
            (&format!("{OURS}0:{salt}"), EnvelopeError::Damaged),
            (&format!("{OURS}4000000000:{salt}"), EnvelopeError::Damaged),
            (&format!("{OURS}99999999999:{salt}"), EnvelopeError::Damaged),
            (&format!("{OURS}1:AAAA"), EnvelopeError::Damaged),
            (&format!("{OURS}1"), EnvelopeError::Damaged),
            (&format!("{OURS}1:{salt}"), EnvelopeError::Damaged),
        ] {
            assert_eq!(parse(line), Err(expected), "{line}");
        }
    }
}
