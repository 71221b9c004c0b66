//! The flags about what a run may use at most.

use std::time::Duration;

use clap::Args;

use super::values::{self, BadValue, Size};
use crate::engine::limits::{Asked, Cutoff, Rate, Slot, Timetable};

/// Flags about speed, bytes and time.
#[derive(Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitFlags {
    /// Bytes a second at most: SPEED, UP:DOWN, or a timetable 'hh:mm,SPEED …'
    #[arg(long, global = true, value_name = "SPEED", default_value = "off", value_parser = timetable)]
    pub bwlimit: Timetable,
    /// Bytes a second of each file at most, as --bwlimit
    #[arg(long, global = true, value_name = "SPEED", default_value = "off", value_parser = timetable)]
    pub bwlimit_file: Timetable,
    /// Bytes that the buffers of transfers take at most; 2 MiB for each that runs are given in any case
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub max_buffer_memory: Size,
    /// Stop after so many bytes
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub max_transfer: Size,
    /// Stop copying after this time
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = values::go_duration)]
    pub max_duration: Duration,
    /// How to stop then: HARD, SOFT (finish what runs) or CAUTIOUS (begin nothing that would exceed)
    #[arg(long, global = true, value_name = "MODE", default_value = "HARD", value_parser = cutoff)]
    pub cutoff_mode: Cutoff,
}

impl LimitFlags {
    /// What the engine is asked to keep to.
    #[must_use]
    pub fn asked(&self) -> Asked {
        Asked {
            all: self.bwlimit.clone(),
            file: self.bwlimit_file.clone(),
            transfer: self.max_transfer.0,
            duration: Some(self.max_duration),
            cutoff: self.cutoff_mode,
        }
    }
}

/// `10M`, `UP:DOWN`, or a timetable such as `08:00,512k Sat-10:00,off`.
///
/// # Errors
/// No such thing, in rclone's words.
fn timetable(value: &str) -> Result<Timetable, BadValue> {
    read(value).map_err(|why| BadValue::parsing(value, "fs.BwTimetable", why))
}

/// How a run ends at a limit: `HARD`, `SOFT` or `CAUTIOUS`, in any case.
///
/// # Errors
/// Another word.
fn cutoff(value: &str) -> Result<Cutoff, BadValue> {
    let all = [Cutoff::Hard, Cutoff::Soft, Cutoff::Cautious];
    all.into_iter()
        .find(|mode| mode.word().eq_ignore_ascii_case(value))
        .ok_or_else(|| {
            BadValue::parsing(
                value,
                "fs.Enum[github.com/rclone/rclone/fs.cutoffModeChoices]",
                format_args!("invalid choice {value:?} from: HARD, SOFT, CAUTIOUS"),
            )
        })
}

fn read(value: &str) -> Result<Timetable, String> {
    if !value.contains([' ', ',']) {
        return rate(value).map(Timetable::always);
    }
    let mut slots = Vec::new();
    for word in value.split([' ', ';']).filter(|word| !word.is_empty()) {
        let Some((when, speed)) = word.split_once(',') else {
            return Err(format!("invalid time/bandwidth specification: {word:?}"));
        };
        let (day, time) = match when.split_once('-') {
            Some((day, time)) => (Some(weekday(day)?), time),
            None => (None, when),
        };
        let (hour, minute) = clock(time)?;
        let rate = rate(speed)?;
        let days = day.map_or(0..7, |day| day..day + 1);
        slots.extend(days.map(|day| Slot::at(day, hour, minute, rate)));
    }
    Ok(Timetable::weekly(slots))
}

fn rate(text: &str) -> Result<Rate, String> {
    let (up, down) = match text.split_once(':') {
        Some((up, down)) => (values::bytes(up)?, values::bytes(down)?),
        None => {
            let both = values::bytes(text)?;
            (both, both)
        }
    };
    Ok(Rate { up, down })
}

/// Sunday is 0.
fn weekday(text: &str) -> Result<u16, String> {
    let text = text.to_lowercase();
    let days = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    (0_u16..)
        .zip(days)
        .find(|(_, day)| text == *day || text == day[..3])
        .map(|(number, _)| number)
        .ok_or_else(|| format!("invalid weekday: {text:?}"))
}

/// `hh:mm`, with any one character between.
fn clock(text: &str) -> Result<(u16, u16), String> {
    let (Some(hour), Some(minute), 5) = (text.get(..2), text.get(3..), text.len()) else {
        return Err(format!("invalid time specification (hh:mm): {text:?}"));
    };
    let number = |what: &str, digits: &str, most: u16| {
        let number: u16 = digits
            .parse()
            .ok()
            .filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| {
                format!(
                    "invalid {what} in time specification {text:?}: \
                     strconv.Atoi: parsing {digits:?}: invalid syntax"
                )
            })?;
        if number > most {
            return Err(format!(
                "invalid {what} (must be between 00 and {most}): {number}"
            ));
        }
        Ok(number)
    };
    Ok((number("hour", hour, 23)?, number("minute", minute, 59)?))
}
