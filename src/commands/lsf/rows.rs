//! Rows of chosen fields, as lsf prints them.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::values;
use crate::engine::details::{self, Details};
use crate::engine::hash::{self, Kind};
use crate::engine::mime;
use crate::exit::CommandError;
use crate::output::json;
use crate::output::layout::Layout;
use crate::remote::{Entry, Features};

/// The flags that say what a row looks like.
#[derive(Clone, clap::Args)]
pub struct RowFlags {
    /// Fields of each row, one letter each
    #[arg(long, short = 'F', value_name = "LETTERS", default_value = "p")]
    format: String,
    /// Text between fields [default: ; and with --csv a comma]
    #[arg(long, short, value_name = "TEXT")]
    separator: Option<String>,
    /// Quote fields as CSV does
    #[arg(long)]
    csv: bool,
    /// Begin paths with a slash
    #[arg(long)]
    absolute: bool,
    /// End directories with a slash
    #[arg(long, short, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = clap::ArgAction::Set, value_name = "BOOL", value_parser = values::boolean)]
    dir_slash: bool,
    /// Kind of the sums that the field h shows
    #[arg(long, value_name = "HASH", default_value = "md5", value_parser = hash_kind)]
    hash: Kind,
}

/// A kind of sum by its name.
fn hash_kind(name: &str) -> Result<Kind, String> {
    Kind::parse(name).ok_or_else(|| format!("unknown hash type {name:?}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Path,
    Size,
    Time,
    Mime,
    Id,
    Hash,
    Empty,
    Metadata,
}

impl Field {
    fn parse(letter: char) -> Result<Self, CommandError> {
        match letter {
            'p' => Ok(Self::Path),
            's' => Ok(Self::Size),
            't' => Ok(Self::Time),
            'm' => Ok(Self::Mime),
            'i' => Ok(Self::Id),
            'o' | 'T' => Ok(Self::Empty),
            'h' => Ok(Self::Hash),
            'M' => Ok(Self::Metadata),
            'e' => Err(CommandError::run(
                "the remote needs to be of type \"crypt\"",
            )),
            _ => Err(CommandError::run(format!(
                "unknown format character {letter:?}"
            ))),
        }
    }
}

/// How rows are put together.
pub(in crate::commands) struct Row {
    fields: Vec<Field>,
    hash: Kind,
    separator: String,
    csv: bool,
    absolute: bool,
    dir_slash: bool,
    layout: Layout,
    zone: TimeZone,
    no_time: Timestamp,
}

impl Row {
    /// Rows as the flags say, with times in this layout of Go's.
    ///
    /// # Errors
    /// A letter that means nothing, or nothing there.
    pub(in crate::commands) fn new(
        args: &RowFlags,
        time_format: &str,
        features: Features,
        no_time: Timestamp,
    ) -> Result<Self, CommandError> {
        let precision: Option<Duration> = features.modified;
        let fields = args.format.chars();
        let usual = if args.csv { "," } else { ";" };
        let mut separator = args.separator.as_deref().unwrap_or(usual).to_owned();
        if args.csv {
            // CSV knows single characters only.
            separator = separator.chars().take(1).collect();
        }
        Ok(Self {
            fields: fields.map(Field::parse).collect::<Result<_, _>>()?,
            hash: args.hash,
            separator,
            csv: args.csv,
            absolute: args.absolute,
            dir_slash: args.dir_slash,
            layout: Layout::parse(time_format, precision),
            zone: TimeZone::system(),
            no_time,
        })
    }

    /// What has to be found out for the rows.
    pub(in crate::commands) fn ask(&self) -> details::Ask {
        let has = |field| self.fields.contains(&field);
        details::Ask {
            sums: has(Field::Hash).then_some(self.hash).into_iter().collect(),
            metadata: has(Field::Metadata),
        }
    }

    /// The row of an entry, without its line end.
    pub(in crate::commands) fn text(&self, entry: &Entry, path: &str, more: &Details) -> String {
        let mut row = String::new();
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                row += &self.separator;
            }
            let value = self.value(*field, entry, path, more);
            if self.csv && needs_quotes(&value, &self.separator) {
                let _ = write!(row, "\"{}\"", value.replace('"', "\"\""));
            } else {
                row += &value;
            }
        }
        row
    }

    fn value(&self, field: Field, entry: &Entry, path: &str, more: &Details) -> String {
        match field {
            Field::Path => {
                let before = if self.absolute { "/" } else { "" };
                let after = if self.dir_slash && entry.is_dir() {
                    "/"
                } else {
                    ""
                };
                format!("{before}{path}{after}")
            }
            Field::Size => match entry.size.filter(|_| !entry.is_dir()) {
                Some(size) => size.to_string(),
                None => "-1".to_owned(),
            },
            Field::Time => {
                let time = entry.modified.unwrap_or(self.no_time);
                self.layout.format(&time.to_zoned(self.zone.clone()))
            }
            Field::Mime if entry.is_dir() => mime::DIRECTORY.to_owned(),
            Field::Mime => mime::of_name(entry.name()).to_owned(),
            Field::Id => entry
                .id
                .as_ref()
                .map_or_else(String::new, |id| id.as_str().to_owned()),
            Field::Empty => String::new(),
            Field::Hash => more
                .sums
                .first()
                .map_or_else(String::new, |(_, sum)| hash::hex(sum)),
            Field::Metadata => json::flat_metadata(more.metadata.as_ref()),
        }
    }
}

/// Whether a CSV field would be read as something else without quotes.
fn needs_quotes(value: &str, separator: &str) -> bool {
    value == "\\."
        || value.starts_with(char::is_whitespace)
        || value.contains(['"', '\r', '\n'])
        || (!separator.is_empty() && value.contains(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_needed() {
        for plain in ["", "a b", "a;b", "1"] {
            assert!(!needs_quotes(plain, ","), "{plain}");
        }
        for other in ["a,b", " a", "say \"x\"", "two\nlines", "\\."] {
            assert!(needs_quotes(other, ","), "{other}");
        }
    }

    #[test]
    fn letters_mean_something_or_are_refused() {
        assert_eq!(Field::parse('h').ok(), Some(Field::Hash));
        assert!(Field::parse('x').is_err());
    }
}
