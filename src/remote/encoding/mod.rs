//! Names: what a store cannot say, and how it is said instead.
//!
//! Three forms of one name:
//!
//! * **stored**: the bytes a store keeps, whatever they are;
//! * **standard**: what the rest of the program sees, prints and compares. It is
//!   valid UTF-8, has no `/`, no control character and is not `.` or `..`;
//! * what an [`Encoding`] makes of a name for one store: every character which
//!   that store cannot hold is replaced by a look-alike (`/` by `／`), and a
//!   character that already is such a look-alike is quoted with `‛`.
//!
//! The mapping is reversible and byte for byte rclone's, so that names written
//! by either program mean the same to both. One thing differs: bytes that are
//! not UTF-8 appear in the standard form as `‛` and two hexadecimal digits,
//! where rclone passes the raw byte on.

mod decode;
mod encode;
mod switches;
mod table;

use std::borrow::Cow;

pub use switches::{Encoding, EncodingError};

/// The sign that takes its special meaning from what follows it.
const QUOTE: char = '‛';

impl Encoding {
    /// The standard form of a name found in a store of this encoding.
    #[must_use]
    pub fn to_standard(self, stored: &[u8]) -> Cow<'_, str> {
        // The fast way for nearly every name there is.
        if let Ok(text) = std::str::from_utf8(stored)
            && text.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b'/')
            && !matches!(text, "." | "..")
        {
            return Cow::Borrowed(text);
        }
        let standard = (Self::STANDARD | Self::INVALID_UTF8).encode(&self.decode(stored));
        Cow::Owned(String::from_utf8_lossy(&standard).into_owned())
    }

    /// The bytes to keep in a store of this encoding for a name in standard form.
    #[must_use]
    pub fn from_standard(self, name: &str) -> Vec<u8> {
        self.encode(&(Self::STANDARD | Self::INVALID_UTF8).decode(name.as_bytes()))
    }

    /// [`Self::from_standard`] for stores whose names are text; bytes that are
    /// not UTF-8, which only [`Self::INVALID_UTF8`] turns into text, are lost.
    #[must_use]
    pub fn from_standard_text(self, name: &str) -> String {
        String::from_utf8(self.from_standard(name))
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;
    use proptest::prelude::*;

    const MEGA: Encoding = Encoding::MEGA;

    #[test]
    fn a_slash_inside_a_name_looks_like_one_and_is_none() {
        assert_eq!(MEGA.to_standard(b"sl/ash"), "sl／ash");
        assert_eq!(MEGA.from_standard("sl／ash"), "sl／ash".as_bytes());
        assert_eq!(MEGA.from_standard("sl‛／ash"), "sl‛／ash".as_bytes());
    }

    #[test]
    fn dots_alone_never_name_a_directory() {
        assert_eq!(MEGA.to_standard(b".."), "．．");
        assert_eq!(Encoding::NONE.to_standard(b"."), "．");
    }

    proptest! {
        #[test]
        fn any_bytes_survive_the_way_to_standard_and_back(bytes: Vec<u8>) {
            // A store that holds any bytes gets back what it gave.
            let standard = Encoding::RAW.to_standard(&bytes);
            prop_assert_eq!(Encoding::RAW.from_standard(&standard), &*bytes);
        }

        #[test]
        fn a_standard_name_is_one_harmless_element(bytes: Vec<u8>, mask in 0u32..1 << 29) {
            let standard = Encoding::from_bits(mask).to_standard(&bytes);
            prop_assert!(!standard.contains(['/', '\0']), "{standard:?}");
            prop_assert!(standard != "." && standard != "..");
        }

        #[test]
        fn what_is_encoded_decodes_to_itself(name in "\\PC{0,12}") {
            let encoded = MEGA.encode(name.as_bytes());
            prop_assert_eq!(MEGA.decode(&encoded), name.as_bytes());
        }
    }
}
