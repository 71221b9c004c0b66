//! Handles: the opaque names that the server gives to nodes, users and links.
//!
//! They are kept and compared as the text on the wire (docs/protocol.md,
//! "Notation"): never turned into numbers, never re-encoded. Each kind is a
//! type of its own, so a link's handle cannot stand where a node's belongs.

use std::fmt;

/// True for the characters a handle may have.
fn is_handle_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Length of the text in characters.
            pub const LENGTH: usize = $length;

            /// Reads a handle; anything but exactly the right number of
            /// base64url characters is `None`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_bytes(text.as_bytes().try_into().ok()?)
            }

            /// As [`Self::parse`], of the bytes of the text.
            #[must_use]
            pub fn from_bytes(bytes: [u8; $length]) -> Option<Self> {
                // No early end: this is done a million times and nearly always passes.
                let good = bytes.iter().fold(true, |good, byte| good & is_handle_byte(*byte));
                good.then_some(Self(bytes))
            }

            /// The bytes of the text, all of them ASCII.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// The text as on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                // Only `parse` makes these, and it lets nothing but ASCII in.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::parse(text).ok_or(())
            }
        }
    };
}

handle!(
    /// Names a node: a file, folder, version or root (6 bytes, 8 characters).
    NodeHandle,
    8
);
handle!(
    /// Names a public link (6 bytes, 8 characters); not the node behind it.
    PublicHandle,
    8
);
handle!(
    /// Names a user (8 bytes, 11 characters).
    UserHandle,
    11
);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn accepts_exactly_the_wire_form() {
        assert_eq!(NodeHandle::parse("JRelPf14").unwrap().as_str(), "JRelPf14");
        assert_eq!(
            UserHandle::parse("T4Ihc23NcAQ").unwrap().to_string(),
            "T4Ihc23NcAQ"
        );
        for bad in [
            "",
            "JRelPf1",
            "JRelPf145",
            "JRel/f14",
            "JRel\"f14",
            "JRelPf1é",
        ] {
            assert!(NodeHandle::parse(bad).is_none(), "{bad}");
        }
    }
}
