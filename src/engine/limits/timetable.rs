//! How fast content may move, by the hour of the week.

use std::fmt;

use jiff::civil::{DateTime, Weekday};

use crate::engine::Size;

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// Two speeds in bytes a second; `None` is `off`, and zero is no limit either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// Of what leaves this machine.
    pub up: Option<u64>,
    /// Of what arrives here.
    pub down: Option<u64>,
}

impl Rate {
    /// Whether one of the two limits anything.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.upward().is_some() || self.downward().is_some()
    }

    /// Bytes a second that may leave.
    #[must_use]
    pub fn upward(self) -> Option<u64> {
        self.up.filter(|bytes| *bytes > 0)
    }

    /// Bytes a second that may arrive.
    #[must_use]
    pub fn downward(self) -> Option<u64> {
        self.down.filter(|bytes| *bytes > 0)
    }

    /// Bytes a second between two folders of this machine, which have no
    /// direction: the larger limit, and none where one side has none.
    #[must_use]
    pub fn within(self) -> Option<u64> {
        Some(self.upward()?.max(self.downward()?))
    }
}

/// As rclone prints it: `10Mi`, `10Mi:off`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: Option<u64>| bytes.map_or("off".to_owned(), |b| Size(b).to_string());
        f.write_str(&text(self.up))?;
        if self.up != self.down {
            write!(f, ":{}", text(self.down))?;
        }
        Ok(())
    }
}

/// From a minute of the week on, a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Minutes since Sunday, midnight.
    pub minute: u16,
    /// What holds from then on.
    pub rate: Rate,
}

impl Slot {
    /// The slot that begins on `day` (Sunday is 0) at `hour`:`minute`.
    #[must_use]
    pub fn at(day: u16, hour: u16, minute: u16, rate: Rate) -> Self {
        Self {
            minute: day * DAY + hour * 60 + minute,
            rate,
        }
    }
}

/// Rates by the hour; an empty table limits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timetable {
    slots: Vec<Slot>,
    always: bool,
}

impl Timetable {
    /// One rate at all times.
    #[must_use]
    pub fn always(rate: Rate) -> Self {
        Self {
            slots: vec![Slot { minute: 0, rate }],
            always: true,
        }
    }

    /// A rate for each part of the week, in any order.
    #[must_use]
    pub fn weekly(slots: Vec<Slot>) -> Self {
        Self {
            slots,
            always: false,
        }
    }

    /// The rate that holds at a local time: that of the slot which began
    /// last, in the week before if need be.
    #[must_use]
    pub fn at(&self, now: DateTime) -> Rate {
        let day = match now.weekday() {
            Weekday::Sunday => 0,
            Weekday::Monday => 1,
            Weekday::Tuesday => 2,
            Weekday::Wednesday => 3,
            Weekday::Thursday => 4,
            Weekday::Friday => 5,
            Weekday::Saturday => 6,
        };
        let clock =
            u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let minute = day * DAY + clock;
        self.slots
            .iter()
            .min_by_key(|slot| (minute + WEEK - slot.minute % WEEK) % WEEK)
            .map_or_else(Rate::default, |slot| slot.rate)
    }
}

/// As rclone prints it: `512Ki`, or `Sun-08:00,512Ki Mon-08:00,512Ki`.
impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        for (at, Slot { minute, rate }) in self.slots.iter().enumerate() {
            if self.always {
                return write!(f, "{rate}");
            }
            let gap = if at > 0 { " " } else { "" };
            let day = DAYS.get(usize::from(minute / DAY)).copied().unwrap_or("?");
            let (hour, minute) = (minute % DAY / 60, minute % 60);
            write!(f, "{gap}{day}-{hour:02}:{minute:02},{rate}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rate(bytes: u64) -> Rate {
        Rate {
            up: Some(bytes),
            down: Some(bytes),
        }
    }

    #[test]
    fn the_slot_that_began_last_holds_across_midnight_and_weeks() {
        // 2026-11-27 is a Friday.
        let table = Timetable::weekly(vec![
            Slot::at(5, 23, 0, rate(3)),
            Slot::at(5, 8, 0, rate(1)),
            Slot::at(1, 12, 30, rate(2)),
        ]);
        for (now, expected) in [
            ("2026-11-27T07:59:59", 2),
            ("2026-11-27T08:00:00", 1),
            ("2026-11-27T22:59:59", 1),
            ("2026-11-28T00:00:00", 3),
            ("2026-11-29T10:00:00", 3),
            ("2026-11-30T12:30:00", 2),
        ] {
            assert_eq!(table.at(now.parse().unwrap()), rate(expected), "{now}");
        }
        let nothing = Timetable::default().at("2026-11-27T08:00:00".parse().unwrap());
        assert!(!nothing.is_set());
    }

    #[test]
    fn zero_and_off_limit_nothing() {
        let off = Rate {
            up: Some(0),
            down: None,
        };
        assert!(!off.is_set());
        let half = Rate {
            up: Some(5),
            down: None,
        };
        assert_eq!((half.is_set(), half.within()), (true, None));
        let both = Rate {
            up: Some(5),
            down: Some(7),
        };
        assert_eq!(both.within(), Some(7));
        assert_eq!(both.to_string(), "5:7");
    }
}
