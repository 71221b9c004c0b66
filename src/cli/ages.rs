//! `--min-age` and `--max-age` as moments, and said in rclone's words.

use jiff::{SignedDuration, Timestamp};

use super::values::Span;

/// The moments between which files have to have been changed.
///
/// # Errors
/// There are none between them.
pub(super) fn window(
    min: Span,
    max: Span,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), String> {
    let (from, until) = (max.ago(now), min.ago(now));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        let age = |moment| words(now.duration_since(moment));
        return Err(format!(
            "filter: --min-age {:?} can't be larger than --max-age {:?}",
            age(until),
            age(from)
        ));
    }
    // What is exactly as old as that is not younger.
    let from = from.and_then(|from| from.checked_add(SignedDuration::from_nanos(1)).ok());
    Ok((from, until))
}

/// A duration as rclone writes it: `3d`, `1h0m0s`, `1.5s`.
fn words(length: SignedDuration) -> String {
    const DAY: i64 = 86_400;
    let (seconds, nanos) = (length.as_secs(), length.subsec_nanos());
    let units = [
        (365 * DAY, 'y'),
        (30 * DAY, 'M'),
        (7 * DAY, 'w'),
        (DAY, 'd'),
    ];
    let whole = units
        .into_iter()
        .find(|(unit, _)| nanos == 0 && seconds != 0 && seconds % unit == 0);
    if let Some((unit, letter)) = whole {
        return format!("{}{letter}", seconds / unit);
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut fraction = String::new();
    if nanos != 0 {
        let digits = format!("{:09}", nanos.abs());
        fraction = format!(".{}", digits.trim_end_matches('0'));
    }
    let rest = format!("{}{fraction}s", seconds % 60);
    match (hours, minutes) {
        (0, 0) => rest,
        (0, _) => format!("{minutes}m{rest}"),
        _ => format!("{hours}h{minutes}m{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_rclones_words() {
        for (seconds, text) in [
            (3600, "1h0m0s"),
            (259_200, "3d"),
            (604_800, "1w"),
            (90, "1m30s"),
            (0, "0s"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), text);
        }
        assert_eq!(words(SignedDuration::from_millis(1500)), "1.5s");
    }
}
