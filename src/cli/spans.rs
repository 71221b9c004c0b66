//! Spans of time: Go's durations, and rclone's, which may also be dates.
//!
//! All are 64-bit numbers of nanoseconds, as they are in Go: what is longer
//! than 292 years does not fit, and ends up where it ends up there.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::dates;
use super::values::BadValue;

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
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let length = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (whole, mut tail) = rest.split_at(length);
        let mut fraction = "";
        if let Some(after) = tail.strip_prefix('.') {
            let length = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            (fraction, tail) = after.split_at(length);
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let length = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {value:?}"));
        }
        let nanos = go_unit(unit)
            .ok_or_else(|| format!("time: unknown unit {unit:?} in duration {value:?}"))?;
        let whole: i64 = if whole.is_empty() { "0" } else { whole }
            .parse()
            .map_err(|_| invalid())?;
        total += i128::from(whole) * i128::from(nanos) + part_of(fraction, nanos);
        // Go keeps the sum without its sign, so that the least number fits.
        if total > 1 << 63 {
            return Err(invalid());
        }
        rest = tail;
    }
    let signed = if negative { -total } else { total };
    i64::try_from(signed).map_err(|_| invalid())
}

/// Nanoseconds of the digits behind the point.
fn part_of(digits: &str, unit: i64) -> i128 {
    // More digits than this cannot matter, and would not fit.
    let digits = digits.get(..18).unwrap_or(digits);
    let scale = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(0));
    let number: i128 = digits.parse().unwrap_or(0);
    number * i128::from(unit) / scale
}

/// Nanoseconds in a unit of Go.
fn go_unit(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A span of time as typed: for a while, or until (since) a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// So many nanoseconds.
    For(i64),
    /// A date, within 292 years of now.
    At(Timestamp),
    /// `off`, as is the longest of all spans.
    Off,
}

impl Span {
    /// The length from now; nothing when it is off or past.
    #[must_use]
    pub fn length(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::For(nanos) => u64::try_from(nanos).ok().map(Duration::from_nanos),
            Self::At(date) => Duration::try_from(date.duration_since(now)).ok(),
            Self::Off => None,
        }
    }

    /// The moment that lies so far back; `None`: off, or before all time.
    #[must_use]
    pub fn ago(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            // The least number is its own opposite.
            Self::For(nanos) => {
                let back = SignedDuration::from_nanos(nanos.wrapping_neg());
                now.checked_add(back).ok()
            }
            Self::At(date) => Some(date),
            Self::Off => None,
        }
    }

    /// So many nanoseconds; the most there can be mean `off`.
    fn of(nanos: i64) -> Self {
        if nanos == i64::MAX {
            Self::Off
        } else {
            Self::For(nanos)
        }
    }

    /// A date, as far as it lies within reach.
    fn at(date: Timestamp, now: Timestamp) -> Self {
        let ago = now.as_nanosecond() - date.as_nanosecond();
        if ago >= i128::from(i64::MAX) {
            Self::Off
        } else if ago <= i128::from(i64::MIN) {
            Self::For(i64::MIN)
        } else {
            Self::At(date)
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
    if let Some(nanos) = parse_go(value).ok().or_else(|| long_duration(value)) {
        return Ok(Span::of(nanos));
    }
    date(value)
        .map(|date| Span::at(date, Timestamp::now()))
        .map_err(|why| BadValue::parsing(value, "fs.Duration", why))
}

/// A moment: a date, or how long ago it was; `off` is the first of all days.
///
/// # Errors
/// None of these.
pub fn moment(value: &str) -> Result<Timestamp, BadValue> {
    const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0);
    let bad = || {
        let why = format_args!("strconv.ParseFloat: parsing {value:?}: invalid syntax");
        BadValue::parsing(value, "fs.Time", why)
    };
    let span = span(value).map_err(|_| bad())?;
    Ok(span.ago(Timestamp::now()).unwrap_or(FIRST))
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
    let nanos = number.parse::<f64>().ok()? * unit;
    // What is no number of 64 bits becomes the least of them, as on the
    // processors that the recordings were made on.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&nanos);
    #[expect(clippy::cast_possible_truncation, reason = "checked")]
    Some(if fits { nanos as i64 } else { i64::MIN })
}

/// A date or a date and time, local unless it says otherwise. The last form
/// tells what is wrong.
fn date(value: &str) -> Result<Timestamp, String> {
    let local = TimeZone::system();
    let forms = [
        "2006-01-02T15:04:05Z07:00",
        "2006-01-02T15:04:05",
        "2006-01-02 15:04:05",
    ];
    let read = |form| dates::parse(form, value, &local);
    forms
        .into_iter()
        .find_map(|form| read(form).ok())
        .map_or_else(|| read("2006-01-02"), Ok)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

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
    }

    #[test]
    fn moments_are_dates_or_past() {
        let text = |s| moment(s).unwrap().to_string();
        assert_eq!(text("2020-01-02T03:04:05+05:00"), "2020-01-01T22:04:05Z");
        assert_eq!(text("off"), "0001-01-01T00:00:00Z");
        assert!(moment("2h").unwrap() < Timestamp::now());
        assert_eq!(
            moment("nope").unwrap_err().to_string(),
            "parsing \"nope\" as fs.Time failed: strconv.ParseFloat: parsing \"nope\": invalid syntax"
        );
    }

    #[test]
    fn what_is_too_long_lies_as_far_back_as_can_be() {
        let now = Timestamp::UNIX_EPOCH;
        for far in ["293y", "inf", "nan", "9999-12-31"] {
            let ago = span(far).unwrap().ago(now).unwrap();
            assert_eq!(ago.to_string(), "1677-09-21T00:12:43.145224192Z", "{far}");
        }
        assert_eq!(span("0001-01-01").unwrap(), Span::Off);
    }

    #[test]
    fn go_durations_are_exact() {
        let nanos = |s| go_duration(s).unwrap().as_nanos();
        assert_eq!(nanos("9223372036.854775807s"), 9_223_372_036_854_775_807);
        assert_eq!(nanos("2.5ms"), 2_500_000);
        assert_eq!(nanos("-1h"), 0);
        assert!(go_duration("9223372036.854775808s").is_err());
        assert!(go_duration(".s").is_err());
    }
}
