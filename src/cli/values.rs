//! The values of flags, in the syntax and with the complaints of the
//! established command line: Go's numbers and durations, dates, enumerations.
//!
//! Pure: text in, value or complaint out.

use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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
    let bad = |why: &str| BadValue::parsing(value, "int", why);
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
    Ok(Limit(u64::try_from(integer(value)?).ok()))
}

/// How many are allowed; `None`: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit(pub Option<u64>);

/// A duration with units, such as `5m30s`; no days, no number without unit.
///
/// # Errors
/// As Go's `time.ParseDuration`; negative durations are taken as zero.
pub fn go_duration(value: &str) -> Result<Duration, BadValue> {
    parse_go(value)
        .map(|nanos| Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
        .map_err(|why| BadValue::parsing(value, "time.Duration", why))
}

/// Nanoseconds of a Go duration.
fn parse_go(value: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {value:?}");
    let negative = value.starts_with('-');
    let mut rest = value.strip_prefix(['+', '-']).unwrap_or(value);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: f64 = 0.0;
    while !rest.is_empty() {
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(length);
        let number: f64 = number.parse().map_err(|_| invalid())?;
        let length = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {value:?}"));
        }
        let nanos = go_unit(unit)
            .ok_or_else(|| format!("time: unknown unit {unit:?} in duration {value:?}"))?;
        total += number * nanos;
        rest = tail;
    }
    if total >= 9_223_372_036_854_775_808.0 {
        return Err(invalid());
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let nanos = total.round() as i64;
    Ok(if negative { -nanos } else { nanos })
}

/// Nanoseconds in a unit of Go.
fn go_unit(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

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
/// also `Ki` and `KiB`; `off`.
///
/// # Errors
/// No number, a negative one, or an unknown suffix.
pub fn size(value: &str) -> Result<Size, BadValue> {
    let bad = |why: String| BadValue::parsing(value, "fs.SizeSuffix", why);
    if value.is_empty() {
        return Err(bad("empty string".to_owned()));
    }
    if value.eq_ignore_ascii_case("off") {
        return Ok(Size(None));
    }
    let (number, shift) = split_suffix(value).map_err(|c| bad(format!("bad suffix {c:?}")))?;
    let size: f64 = number.replace('_', "").parse().map_err(|_| {
        bad(format!(
            "strconv.ParseFloat: parsing {number:?}: invalid syntax"
        ))
    })?;
    if size < 0.0 {
        return Err(bad(format!("size can't be negative {number:?}")));
    }
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let bytes = size * (1_u64 << shift) as f64;
    if bytes >= 9_223_372_036_854_775_808.0 {
        return Ok(Size(None));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    Ok(Size(Some(bytes as u64)))
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

/// A span of time as typed: for a while, or until (since) a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// So many nanoseconds.
    For(SignedDuration),
    /// A date.
    At(Timestamp),
    /// `off`.
    Off,
}

impl Span {
    /// The length from now; nothing when it is off or past.
    #[must_use]
    pub fn length(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::For(length) => Duration::try_from(length).ok(),
            Self::At(date) => Duration::try_from(date.duration_since(now)).ok(),
            Self::Off => None,
        }
    }

    /// The moment that lies so far back; `None`: off, or before all time.
    #[must_use]
    pub fn ago(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::For(length) => now.checked_sub(length).ok(),
            Self::At(date) => Some(date),
            Self::Off => None,
        }
    }
}

/// A duration that may also be a plain number of seconds, one number with
/// `d`, `w`, `M` or `y`, a date, or `off`.
///
/// # Errors
/// None of these.
pub fn span(value: &str) -> Result<Span, BadValue> {
    if value == "off" {
        return Ok(Span::Off);
    }
    if let Some(nanos) = long_duration(value).or_else(|| parse_go(value).ok()) {
        return Ok(Span::For(SignedDuration::from_nanos(nanos)));
    }
    date(value).map(Span::At).ok_or_else(|| {
        BadValue::parsing(
            value,
            "fs.Duration",
            format_args!(
                "parsing time {value:?} as \"2006-01-02\": cannot parse {value:?} as \"2006\""
            ),
        )
    })
}

/// One number with a unit of rclone, or seconds without.
fn long_duration(value: &str) -> Option<i64> {
    const DAY: f64 = 86_400e9;
    let (number, unit) = match value.chars().last()? {
        'd' => (value.get(..value.len() - 1)?, DAY),
        'w' => (value.get(..value.len() - 1)?, 7.0 * DAY),
        'M' => (value.get(..value.len() - 1)?, 30.0 * DAY),
        'y' => (value.get(..value.len() - 1)?, 365.0 * DAY),
        _ => (value, 1e9),
    };
    let nanos = number.parse::<f64>().ok().filter(|n| n.is_finite())? * unit;
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    Some(nanos.round() as i64)
}

/// A date or a date and time, local unless it says otherwise.
fn date(value: &str) -> Option<Timestamp> {
    let at = |place: usize| value.as_bytes().get(place).copied();
    let is_timed = |between: &[u8]| {
        let colons = at(13) == Some(b':') && at(16) == Some(b':');
        colons && at(10).is_some_and(|c| between.contains(&c))
    };
    if is_timed(b"T")
        && let Ok(instant) = value.parse::<Timestamp>()
    {
        return Some(instant);
    }
    let local = TimeZone::system();
    // The parser of days would take a time after it, and forget it.
    let moment = if is_timed(b"T ") {
        value.parse::<civil::DateTime>().ok()?
    } else if value.len() == 10 {
        let day = value.parse::<civil::Date>().ok()?;
        day.to_datetime(civil::Time::midnight())
    } else {
        return None;
    };
    local.to_timestamp(moment).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Runs the recorded cases of `flags` against one of the parsers above.
    /// Numbers went through floating point when they were recorded.
    fn recorded(flags: &[&str], parse: impl Fn(&str) -> Result<f64, BadValue>) {
        let text = include_str!("../../tests/recorded/values.json");
        let recorded: serde_json::Value = serde_json::from_str(text).unwrap();
        let mut seen = 0;
        for case in recorded["cases"].as_array().unwrap() {
            let Some(flag) = case["flag"].as_str().filter(|f| flags.contains(f)) else {
                continue;
            };
            let typed = case["value"].as_str().unwrap();
            // Refused here: no time. Rounded when it was recorded: the last.
            // Dates are read by more rules here than Go has.
            let other = ["inf", "nan", "infd", "2047b"].contains(&typed);
            if other || case["kind"] == "Time" {
                continue;
            }
            seen += 1;
            match parse(typed.strip_prefix('=').unwrap_or(typed)) {
                Ok(parsed) => {
                    assert_eq!(case["exit"], 0, "{flag} {typed:?} was refused");
                    let expected = match &case["parsed"] {
                        serde_json::Value::Bool(on) => Some(f64::from(u8::from(*on))),
                        other => other.as_f64(),
                    };
                    // Go wraps what is too long a time; here it saturates.
                    let Some(expected) = expected.filter(|e| *e > -9.2e18) else {
                        continue;
                    };
                    let off = (parsed - expected).abs() / expected.abs().max(1.0);
                    assert!(off < 1e-12, "{flag} {typed:?}: {parsed} for {expected}");
                }
                Err(error) => {
                    assert_ne!(case["exit"], 0, "{flag} {typed:?} is refused");
                    let complaint = case["stderr"][0].as_str().unwrap_or_default();
                    let error = error.to_string();
                    // Why a text is no date is told in few words here.
                    let why = error.split(": parsing time").next().unwrap();
                    assert!(complaint.contains(why), "{complaint} / {error}");
                }
            }
        }
        assert!(seen > 4, "cases are missing");
    }

    #[expect(clippy::cast_precision_loss, reason = "as recorded")]
    fn float(number: i128) -> f64 {
        number as f64
    }

    #[test]
    fn recorded_integers() {
        recorded(&["--transfers"], |v| {
            at_least_one(v).map(|n| float(n as i128))
        });
    }

    #[test]
    fn recorded_floats() {
        recorded(&["--tpslimit"], super::float);
    }

    #[test]
    fn recorded_booleans() {
        recorded(&["--dry-run"], |v| {
            boolean(v).map(|on| f64::from(u8::from(on)))
        });
    }

    #[test]
    fn recorded_go_durations() {
        recorded(&["--max-duration", "--timeout", "--modify-window"], |v| {
            go_duration(v).map(|d| float(d.as_nanos().try_into().unwrap()))
        });
    }

    #[test]
    fn recorded_sizes() {
        let parse = |v: &str| size(v).map(|size| size.0.map_or(-1.0, |n| float(n.into())));
        recorded(&["--max-size", "--buffer-size"], parse);
    }

    #[test]
    fn recorded_spans() {
        recorded(&["--max-age", "--min-age"], |v| {
            span(v).map(|span| match span {
                Span::For(length) => float(length.as_nanos()),
                Span::At(_) | Span::Off => float(i64::MAX.into()),
            })
        });
    }

    #[test]
    fn lists_are_comma_separated_with_quotes() {
        assert_eq!(list("a,b"), ["a", "b"]);
        assert_eq!(list("\"a,b\",c"), ["a,b", "c"]);
        assert_eq!(list("\"say \"\"x\"\"\""), ["say \"x\""]);
    }

    #[test]
    fn spans_take_days_dates_and_off() {
        let length = |s| span(s).unwrap().length(Timestamp::UNIX_EPOCH);
        assert_eq!(length("90"), Some(Duration::from_secs(90)));
        assert_eq!(length("1.5d"), Some(Duration::from_secs(129_600)));
        assert_eq!(length("2h45m"), Some(Duration::from_secs(9_900)));
        assert_eq!(
            length("1970-01-02T00:00:00Z"),
            Some(Duration::from_secs(86_400))
        );
        // The time of a day counts.
        let date = |s: &str| span(s).unwrap();
        assert_ne!(date("2010-06-15T12:30:45"), date("2010-06-15"));
        assert_eq!(date("2010-06-15 12:30:45"), date("2010-06-15T12:30:45"));
        assert_eq!(length("off"), None);
        for bad in [
            "1d12h",
            "never",
            "",
            "1 h",
            "OFF",
            "2020-13-01",
            "2010-06-15 12:30",
        ] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
