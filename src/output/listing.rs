//! Rows of `ls`, `lsl` and `lsd`, in rclone's columns.
//!
//! Pure: an entry in, a row without its line end out.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::Size;
use crate::remote::Entry;

/// How rows are written.
#[derive(Debug, Clone)]
pub struct Style {
    /// Sizes with suffixes (`--human-readable`).
    pub human: bool,
    /// Times are shown as they are there.
    pub zone: TimeZone,
    /// Time of what has none.
    pub no_time: Timestamp,
}

impl Style {
    /// Rows for this machine's time zone.
    #[must_use]
    pub fn new(human: bool, no_time: Timestamp) -> Self {
        Self {
            human,
            no_time,
            zone: TimeZone::system(),
        }
    }

    /// A row of `ls`: size and path.
    #[must_use]
    pub fn file(&self, entry: &Entry, path: &str) -> String {
        format!("{:>9} {path}", self.size(entry.size))
    }

    /// A row of `lsl`: size, time to the nanosecond, path.
    #[must_use]
    pub fn long_file(&self, entry: &Entry, path: &str) -> String {
        format!(
            "{:>9} {} {path}",
            self.size(entry.size),
            self.time(entry, "%Y-%m-%d %H:%M:%S%.9f")
        )
    }

    /// A row of `versions list`: number, size, time to the second, id, path.
    #[must_use]
    pub fn version(&self, entry: &Entry, number: usize, id: &str, path: &str) -> String {
        format!(
            "{number:>3} {:>9} {} {id} {path}",
            self.size(entry.size),
            self.time(entry, "%Y-%m-%d %H:%M:%S")
        )
    }

    /// A row of `lsd`: size, time, number of entries (never known), path.
    #[must_use]
    pub fn dir(&self, entry: &Entry, path: &str) -> String {
        let (wide, narrow) = if self.human { (9, 8) } else { (12, 9) };
        format!(
            "{:>wide$} {} {:>narrow$} {path}",
            self.size(entry.size),
            self.time(entry, "%Y-%m-%d %H:%M:%S"),
            -1
        )
    }

    fn size(&self, size: Option<u64>) -> String {
        match size {
            None => "-1".to_owned(),
            Some(size) if self.human => Size(size).to_string(),
            Some(size) => size.to_string(),
        }
    }

    fn time(&self, entry: &Entry, format: &str) -> String {
        entry
            .modified
            .unwrap_or(self.no_time)
            .to_zoned(self.zone.clone())
            .strftime(format)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::remote::RemotePath;

    fn entry(size: Option<u64>, modified: &str) -> Entry {
        Entry {
            modified: Some(modified.parse().unwrap()),
            ..Entry::file(RemotePath::parse("x").unwrap(), size)
        }
    }

    fn style(human: bool) -> Style {
        Style {
            human,
            zone: TimeZone::UTC,
            no_time: Timestamp::constant(946_684_800, 0),
        }
    }

    #[test]
    fn columns_as_recorded() {
        let file = entry(Some(1500), "2016-01-01T00:00:00.5Z");
        let plain = style(false);
        assert_eq!(plain.file(&file, "Upper.TXT"), "     1500 Upper.TXT");
        assert_eq!(
            plain.long_file(&file, "Upper.TXT"),
            "     1500 2016-01-01 00:00:00.500000000 Upper.TXT"
        );
        let dir = entry(Some(4096), "2004-04-04T04:04:04Z");
        assert_eq!(
            plain.dir(&dir, "dir"),
            "        4096 2004-04-04 04:04:04        -1 dir"
        );
        let human = style(true);
        assert_eq!(human.file(&file, "Upper.TXT"), "  1.465Ki Upper.TXT");
        assert_eq!(
            human.dir(&dir, "dir"),
            "      4Ki 2004-04-04 04:04:04       -1 dir"
        );
    }

    #[test]
    fn what_is_unknown_is_minus_one_and_the_year_2000() {
        let nothing = Entry::dir(RemotePath::parse("x").unwrap());
        assert_eq!(
            style(false).dir(&nothing, "x"),
            "          -1 2000-01-01 00:00:00        -1 x"
        );
        assert_eq!(style(true).file(&nothing, "x"), "       -1 x");
    }
}
