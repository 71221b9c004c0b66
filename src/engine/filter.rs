//! Which files and directories a run sees at all: rclone's filter language.
//!
//! [`glob`] turns a pattern into a regular expression, `re2` compiles that,
//! `rules` keeps the list whose first match decides, `spec` is what the
//! user gave. Everything here is pure; files of rules are read by the caller.

pub mod glob;
pub(super) mod re2;
mod rules;
mod share;
mod spec;

use std::collections::HashSet;
use std::io;

use jiff::Timestamp;

pub use glob::GlobError;
pub use rules::RuleError;
pub use share::Share;
pub use spec::{FilterError, FilterSpec, RuleSpec};

use rules::{MetadataRules, Rules};

use crate::remote::Metadata;

/// A matcher for a glob that may be found anywhere in a text.
///
/// # Errors
/// What is wrong with it, in rclone's words.
pub fn anywhere(glob: &str) -> Result<regex::Regex, String> {
    let source = glob::to_loose_regex(glob).map_err(|e| e.to_string())?;
    re2::compile(&source)
}

/// The rules in effect; the default lets everything through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    rules: Rules,
    metadata: MetadataRules,
    only: Option<HashSet<String>>,
    markers: Vec<String>,
    share: Option<Share>,
    sizes: (Option<u64>, Option<u64>),
    changed: (Option<Timestamp>, Option<Timestamp>),
    order_unclear: bool,
}

impl Filter {
    /// The filter for a set of flags; `read` returns the text of a rule file,
    /// that of standard input for `-`.
    ///
    /// # Errors
    /// [`FilterError`], worded as rclone words it.
    pub fn build(
        spec: &FilterSpec,
        read: impl FnMut(&str) -> io::Result<String>,
    ) -> Result<Self, FilterError> {
        let parts = spec.build(read)?;
        Ok(Self {
            rules: parts.rules,
            metadata: parts.metadata,
            only: parts.files,
            markers: spec
                .exclude_if_present
                .iter()
                .filter(|name| !name.is_empty())
                .cloned()
                .collect(),
            share: spec.share,
            sizes: (spec.min_size, spec.max_size),
            changed: (spec.changed_from, spec.changed_until),
            order_unclear: parts.order_unclear,
        })
    }

    /// Lets exactly the file of this path through.
    #[must_use]
    pub fn single_file(path: &str) -> Self {
        Self {
            only: Some(HashSet::from([path.to_owned()])),
            ..Self::default()
        }
    }

    /// The same filter, reduced to one file.
    #[must_use]
    pub fn narrowed_to(mut self, path: &str) -> Self {
        self.only = Some(HashSet::from([path.to_owned()]));
        self
    }

    /// Whether any rule is set.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.only.is_some()
            || !self.rules.is_empty()
            || self.asks_metadata()
            || !self.markers.is_empty()
            || self.share.is_some()
            || self.sizes != (None, None)
            || self.changed != (None, None)
    }

    /// Whether include and exclude rules were mixed, so that their order is
    /// not the one they were given in.
    #[must_use]
    pub fn order_is_unclear(&self) -> bool {
        self.order_unclear
    }

    /// Whether a file is seen; `path` is relative to where the command works.
    #[must_use]
    pub fn includes_file(
        &self,
        path: &str,
        size: Option<u64>,
        modified: Option<Timestamp>,
    ) -> bool {
        if !self.includes_name(path) {
            return false;
        }
        let (min, max) = self.sizes;
        if min.is_some_and(|min| size.is_none_or(|size| size < min))
            || max.is_some_and(|max| size.is_some_and(|size| size > max))
        {
            return false;
        }
        let (from, until) = self.changed;
        if let Some(modified) = modified
            && (from.is_some_and(|from| modified < from)
                || until.is_some_and(|until| modified > until))
        {
            return false;
        }
        true
    }

    /// Whether a file is seen as far as its name tells.
    #[must_use]
    pub fn includes_name(&self, path: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(path))
            && self.rules.includes_file(path)
            && self.share.is_none_or(|share| share.has(path))
    }

    /// Whether metadata decide, too.
    #[must_use]
    pub fn asks_metadata(&self) -> bool {
        !self.metadata.is_empty()
    }

    /// Whether a file is seen as far as its metadata tell.
    #[must_use]
    pub fn includes_metadata(&self, metadata: &Metadata) -> bool {
        let pairs: Vec<String> = metadata
            .iter()
            .map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value)))
            .collect();
        self.metadata.includes(&pairs)
    }

    /// Whether a directory is entered; `path` as above, without a final `/`.
    #[must_use]
    pub fn includes_dir(&self, path: &str) -> bool {
        if path.is_empty() {
            return true;
        }
        match &self.only {
            Some(only) => only.iter().any(|file| {
                file.strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            }),
            None => self.rules.includes_dir(path),
        }
    }

    /// Names that hide the directory in which a file of that name lies
    /// (`--exclude-if-present`).
    #[must_use]
    pub fn hiding_names(&self) -> &[String] {
        &self.markers
    }

    /// The exact files that count, when the user listed them.
    #[must_use]
    pub fn listed(&self) -> Option<&HashSet<String>> {
        self.only.as_ref()
    }

    /// What `--dump filters` prints, a line each.
    #[must_use]
    pub fn dump(&self) -> Vec<String> {
        let mut lines = self.rules.dump();
        lines.extend(self.metadata.dump());
        lines
    }
}
