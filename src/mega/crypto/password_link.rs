//! Links protected by a password: the key of a public link, encrypted.
//!
//! base64url, after `#P!`, of:
//!
//! | bytes | content |
//! | --- | --- |
//! | 0 | algorithm: 2, or 1 (an old mistake: key and data of the HMAC swapped) |
//! | 1 | 0 folder, 1 file |
//! | 2..8 | public handle |
//! | 8..40 | salt |
//! | 16 or 32 more | link key xor D\[0..16\] or D\[0..32\] |
//! | last 32 | HMAC-SHA256 with D\[32..64\] over all before |
//!
//! D = PBKDF2-HMAC-SHA512(password, salt, 100000, 64 bytes). Purely local: the
//! server knows the plain link only. Spec: docs/protocol.md#password-links.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::base64;
use super::keys::{FileKey, ShareKey, fill_random};
use super::link::{LinkError, LinkTarget, PublicLink, after_host};

const ROUNDS: u32 = 100_000;
const HEAD: usize = 8;
const SALT: usize = 32;
const MAC: usize = 32;
const FOLDER: u8 = 0;
const FILE: u8 = 1;

/// A password link, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    data: Vec<u8>,
}

impl PasswordLink {
    /// Parses a `#P!` link.
    ///
    /// # Errors
    /// [`LinkError::NotALink`], [`LinkError::CutOff`] or
    /// [`LinkError::UnknownAlgorithm`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let rest = after_host(text.trim())?;
        let rest = rest.strip_prefix('#').unwrap_or(rest);
        let data = rest.strip_prefix("P!").ok_or(LinkError::NotALink)?;
        let data = base64::decode(data).map_err(|_| LinkError::CutOff)?;
        let (algorithm, kind) = match data.as_slice() {
            [algorithm, kind, ..] => (*algorithm, *kind),
            _ => return Err(LinkError::CutOff),
        };
        if !matches!(algorithm, 1 | 2) || !matches!(kind, FOLDER | FILE) {
            return Err(LinkError::UnknownAlgorithm);
        }
        let expected = HEAD + SALT + key_length(kind) + MAC;
        if data.len() < expected {
            return Err(LinkError::CutOff);
        }
        // what follows the HMAC is not covered by it
        Ok(Self {
            data: data.get(..expected).unwrap_or_default().to_vec(),
        })
    }

    /// Opens the link. Takes about 55 ms of CPU.
    ///
    /// # Errors
    /// [`LinkError::WrongPassword`].
    pub fn open(&self, password: &str) -> Result<PublicLink, LinkError> {
        let (covered, mac) = self
            .data
            .split_last_chunk::<MAC>()
            .ok_or(LinkError::CutOff)?;
        let (head, rest) = covered
            .split_first_chunk::<HEAD>()
            .ok_or(LinkError::CutOff)?;
        let (salt, encrypted) = rest.split_first_chunk::<SALT>().ok_or(LinkError::CutOff)?;
        let [algorithm, kind, handle @ ..] = head;
        let (pad, mac_key) = derive(password, salt);
        let expected = match algorithm {
            1 => hmac(covered, mac_key.as_slice()),
            _ => hmac(mac_key.as_slice(), covered),
        };
        if !bool::from(expected.ct_eq(mac)) {
            return Err(LinkError::WrongPassword);
        }
        let key = xor(encrypted, &pad);
        let target = match *kind {
            FILE => LinkTarget::File(FileKey::from_slice(&key).map_err(|_| LinkError::Key)?),
            _ => LinkTarget::Folder {
                key: ShareKey::from_slice(&key).map_err(|_| LinkError::Key)?,
                sub: None,
            },
        };
        Ok(PublicLink {
            handle: base64::encode(handle),
            target,
        })
    }

    /// Protects a link with a password, with algorithm 2 and a fresh salt. A
    /// sub-node is not carried over: the form has no room for one.
    ///
    /// # Errors
    /// [`LinkError::Handle`] if the link's handle is malformed.
    pub fn protect(link: &PublicLink, password: &str) -> Result<Self, LinkError> {
        let handle: [u8; 6] =
            base64::decode_exact("handle", &link.handle).map_err(|_| LinkError::Handle)?;
        let (kind, key) = match &link.target {
            LinkTarget::File(key) => (FILE, Zeroizing::new(key.pack().to_vec())),
            LinkTarget::Folder { key, .. } => (FOLDER, Zeroizing::new(key.as_bytes().to_vec())),
        };
        let mut salt = [0; SALT];
        fill_random(&mut salt);
        let (pad, mac_key) = derive(password, &salt);
        let mut data = vec![2, kind];
        data.extend_from_slice(&handle);
        data.extend_from_slice(&salt);
        data.extend_from_slice(&xor(&key, &pad));
        let mac = hmac(mac_key.as_slice(), &data);
        data.extend_from_slice(&mac);
        Ok(Self { data })
    }

    /// The link's text.
    pub fn to_url(&self) -> String {
        format!("https://mega.nz/#P!{}", base64::encode(&self.data))
    }
}

fn key_length(kind: u8) -> usize {
    if kind == FILE { 32 } else { 16 }
}

/// D, as the key pad and the HMAC key.
fn derive(password: &str, salt: &[u8; SALT]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let mut derived = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, ROUNDS, derived.as_mut_slice());
    let (mut pad, mut mac_key) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
    let (first, second) = derived.split_at(32);
    pad.copy_from_slice(first);
    mac_key.copy_from_slice(second);
    (pad, mac_key)
}

fn xor(data: &[u8], pad: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(data.iter().zip(pad).map(|(a, b)| a ^ b).collect())
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; MAC] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(data).finalize().into_bytes().0
}
