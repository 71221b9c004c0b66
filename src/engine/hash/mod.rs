//! Sums of contents: rclone's kinds and their names, and computing them.
//!
//! A disk of this machine is read for them; no other store here keeps any, so
//! that elsewhere they cost a whole read (`--download`).

mod list;
mod own;

use futures_util::StreamExt;
use sha2::digest::Digest;

pub(super) use list::of;
pub use list::{Sink, Wanted, list, of_reader};

use super::limits::Paced;
use crate::remote::{Entry, Location, Meter as _, RemoteError};

/// A kind of sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// Whirlpool.
    Whirlpool,
    /// CRC-32 (IEEE).
    Crc32,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// BLAKE3.
    Blake3,
    /// XXH3, 64 bits.
    Xxh3,
    /// XXH3, 128 bits.
    Xxh128,
    /// Dropbox: SHA-256 over the SHA-256 of blocks.
    Dropbox,
    /// HiDrive: a tree of SHA-1.
    Hidrive,
    /// Mail.ru: SHA-1 with a prefix, or the short content itself.
    Mailru,
    /// OneDrive: QuickXorHash.
    Quickxor,
}

impl Kind {
    /// All of them, in rclone's order.
    pub const ALL: [Self; 13] = [
        Self::Md5,
        Self::Sha1,
        Self::Whirlpool,
        Self::Crc32,
        Self::Sha256,
        Self::Sha512,
        Self::Blake3,
        Self::Xxh3,
        Self::Xxh128,
        Self::Dropbox,
        Self::Hidrive,
        Self::Mailru,
        Self::Quickxor,
    ];

    /// The name in messages and lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// Its name, and how others write it.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Md5 => ("md5", "md5"),
            Self::Sha1 => ("sha1", "sha-1"),
            Self::Whirlpool => ("whirlpool", "whirlpool"),
            Self::Crc32 => ("crc32", "crc-32"),
            Self::Sha256 => ("sha256", "sha-256"),
            Self::Sha512 => ("sha512", "sha-512"),
            Self::Blake3 => ("blake3", "blake3"),
            Self::Xxh3 => ("xxh3", "xxh3"),
            Self::Xxh128 => ("xxh128", "xxh128"),
            Self::Dropbox => ("dropbox", "dropboxhash"),
            Self::Hidrive => ("hidrive", "hidrivehash"),
            Self::Mailru => ("mailru", "mailruhash"),
            Self::Quickxor => ("quickxor", "quickxorhash"),
        }
    }

    /// The kind of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        Self::ALL.into_iter().find(|kind| {
            let (own, other) = kind.names();
            name == own || name == other
        })
    }

    /// A computation that has seen nothing yet.
    #[must_use]
    pub fn begin(self) -> Hasher {
        Hasher(match self {
            Self::Md5 => standard::<md5::Md5>(),
            Self::Sha1 => standard::<sha1::Sha1>(),
            Self::Whirlpool => standard::<whirlpool::Whirlpool>(),
            Self::Crc32 => Box::new(crc32fast::Hasher::new()),
            Self::Sha256 => standard::<sha2::Sha256>(),
            Self::Sha512 => standard::<sha2::Sha512>(),
            Self::Blake3 => Box::new(blake3::Hasher::new()),
            Self::Xxh3 => Box::new(twox_hash::XxHash3_64::new()),
            Self::Xxh128 => Box::new(twox_hash::XxHash3_128::new()),
            Self::Dropbox => Box::<own::Dropbox>::default(),
            Self::Hidrive => Box::<own::Hidrive>::default(),
            Self::Mailru => Box::<own::Mailru>::default(),
            Self::Quickxor => Box::<own::Quickxor>::default(),
        })
    }
}

/// A sum being computed.
pub struct Hasher(Box<dyn Algorithm>);

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of all that came.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}

/// A sum as it is written.
#[must_use]
pub fn hex(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

trait Algorithm: Send {
    fn update(&mut self, bytes: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
}

/// An algorithm with the usual interface.
struct Standard<D>(D);

fn standard<D: Digest + Send + 'static>() -> Box<dyn Algorithm> {
    Box::new(Standard(D::new()))
}

impl<D: Digest + Send> Algorithm for Standard<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl Algorithm for crc32fast::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finalize().to_be_bytes().to_vec()
    }
}

impl Algorithm for blake3::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }
}

impl Algorithm for twox_hash::XxHash3_64 {
    fn update(&mut self, bytes: &[u8]) {
        std::hash::Hasher::write(self, bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        std::hash::Hasher::finish(&*self).to_be_bytes().to_vec()
    }
}

impl Algorithm for twox_hash::XxHash3_128 {
    fn update(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finish_128().to_be_bytes().to_vec()
    }
}

/// Reads a file once and computes several sums; nothing counts them.
pub(super) async fn many(
    at: &Location,
    file: &Entry,
    kinds: &[Kind],
) -> Result<Vec<Vec<u8>>, RemoteError> {
    let mut stream = at.remote.read(file, None).await?;
    let mut hashers: Vec<Hasher> = kinds.iter().map(|kind| kind.begin()).collect();
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        for hasher in &mut hashers {
            hasher.update(&piece);
        }
    }
    Ok(hashers.into_iter().map(Hasher::finish).collect())
}

/// Reads a file and computes its sum; nothing counts it.
pub(super) async fn of_file(
    at: &Location,
    file: &Entry,
    kind: Kind,
) -> Result<Vec<u8>, RemoteError> {
    read(at, file, kind, None).await
}

async fn read(
    at: &Location,
    file: &Entry,
    kind: Kind,
    meter: Option<&Paced>,
) -> Result<Vec<u8>, RemoteError> {
    let mut stream = at.remote.read(file, None).await?;
    let mut hasher = kind.begin();
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        hasher.update(&piece);
        if let Some(meter) = meter {
            meter.passed(piece.len() as u64).await?;
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sum(kind: &str, content: &[u8]) -> String {
        let mut hasher = Kind::parse(kind).unwrap().begin();
        // In pieces of odd sizes, as streams come.
        for piece in content.chunks(1000) {
            hasher.update(piece);
        }
        hex(&hasher.finish())
    }

    /// `i * 7 + i / 256` for every byte, as the sums below were made of.
    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|i| (i * 7 + i / 256) as u8).collect()
    }

    #[test]
    fn sums_as_rclone_prints_them() {
        for (kind, expected) in SUMS_OF_HELLO {
            assert_eq!(sum(kind, b"hello\n"), *expected, "{kind}");
        }
        for (size, kind, expected) in SUMS_BY_SIZE {
            assert_eq!(sum(kind, &content(*size)), *expected, "{kind} of {size}");
        }
    }

    #[test]
    fn names_in_any_case() {
        assert_eq!(Kind::parse("SHA-1"), Some(Kind::Sha1));
        assert_eq!(Kind::parse("MD5"), Some(Kind::Md5));
        assert_eq!(Kind::parse("QuickXorHash"), Some(Kind::Quickxor));
        assert_eq!(Kind::parse("nope"), None);
    }

    const SUMS_OF_HELLO: &[(&str, &str)] = &[
        ("md5", "b1946ac92492d2347c6235b4d2611184"),
        ("sha1", "f572d396fae9206628714fb2ce00f72e94f2258f"),
        (
            "whirlpool",
            "63f8341c1720d76087bb66a8f3fc9ea21a279edeae866a3611ba425cbd9ac9a4e39b97066b492fed6037988a72a045344c8675107e6bb569276c2f597ea9cbb7",
        ),
        ("crc32", "363a3020"),
        (
            "sha256",
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        ),
        (
            "sha512",
            "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629",
        ),
        (
            "blake3",
            "8e4c7c1b99dbfd50e7a95185fead5ee1448fa904a2fdd778eaf5f2dbfd629a99",
        ),
        ("xxh3", "99fc819aaba2462a"),
        ("xxh128", "6bba86c7e069f56d5a10b435f1c8e49c"),
        (
            "dropbox",
            "ecb65bb98f9d905b70458986c39fcbad7715e5f2fcc3b1f07767d7c83e2438cc",
        ),
        ("hidrive", "13652132d05dc208a26352e629d7bdbcfc4b4b3c"),
        ("mailru", "68656c6c6f0a0000000000000000000000000000"),
        ("quickxor", "6828031bd8f00605000000000600000000000000"),
    ];

    const SUMS_BY_SIZE: &[(usize, &str, &str)] = &[
        (
            1048576,
            "blake3",
            "277646317c00df1f8ab3ed2f43808766c1c57870038d524cde4ce8824fc4c43a",
        ),
        (1048576, "crc32", "a2dcf263"),
        (
            0,
            "dropbox",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            4194304,
            "dropbox",
            "d6e4225229fea7cc0a171a3676536d5feed39c58d1177c1938f1dfba174424ee",
        ),
        (
            4194305,
            "dropbox",
            "212a89f77b5aec2f150adac5f9414c456a2c8453a38f369dc8823cdce0e10ee2",
        ),
        (
            9000000,
            "dropbox",
            "7e4717f92aaecb88e7480e161b9e9184343f7835a9233754e738202898d22b3f",
        ),
        (0, "hidrive", "0000000000000000000000000000000000000000"),
        (20, "hidrive", "66e47f9c29151d039bbc96214fe8c6bd2b2f0dbd"),
        (4097, "hidrive", "9333397ffd27fdb307a915cb477187e4e60d3d33"),
        (
            1048576,
            "hidrive",
            "c72659c6e3c0e2cd29996876ce22777a68ee86e5",
        ),
        (
            1052673,
            "hidrive",
            "d71b523cefd45c3be5d204a95b0a685fa6830600",
        ),
        (
            9000000,
            "hidrive",
            "98b52edae82e607f73c14e6f821edf7f247a5197",
        ),
        (0, "mailru", "0000000000000000000000000000000000000000"),
        (20, "mailru", "00070e151c232a31383f464d545b626970777e85"),
        (21, "mailru", "5f4f1d51e5167fc7a10d86223303b171cf302877"),
        (
            9000000,
            "mailru",
            "f543fab4943313a14f8e4f411a3867a66c8fde87",
        ),
        (20, "md5", "078ad9140764503e7fa351f384b3432a"),
        (0, "quickxor", "0000000000000000000000000000000000000000"),
        (21, "quickxor", "2135f0bba9df8bd0a0200638ed81119a40852d88"),
        (
            9000000,
            "quickxor",
            "b35a5893c2925dcdbcd724363cd82c915cfa90cc",
        ),
        (1048576, "xxh128", "8791ce561b8e4239a7f4639f0ccbfda9"),
        (1048576, "xxh3", "a7f4639f0ccbfda9"),
    ];
}
