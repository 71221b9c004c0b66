//! Log lines in rclone's form, as text or as JSON.
//!
//! Text: `2026/11/23 11:49:28 INFO  : OBJECT: message`, in local time. The
//! levels of `tracing` stand for rclone's: `warn!` is NOTICE, and an `error!`
//! with the field `critical` is CRITICAL. Objects and messages may hold names
//! from anywhere, so all of them are escaped.
//!
//! Where the lines go is not decided here, but for the two places that are no
//! plain stream: files that are changed ([`rotate`]) and [`syslog`].

pub mod format;
pub mod rotate;
pub mod syslog;

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Zoned;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Output;
use format::{Format, Record};

/// How much is logged; the order is that of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Nothing.
    Off,
    /// Nothing has this importance, unless it is asked for.
    Emergency,
    /// Nor this.
    Alert,
    /// Only what ends the program.
    Critical,
    /// Failures.
    Error,
    /// Nothing has this importance, unless it is asked for.
    Warning,
    /// What the user should know.
    #[default]
    Notice,
    /// What is done.
    Info,
    /// Everything.
    Debug,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Info,
        Self::Debug,
        Self::Off,
    ];

    /// The level of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(name))
    }

    /// rclone's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Emergency => "EMERGENCY",
            Self::Alert => "ALERT",
            Self::Critical => "CRITICAL",
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        }
    }

    /// How urgent that is to the loggers of Unix: 0 for the end of the world,
    /// 7 for details.
    #[must_use]
    pub const fn severity(self) -> u8 {
        match self {
            Self::Off | Self::Emergency => 0,
            Self::Alert => 1,
            Self::Critical => 2,
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Info => 6,
            Self::Debug => 7,
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Logging {
    /// Nothing below this is shown.
    pub level: Level,
    /// What a line is made of.
    pub format: Format,
}

/// Where log lines may go in the place of standard error.
pub trait Sink: Send {
    /// Takes one record, with its line end.
    ///
    /// # Errors
    /// It went nowhere.
    fn put(&mut self, level: Level, text: &str) -> std::io::Result<()>;
}

/// Sends the log of this process to `output`. Only the first call counts.
pub fn start(logging: Logging, output: Arc<Output>) {
    let layer = Lines { logging, output };
    // A second start means that the log is running already.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// The layer that writes our own events; those of libraries are shown with
/// all the rest, as details.
struct Lines {
    logging: Logging,
    output: Arc<Output>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let ours = metadata.target().starts_with("megarc");
        if !ours && self.logging.level < Level::Debug {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = if ours {
            fields.level(*metadata.level())
        } else if *metadata.level() > tracing::Level::DEBUG {
            // A library's trace of every byte helps nobody.
            return;
        } else {
            Level::Debug
        };
        if level > self.logging.level {
            return;
        }
        let record = Record {
            level,
            object: &fields.object,
            message: &fields.message,
            size: fields.size,
            skipped: fields.skipped.as_deref(),
            stats: fields.stats.as_deref(),
            lines: fields.lines,
            source: metadata.file().zip(metadata.line()),
        };
        let line = self.logging.format.line(&record, &Zoned::now());
        self.output.log(level, &line);
    }
}

/// What an event carries.
#[derive(Default)]
struct Fields {
    critical: bool,
    /// A level that tracing does not have.
    level: Option<Level>,
    object: String,
    message: String,
    /// The size of the object.
    size: Option<u64>,
    /// What was not done to it.
    skipped: Option<String>,
    /// A JSON object with statistics.
    stats: Option<String>,
    /// The message has lines of its own, and nothing foreign in them.
    lines: bool,
}

impl Fields {
    fn level(&self, level: tracing::Level) -> Level {
        if let Some(level) = self.level {
            return level;
        }
        match level {
            tracing::Level::ERROR if self.critical => Level::Critical,
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Notice,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "critical" => self.critical = value,
            "lines" => self.lines = value,
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "size" {
            self.size = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "level" {
            self.level = Level::named(value);
        }
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let target = match field.name() {
            "object" => &mut self.object,
            "message" => &mut self.message,
            "stats" => self.stats.get_or_insert_default(),
            "skipped" => self.skipped.get_or_insert_default(),
            _ => return,
        };
        // Writing to a String cannot fail.
        let _ = write!(target, "{value:?}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::Captured;
    use super::*;

    fn logged(logging: Logging, act: impl FnOnce()) -> String {
        let err = Captured::default();
        let output = Output::new(Box::new(Captured::default()), Box::new(err.clone()), false);
        let output = Arc::new(output);
        let layer = Lines { logging, output };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
        err.text()
    }

    fn lines(level: Level, act: impl FnOnce()) -> Vec<String> {
        let text = logged(
            Logging {
                level,
                ..Logging::default()
            },
            act,
        );
        text.lines().map(|line| line[20..].to_owned()).collect()
    }

    #[test]
    fn lines_have_rclones_form() {
        let all = lines(Level::Debug, || {
            tracing::error!(critical = true, "no");
            tracing::error!(object = %"a/b", "Failed to copy: {}", "full");
            tracing::warn!("note");
            tracing::info!(object = "x", "Copied (new)");
            tracing::debug!(object = %"", "bare");
        });
        assert_eq!(
            all,
            [
                "CRITICAL: no",
                "ERROR : a/b: Failed to copy: full",
                "NOTICE: note",
                "INFO  : x: Copied (new)",
                "DEBUG : bare"
            ]
        );
    }

    #[test]
    fn levels_hide_what_is_less_important() {
        let act = || {
            tracing::error!(critical = true, "c");
            tracing::error!("e");
            tracing::warn!("n");
        };
        assert_eq!(lines(Level::Off, act).len(), 0);
        assert_eq!(lines(Level::Critical, act).len(), 1);
        assert_eq!(lines(Level::Error, act).len(), 2);
        assert_eq!(lines(Level::Notice, act).len(), 3);
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        let all = lines(
            Level::Info,
            || tracing::info!(object = %"a\nb\u{1b}[2J", "Deleted"),
        );
        assert_eq!(all, ["INFO  : a\\x0ab\\x1b[2J: Deleted"]);
    }

    #[test]
    fn a_message_cannot_forge_a_line_and_statistics_may_have_several() {
        let all = lines(Level::Info, || tracing::info!("to: a\nb"));
        assert_eq!(all, ["INFO  : to: a\\x0ab"]);
        let all = logged(
            Logging {
                level: Level::Info,
                ..Logging::default()
            },
            || {
                tracing::info!(stats = "{}", "\nTransferred: 1\n");
            },
        );
        assert_eq!(&all[20..], "INFO  : \nTransferred: 1\n\n");
    }

    #[test]
    fn json_survives_hostile_names() {
        let json = Logging {
            level: Level::Info,
            format: Format::parse("json").unwrap(),
        };
        let name = "a\u{202e}b\u{9b}\u{7f}\n";
        let text = logged(json, || tracing::info!(object = name, "x"));
        assert!(!text.contains('\u{202e}') && !text.contains('\u{7f}'));
        let record: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(record["object"], name);
    }

    #[test]
    fn json_is_one_object_a_line() {
        let json = Logging {
            level: Level::Info,
            format: Format::parse("json").unwrap(),
        };
        let text = logged(json, || tracing::info!(object = "f.txt", "Copied (new)"));
        let record: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(record["level"], "info");
        assert_eq!(record["msg"], "Copied (new)");
        assert_eq!(record["object"], "f.txt");
        assert_eq!(record["objectType"], "string");
        let source = record["source"].as_str().unwrap();
        assert!(source.starts_with("output/logging/mod.rs:"), "{source}");
        let time: jiff::Timestamp = record["time"].as_str().unwrap().parse().unwrap();
        assert!(time > jiff::Timestamp::UNIX_EPOCH);
        let text = logged(json, || tracing::info!(size = Some(3_u64), "y"));
        let record: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!((&record["size"], record.get("object")), (&3.into(), None));
        let text = logged(json, || tracing::info!(stats = "{\"bytes\":1}", "z"));
        let record: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(
            (&record["stats"]["bytes"], &record["msg"]),
            (&1.into(), &"z\n".into())
        );
    }
}
