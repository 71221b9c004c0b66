//! RSA with the `rsa` crate: key pairs in MEGA's form, and session ids
//! encrypted to them.
//!
//! The private blob is four MPIs p, q, d, u with u = p⁻¹ mod q, then random
//! filler to the next block.

use rsa::hazmat::{rsa_decrypt, rsa_encrypt};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, PrivateKey, PublicKey};

use super::{Malformed, mpi, random};

/// Bytes of a session id: 16 opaque bytes, the user handle's 11 characters, 16
/// opaque bytes.
pub const SID: usize = 43;

/// A key pair as an account stores it.
pub struct KeyPair {
    /// MPIs p, q, d, u and filler, a multiple of 16 bytes, not yet encrypted.
    pub private_blob: Vec<u8>,
    /// MPIs n, e.
    pub public_blob: Vec<u8>,
}

/// Makes a key pair. Takes a moment: seconds without optimisation.
///
/// # Errors
/// When no key could be made.
pub fn generate(bits: usize) -> Result<KeyPair, Malformed> {
    let key = PrivateKey::new(&mut getrandom::SysRng, bits)
        .map_err(|_| Malformed("no RSA key could be made"))?;
    key_pair(&key)
}

/// Builds the blobs from two primes (big-endian) and e = 65537.
///
/// # Errors
/// When the numbers are no valid primes of a key.
pub fn from_primes(p: &[u8], q: &[u8]) -> Result<KeyPair, Malformed> {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let key = PrivateKey::from_p_q(number(p), number(q), BoxedUint::from(65_537_u64))
        .map_err(|_| Malformed("the primes make no RSA key"))?;
    key_pair(&key)
}

fn key_pair(key: &PrivateKey) -> Result<KeyPair, Malformed> {
    // The crate's coefficient is q⁻¹ mod p; with the primes' names exchanged it
    // is the u = p⁻¹ mod q that MEGA wants.
    let [q, p] = key.primes() else {
        return Err(Malformed("the RSA key does not have two primes"));
    };
    let u = key
        .crt_coefficient()
        .ok_or(Malformed("the RSA primes have no inverse"))?;
    let numbers = [
        p.to_be_bytes(),
        q.to_be_bytes(),
        key.d().to_be_bytes(),
        u.to_be_bytes(),
    ];
    let mut private_blob: Vec<u8> = numbers
        .iter()
        .flat_map(|number| mpi::write(number))
        .collect();
    let filler = random::<16>()?;
    let missing = private_blob.len().next_multiple_of(16) - private_blob.len();
    private_blob.extend_from_slice(&filler[..missing]);
    let public_blob = [mpi::write(&key.n_bytes()), mpi::write(&key.e_bytes())].concat();
    Ok(KeyPair {
        private_blob,
        public_blob,
    })
}

/// Encrypts a session id to a public key (MPIs n, e); gives the `csid` MPI.
///
/// The plaintext is the id and random filler, exactly two bytes shorter than
/// the modulus: the width that every client cuts the result to.
///
/// # Errors
/// When the public key is unusable.
pub fn encrypt_session_id(public_blob: &[u8], sid: &[u8; SID]) -> Result<Vec<u8>, Malformed> {
    let key = public_key(public_blob)?;
    let width = key
        .size()
        .checked_sub(2)
        .ok_or(Malformed("the RSA modulus is too short"))?;
    let mut plain = sid.to_vec();
    while plain.len() < width {
        plain.extend(random::<32>()?);
    }
    plain.truncate(width);
    encrypt(&key, &plain)
}

/// Encrypts raw bytes, read as a number, to a public key; gives an MPI.
///
/// # Errors
/// When the public key is unusable or the bytes are too many.
pub fn encrypt_raw(public_blob: &[u8], plain: &[u8]) -> Result<Vec<u8>, Malformed> {
    encrypt(&public_key(public_blob)?, plain)
}

fn encrypt(key: &PublicKey, plain: &[u8]) -> Result<Vec<u8>, Malformed> {
    let message = BoxedUint::from_be_slice(plain, key.n_bits_precision())
        .map_err(|_| Malformed("the RSA plaintext is too long"))?;
    let cipher = rsa_encrypt(key, &message).map_err(|_| Malformed("RSA encryption failed"))?;
    Ok(mpi::write(&cipher.to_be_bytes()))
}

fn public_key(blob: &[u8]) -> Result<PublicKey, Malformed> {
    let mut rest = blob;
    let n = BoxedUint::from_be_slice_vartime(mpi::read(&mut rest)?);
    let e = BoxedUint::from_be_slice_vartime(mpi::read(&mut rest)?);
    PublicKey::new(n, e).map_err(|_| Malformed("the public key is no usable RSA key"))
}

/// Decrypts an MPI with a private blob; gives the plaintext at the fixed width
/// of two bytes less than the primes' together (wider if the number is).
///
/// Also the check of a private blob that a client made: it fails unless p, q, d
/// and the public key belong together and u = p⁻¹ mod q.
///
/// # Errors
/// When the blobs are malformed or contradict each other.
pub fn decrypt(
    private_blob: &[u8],
    public_blob: &[u8],
    cipher_mpi: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let mut rest = private_blob;
    let (p, q) = (mpi::read(&mut rest)?, mpi::read(&mut rest)?);
    let (d, u) = (mpi::read(&mut rest)?, mpi::read(&mut rest)?);
    if rest.len() >= 16 {
        return Err(Malformed("a whole block or more follows the private key"));
    }
    let public = public_key(public_blob)?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let n = BoxedUint::from_be_slice_vartime(&public.n_bytes());
    let key =
        PrivateKey::from_components(n, public.e().clone(), number(d), vec![number(q), number(p)])
            .map_err(|_| Malformed("the private key's numbers do not belong together"))?;
    let inverse = key
        .crt_coefficient()
        .ok_or(Malformed("the RSA primes have no inverse"))?;
    if inverse.to_be_bytes_trimmed_vartime() != number(u).to_be_bytes_trimmed_vartime() {
        return Err(Malformed(
            "the private key's fourth number is not p⁻¹ mod q",
        ));
    }
    let mut rest = cipher_mpi;
    let cipher = BoxedUint::from_be_slice(mpi::read(&mut rest)?, key.n_bits_precision())
        .map_err(|_| Malformed("the RSA ciphertext is too long"))?;
    let plain = rsa_decrypt::<getrandom::SysRng>(None, &key, &cipher)
        .map_err(|_| Malformed("RSA decryption failed"))?
        .to_be_bytes();
    let significant = plain
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(plain.len());
    let width = (p.len() + q.len()).saturating_sub(2);
    let start = significant.min(plain.len().saturating_sub(width));
    let mut fixed = vec![0; width.saturating_sub(plain.len())];
    fixed.extend_from_slice(&plain[start..]);
    Ok(fixed)
}
