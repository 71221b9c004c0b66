//! What the user said about which files count, and how it becomes a filter.

use std::collections::HashSet;
use std::io;

use jiff::Timestamp;

use super::rules::{self, Add, MetadataRules, RuleError, Rules};
use super::share::Share;

/// Rules as they were given.
#[derive(Debug, Clone, Default)]
pub struct RuleSpec {
    /// `--include`
    pub include: Vec<String>,
    /// `--include-from`
    pub include_from: Vec<String>,
    /// `--exclude`
    pub exclude: Vec<String>,
    /// `--exclude-from`
    pub exclude_from: Vec<String>,
    /// `--filter`
    pub filter: Vec<String>,
    /// `--filter-from`
    pub filter_from: Vec<String>,
}

/// The filter flags as they were given.
#[derive(Debug, Clone, Default)]
pub struct FilterSpec {
    /// The rules about names.
    pub names: RuleSpec,
    /// `--files-from`
    pub files_from: Vec<String>,
    /// `--files-from-raw`
    pub files_from_raw: Vec<String>,
    /// `--files-from0`
    pub files_from0: Vec<String>,
    /// `--hash-filter`, read
    pub share: Option<Share>,
    /// `--exclude-if-present`
    pub exclude_if_present: Vec<String>,
    /// `--ignore-case`
    pub ignore_case: bool,
    /// `--min-size`, in bytes
    pub min_size: Option<u64>,
    /// `--max-size`, in bytes
    pub max_size: Option<u64>,
    /// `--metadata-…`
    pub metadata: RuleSpec,
    /// `--max-age`: files changed before this do not count
    pub changed_from: Option<Timestamp>,
    /// `--min-age`: files changed after this do not count
    pub changed_until: Option<Timestamp>,
}

/// Why the flags make no filter, in rclone's words.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// A rule cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A file of rules cannot be read.
    #[error("open {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// `--files-from` together with rules.
    #[error("the usage of {0} overrides all other filters, it should be used alone or with {1}")]
    FilesFromAlone(&'static str, &'static str),
    /// `--hash-filter` is none.
    #[error("filter: --hash-filter: {0}")]
    Share(String),
}

/// What a built filter consists of; [`super::Filter`] asks it.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) rules: Rules,
    pub(super) metadata: MetadataRules,
    pub(super) files: Option<HashSet<String>>,
    /// Include and exclude rules were both given.
    pub(super) order_unclear: bool,
}

impl RuleSpec {
    fn is_given(&self) -> bool {
        [
            &self.include,
            &self.include_from,
            &self.exclude,
            &self.exclude_from,
            &self.filter,
            &self.filter_from,
        ]
        .iter()
        .any(|list| !list.is_empty())
    }

    /// Adds the rules; whether includes and excludes were mixed.
    fn add_to(
        &self,
        rules: &mut impl Add,
        text: &mut impl FnMut(&str) -> Result<String, FilterError>,
    ) -> Result<bool, FilterError> {
        let include = as_list(&self.include);
        let exclude = as_list(&self.exclude);
        for glob in &include {
            rules.add(true, glob)?;
        }
        for file in &self.include_from {
            for glob in rules::lines(&text(file)?) {
                rules.add(true, glob)?;
            }
        }
        for glob in &exclude {
            rules.add(false, glob)?;
        }
        for file in &self.exclude_from {
            for glob in rules::lines(&text(file)?) {
                rules.add(false, glob)?;
            }
        }
        for line in &as_list(&self.filter) {
            rules.add_line(line)?;
        }
        for file in &self.filter_from {
            for line in rules::lines(&text(file)?) {
                rules.add_line(line)?;
            }
        }
        let includes = !include.is_empty() || !self.include_from.is_empty();
        let excludes = !exclude.is_empty() || !self.exclude_from.is_empty();
        if includes {
            rules.exclude_the_rest()?;
        }
        Ok(includes && excludes)
    }
}

impl FilterSpec {
    /// Whether any rule was given.
    fn has_rules(&self) -> bool {
        self.names.is_given()
            || self.metadata.is_given()
            || !self.exclude_if_present.is_empty()
            || self.share.is_some()
            || self.min_size.or(self.max_size).is_some()
            || self.changed_from.or(self.changed_until).is_some()
    }

    /// Builds the rules; `read` returns the text of a file, of standard input
    /// for `-`.
    pub(super) fn build(
        &self,
        mut read: impl FnMut(&str) -> io::Result<String>,
    ) -> Result<Parts, FilterError> {
        let mut text = |path: &str| {
            read(path).map_err(|source| FilterError::File {
                path: path.to_owned(),
                source,
            })
        };
        let files = self.listed_files(&mut text)?;
        if files.is_some() && self.has_rules() {
            let (which, with) = if !self.files_from.is_empty() {
                ("--files-from", "--files-from-raw or --files-from0")
            } else if !self.files_from_raw.is_empty() {
                ("--files-from-raw", "--files-from or --files-from0")
            } else {
                ("--files-from0", "--files-from or --files-from-raw")
            };
            return Err(FilterError::FilesFromAlone(which, with));
        }

        let mut rules = Rules::new(self.ignore_case);
        let order_unclear = self.names.add_to(&mut rules, &mut text)?;
        let mut metadata = MetadataRules::new(self.ignore_case);
        let unclear = self.metadata.add_to(&mut metadata, &mut text)?;
        Ok(Parts {
            rules,
            metadata,
            files,
            order_unclear: order_unclear || unclear,
        })
    }

    fn listed_files(
        &self,
        text: &mut impl FnMut(&str) -> Result<String, FilterError>,
    ) -> Result<Option<HashSet<String>>, FilterError> {
        let all = [&self.files_from, &self.files_from_raw, &self.files_from0];
        if all.iter().all(|list| list.is_empty()) {
            return Ok(None);
        }
        let mut files = HashSet::new();
        let mut add = |line: &str| {
            let path = line.strip_prefix('/').unwrap_or(line);
            if !path.is_empty() {
                files.insert(path.to_owned());
            }
        };
        for file in &self.files_from {
            rules::lines(&text(file)?).for_each(&mut add);
        }
        for file in &self.files_from_raw {
            text(file)?.lines().for_each(&mut add);
        }
        for file in &self.files_from0 {
            text(file)?.split('\0').for_each(&mut add);
        }
        Ok(Some(files))
    }
}

/// The values of a repeated flag as rclone ends up with them. It passes them
/// through one CSV record whose end is trimmed: the last value loses its
/// trailing blanks unless it needed quotes, and a single empty one vanishes.
fn as_list(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    if let Some(last) = values.last_mut() {
        let quoted = last.starts_with(char::is_whitespace) || last.contains(['"', ',', '\n', '\r']);
        if !quoted {
            last.truncate(last.trim_end().len());
        }
    }
    if values.len() == 1 && values.first().is_some_and(String::is_empty) {
        values.clear();
    }
    values
}
