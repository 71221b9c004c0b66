//! The flags about what is shown and logged, and where.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{self, BadValue, Size, Span};
use crate::exit::CommandError;
use crate::output::Color;
use crate::output::layout::Layout;
use crate::output::logging::format::Format;
use crate::output::logging::rotate::{self, LogFile};
use crate::output::logging::syslog::{Facility, Syslog};
use crate::output::logging::{Level, Logging, Sink};
use crate::output::progress::{self, Style};
use crate::output::units::SpeedUnit;
use crate::remote::system_words;

/// Flags about output.
#[derive(Clone, Args)]
#[command(next_help_heading = "Logging and progress")]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct ShowFlags {
    /// Log more; twice for all
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Log errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Log from this level on: DEBUG, INFO, NOTICE, ERROR, OFF …
    #[arg(long, global = true, value_name = "LEVEL", value_parser = level)]
    pub log_level: Option<Level>,
    /// Write the log to this file, at its end
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Put the log file aside when it would get longer: NAME.log becomes NAME-TIME.log
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub log_file_max_size: Size,
    /// Keep so many log files that were put aside, 0 for all
    #[arg(long, global = true, value_name = "N", default_value = "0", value_parser = values::count)]
    pub log_file_max_backups: usize,
    /// Keep log files that were put aside for so long, 0 for ever
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = values::span)]
    pub log_file_max_age: Span,
    /// Pack log files that are put aside with gzip
    #[arg(long, global = true)]
    pub log_file_compress: bool,
    /// Parts of a log line: date, time, microseconds, UTC, longfile, shortfile, pid, nolevel, json
    #[arg(long, global = true, value_name = "LIST", default_value = "date,time", value_parser = Format::parse)]
    pub log_format: Format,
    /// Begin log lines with their priority, as the journal of systemd reads it
    #[arg(long, global = true)]
    pub log_systemd: bool,
    /// Send the log to the system's log
    #[arg(long, global = true)]
    pub syslog: bool,
    /// Facility of --syslog: USER, DAEMON, LOCAL0 …
    #[arg(long, global = true, value_name = "FACILITY", default_value = "DAEMON", value_parser = Facility::parse)]
    pub syslog_facility: Facility,
    /// Log one JSON object a line
    #[arg(long, global = true)]
    pub use_json_log: bool,
    /// Show progress while files are copied
    #[arg(long, short = 'P', global = true)]
    pub progress: bool,
    /// Show the time left in the title of the window, with --progress
    #[arg(long, global = true)]
    pub progress_terminal_title: bool,
    /// Write colours and other control sequences: AUTO (to a terminal), NEVER or ALWAYS
    #[arg(long, global = true, value_name = "WHEN", default_value = "AUTO", value_parser = color)]
    pub color: Color,
    /// Pause between statistics in the log, 0 for none
    #[arg(long, global = true, value_name = "DURATION", value_parser = values::span)]
    pub stats: Option<Span>,
    /// Level of the statistics in the log [default: INFO, NOTICE in a dry run]
    #[arg(long, global = true, value_name = "LEVEL", value_parser = level)]
    pub stats_log_level: Option<Level>,
    /// Show speeds in bytes or in bits
    #[arg(long, global = true, value_name = "UNIT", default_value = "bytes")]
    pub stats_unit: String,
    /// Statistics on one line
    #[arg(long, global = true)]
    pub stats_one_line: bool,
    /// Statistics on one line that begins with the date
    #[arg(long, global = true)]
    pub stats_one_line_date: bool,
    /// Statistics on one line that begins with the date in this form (a layout of Go)
    #[arg(long, global = true, value_name = "LAYOUT")]
    pub stats_one_line_date_format: Option<String>,
    /// Columns for file names in statistics, 0 without limit
    #[arg(long, global = true, value_name = "N", default_value = "45", value_parser = values::count)]
    pub stats_file_name_length: usize,
    /// Show sizes with suffixes
    #[arg(long, global = true)]
    pub human_readable: bool,
}

/// A level by its name, in any case.
fn level(value: &str) -> Result<Level, BadValue> {
    Level::named(value).ok_or_else(|| {
        BadValue::parsing(
            value,
            "fs.Enum[github.com/rclone/rclone/fs.logLevelChoices]",
            format_args!(
                "invalid choice {value:?} from: EMERGENCY, ALERT, CRITICAL, \
                 ERROR, WARNING, NOTICE, INFO, DEBUG, OFF"
            ),
        )
    })
}

fn color(value: &str) -> Result<Color, BadValue> {
    match value.to_uppercase().as_str() {
        "AUTO" => Ok(Color::Auto),
        "NEVER" => Ok(Color::Never),
        "ALWAYS" => Ok(Color::Always),
        _ => Err(BadValue::parsing(
            value,
            "fs.Enum[github.com/rclone/rclone/fs.terminalColorModeChoices]",
            format_args!("invalid choice {value:?} from: AUTO, NEVER, ALWAYS"),
        )),
    }
}

impl ShowFlags {
    /// How statistics are written; `unasked` where they show without `-v`.
    #[must_use]
    pub fn style(&self, unasked: bool) -> Style {
        let level = if unasked { Level::Notice } else { Level::Info };
        Style {
            unit: if self.stats_unit == "bits" {
                SpeedUnit::Bits
            } else {
                SpeedUnit::Bytes
            },
            one_line: self.stats_one_line,
            date: self.date(),
            name_length: self.stats_file_name_length,
            level: self.stats_log_level.unwrap_or(level),
        }
    }

    /// The date in front of a line of statistics.
    fn date(&self) -> Option<Layout> {
        let asked = self.stats_one_line_date_format.as_deref();
        let layout = match asked.filter(|layout| !layout.is_empty()) {
            Some(layout) => layout,
            None if self.stats_one_line_date => progress::DATE,
            None => return None,
        };
        Some(Layout::Go(layout.to_owned()))
    }

    /// What is logged, and how.
    ///
    /// # Errors
    /// As [`ShowFlags::level`].
    pub fn logging(&self) -> Result<Logging, CommandError> {
        let mut format = self.log_format;
        if self.use_json_log {
            format = format.json();
        }
        if self.log_systemd {
            format = format.systemd();
        } else if self.syslog {
            format = format.without_time();
        }
        Ok(Logging {
            level: self.level()?,
            format,
        })
    }

    /// Where the log goes in the place of standard error.
    ///
    /// # Errors
    /// The file cannot be opened, the system's log not be reached.
    pub fn sink(&self) -> Result<Option<Box<dyn Sink>>, CommandError> {
        if self.syslog {
            if self.log_file.is_some() {
                let why = "Can't use --syslog and --log-file together";
                return Err(CommandError::start(why));
            }
            let syslog = Syslog::connect(self.syslog_facility)
                .map_err(|e| CommandError::start(format!("Failed to start syslog: {e}")))?;
            return Ok(Some(Box::new(syslog)));
        }
        let Some(path) = &self.log_file else {
            return Ok(None);
        };
        let age = self.log_file_max_age.length(jiff::Timestamp::now());
        let limits = rotate::Limits {
            size: self.log_file_max_size.0,
            backups: self.log_file_max_backups,
            age: age.filter(|age| !age.is_zero()),
            compress: self.log_file_compress,
        };
        let file = LogFile::open(path, limits).map_err(|e| {
            let path = path.display();
            let why = system_words(&e);
            CommandError::start(format!("Failed to open log file: open {path}: {why}"))
        })?;
        Ok(Some(Box::new(file)))
    }

    /// What is said of a unit that is none.
    pub fn complain_of_unit(&self) {
        if !["bytes", "bits"].contains(&self.stats_unit.as_str()) {
            tracing::error!(
                "Unknown unit {:?} passed to --stats-unit. Defaulting to bytes.",
                self.stats_unit
            );
        }
    }

    /// How much to log.
    ///
    /// # Errors
    /// `-v`, `-q` and `--log-level` exclude each other.
    pub fn level(&self) -> Result<Level, CommandError> {
        let clash = |what: &str| Err(CommandError::start(format!("Can't set {what}")));
        match (self.verbose, self.quiet, self.log_level) {
            (1.., true, _) => clash("-v and -q"),
            (1.., _, Some(_)) => clash("-v and --log-level"),
            (_, true, Some(_)) => clash("-q and --log-level"),
            (0, true, None) => Ok(Level::Error),
            (0, false, level) => Ok(level.unwrap_or(Level::Notice)),
            (1, false, None) => Ok(Level::Info),
            (_, false, None) => Ok(Level::Debug),
        }
    }

    /// Pause between statistics; `None`: none are shown.
    #[must_use]
    pub fn stats_interval(&self) -> Option<Duration> {
        const MINUTE: Duration = Duration::from_secs(60);
        match self.stats {
            None => Some(MINUTE),
            Some(span) => span
                .length(jiff::Timestamp::now())
                .filter(|length| !length.is_zero()),
        }
    }
}
