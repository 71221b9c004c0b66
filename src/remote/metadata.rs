//! What a store knows of an entry beside content, size and name.
//!
//! Keys are small letters. Those of the local disk have rclone's names:
//!
//! | key | value | may be set |
//! | --- | --- | --- |
//! | `mtime` | last change of the content, RFC 3339 | yes |
//! | `atime` | last reading, RFC 3339 | yes |
//! | `btime` | when it was made, RFC 3339 | no |
//! | `mode` | kind and permissions, octal | permissions only |
//! | `uid`, `gid` | owner and group, decimal | yes |
//! | `rdev` | device, hexadecimal | no |
//! | any other | the extended attribute `user.KEY` | yes |
//!
//! MEGA keeps whatever it is given, and has as `btime` the time of the upload.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The keys that a disk has of every entry; all others are extended attributes.
pub const SYSTEM_KEYS: [&str; 7] = ["mode", "uid", "gid", "rdev", "atime", "mtime", "btime"];

/// Keys and values, in the order of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, Vec<u8>>);

impl Metadata {
    /// Sets `key`, in small letters.
    pub fn set(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        self.0.insert(key.to_lowercase(), value.into());
    }

    /// Sets `key` to a time.
    pub fn set_time(&mut self, key: &str, time: Timestamp) {
        self.set(key, time.to_string());
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// The value of `key` as text; what is no text is shown as well as it can be.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The value of `key` as a time, where it is one.
    #[must_use]
    pub fn time(&self, key: &str) -> Option<Timestamp> {
        self.text(key)?.parse().ok()
    }

    /// All of it, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }

    /// What is no key of the disk itself: extended attributes.
    pub fn user(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().filter(|(key, _)| !SYSTEM_KEYS.contains(key))
    }

    /// The keys of the disk itself.
    pub fn system(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().filter(|(key, _)| SYSTEM_KEYS.contains(key))
    }

    /// Sets all that `other` has.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(
            other
                .0
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_small_and_times_are_read() {
        let mut metadata = Metadata::default();
        metadata.set("Color", "Red");
        metadata.set("mtime", "2020-01-02T03:04:05+01:00");
        metadata.set("atime", "yesterday");
        assert_eq!(metadata.text("color").as_deref(), Some("Red"));
        assert_eq!(
            metadata.time("mtime").map(|t| t.to_string()).as_deref(),
            Some("2020-01-02T02:04:05Z")
        );
        assert_eq!(metadata.time("atime"), None);
        assert_eq!(metadata.user().count(), 1);
    }
}
