//! Log lines in rclone's form, as text or as JSON.
//!
//! Text: `2026/11/23 11:49:28 INFO  : OBJECT: message`, in local time. The
//! levels of `tracing` stand for rclone's: `warn!` is NOTICE, and an `error!`
//! with the field `critical` is CRITICAL. Objects and messages may hold names
//! from anywhere, so all of them are escaped.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Zoned;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Output, sanitize};

/// How much is logged; the order is that of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Nothing.
    Off,
    /// Only what ends the program.
    Critical,
    /// Failures.
    Error,
    /// What the user should know.
    #[default]
    Notice,
    /// What is done.
    Info,
    /// Everything.
    Debug,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Logging {
    /// Nothing below this is shown.
    pub level: Level,
    /// One JSON object a line (`--use-json-log`).
    pub json: bool,
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
        let ours = event.metadata().target().starts_with("megarc");
        if !ours && self.logging.level < Level::Debug {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = if ours {
            fields.level(*event.metadata().level())
        } else if *event.metadata().level() > tracing::Level::DEBUG {
            // A library's trace of every byte helps nobody.
            return;
        } else {
            Level::Debug
        };
        if level > self.logging.level {
            return;
        }
        let now = Zoned::now();
        let line = if self.logging.json {
            json_line(level, &fields, &now)
        } else {
            text_line(level, &fields, &now)
        };
        self.output.log(&line);
    }
}

/// What an event carries.
#[derive(Default)]
struct Fields {
    critical: bool,
    object: String,
    message: String,
    /// A JSON object with statistics.
    stats: Option<String>,
}

impl Fields {
    fn level(&self, level: tracing::Level) -> Level {
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
        if field.name() == "critical" {
            self.critical = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let target = match field.name() {
            "object" => &mut self.object,
            "message" => &mut self.message,
            "stats" => self.stats.get_or_insert_default(),
            _ => return,
        };
        // Writing to a String cannot fail.
        let _ = write!(target, "{value:?}");
    }
}

fn text_line(level: Level, fields: &Fields, now: &Zoned) -> String {
    let time = now.strftime("%Y/%m/%d %H:%M:%S");
    let mut line = format!("{time} {:<6}: ", name(level));
    if !fields.object.is_empty() {
        // A line end in a name must not begin a line of its own.
        let _ = write!(line, "{}: ", sanitize::line(&fields.object));
    }
    // Only statistics have lines of their own.
    let message = if fields.stats.is_some() {
        sanitize::text(&fields.message)
    } else {
        sanitize::line(&fields.message)
    };
    let _ = writeln!(line, "{message}");
    line
}

fn json_line(level: Level, fields: &Fields, now: &Zoned) -> String {
    let mut record = serde_json::Map::new();
    let mut text = |key: &str, value: &str| {
        record.insert(key.to_owned(), value.into());
    };
    text(
        "time",
        &now.timestamp()
            .strftime("%Y-%m-%dT%H:%M:%S.%9fZ")
            .to_string(),
    );
    text("level", &name(level).to_lowercase());
    text("msg", &fields.message);
    if !fields.object.is_empty() {
        text("object", &fields.object);
    }
    if let Some(stats) = fields
        .stats
        .as_ref()
        .and_then(|s| serde_json::from_str(s).ok())
    {
        record.insert("stats".to_owned(), stats);
    }
    format!(
        "{}\n",
        ascii(&serde_json::Value::Object(record).to_string())
    )
}

/// JSON in which the characters that a terminal must not see are escaped in
/// JSON's own way, so that [`Output::log`] leaves it as it is.
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

/// rclone's name of a level.
const fn name(level: Level) -> &'static str {
    match level {
        Level::Off => "OFF",
        Level::Critical => "CRITICAL",
        Level::Error => "ERROR",
        Level::Notice => "NOTICE",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
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
        let text = logged(Logging { level, json: false }, act);
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
                json: false,
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
            json: true,
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
            json: true,
        };
        let text = logged(json, || tracing::info!(object = "f.txt", "Copied (new)"));
        let record: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(record["level"], "info");
        assert_eq!(record["msg"], "Copied (new)");
        assert_eq!(record["object"], "f.txt");
        assert!(record["time"].as_str().unwrap().ends_with('Z'));
    }
}
