//! The values of flags, in the syntax and with the complaints of the
//! established command line: Go's numbers, sizes, enumerations; its durations
//! and dates stand in `spans.rs`.
//!
//! Pure: text in, value or complaint out.

pub use super::spans::{Span, go_duration, moment, span};

/// Why a value is refused: the words after `invalid argument … for … flag: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(String);

impl BadValue {
    pub(super) fn parsing(value: &str, kind: &str, why: impl std::fmt::Display) -> Self {
        Self(format!("parsing {value:?} as {kind} failed: {why}"))
    }
}

/// A truth value: `1 t T true True TRUE` or `0 f F false False FALSE`.
///
/// # Errors
/// Anything else, `yes` included.
pub fn boolean(value: &str) -> Result<bool, BadValue> {
    match value {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err(BadValue::parsing(
            value,
            "bool",
            format_args!("strconv.ParseBool: parsing {value:?}: invalid syntax"),
        )),
    }
}

/// A whole number of a global flag: decimal, `0x…`, `0b…`, `0…` octal, with
/// `_` between digits; blanks around it do not matter.
///
/// # Errors
/// No number, something behind it, or out of range.
pub fn integer(value: &str) -> Result<i64, BadValue> {
    whole(value, "int")
}

fn whole(value: &str, kind: &str) -> Result<i64, BadValue> {
    let bad = |why: &str| BadValue::parsing(value, kind, why);
    let text = value.trim();
    if text.is_empty() {
        return Err(bad("EOF"));
    }
    let (digits, radix) = split_radix(text);
    let length = digits
        .find(|c: char| !c.is_digit(radix) && c != '_')
        .unwrap_or(digits.len());
    let (number, rest) = digits.split_at(length);
    if number.is_empty() {
        return Err(bad("expected integer"));
    }
    if !rest.is_empty() {
        return Err(bad("expected newline"));
    }
    let number = number.replace('_', "");
    let sign = if text.starts_with('-') { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{number}"), radix).map_err(|_| {
        bad(&format!(
            "strconv.ParseInt: parsing {text:?}: value out of range"
        ))
    })
}

/// Digits after sign and prefix, and the radix that the prefix asks for.
fn split_radix(text: &str) -> (&str, u32) {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    for (prefixes, radix) in [(["0x", "0X"], 16), (["0b", "0B"], 2), (["0o", "0O"], 8)] {
        if let Some(rest) = prefixes.iter().find_map(|p| digits.strip_prefix(p)) {
            return (rest, radix);
        }
    }
    match digits.strip_prefix('0') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => (rest, 8),
        _ => (digits, 10),
    }
}

/// A decimal number.
///
/// # Errors
/// No number, or something behind it.
pub fn float(value: &str) -> Result<f64, BadValue> {
    let bad = |why: &str| BadValue::parsing(value, "float64", why);
    let text = value.trim();
    if text
        .trim_start_matches(['+', '-'])
        .eq_ignore_ascii_case("inf")
    {
        return text.parse().map_err(|_| bad("expected newline"));
    }
    let length = text
        .find(|c: char| !(c.is_ascii_digit() || "+-._eE".contains(c)))
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(length);
    let parsed = number.replace('_', "").parse().map_err(|_| {
        bad(&format!(
            "strconv.ParseFloat: parsing {number:?}: invalid syntax"
        ))
    })?;
    if rest.is_empty() {
        Ok(parsed)
    } else {
        Err(bad("expected newline"))
    }
}

/// A number of things of which there must be at least one.
///
/// # Errors
/// As [`integer`].
pub fn at_least_one(value: &str) -> Result<usize, BadValue> {
    Ok(usize::try_from(integer(value)?).unwrap_or(1).max(1))
}

/// A number of things; what is negative counts as none.
///
/// # Errors
/// As [`integer`].
pub fn count(value: &str) -> Result<usize, BadValue> {
    Ok(usize::try_from(integer(value)?).unwrap_or(0))
}

/// A whole number of a flag that belongs to one command: these are strict.
///
/// # Errors
/// As Go's `strconv.ParseInt`.
pub fn strict_integer(value: &str) -> Result<i64, BadValue> {
    let (digits, radix) = split_radix(value);
    let sign = if value.starts_with('-') { "-" } else { "" };
    let plain = digits.replace('_', "");
    i64::from_str_radix(&format!("{sign}{plain}"), radix).map_err(|error| {
        use std::num::IntErrorKind as Kind;
        let why = match error.kind() {
            Kind::PosOverflow | Kind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        BadValue(format!("strconv.ParseInt: parsing {value:?}: {why}"))
    })
}

/// A depth: `-1` (any negative number) means no limit.
///
/// # Errors
/// As [`integer`].
pub fn depth(value: &str) -> Result<Depth, BadValue> {
    Ok(Depth(usize::try_from(integer(value)?).ok()))
}

/// How deep a listing goes; `None`: without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth(pub Option<usize>);

/// A number that a run may reach, negative ones without limit.
///
/// # Errors
/// As [`integer`].
pub fn limit(value: &str) -> Result<Limit, BadValue> {
    Ok(Limit(u64::try_from(whole(value, "int64")?).ok()))
}

/// How many are allowed; `None`: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit(pub Option<u64>);

/// The fields of one line of comma-separated values, as a variable holds a
/// flag that can be repeated.
#[must_use]
pub fn list(value: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

/// A size: a plain number is KiB; suffixes `B K M G T P E` in either case,
/// also `Ki` and `KiB`; `off`, as is what is too large.
///
/// # Errors
/// No number, a negative one, or an unknown suffix.
pub fn size(value: &str) -> Result<Size, BadValue> {
    bytes(value)
        .map(Size)
        .map_err(|why| BadValue::parsing(value, "fs.SizeSuffix", why))
}

/// The same, for values that sizes are part of.
///
/// # Errors
/// Why it is none.
pub(super) fn bytes(value: &str) -> Result<Option<u64>, String> {
    if value.is_empty() {
        return Err("empty string".to_owned());
    }
    if value.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let (number, shift) = split_suffix(value).map_err(|c| format!("bad suffix {c:?}"))?;
    let invalid = || format!("strconv.ParseFloat: parsing {number:?}: invalid syntax");
    let size: f64 = number.replace('_', "").parse().map_err(|_| invalid())?;
    if size < 0.0 {
        return Err(format!("size can't be negative {number:?}"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let bytes = size * (1_u64 << shift) as f64;
    if bytes >= 9_223_372_036_854_775_808.0 {
        return Ok(None);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    Ok(Some(bytes as u64))
}

/// A number of bytes; `None`: `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub Option<u64>);

/// The number before the suffix, and by how many bits that shifts it; or the
/// letter that is no suffix.
fn split_suffix(value: &str) -> Result<(&str, u32), char> {
    let bytes = value.as_bytes();
    let (unit, length) = match bytes {
        [.., b'0'..=b'9' | b'.'] => return Ok((value, 10)),
        [.., unit, b'i', b'b' | b'B'] => (*unit, 3),
        [.., unit, b'i' | b'I'] => (*unit, 2),
        [.., b'b' | b'B'] => return Ok((&value[..value.len() - 1], 0)),
        [.., unit] => (*unit, 1),
        [] => return Ok((value, 0)),
    };
    let shift = match unit.to_ascii_lowercase() {
        b'k' => 10,
        b'm' => 20,
        b'g' => 30,
        b't' => 40,
        b'p' => 50,
        b'e' => 60,
        _ => return Err(char::from(unit)),
    };
    Ok((&value[..value.len() - length], shift))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lists_are_comma_separated_with_quotes() {
        assert_eq!(list("a,b"), ["a", "b"]);
        assert_eq!(list("\"a,b\",c"), ["a,b", "c"]);
        assert_eq!(list("\"say \"\"x\"\"\""), ["say \"x\""]);
    }
}
