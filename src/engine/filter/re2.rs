//! Compiles RE2 syntax, which rclone's filters are written in, with the
//! `regex` crate.
//!
//! The two dialects differ in a few places: inside `[…]` RE2 knows no nested
//! sets and no `&&`, `--`, `~~`; `\d \s \w \b` are ASCII; `\Q…\E` quotes; `\<`
//! is a plain `<`. Those are rewritten; all else is passed through. Errors are
//! worded as RE2 words them.

use regex::Regex;

/// Compiles an expression in RE2's syntax.
///
/// # Errors
/// What is wrong with it, in RE2's words.
pub fn compile(expression: &str) -> Result<Regex, String> {
    let translated = translate(expression)?;
    Regex::new(&translated).map_err(|error| explain(expression, &error))
}

fn translate(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = escape(rest, &mut out)?,
            '[' => rest = class(rest, &mut out)?,
            '(' if after.starts_with("?=") || after.starts_with("?!") => {
                return Err(format!(
                    "invalid or unsupported Perl syntax: `{}`",
                    prefix(rest, 3)
                ));
            }
            '(' if after.starts_with("?<=") || after.starts_with("?<!") => {
                return Err(format!(
                    "invalid or unsupported Perl syntax: `{}`",
                    prefix(rest, 3)
                ));
            }
            _ => {
                out.push(c);
                rest = after;
            }
        }
    }
    Ok(out)
}

fn prefix(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Translates the escape that `text` begins with; returns what is behind it.
fn escape<'a>(text: &'a str, out: &mut String) -> Result<&'a str, String> {
    let Some(c) = text[1..].chars().next() else {
        return Err("trailing backslash at end of expression: ``".to_owned());
    };
    let after = &text[1 + c.len_utf8()..];
    match c {
        'Q' => {
            let (quoted, behind) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(quoted));
            return Ok(behind);
        }
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str("[\\t\\n\\f\\r ]"),
        'S' => out.push_str("[^\\t\\n\\f\\r ]"),
        'b' => out.push_str("(?-u:\\b)"),
        'B' => out.push_str("(?-u:\\B)"),
        'p' | 'P' | 'x' | 'A' | 'z' | 'a' | 'f' | 't' | 'n' | 'r' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        _ if c.is_ascii_punctuation() || c == ' ' => out.push_str(&regex::escape(&c.to_string())),
        _ => return Err(format!("invalid escape sequence: `\\{c}`")),
    }
    Ok(after)
}

/// Translates the class that `text` begins with; returns what is behind it.
fn class<'a>(text: &'a str, out: &mut String) -> Result<&'a str, String> {
    let missing = || format!("missing closing ]: `{text}`");
    let mut rest = &text[1..];
    out.push('[');
    if let Some(behind) = rest.strip_prefix('^') {
        out.push('^');
        rest = behind;
    }
    let mut first = true;
    let mut low: Option<char> = None;
    loop {
        let Some(c) = rest.chars().next() else {
            return Err(missing());
        };
        let after = &rest[c.len_utf8()..];
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(after);
            }
            '[' if after.starts_with(':') => {
                let Some(end) = after.find(":]") else {
                    return Err(missing());
                };
                out.push('[');
                out.push_str(&after[..end + 2]);
                rest = &after[end + 2..];
                low = None;
            }
            '\\' => {
                if after.is_empty() {
                    return Err(missing());
                }
                rest = escape(rest, out)?;
                low = None;
            }
            '-' if !first && !after.is_empty() && !after.starts_with(']') => {
                let high = after.chars().next().unwrap_or('-');
                if let Some(low) = low.filter(|low| high != '\\' && *low > high) {
                    return Err(format!("invalid character class range: `{low}-{high}`"));
                }
                // A range only behind a single character; elsewhere a hyphen.
                out.push_str(if low.is_some() { "-" } else { "\\-" });
                rest = after;
                low = None;
            }
            '[' | '&' | '~' | '-' | ']' => {
                out.push('\\');
                out.push(c);
                rest = after;
                low = Some(c);
            }
            _ => {
                out.push(c);
                rest = after;
                low = Some(c);
            }
        }
        first = false;
    }
}

/// RE2's words for what the `regex` crate found.
fn explain(source: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    if text.contains("unclosed group") {
        return format!("missing closing ): `{source}`");
    }
    if text.contains("repetition operator missing expression") {
        let operator = source
            .find("(*")
            .map(|_| "*")
            .or_else(|| source.find("(+").map(|_| "+"))
            .unwrap_or("?");
        return format!("missing argument to repetition operator: `{operator}`");
    }
    if text.contains("invalid repetition count range") {
        let count = source
            .split('{')
            .skip(1)
            .filter_map(|tail| tail.split_once('}').map(|(inside, _)| inside))
            .last()
            .unwrap_or("");
        return format!("invalid repeat count: `{{{count}}}`");
    }
    text.lines()
        .last()
        .unwrap_or("invalid")
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dialects_agree() {
        for (expression, yes, no) in [
            ("^a[[]b]c$", "a[b]c", "abc"),
            ("^a[&&b]$", "a&", "a"),
            ("^[+--]$", ",", "."),
            ("^\\d$", "7", "٧"),
            ("^\\Qa*\\Eb$", "a*b", "aab"),
            ("^\\<$", "<", "x"),
            ("^[\\w]$", "_", "é"),
        ] {
            let regex = compile(expression).unwrap();
            assert!(regex.is_match(yes), "{expression} on {yes}");
            assert!(!regex.is_match(no), "{expression} on {no}");
        }
    }
}
