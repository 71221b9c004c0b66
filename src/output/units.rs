//! Sizes, speeds and durations: numbers to text and back, in rclone's forms.

use std::time::Duration;

use crate::engine::Size;

/// A size as statistics show it: `12 B`, `120.589 KiB`, `50 GiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    Size(bytes).long()
}

/// Whether speeds count bytes or bits (`--stats-unit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpeedUnit {
    /// `767.604 KiB/s`.
    #[default]
    Bytes,
    /// `5.997 Mibit/s`.
    Bits,
}

/// A speed, given in bytes a second.
#[must_use]
pub fn speed(bytes: f64, unit: SpeedUnit) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates; a fraction of a byte is not shown"
    )]
    let whole = |n: f64| Size(n as u64);
    match unit {
        SpeedUnit::Bytes => format!("{}/s", whole(bytes).long()),
        SpeedUnit::Bits => {
            let (number, prefix) = whole(bytes * 8.0).parts();
            format!("{number} {prefix}bit/s")
        }
    }
}

/// A time left, in its three largest units: `0s`, `1m5s`, `1h2m3s`, `2w1d3h`.
#[must_use]
pub fn short_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let days = seconds / 86_400;
    let parts = [
        (days / 365, "y"),
        (days % 365 / 7, "w"),
        (days % 365 % 7, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let text: String = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .take(3)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// A time passed, with tenths of a second: `4.3s`, `1m5.2s`, `1h2m0.0s`.
#[must_use]
pub fn elapsed(duration: Duration) -> String {
    let minutes = Duration::from_secs(duration.as_secs() / 60 * 60);
    let tenths = (duration - minutes).as_millis() / 100;
    let head = if minutes.is_zero() {
        String::new()
    } else {
        let text = short_duration(minutes);
        text.strip_suffix("0s").map(str::to_owned).unwrap_or(text)
    };
    format!("{head}{}.{}s", tenths / 10, tenths % 10)
}

/// A size as typed: a number of KiB, or one with a suffix (`B K M G T P E`,
/// `Ki`, `KiB` …, in any case); `None` is `off`, also for what is too large.
///
/// # Errors
/// The words that rclone has for it.
pub fn parse_size(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Err("empty string".to_owned());
    }
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let (number, shift) = split_suffix(text)?;
    let value = parse_float(number)?;
    if value < 0.0 {
        return Err(format!("size can't be negative {number:?}"));
    }
    let value = value * 2_f64.powi(shift);
    if value >= 9_223_372_036_854_775_808.0 {
        return Ok(None);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0..2^63; the fraction of a byte goes"
    )]
    let bytes = value as u64;
    Ok(Some(bytes))
}

/// Separates the suffix and says by which power of two it multiplies.
fn split_suffix(text: &str) -> Result<(&str, i32), String> {
    let mut chars = text.chars().rev();
    let last = chars.next().unwrap_or_default();
    let before = chars.next().unwrap_or_default();
    let (symbol, length) = match last {
        '0'..='9' | '.' => return Ok((text, 10)),
        'b' | 'B' if matches!(before, 'i' | 'I') && text.chars().count() > 2 => {
            (chars.next().unwrap_or_default(), 3)
        }
        'b' | 'B' => return Ok((&text[..text.len() - 1], 0)),
        'i' | 'I' if text.chars().count() > 1 => (before, 2),
        symbol => (symbol, 1),
    };
    let shift = match symbol.to_ascii_lowercase() {
        'k' => 10,
        'm' => 20,
        'g' => 30,
        't' => 40,
        'p' => 50,
        'e' => 60,
        _ => return Err(format!("bad suffix {symbol:?}")),
    };
    // Symbol, `i` and `B` are one byte each: the match above saw to that.
    Ok((&text[..text.len() - length], shift))
}

/// A decimal number, with `_` between digits; no infinities, no other bases.
fn parse_float(text: &str) -> Result<f64, String> {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E' | '_'));
    let number = text.replace('_', "");
    match number.parse::<f64>() {
        Ok(value) if plain => Ok(value),
        _ => Err(format!(
            "strconv.ParseFloat: parsing {text:?}: invalid syntax"
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn recorded_sizes() {
        let text = include_str!("../../tests/recorded/values.json");
        let recorded: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases = recorded["cases"].as_array().unwrap();
        let sizes = cases.iter().filter(|c| c["kind"] == "SizeSuffix");
        let mut seen = 0;
        for case in sizes {
            let typed = case["value"].as_str().unwrap();
            if typed == "1٣" {
                // rclone names the last byte, we the last character.
                continue;
            }
            seen += 1;
            match parse_size(typed) {
                Ok(None) => assert_eq!(case["parsed"], -1, "{typed:?}"),
                Ok(Some(bytes)) => {
                    // Recorded through a floating point number.
                    #[expect(clippy::cast_precision_loss, reason = "as recorded")]
                    let near = (bytes as f64 - case["parsed"].as_f64().unwrap()).abs();
                    assert!(near <= 512.0 && case["exit"] == 0, "{typed:?} {bytes}");
                }
                Err(why) => {
                    let complaint = case["stderr"][0].as_str().unwrap();
                    let why = why.replace('"', "\\\"").replace("\\\"", "\"");
                    assert!(complaint.ends_with(&why), "{complaint} / {why}");
                }
            }
        }
        assert!(seen > 100);
    }

    #[test]
    fn speeds_and_durations() {
        assert_eq!(speed(0.0, SpeedUnit::Bytes), "0 B/s");
        assert_eq!(speed(786_026.5, SpeedUnit::Bytes), "767.604 KiB/s");
        assert_eq!(speed(128.0, SpeedUnit::Bits), "1 Kibit/s");
        assert_eq!(speed(1.0, SpeedUnit::Bits), "8 bit/s");
        for (seconds, text) in [
            (0, "0s"),
            (65, "1m5s"),
            (3723, "1h2m3s"),
            (694_861, "1w1d1h"),
        ] {
            assert_eq!(short_duration(Duration::from_secs(seconds)), text);
        }
        for (millis, text) in [
            (100, "0.1s"),
            (65_290, "1m5.2s"),
            (600_000, "10m0.0s"),
            (3_720_000, "1h2m0.0s"),
        ] {
            assert_eq!(elapsed(Duration::from_millis(millis)), text);
        }
    }
}
