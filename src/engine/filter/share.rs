//! `--hash-filter K/N`: one of N shares of all files, by the sum of the path.

use md5::{Digest as _, Md5};
use unicode_normalization::UnicodeNormalization as _;

/// One share of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    number: u64,
    of: u64,
}

impl Share {
    /// Reads `K/N`; in `@/N` `any` chooses.
    ///
    /// # Errors
    /// What is wrong, in rclone's words.
    pub fn parse(text: &str, any: impl FnOnce() -> u64) -> Result<Self, String> {
        let (number, of) = text.split_once('/').ok_or("no / found")?;
        let parse = |name: char, text: &str| {
            text.parse::<u64>().map_err(|error| {
                let why = match error.kind() {
                    std::num::IntErrorKind::PosOverflow => "value out of range",
                    _ => "invalid syntax",
                };
                format!("can't parse {name}={text:?}: strconv.ParseUint: parsing {text:?}: {why}")
            })
        };
        let of = parse('N', of)?;
        if of == 0 {
            return Err("N must be greater than 0".to_owned());
        }
        let number = if number == "@" {
            any()
        } else {
            parse('K', number)?
        };
        Ok(Self {
            number: number % of,
            of,
        })
    }

    /// Whether a path is in it. Forms of one name are in the same share.
    pub(super) fn has(&self, path: &str) -> bool {
        let name: String = path.nfc().collect();
        let sum = Md5::digest(name.to_lowercase());
        let Some(start) = sum.first_chunk::<8>() else {
            return false;
        };
        u64::from_le_bytes(*start) % self.of == self.number
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shares_are_rclones() {
        let share = |text: &str| Share::parse(text, || 10).unwrap();
        assert!(share("322610/1000003").has("same"));
        assert!(share("970576/1000003").has("sub/n"));
        assert_eq!(share("3/3"), share("0/3"));
        assert_eq!(share("@/3"), share("1/3"));
        assert!((0..3).all(|k| {
            let one = share(&format!("{k}/3"));
            one.has("É") == one.has("e\u{301}")
        }));
    }

    #[test]
    fn what_is_none_is_refused_in_rclones_words() {
        for (text, error) in [
            ("1", "no / found"),
            ("1/0", "N must be greater than 0"),
            (
                "x/3",
                "can't parse K=\"x\": strconv.ParseUint: parsing \"x\": invalid syntax",
            ),
            (
                "18446744073709551616/3",
                "can't parse K=\"18446744073709551616\": strconv.ParseUint: \
                 parsing \"18446744073709551616\": value out of range",
            ),
        ] {
            assert_eq!(Share::parse(text, || 0).unwrap_err(), error);
        }
    }
}
