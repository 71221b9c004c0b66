//! The account's RSA key: opens session ids, and keys sent by old contacts.
//!
//! Private blob, after AES decryption with the master key: MPI p, q, d, u in a
//! row, u being the inverse of p modulo q, then fewer than 16 filler bytes.
//! Spec: docs/protocol.md#rsa-key-and-session-id.
//!
//! Decryption works on the raw numbers through the Chinese remainder theorem
//! and keeps the result at its fixed width, so leading zero bytes survive.
//! `num-bigint` is not constant time: the exponents are blinded with a fresh
//! random multiple of the group order at each use, and a login does one
//! decryption only. The numbers rest as bytes and are wiped; the temporaries
//! of the arithmetic are not.

use num_bigint::BigUint;
use zeroize::Zeroizing;

use super::CryptoError;
use super::keys::fill_random;
use super::mpi::{push_mpi, split_mpi};
use super::session_id::SessionId;

/// A private key, ready to decrypt.
#[derive(Clone)]
pub struct RsaPrivateKey {
    p: Zeroizing<Vec<u8>>,
    q: Zeroizing<Vec<u8>>,
    d: Zeroizing<Vec<u8>>,
    u: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RsaPrivateKey(***)")
    }
}

impl RsaPrivateKey {
    /// Reads the decrypted private blob and checks that its numbers belong
    /// together.
    ///
    /// # Errors
    /// [`CryptoError::Mpi`] for a cut-off blob, [`CryptoError::RsaKey`] for
    /// numbers that are no key (which is what a wrong master key gives).
    pub fn parse(blob: &[u8]) -> Result<Self, CryptoError> {
        let (p, rest) = split_mpi(blob)?;
        let (q, rest) = split_mpi(rest)?;
        let (d, rest) = split_mpi(rest)?;
        let (u, _filler) = split_mpi(rest)?;
        let key = Self {
            p: Zeroizing::new(p.to_vec()),
            q: Zeroizing::new(q.to_vec()),
            d: Zeroizing::new(d.to_vec()),
            u: Zeroizing::new(u.to_vec()),
        };
        key.check()?;
        Ok(key)
    }

    /// Refuses zero, even and unrelated numbers, on which the arithmetic would
    /// divide by zero or give nonsense.
    fn check(&self) -> Result<(), CryptoError> {
        let [p, q, d, u] = self.numbers();
        let one = BigUint::from(1u8);
        // a 512-bit modulus is the least that holds a session id
        let usable = p.bit(0)
            && q.bit(0)
            && p.bits() >= 256
            && q.bits() >= 256
            && d > one
            && (&p * &u) % &q == one;
        usable.then_some(()).ok_or(CryptoError::RsaKey)
    }

    fn numbers(&self) -> [BigUint; 4] {
        [&self.p, &self.q, &self.d, &self.u].map(|bytes| BigUint::from_bytes_be(bytes))
    }

    /// c^d mod n by the remainder theorem, with blinded exponents.
    fn decrypt_number(&self, c: &BigUint) -> Result<BigUint, CryptoError> {
        let [p, q, d, u] = self.numbers();
        if *c >= &p * &q {
            return Err(CryptoError::RsaCiphertext);
        }
        let power = |prime: &BigUint| {
            let order = prime - 1u8;
            let mut blind = [0; 8];
            fill_random(&mut blind);
            let exponent = (&d % &order) + &order * BigUint::from_bytes_be(&blind);
            (c % prime).modpow(&exponent, prime)
        };
        let (m1, m2) = (power(&p), power(&q));
        // m = m1 + p * ((m2 - m1) * u mod q); q is added to stay above zero
        let difference = (&m2 + &q) - (&m1 % &q);
        Ok(m1 + p * ((difference * u) % q))
    }

    /// Decrypts an MPI to its plaintext of fixed width: bytes(p) + bytes(q) - 2,
    /// or more if the number needs more.
    fn decrypt(&self, mpi: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (c, _) = split_mpi(mpi)?;
        let number = Zeroizing::new(
            self.decrypt_number(&BigUint::from_bytes_be(c))?
                .to_bytes_be(),
        );
        let [p, q, ..] = self.numbers();
        let width = p.bits().div_ceil(8) + q.bits().div_ceil(8) - 2;
        let width = usize::try_from(width).map_err(|_| CryptoError::RsaKey)?;
        let mut plain = Zeroizing::new(vec![0; width.saturating_sub(number.len())]);
        plain.extend_from_slice(&number);
        Ok(plain)
    }

    /// Decrypts `csid` to the session id and checks that it has the form of one.
    ///
    /// # Errors
    /// [`CryptoError::Mpi`], [`CryptoError::RsaCiphertext`], or
    /// [`CryptoError::SessionId`] if what comes out is none.
    pub fn decrypt_session_id(&self, csid_mpi: &[u8]) -> Result<SessionId, CryptoError> {
        let plain = self.decrypt(csid_mpi)?;
        let id = plain.get(..SessionId::LEN).ok_or(CryptoError::SessionId)?;
        SessionId::from_slice(id)
    }

    /// Decrypts a node key (32 or 16 bytes) or share key (16 bytes) that was
    /// encrypted to our public key.
    ///
    /// # Errors
    /// [`CryptoError::Mpi`] or [`CryptoError::RsaCiphertext`].
    pub fn decrypt_key(&self, mpi: &[u8], len: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let plain = self.decrypt(mpi)?;
        let key = plain.get(..len).ok_or(CryptoError::RsaCiphertext)?;
        Ok(Zeroizing::new(key.to_vec()))
    }
}

/// Makes a key pair with a modulus of `bits` bits (2048 is usual): the private
/// blob with random filler to whole AES blocks, ready to be wrapped by the
/// master key, and the public blob (MPI n, MPI e).
///
/// # Errors
/// [`CryptoError::RsaGenerate`] if `bits` is out of range.
pub fn generate(bits: usize) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), CryptoError> {
    use ::rsa::traits::{PrivateKeyParts, PublicKeyParts};

    if !(1024..=super::mpi::MAX_BITS).contains(&bits) {
        return Err(CryptoError::RsaGenerate);
    }
    let key = ::rsa::PrivateKey::new(&mut getrandom::SysRng, bits)
        .map_err(|_| CryptoError::RsaGenerate)?;
    let [p, q] = key.primes() else {
        return Err(CryptoError::RsaGenerate);
    };
    let [p, q, d] = [p.as_ref(), q.as_ref(), key.d()].map(|n| Zeroizing::new(n.to_be_bytes()));
    let u = BigUint::from_bytes_be(&p)
        .modinv(&BigUint::from_bytes_be(&q))
        .ok_or(CryptoError::RsaGenerate)?;
    let u = Zeroizing::new(u.to_bytes_be());

    let mut private = Zeroizing::new(Vec::new());
    for number in [&p[..], &q[..], &d[..], &u[..]] {
        push_mpi(&mut private, number);
    }
    let end = private.len();
    private.resize(end.next_multiple_of(16), 0);
    if let Some(filler) = private.get_mut(end..) {
        fill_random(filler);
    }
    let mut public = Vec::new();
    push_mpi(&mut public, &key.n_bytes());
    push_mpi(&mut public, &key.e_bytes());
    Ok((private, public))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn encrypt(public: &[u8], plain: &[u8]) -> Vec<u8> {
        let (n, rest) = split_mpi(public).unwrap();
        let (e, _) = split_mpi(rest).unwrap();
        let [n, e, m] = [n, e, plain].map(BigUint::from_bytes_be);
        let mut mpi = Vec::new();
        push_mpi(&mut mpi, &m.modpow(&e, &n).to_bytes_be());
        mpi
    }

    #[test]
    fn a_generated_key_opens_what_its_public_half_closed() {
        let (private, public) = generate(1024).unwrap();
        assert_eq!(private.len() % 16, 0);
        let key = RsaPrivateKey::parse(&private).unwrap();
        // leading zero, then 126 bytes in all: modulus length less two
        let mut plain = vec![0; 126];
        plain[1..17].copy_from_slice(&[9; 16]);
        let opened = key.decrypt_key(&encrypt(&public, &plain), 17).unwrap();
        assert_eq!(*opened, plain[..17]);
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let (mut private, _) = generate(1024).unwrap();
        private[40] ^= 1;
        assert_eq!(
            RsaPrivateKey::parse(&private).unwrap_err(),
            CryptoError::RsaKey
        );
        assert_eq!(
            RsaPrivateKey::parse(&private[..100]).unwrap_err(),
            CryptoError::Mpi
        );
        assert_eq!(
            RsaPrivateKey::parse(&[0; 8]).unwrap_err(),
            CryptoError::RsaKey
        );
        assert_eq!(generate(512).unwrap_err(), CryptoError::RsaGenerate);
    }

    #[test]
    fn a_ciphertext_above_the_modulus_is_refused() {
        let (private, _) = generate(1024).unwrap();
        let key = RsaPrivateKey::parse(&private).unwrap();
        let mut mpi = Vec::new();
        push_mpi(&mut mpi, &[0xff; 129]);
        assert_eq!(
            key.decrypt_key(&mpi, 16).unwrap_err(),
            CryptoError::RsaCiphertext
        );
    }
}
