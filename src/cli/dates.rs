//! Dates in a layout of Go: read, and refused, as Go's `time.Parse` does.
//!
//! Pure. A layout is the reference time `2006-01-02T15:04:05` as the dates are
//! written; of its parts those are known that flags use.

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

/// A part of the reference time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Zone,
}

/// Where one begins like another, the longer stands first.
const PARTS: &[(&str, Part)] = &[
    ("2006", Part::Year),
    ("Z07:00", Part::Zone),
    (".999999999", Part::Fraction),
    ("01", Part::Month),
    ("02", Part::Day),
    ("04", Part::Minute),
    ("05", Part::Second),
    ("06", Part::ShortYear),
    ("15", Part::Hour),
];

/// What has been read so far.
struct Fields {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    /// Seconds east of Greenwich, where the text says so.
    offset: Option<i32>,
}

/// Why a part was not read.
enum Bad {
    Form,
    Range(&'static str),
}

/// Reads `value` in `layout`; `zone` counts where the text names none.
///
/// # Errors
/// Go's words: what could not be read, as what.
pub fn parse(layout: &str, value: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let fields = read(layout, value)?;
    let too_far = |_| format!("parsing time {}: out of range", quote(value));
    let date = Date::new(fields.year, fields.month, fields.day).map_err(too_far)?;
    let time = Time::new(fields.hour, fields.minute, fields.second, fields.nanos);
    let moment: civil::DateTime = date.to_datetime(time.map_err(too_far)?);
    let instant = match fields.offset {
        None => zone.to_timestamp(moment),
        Some(seconds) => {
            let offset = Offset::from_seconds(seconds).map_err(too_far)?;
            offset.to_timestamp(moment)
        }
    };
    // Only the last days of the year 9999 are no moment any more.
    Ok(instant.unwrap_or(Timestamp::MAX))
}

fn read(layout: &str, value: &str) -> Result<Fields, String> {
    let cannot = |rest: &str, part: &str| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(value),
            quote(layout),
            quote(rest),
            quote(part)
        )
    };
    let bad = |why: &str| format!("parsing time {}: {why}", quote(value));
    let mut fields = Fields {
        year: 0,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        offset: None,
    };
    let (mut to_come, mut rest) = (layout, value);
    loop {
        let (before, next) = next_part(to_come);
        rest = skip(rest, before).map_err(|rest| cannot(rest, before))?;
        let Some((text, part, after)) = next else {
            break;
        };
        to_come = after;
        rest = fields
            .take(part, rest, to_come)
            .map_err(|error| match error {
                Bad::Form => cannot(rest, text),
                Bad::Range(what) => bad(&format!("{what} out of range")),
            })?;
    }
    if !rest.is_empty() {
        return Err(bad(&format!("extra text: {}", quote(rest))));
    }
    if Date::new(fields.year, fields.month, fields.day).is_err() {
        return Err(bad("day out of range"));
    }
    Ok(fields)
}

/// The text before the next part, the part, and what comes after it.
fn next_part(layout: &str) -> (&str, Option<(&str, Part, &str)>) {
    for (at, _) in layout.char_indices() {
        let (before, rest) = layout.split_at(at);
        for (text, part) in PARTS {
            if let Some(after) = rest.strip_prefix(text) {
                return (before, Some((text, *part, after)));
            }
        }
    }
    (layout, None)
}

/// What follows `text`; blanks stand for any number of them. The error is
/// where the value differs.
fn skip<'a>(value: &'a str, text: &str) -> Result<&'a str, &'a str> {
    let mut rest = value;
    for c in text.chars() {
        if c == ' ' {
            if rest.starts_with(|c| c != ' ') {
                return Err(rest);
            }
            rest = rest.trim_start_matches(' ');
        } else {
            rest = rest.strip_prefix(c).ok_or(rest)?;
        }
    }
    Ok(rest)
}

impl Fields {
    /// Reads one part from the start of `value`, returns the rest.
    fn take<'a>(&mut self, part: Part, value: &'a str, to_come: &str) -> Result<&'a str, Bad> {
        let within = |number: i8, most: i8, what| {
            if number <= most {
                Ok(number)
            } else {
                Err(Bad::Range(what))
            }
        };
        match part {
            Part::Year => {
                let (year, rest) = digits(value, 4)?;
                self.year = year;
                return Ok(rest);
            }
            Part::ShortYear => {
                let (year, rest) = digits(value, 2)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                return Ok(rest);
            }
            Part::Month => {
                let (month, rest) = number(value, true)?;
                if month == 0 {
                    return Err(Bad::Range("month"));
                }
                self.month = within(month, 12, "month")?;
                return Ok(rest);
            }
            Part::Day => {
                let (day, rest) = number(value, true)?;
                self.day = day;
                return Ok(rest);
            }
            Part::Hour => {
                let (hour, rest) = number(value, false)?;
                self.hour = within(hour, 23, "hour")?;
                return Ok(rest);
            }
            Part::Minute => {
                let (minute, rest) = number(value, true)?;
                self.minute = within(minute, 59, "minute")?;
                return Ok(rest);
            }
            Part::Second => {
                let (second, rest) = number(value, true)?;
                self.second = within(second, 59, "second")?;
                // Digits behind the second are read even where the layout has
                // none.
                if matches!(next_part(to_come), ("", Some((_, Part::Fraction, _)))) {
                    return Ok(rest);
                }
                return Ok(self.fraction(rest));
            }
            Part::Fraction => return Ok(self.fraction(value)),
            Part::Zone => {}
        }
        let (offset, rest) = zone(value)?;
        self.offset = Some(offset);
        Ok(rest)
    }

    /// Reads a fraction of a second, if one stands there; what is finer than
    /// nanoseconds is dropped.
    fn fraction<'a>(&mut self, value: &'a str) -> &'a str {
        let Some(after) = value.strip_prefix(['.', ',']) else {
            return value;
        };
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = after.strip_suffix(rest).unwrap_or_default();
        if digits.is_empty() {
            return value;
        }
        let nine: String = digits
            .chars()
            .chain(std::iter::repeat('0'))
            .take(9)
            .collect();
        self.nanos = nine.parse().unwrap_or(0);
        rest
    }
}

/// A number of exactly so many digits.
fn digits(value: &str, length: usize) -> Result<(i16, &str), Bad> {
    let (text, rest) = value.split_at_checked(length).ok_or(Bad::Form)?;
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Bad::Form);
    }
    text.parse()
        .map(|number| (number, rest))
        .map_err(|_| Bad::Form)
}

/// A number of two digits, or where it need not be `fixed` of one.
fn number(value: &str, fixed: bool) -> Result<(i8, &str), Bad> {
    let is_digit = |at: usize| value.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let length = match (is_digit(0), is_digit(1)) {
        (true, true) => 2,
        (true, false) if !fixed => 1,
        _ => return Err(Bad::Form),
    };
    let (text, rest) = value.split_at_checked(length).ok_or(Bad::Form)?;
    text.parse()
        .map(|number| (number, rest))
        .map_err(|_| Bad::Form)
}

/// `Z`, or a sign with hours and minutes; in seconds.
fn zone(value: &str) -> Result<(i32, &str), Bad> {
    if let Some(rest) = value.strip_prefix('Z') {
        return Ok((0, rest));
    }
    let (text, rest) = value.split_at_checked(6).ok_or(Bad::Form)?;
    let (sign, text) = match text.split_at_checked(1) {
        Some(("+", text)) => (1, text),
        Some(("-", text)) => (-1, text),
        _ => return Err(Bad::Form),
    };
    let (hours, minutes) = text.split_once(':').ok_or(Bad::Form)?;
    let ((hours, _), (minutes, _)) = (number(hours, true)?, number(minutes, true)?);
    if hours > 24 {
        return Err(Bad::Range("time zone offset hour"));
    }
    if minutes > 60 {
        return Err(Bad::Range("time zone offset minute"));
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    Ok((sign * seconds, rest))
}

/// Text in quotes; bytes that are not ASCII, and controls, as `\x..`.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' => quoted.push(char::from(byte)),
            // Go's own quoting leaves this one alone.
            0x7f => quoted.push('\u{7f}'),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn utc(layout: &str, value: &str) -> Result<String, String> {
        parse(layout, value, &TimeZone::UTC).map(|time| time.to_string())
    }

    #[test]
    fn parts_have_the_forms_that_the_layout_shows() {
        for (layout, value, expected) in [
            ("2006-01-02", "2020-02-29", "2020-02-29T00:00:00Z"),
            ("060102", "681231", "2068-12-31T00:00:00Z"),
            ("060102", "690101", "1969-01-01T00:00:00Z"),
            (
                "2006-01-02 15:04:05",
                "2020-01-02  3:04:05.5",
                "2020-01-02T03:04:05.5Z",
            ),
            (
                "2006-01-02T15:04:05Z07:00",
                "2020-01-02T03:04:05,25-05:30",
                "2020-01-02T08:34:05.25Z",
            ),
            (
                "2006-01-02T15:04:05.999999999",
                "2020-01-02T03:04:05.1234567899",
                "2020-01-02T03:04:05.123456789Z",
            ),
        ] {
            assert_eq!(utc(layout, value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_gos_words() {
        for (layout, value, why) in [
            ("2006-01-02", "2020-02-30", ": day out of range"),
            ("2006-01-02", "2020-00-01", ": month out of range"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2020-01-02T03:04:05+25:00",
                ": time zone offset hour out of range",
            ),
            (
                "060102",
                "0\"é",
                " as \"060102\": cannot parse \"0\\\"\\xc3\\xa9\" as \"06\"",
            ),
            ("15:04", "24:00", ": hour out of range"),
        ] {
            let said = utc(layout, value).unwrap_err();
            assert!(said.ends_with(why), "{said}");
        }
    }
}
