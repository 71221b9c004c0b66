//! The secrets, one type for each kind of bytes.
//!
//! A type here has no behaviour beyond holding its bytes: it prints `***`,
//! compares in constant time, and wipes itself. Wrapping one key in another is
//! [`wrap`](super::wrap); packing a file key is [`file_key`](super::file_key).

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::CryptoError;
pub use super::file_key::{FileKey, NodeKey};

/// Fills `buffer` from the operating system's generator.
///
/// # Panics
/// If the system has no randomness to give: no key may be made then.
pub(crate) fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system gives random bytes");
}

/// The parts that all byte types share.
macro_rules! byte_type {
    ($name:ident, $len:literal, $what:literal) => {
        impl $name {
            /// The length in bytes.
            pub const LEN: usize = $len;

            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Takes a slice of exactly the right length.
            ///
            /// # Errors
            /// [`CryptoError::Length`].
            pub fn from_slice(bytes: &[u8]) -> Result<Self, CryptoError> {
                let bytes = bytes.try_into().map_err(|_| CryptoError::Length {
                    what: $what,
                    expected: $len,
                    got: bytes.len(),
                })?;
                Ok(Self(bytes))
            }

            /// The bytes; keep copies short-lived.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        impl PartialEq for $name {
            /// Compares in constant time.
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}
    };
}

/// Defines a secret: wiped when dropped, not `Copy`.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; $len]);

        byte_type!($name, $len, $what);

        impl $name {
            /// Makes a fresh one from the operating system's generator.
            pub fn generate() -> Self {
                let mut key = Self([0; $len]);
                fill_random(&mut key.0);
                key
            }
        }
    };
}

secret!(
    /// The account's master key: wraps every node key of the own tree.
    MasterKey, 16, "master key"
);
secret!(
    /// The key of a shared or exported folder: wraps the node keys below it,
    /// and is the key in a folder link.
    ShareKey, 16, "share key"
);
secret!(
    /// A folder's own key: encrypts its attributes.
    FolderKey, 16, "folder key"
);
secret!(
    /// Derived from the password: wraps the master key.
    PasswordKey, 16, "password key"
);
secret!(
    /// A: the AES key of one file's content and attributes. Together with a
    /// [`Nonce`] it may encrypt one content only, ever.
    ContentKey, 16, "content key"
);
secret!(
    /// The upper half of a file's counter block, and twice the start of its
    /// chunk MACs.
    Nonce, 8, "nonce"
);
secret!(
    /// Seals what is kept on disk between runs ([`seal`](super::seal)).
    SealKey, 32, "seal key"
);

/// The MAC over all chunk MACs of a file, as its key carries it.
#[derive(Clone, Copy, Default)]
pub struct MetaMac([u8; 8]);
byte_type!(MetaMac, 8, "meta-MAC");

/// The CBC-MAC of one chunk's plaintext.
#[derive(Clone, Copy, Default)]
pub struct ChunkMac([u8; 16]);
byte_type!(ChunkMac, 16, "chunk MAC");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let text = format!(
            "{:?} {:?} {:?}",
            MasterKey::from_bytes([0x41; 16]),
            Nonce::from_bytes([0x41; 8]),
            ChunkMac::from_bytes([0x41; 16])
        );
        assert_eq!(text, "MasterKey(***) Nonce(***) ChunkMac(***)");
    }

    #[test]
    fn fresh_keys_differ() {
        assert_ne!(ShareKey::generate(), ShareKey::generate());
    }

    #[test]
    fn another_length_is_refused_by_name() {
        assert_eq!(
            MasterKey::from_slice(&[0; 15]),
            Err(CryptoError::Length {
                what: "master key",
                expected: 16,
                got: 15
            })
        );
    }
}
