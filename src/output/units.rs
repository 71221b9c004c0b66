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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

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
