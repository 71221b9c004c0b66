//! Times in the layouts of Go: the reference time `Mon Jan 2 15:04:05 2006`
//! written the way that times shall be.
//!
//! Pure. What is no part of the reference time stands for itself.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Zoned;

/// Layouts with a name.
const NAMED: &[(&str, &str)] = &[
    ("Layout", "01/02 03:04:05PM '06 -0700"),
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", "2006-01-02T15:04:05Z07:00"),
    ("RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"),
    ("Kitchen", "3:04PM"),
    ("Stamp", "Jan _2 15:04:05"),
    ("StampMilli", "Jan _2 15:04:05.000"),
    ("StampMicro", "Jan _2 15:04:05.000000"),
    ("StampNano", "Jan _2 15:04:05.000000000"),
    ("DateTime", "2006-01-02 15:04:05"),
    ("DateOnly", "2006-01-02"),
    ("TimeOnly", "15:04:05"),
    ("MacFriendlyTime", "2006-01-02 0304PM -0700"),
];

/// Parts of the reference time and how jiff calls them; where one begins like
/// another, the longer stands first.
const PARTS: &[(&str, &str)] = &[
    ("January", "%B"),
    ("Jan", "%b"),
    ("Monday", "%A"),
    ("Mon", "%a"),
    ("MST", "%Z"),
    ("2006", "%Y"),
    ("__2", "day of year, blanks"),
    ("002", "%j"),
    ("01", "%m"),
    ("02", "%d"),
    ("03", "%I"),
    ("04", "%M"),
    ("05", "%S"),
    ("06", "%y"),
    ("15", "%H"),
    ("_2006", "_%Y"),
    ("_2", "%e"),
    ("1", "%-m"),
    ("2", "%-d"),
    ("3", "%-I"),
    ("4", "%-M"),
    ("5", "%-S"),
    ("PM", "%p"),
    ("pm", "%P"),
    ("Z070000", "Z%::z"),
    ("Z07:00:00", "Z%::z"),
    ("Z0700", "Z%z"),
    ("Z07:00", "Z%:z"),
    ("Z07", "Z%z"),
    ("-07:00:00", "%::z"),
    ("-070000", "%::z"),
    ("-07:00", "%:z"),
    ("-0700", "%z"),
    ("-07", "%z"),
];

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// As a Go layout.
    Go(String),
    /// Seconds since 1970.
    Unix,
    /// Nanoseconds since 1970.
    UnixNano,
}

impl Layout {
    /// What `--time-format` asks for: a name, or a layout. `max` shows all the
    /// digits of times that are kept to `precision`.
    #[must_use]
    pub fn parse(text: &str, precision: Option<Duration>) -> Self {
        match text {
            "" => Self::Go("2006-01-02 15:04:05".to_owned()),
            "max" => Self::Go(format!("2006-01-02 15:04:05{}", fraction(precision))),
            "unix" => Self::Unix,
            "unixnano" => Self::UnixNano,
            _ => {
                let named = NAMED.iter().find(|(name, _)| *name == text);
                Self::Go(named.map_or(text, |(_, layout)| layout).to_owned())
            }
        }
    }

    /// RFC 3339, with all the digits of times that are kept to `precision`.
    #[must_use]
    pub fn rfc3339(precision: Option<Duration>) -> Self {
        Self::Go(format!("2006-01-02T15:04:05{}Z07:00", fraction(precision)))
    }

    /// The time as text.
    #[must_use]
    pub fn format(&self, time: &Zoned) -> String {
        match self {
            Self::Unix => time.timestamp().as_second().to_string(),
            Self::UnixNano => time.timestamp().as_nanosecond().to_string(),
            Self::Go(layout) => go(layout, time),
        }
    }
}

/// The digits behind the second, as a layout.
fn fraction(precision: Option<Duration>) -> String {
    let Some(precision) = precision.map(|p| p.as_nanos().max(1)) else {
        return String::new();
    };
    let digits = (0..=9_u32)
        .rev()
        .find(|digits| precision <= 10_u128.pow(9 - digits))
        .unwrap_or(0);
    if digits == 0 {
        return String::new();
    }
    format!(".{}", "0".repeat(digits as usize))
}

fn go(layout: &str, time: &Zoned) -> String {
    let mut text = String::new();
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = subseconds(rest) {
            let (part, after) = rest.split_at(length);
            push_subseconds(&mut text, part, time);
            rest = after;
        } else if let Some((part, how)) = part(rest) {
            push_part(&mut text, part, how, time);
            rest = rest.strip_prefix(part).unwrap_or_default();
        } else {
            text.push(c);
            rest = rest.strip_prefix(c).unwrap_or_default();
        }
    }
    text
}

/// The part of the reference time that `text` begins with.
fn part(text: &str) -> Option<(&'static str, &'static str)> {
    let mut fitting = PARTS.iter().filter(|(part, _)| text.starts_with(part));
    let first = *fitting.next()?;
    let (part, how) = fitting.fold(first, |best, next| {
        if next.0.len() > best.0.len() {
            *next
        } else {
            best
        }
    });
    // `Month` and `Jane` are words, not parts.
    let word = matches!(part, "Jan" | "Mon")
        && text
            .strip_prefix(part)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    (!word).then_some((part, how))
}

fn push_part(text: &mut String, part: &str, how: &str, time: &Zoned) {
    let utc = time.offset().seconds() == 0;
    let how = match how.strip_prefix('Z') {
        Some(_) if utc => "Z",
        Some(offset) => offset,
        None => how,
    };
    if part == "__2" {
        let _ = write!(text, "{:>3}", time.day_of_year());
        return;
    }
    let mut shown = time.strftime(how).to_string();
    if matches!(part, "Z070000" | "-070000") && shown != "Z" {
        shown.retain(|c| c != ':');
    }
    if matches!(part, "Z07" | "-07") && shown != "Z" {
        shown.truncate(3);
    }
    *text += &shown;
}

/// The length of `.000` or `.999` at the beginning of `text`.
fn subseconds(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['.', ','])?;
    let digit = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let after = digits.trim_start_matches(digit);
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(text.len() - after.len())
}

/// Zeros keep their place; nines go where they say nothing.
fn push_subseconds(text: &mut String, part: &str, time: &Zoned) {
    let nanos = format!("{:09}", time.subsec_nanosecond());
    let digits: String = nanos
        .chars()
        .chain(std::iter::repeat('0'))
        .take(part.len() - 1)
        .collect();
    let digits = if part.ends_with('9') {
        digits.trim_end_matches('0')
    } else {
        &digits
    };
    if !digits.is_empty() {
        text.push_str(part.get(..1).unwrap_or_default());
        text.push_str(digits);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(layout: &str, time: &str) -> String {
        let time: Zoned = time.parse().unwrap();
        Layout::parse(layout, Some(Duration::from_nanos(1))).format(&time)
    }

    #[test]
    fn layouts_and_their_names() {
        let utc = "2004-04-04T04:05:06.789[UTC]";
        for (layout, expected) in [
            ("", "2004-04-04 04:05:06"),
            ("max", "2004-04-04 04:05:06.789000000"),
            ("RFC1123", "Sun, 04 Apr 2004 04:05:06 UTC"),
            ("RFC822Z", "04 Apr 04 04:05 +0000"),
            ("RFC3339Nano", "2004-04-04T04:05:06.789Z"),
            ("Kitchen", "4:05AM"),
            ("Stamp", "Apr  4 04:05:06"),
            ("January 2 Month", "April 4 Month"),
            ("__2 002", " 95 095"),
            ("unix", "1081051506"),
            ("unixnano", "1081051506789000000"),
            ("bogus", "bogus"),
        ] {
            assert_eq!(shown(layout, utc), expected, "{layout}");
        }
        let paris = "2004-07-04T14:05:06[Europe/Paris]";
        assert_eq!(shown("Z07:00 -07 pm", paris), "+02:00 +02 pm");
        assert_eq!(shown("05.999|05.00", paris), "06|06.00");
    }

    #[test]
    fn max_shows_what_is_kept() {
        let digits = |nanos| fraction(Some(Duration::from_nanos(nanos))).len();
        assert_eq!(digits(1), 10);
        assert_eq!(digits(100), 8);
        assert_eq!(digits(1_000_000), 4);
        assert_eq!(digits(1_000_000_000), 0);
        assert_eq!(fraction(None), "");
    }
}
