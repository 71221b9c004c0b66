//! What can be wrong with bytes that should have been a key, a blob or a MAC.

use thiserror::Error;

/// A cryptographic input that cannot be used, by kind. It never quotes the
/// input: that may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// Text that should be base64url has another character or a cut-off end.
    #[error("not valid base64url text")]
    Base64,
    /// A value has another length than its kind must have.
    #[error("{what} has {got} bytes, expected {expected}")]
    Length {
        /// What was being read.
        what: &'static str,
        /// The length it must have, in bytes.
        expected: usize,
        /// The length it had, in bytes.
        got: usize,
    },
    /// Data for a block cipher is empty or no multiple of 16 bytes.
    #[error("{what} is not a whole number of 16-byte blocks")]
    Blocks {
        /// What was being read.
        what: &'static str,
    },
    /// The key is all zero bytes (for a file: its halves are equal), which no
    /// client may use.
    #[error("the key is all zero")]
    ZeroKey,
    /// A big number (MPI) is cut off or longer than any key in use.
    #[error("a big number is cut off or oversized")]
    Mpi,
    /// The RSA private key's numbers do not belong together.
    #[error("the RSA private key is damaged")]
    RsaKey,
    /// The RSA ciphertext is not below the modulus, or its plaintext is too short.
    #[error("the RSA ciphertext does not fit the key")]
    RsaCiphertext,
    /// RSA key generation failed.
    #[error("could not generate an RSA key")]
    RsaGenerate,
    /// The decrypted session id does not have the form of one, so the key or
    /// the ciphertext was wrong.
    #[error("the decrypted session id is malformed")]
    SessionId,
    /// Attributes do not start with `MEGA{"` after decryption: wrong key.
    #[error("the attributes were encrypted with another key")]
    AttributesMagic,
    /// Attributes decrypted, but the JSON in them is broken.
    #[error("the attributes are not valid JSON")]
    AttributesJson,
    /// The fingerprint attribute has another length than it announces.
    #[error("malformed file fingerprint")]
    Fingerprint,
    /// A fingerprint was asked for before all bytes had been seen, or after more.
    #[error("the content is not as long as was announced")]
    ContentLength,
    /// The content does not match the MAC in its file key.
    #[error("the content does not match its MAC")]
    MacMismatch,
    /// A share key's proof (`ha`) is not ours: the server may have planted it.
    #[error("the share key is not authenticated")]
    ShareKeyProof,
    /// A sealed blob was changed, cut, or sealed with another key or context.
    #[error("the sealed data was changed or belongs to another key")]
    Sealed,
    /// The `^!keys` attribute decrypted, but its records are broken.
    #[error("the key store attribute is malformed")]
    KeysAttribute,
    /// Too few of the six CloudRAID parts are present, or one has a wrong length.
    #[error("the CloudRAID parts are incomplete")]
    Raid,
}
