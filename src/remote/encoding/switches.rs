//! The set of switches that an encoding is, and its text form
//! (`Slash,InvalidUtf8,Dot`, a number, `None`, `Raw`).

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

/// A set of switches: which characters a store cannot hold.
///
/// NUL is replaced under every encoding but [`Encoding::RAW`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Encoding(u32);

/// A word in a list of switches that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad encoding {word:?}: possible values are: {}", names())]
pub struct EncodingError {
    word: String,
}

/// The switches in alphabetical order, as messages list them.
const NAMES: [(&str, Encoding); 30] = [
    ("Asterisk", Encoding::ASTERISK),
    ("BackQuote", Encoding::BACK_QUOTE),
    ("BackSlash", Encoding::BACK_SLASH),
    ("Colon", Encoding::COLON),
    ("CrLf", Encoding::CR_LF),
    ("Ctl", Encoding::CTL),
    ("Del", Encoding::DEL),
    ("Dollar", Encoding::DOLLAR),
    ("Dot", Encoding::DOT),
    ("DoubleQuote", Encoding::DOUBLE_QUOTE),
    ("Exclamation", Encoding::EXCLAMATION),
    ("Hash", Encoding::HASH),
    ("InvalidUtf8", Encoding::INVALID_UTF8),
    ("LeftCrLfHtVt", Encoding::LEFT_CR_LF_HT_VT),
    ("LeftPeriod", Encoding::LEFT_PERIOD),
    ("LeftSpace", Encoding::LEFT_SPACE),
    ("LeftTilde", Encoding::LEFT_TILDE),
    ("LtGt", Encoding::LT_GT),
    ("None", Encoding::NONE),
    ("Percent", Encoding::PERCENT),
    ("Pipe", Encoding::PIPE),
    ("Question", Encoding::QUESTION),
    ("Raw", Encoding::RAW),
    ("RightCrLfHtVt", Encoding::RIGHT_CR_LF_HT_VT),
    ("RightPeriod", Encoding::RIGHT_PERIOD),
    ("RightSpace", Encoding::RIGHT_SPACE),
    ("Semicolon", Encoding::SEMICOLON),
    ("SingleQuote", Encoding::SINGLE_QUOTE),
    ("Slash", Encoding::SLASH),
    ("SquareBracket", Encoding::SQUARE_BRACKET),
];

/// The numbers are rclone's: configurations may hold them as a mask.
#[allow(missing_docs)]
impl Encoding {
    pub const NONE: Self = Self(0);
    pub const RAW: Self = Self(1);
    pub const SLASH: Self = Self(1 << 1);
    pub const LT_GT: Self = Self(1 << 2);
    pub const DOUBLE_QUOTE: Self = Self(1 << 3);
    pub const SINGLE_QUOTE: Self = Self(1 << 4);
    pub const BACK_QUOTE: Self = Self(1 << 5);
    pub const DOLLAR: Self = Self(1 << 6);
    pub const COLON: Self = Self(1 << 7);
    pub const QUESTION: Self = Self(1 << 8);
    pub const ASTERISK: Self = Self(1 << 9);
    pub const PIPE: Self = Self(1 << 10);
    pub const HASH: Self = Self(1 << 11);
    pub const PERCENT: Self = Self(1 << 12);
    pub const BACK_SLASH: Self = Self(1 << 13);
    pub const CR_LF: Self = Self(1 << 14);
    pub const DEL: Self = Self(1 << 15);
    pub const CTL: Self = Self(1 << 16);
    pub const LEFT_SPACE: Self = Self(1 << 17);
    pub const LEFT_PERIOD: Self = Self(1 << 18);
    pub const LEFT_TILDE: Self = Self(1 << 19);
    pub const LEFT_CR_LF_HT_VT: Self = Self(1 << 20);
    pub const RIGHT_SPACE: Self = Self(1 << 21);
    pub const RIGHT_PERIOD: Self = Self(1 << 22);
    pub const RIGHT_CR_LF_HT_VT: Self = Self(1 << 23);
    pub const INVALID_UTF8: Self = Self(1 << 24);
    pub const DOT: Self = Self(1 << 25);
    pub const SQUARE_BRACKET: Self = Self(1 << 26);
    pub const SEMICOLON: Self = Self(1 << 27);
    pub const EXCLAMATION: Self = Self(1 << 28);
}

impl Encoding {
    /// What the standard form itself replaces.
    pub const STANDARD: Self = Self(Self::SLASH.0 | Self::CTL.0 | Self::DEL.0 | Self::DOT.0);
    /// The default for MEGA: `Slash,InvalidUtf8,Dot`.
    pub const MEGA: Self = Self(Self::SLASH.0 | Self::INVALID_UTF8.0 | Self::DOT.0);
    /// The default for disks of Unix systems: `Slash,Dot`.
    pub const UNIX: Self = Self(Self::SLASH.0 | Self::DOT.0);

    /// The set of these switches, by their numbers.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether any switch of `other` is on.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Encoding {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromStr for Encoding {
    type Err = EncodingError;

    /// Reads a list of switches and numbers; blanks around them are allowed.
    fn from_str(text: &str) -> Result<Self, EncodingError> {
        text.split(',').try_fold(Self::NONE, |set, word| {
            let word = word.trim();
            let named = NAMES.iter().find(|(name, _)| *name == word);
            let switch = match named {
                Some((_, switch)) => *switch,
                None => Self(parse_mask(word).ok_or_else(|| EncodingError {
                    word: word.to_owned(),
                })?),
            };
            Ok(set | switch)
        })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("None");
        }
        let mut sign = "";
        for (name, switch) in NAMES {
            if self.has(switch) {
                write!(f, "{sign}{name}")?;
                sign = ",";
            }
        }
        Ok(())
    }
}

fn parse_mask(word: &str) -> Option<u32> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}
