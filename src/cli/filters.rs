//! The flags that choose files.

use std::io;

use clap::Args;
use jiff::Timestamp;

use super::ages;
use super::values::{self, Size, Span};
use crate::engine::Filter;
use crate::engine::filter::{FilterError, FilterSpec, RuleSpec, Share};
use crate::exit::CommandError;

/// Flags about which files and directories are seen at all.
#[derive(Clone, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterFlags {
    /// See only files that match
    #[arg(long, global = true, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// See only files that match a pattern of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub include_from: Vec<String>,
    /// Do not see files that match
    #[arg(long, global = true, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Do not see files that match a pattern of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub exclude_from: Vec<String>,
    /// Rule: '+ PATTERN', '- PATTERN' or '!'
    #[arg(long, short, global = true, value_name = "RULE")]
    pub filter: Vec<String>,
    /// Rules of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub filter_from: Vec<String>,
    /// See exactly the files that this file lists
    #[arg(long, global = true, value_name = "FILE")]
    pub files_from: Vec<String>,
    /// As --files-from, without comments
    #[arg(long, global = true, value_name = "FILE")]
    pub files_from_raw: Vec<String>,
    /// As --files-from-raw, with a NUL after each path instead of a line end
    #[arg(long, global = true, value_name = "FILE")]
    pub files_from0: Vec<String>,
    /// Do not see directories that hold a file of this name
    #[arg(long, global = true, value_name = "NAME")]
    pub exclude_if_present: Vec<String>,
    /// See only files with metadata that match
    #[arg(long, global = true, value_name = "PATTERN")]
    pub metadata_include: Vec<String>,
    /// See only files with metadata that match a pattern of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub metadata_include_from: Vec<String>,
    /// Do not see files with metadata that match
    #[arg(long, global = true, value_name = "PATTERN")]
    pub metadata_exclude: Vec<String>,
    /// Do not see files with metadata that match a pattern of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub metadata_exclude_from: Vec<String>,
    /// Rule about metadata, KEY=VALUE: '+ PATTERN', '- PATTERN' or '!'
    #[arg(long, global = true, value_name = "RULE")]
    pub metadata_filter: Vec<String>,
    /// Rules about metadata of this file
    #[arg(long, global = true, value_name = "FILE")]
    pub metadata_filter_from: Vec<String>,
    /// See one of N shares of the files: the Kth, or with @ any
    #[arg(long, global = true, value_name = "K/N", default_value = "")]
    pub hash_filter: String,
    /// Patterns do not care about case
    #[arg(long, global = true)]
    pub ignore_case: bool,
    /// See no files smaller than this
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub min_size: Size,
    /// See no files larger than this
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub max_size: Size,
    /// See no files younger than this
    #[arg(long, global = true, value_name = "DURATION", default_value = "off", value_parser = values::span)]
    pub min_age: Span,
    /// See no files older than this
    #[arg(long, global = true, value_name = "DURATION", default_value = "off", value_parser = values::span)]
    pub max_age: Span,
}

impl FilterFlags {
    /// The filter that the flags describe.
    ///
    /// # Errors
    /// A rule that is none, or a file that cannot be read.
    pub fn filter(&self) -> Result<Filter, CommandError> {
        let ages = ages::window(self.min_age, self.max_age, Timestamp::now());
        let (changed_from, changed_until) = ages.map_err(refuse)?;
        let spec = FilterSpec {
            names: RuleSpec {
                include: self.include.clone(),
                include_from: self.include_from.clone(),
                exclude: self.exclude.clone(),
                exclude_from: self.exclude_from.clone(),
                filter: self.filter.clone(),
                filter_from: self.filter_from.clone(),
            },
            metadata: RuleSpec {
                include: self.metadata_include.clone(),
                include_from: self.metadata_include_from.clone(),
                exclude: self.metadata_exclude.clone(),
                exclude_from: self.metadata_exclude_from.clone(),
                filter: self.metadata_filter.clone(),
                filter_from: self.metadata_filter_from.clone(),
            },
            files_from: self.files_from.clone(),
            files_from_raw: self.files_from_raw.clone(),
            files_from0: self.files_from0.clone(),
            exclude_if_present: self.exclude_if_present.clone(),
            share: self.share().map_err(refuse)?,
            ignore_case: self.ignore_case,
            min_size: self.min_size.0,
            max_size: self.max_size.0,
            changed_from,
            changed_until,
        };
        let filter = Filter::build(&spec, read).map_err(refuse)?;
        if filter.order_is_unclear() {
            tracing::error!(
                "Using --filter is recommended instead of both --include and --exclude \
                 as the order they are parsed in is indeterminate"
            );
        }
        Ok(filter)
    }

    fn share(&self) -> Result<Option<Share>, FilterError> {
        if self.hash_filter.is_empty() {
            return Ok(None);
        }
        let any = || getrandom::u64().unwrap_or_default();
        let share = Share::parse(&self.hash_filter, any).map_err(FilterError::Share)?;
        Ok(Some(share))
    }
}

fn refuse(error: impl std::fmt::Display) -> CommandError {
    CommandError::start(format!(
        "Failed to initialise global options: failed to reload \"filter\" options: {error}"
    ))
}

/// A file of rules; `-` is standard input.
fn read(path: &str) -> io::Result<String> {
    if path == "-" {
        io::read_to_string(io::stdin())
    } else {
        std::fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(error.kind(), "no such file or directory"),
            _ => error,
        })
    }
}
