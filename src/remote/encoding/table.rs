//! Which character stands for which.

use super::Encoding;

/// Distance from an ASCII character to its full-width form.
const FULL_WIDTH: u32 = 0xFEE0;
/// Distance from a control character to its picture.
const PICTURE: u32 = 0x2400;
/// The picture of DEL does not follow the others.
const PICTURE_OF_DEL: char = '␡';

/// One end of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Left,
    Right,
}

impl Encoding {
    /// What stands for `c` anywhere in a name.
    pub(super) fn replacement(self, c: char) -> Option<char> {
        match c {
            '\0' => picture(c),
            '\r' | '\n' if self.has(Self::CR_LF) => picture(c),
            '\x01'..='\x1f' if self.has(Self::CTL) => picture(c),
            '\x7f' if self.has(Self::DEL) => Some(PICTURE_OF_DEL),
            _ => {
                let switch = match c {
                    '/' => Self::SLASH,
                    '<' | '>' => Self::LT_GT,
                    '"' => Self::DOUBLE_QUOTE,
                    '\'' => Self::SINGLE_QUOTE,
                    '`' => Self::BACK_QUOTE,
                    '$' => Self::DOLLAR,
                    ':' => Self::COLON,
                    '?' => Self::QUESTION,
                    '*' => Self::ASTERISK,
                    '|' => Self::PIPE,
                    '#' => Self::HASH,
                    '%' => Self::PERCENT,
                    '\\' => Self::BACK_SLASH,
                    '[' | ']' => Self::SQUARE_BRACKET,
                    ';' => Self::SEMICOLON,
                    '!' => Self::EXCLAMATION,
                    _ => return None,
                };
                if self.has(switch) {
                    full_width(c)
                } else {
                    None
                }
            }
        }
    }

    /// What `c` stands for anywhere in a name.
    pub(super) fn original(self, c: char) -> Option<char> {
        let original = original_of(c)?;
        (self.replacement(original) == Some(c)).then_some(original)
    }

    /// What stands for `c` at one end of a name.
    pub(super) fn edge_replacement(self, c: char, edge: Edge) -> Option<char> {
        let (space, period, tilde, blanks) = match edge {
            Edge::Left => (
                Self::LEFT_SPACE,
                Self::LEFT_PERIOD,
                Self::LEFT_TILDE,
                Self::LEFT_CR_LF_HT_VT,
            ),
            Edge::Right => (
                Self::RIGHT_SPACE,
                Self::RIGHT_PERIOD,
                Self::NONE,
                Self::RIGHT_CR_LF_HT_VT,
            ),
        };
        match c {
            ' ' if self.has(space) => picture(c),
            '.' if self.has(period) => full_width(c),
            '~' if self.has(tilde) => full_width(c),
            '\t' | '\n' | '\x0b' | '\r' if self.has(blanks) => picture(c),
            _ => None,
        }
    }

    /// What `c` stands for at one end of a name.
    pub(super) fn edge_original(self, c: char, edge: Edge) -> Option<char> {
        let original = original_of(c)?;
        (self.edge_replacement(original, edge) == Some(c)).then_some(original)
    }
}

fn picture(c: char) -> Option<char> {
    char::from_u32(u32::from(c) + PICTURE)
}

fn full_width(c: char) -> Option<char> {
    char::from_u32(u32::from(c) + FULL_WIDTH)
}

/// The character that `c` is the look-alike of, whatever the switches.
fn original_of(c: char) -> Option<char> {
    match c {
        PICTURE_OF_DEL => Some('\x7f'),
        '\u{2400}'..='\u{2420}' => char::from_u32(u32::from(c) - PICTURE),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - FULL_WIDTH),
        _ => None,
    }
}
