//! Names as a terminal may show them.
//!
//! A name comes from a server or a foreign disk and may hold escape sequences
//! or characters that turn the reading direction. Shown raw they could move
//! the cursor, recolour the screen, or make `exe.txt` out of `txt.exe`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes all that is not plain text, line ends included: for one name.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_harmful)
}

/// As [`line()`], but line ends and tabs stay: for whole messages.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    escape(text, |c| !matches!(c, '\n' | '\t') && is_harmful(c))
}

fn escape(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !harmful(c) {
            safe.push(c);
        } else if u32::from(c) < 0x100 {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(safe)
}

/// Control characters (C0, DEL, C1), the bidirectional controls, line and
/// paragraph separators, and the invisible byte order mark.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay() {
        for name in ["a.txt", "日本語", "é", "quo\"te", "back\\slash", "👩‍👩‍👧"] {
            assert_eq!(line(name), name);
            assert!(matches!(line(name), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn hostile_names_are_spelled_out() {
        for (name, shown) in [
            ("\u{1b}[2Jgone", "\\x1b[2Jgone"),
            ("a\nb", "a\\x0ab"),
            ("\u{9b}31m", "\\x9b31m"),
            ("doc\u{202e}fdp.exe", "doc\\u{202e}fdp.exe"),
            ("\u{7f}", "\\x7f"),
            ("\u{feff}", "\\u{feff}"),
        ] {
            assert_eq!(line(name), shown);
        }
    }

    #[test]
    fn messages_keep_their_lines() {
        assert_eq!(text("a\n\tb\r"), "a\n\tb\\x0d");
    }
}
