//! What a log line is made of (`--log-format`). Pure.

use std::fmt::Write as _;

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::super::sanitize;
use super::Level;

/// The parts that can be asked for, as rclone calls them.
const PARTS: &[(&str, u16)] = &[
    ("date", DATE),
    ("time", TIME),
    ("microseconds", MICROSECONDS),
    ("UTC", UTC),
    // Both show the path inside the sources.
    ("longfile", FILE),
    ("shortfile", FILE),
    ("pid", PID),
    ("nolevel", NO_LEVEL),
    ("json", JSON),
];
const DATE: u16 = 1;
const TIME: u16 = 1 << 1;
const MICROSECONDS: u16 = 1 << 2;
const UTC: u16 = 1 << 3;
const FILE: u16 = 1 << 4;
const PID: u16 = 1 << 5;
const NO_LEVEL: u16 = 1 << 6;
const JSON: u16 = 1 << 7;
/// Not to be asked for by name: the priority in front, for systemd.
const SYSTEMD: u16 = 1 << 8;
/// Not to be asked for by name: syslog puts a time in front of each record.
const WITHOUT_TIME: u16 = DATE | TIME | MICROSECONDS | UTC | PID;

/// What a line is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(u16);

impl Default for Format {
    /// Date and time.
    fn default() -> Self {
        Self(DATE | TIME)
    }
}

/// What there is to say.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// How important it is.
    pub level: Level,
    /// What it is about; may be empty.
    pub object: &'a str,
    /// What happened.
    pub message: &'a str,
    /// The size of the object.
    pub size: Option<u64>,
    /// What was not done to it, in a dry run.
    pub skipped: Option<&'a str>,
    /// A JSON object with statistics.
    pub stats: Option<&'a str>,
    /// The message has lines of its own, and nothing foreign in them.
    pub lines: bool,
    /// File and line in the sources.
    pub source: Option<(&'a str, u32)>,
}

impl Format {
    /// The parts in `text`, separated by commas.
    ///
    /// # Errors
    /// One of them is none, in rclone's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = 0;
        for name in text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            let known = PARTS
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, part) = known.ok_or_else(|| {
                let all: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
                format!(
                    "parsing {text:?} as LogFormat failed: invalid choice {name:?} from: {}",
                    all.join(", ")
                )
            })?;
            parts |= part;
        }
        Ok(Self(parts))
    }

    /// The same as one JSON object a line.
    #[must_use]
    pub const fn json(self) -> Self {
        Self(self.0 | JSON)
    }

    /// For the loggers of systemd: they have the time, and read the priority.
    #[must_use]
    pub const fn systemd(self) -> Self {
        Self(self.0 & !WITHOUT_TIME | SYSTEMD)
    }

    /// For a logger that notes time and process by itself.
    #[must_use]
    pub const fn without_time(self) -> Self {
        Self(self.0 & !WITHOUT_TIME)
    }

    const fn has(self, part: u16) -> bool {
        self.0 & part != 0
    }

    /// The line, with its end.
    #[must_use]
    pub fn line(self, record: &Record<'_>, now: &Zoned) -> String {
        if self.has(JSON) {
            return self.json_line(record, now);
        }
        let mut line = String::new();
        // Writing to a String cannot fail.
        if self.has(SYSTEMD) {
            let _ = write!(line, "<{}>", record.level.severity());
        }
        self.push_time(&mut line, now);
        if self.has(FILE)
            && let Some(source) = record.source()
        {
            let _ = write!(line, "{source}: ");
        }
        if self.has(PID) {
            let _ = write!(line, "[{}] ", std::process::id());
        }
        if !self.has(NO_LEVEL) {
            let _ = write!(line, "{:<6}: ", record.level.name());
        }
        if !record.object.is_empty() {
            // A line end in a name must not begin a line of its own.
            let _ = write!(line, "{}: ", sanitize::line(record.object));
        }
        let message = if record.stats.is_some() || record.lines {
            sanitize::text(record.message)
        } else {
            sanitize::line(record.message)
        };
        let _ = writeln!(line, "{message}");
        line
    }

    fn push_time(self, line: &mut String, now: &Zoned) {
        let time = if self.has(UTC) {
            now.with_time_zone(TimeZone::UTC)
        } else {
            now.clone()
        };
        if self.has(DATE) {
            let _ = write!(line, "{} ", time.strftime("%Y/%m/%d"));
        }
        if self.has(MICROSECONDS) {
            let _ = write!(line, "{} ", time.strftime("%H:%M:%S%.6f"));
        } else if self.has(TIME) {
            let _ = write!(line, "{} ", time.strftime("%H:%M:%S"));
        }
    }

    fn json_line(self, record: &Record<'_>, now: &Zoned) -> String {
        let offset = if now.offset().is_zero() { "Z" } else { "%:z" };
        let time = now
            .strftime(&format!("%Y-%m-%dT%H:%M:%S%.f{offset}"))
            .to_string();
        let mut message = record.message.to_owned();
        if record.stats.is_some() {
            message.push('\n');
        }
        let mut members: Vec<(&str, serde_json::Value)> = vec![
            ("time", time.into()),
            ("level", record.level.name().to_lowercase().into()),
            ("msg", message.into()),
        ];
        members.extend(record.size.map(|size| ("size", size.into())));
        members.extend(record.skipped.map(|what| ("skipped", what.into())));
        if !record.object.is_empty() {
            members.push(("object", record.object.into()));
            // Objects are told of by name.
            members.push(("objectType", "string".into()));
        }
        let stats = record.stats.and_then(|s| serde_json::from_str(s).ok());
        members.extend(stats.map(|stats| ("stats", stats)));
        members.extend(record.source().map(|source| ("source", source.into())));
        if self.has(PID) {
            members.push(("pid", std::process::id().into()));
        }
        let members: Vec<String> = members
            .into_iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{}\n", ascii(&format!("{{{}}}", members.join(","))))
    }
}

impl Record<'_> {
    /// `engine/walk.rs:12`.
    fn source(&self) -> Option<String> {
        let (file, line) = self.source?;
        let file = file.rsplit_once("src/").map_or(file, |(_, inside)| inside);
        Some(format!("{file}:{line}"))
    }
}

/// JSON in which the characters that a terminal must not see are escaped in
/// JSON's own way, so that [`super::super::Output::log`] leaves it as it is.
fn ascii(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if !c.is_ascii() && sanitize::line(c.encode_utf8(&mut [0; 4])) != c.to_string() {
            // All of them are in the basic plane.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else if c == '\u{7f}' {
            safe.push_str("\\u007f");
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn line(format: Format) -> String {
        let record = Record {
            level: Level::Error,
            object: "a/b",
            message: "gone",
            size: None,
            skipped: None,
            stats: None,
            lines: false,
            source: Some(("src/engine/walk.rs", 12)),
        };
        let now: Zoned = "2026-11-28T06:59:37.163168826-05:00[America/New_York]"
            .parse()
            .unwrap();
        let pid = format!("[{}]", std::process::id());
        format.line(&record, &now).replace(&pid, "[7]")
    }

    #[test]
    fn lines_are_made_of_what_is_asked_for() {
        for (format, expected) in [
            ("", "ERROR : a/b: gone\n"),
            ("date", "2026/11/28 ERROR : a/b: gone\n"),
            ("time", "06:59:37 ERROR : a/b: gone\n"),
            ("date,time", "2026/11/28 06:59:37 ERROR : a/b: gone\n"),
            ("date, TIME ,utc", "2026/11/28 11:59:37 ERROR : a/b: gone\n"),
            ("time,microseconds", "06:59:37.163168 ERROR : a/b: gone\n"),
            ("nolevel", "a/b: gone\n"),
            (
                "shortfile,pid",
                "engine/walk.rs:12: [7] ERROR : a/b: gone\n",
            ),
        ] {
            assert_eq!(line(Format::parse(format).unwrap()), expected, "{format}");
        }
        assert_eq!(line(Format::default().systemd()), "<3>ERROR : a/b: gone\n");
        assert_eq!(
            line(Format::default().without_time()),
            "ERROR : a/b: gone\n"
        );
        assert_eq!(
            line(Format::parse("json").unwrap()),
            "{\"time\":\"2026-11-28T06:59:37.163168826-05:00\",\"level\":\"error\",\
             \"msg\":\"gone\",\"object\":\"a/b\",\"objectType\":\"string\",\
             \"source\":\"engine/walk.rs:12\"}\n"
        );
    }

    #[test]
    fn a_part_that_is_none_is_refused() {
        let complaint = Format::parse("date,level").unwrap_err();
        assert!(
            complaint.contains("invalid choice \"level\" from: date, time, "),
            "{complaint}"
        );
    }
}
