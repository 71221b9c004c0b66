//! Is what is stored the same as what is here? Asked of a store that can tell
//! without giving its bytes out.

use std::sync::Arc;

use super::{Content, Meter};

/// How much of the content a comparison has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a change would most likely show in (MEGA: size and fingerprint,
    /// 8 KiB of the file). Where the store keeps no such thing: all of it.
    Sample,
    /// Every byte.
    Whole,
}

/// Content at hand, to be compared with a stored file.
pub struct Candidate {
    /// Size in bytes; `None`: unknown, to the end of the stream.
    pub size: Option<u64>,
    /// The bytes.
    pub content: Content,
    /// Told of every piece that was read, and may hold the reading back.
    pub meter: Option<Arc<dyn Meter>>,
}

impl Candidate {
    /// A content of `size` bytes.
    #[must_use]
    pub fn new(size: Option<u64>, content: Content) -> Self {
        Self {
            size,
            content,
            meter: None,
        }
    }
}

/// What a comparison found, and by what: the reason is for messages
/// (`MACs differ`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Likeness {
    /// The same content.
    Equal(&'static str),
    /// Another content.
    Different(&'static str),
    /// The store cannot tell; reading its bytes would.
    Unknown(&'static str),
}

impl Likeness {
    /// Whether the contents are known to be equal.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        matches!(self, Self::Equal(_))
    }

    /// What it was found by.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Equal(reason) | Self::Different(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// What a store says of a content that it keeps, to be compared with what
/// another store says: of both without reading a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The same only where the content is (MEGA: a digest of key and MAC);
    /// another one means nothing.
    pub identity: Option<[u8; 32]>,
    /// Another one only where the content is another one (MEGA: fingerprint);
    /// the same is likely, and not sure, to be the same content.
    pub sample: Option<[u8; 16]>,
}

impl Mark {
    /// Compares two files of the same size.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Likeness {
        match (self.identity, other.identity) {
            (Some(left), Some(right)) if left == right => {
                return Likeness::Equal("keys and MACs are the same");
            }
            _ => {}
        }
        match (self.sample, other.sample) {
            (Some(left), Some(right)) if left != right => {
                Likeness::Different("fingerprints differ")
            }
            (Some(_), Some(_)) => {
                Likeness::Unknown("fingerprints are the same, the keys of the files are not")
            }
            _ => Likeness::Unknown("a file has no fingerprint"),
        }
    }
}
