//! Lists of rules: the first one that matches decides.
//!
//! Every rule for files that includes something also says which directories
//! have to be entered for it, so that an excluded tree is never listed.

use regex::Regex;

use super::glob::{self, GlobError};
use super::re2;

/// Why a rule cannot be used, in rclone's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Brackets, braces or stars are not in order.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// The regular expression in it is not one.
    #[error("bad glob pattern {glob:?} (regexp {regexp:?}): error parsing regexp: {why}")]
    Regexp {
        /// The rule's glob.
        glob: String,
        /// What it became.
        regexp: String,
        /// What is wrong with that.
        why: String,
    },
    /// A rule without `+ `, `- ` or `!`.
    #[error("malformed rule {0:?}")]
    Malformed(String),
}

/// One rule.
#[derive(Debug, Clone)]
struct Rule {
    include: bool,
    source: String,
    regex: Regex,
}

/// Rules in their order.
#[derive(Debug, Clone, Default)]
struct List(Vec<Rule>);

impl List {
    fn add(&mut self, include: bool, source: String, glob: &str) -> Result<(), RuleError> {
        if self
            .0
            .iter()
            .any(|rule| rule.include == include && rule.source == source)
        {
            return Ok(());
        }
        let regex = re2::compile(&source).map_err(|why| RuleError::Regexp {
            glob: glob.to_owned(),
            regexp: source.clone(),
            why,
        })?;
        self.0.push(Rule {
            include,
            source,
            regex,
        });
        Ok(())
    }

    fn includes(&self, path: &str) -> bool {
        self.0
            .iter()
            .find(|rule| rule.regex.is_match(path))
            .is_none_or(|rule| rule.include)
    }

    fn dump(&self) -> impl Iterator<Item = String> + '_ {
        self.0
            .iter()
            .map(|rule| format!("{} {}", if rule.include { '+' } else { '-' }, rule.source))
    }
}

/// Rules for metadata: the first that matches any `KEY=VALUE` decides.
#[derive(Debug, Clone, Default)]
pub struct MetadataRules {
    list: List,
    ignore_case: bool,
}

impl MetadataRules {
    /// No rules; `ignore_case` holds for all that are added.
    #[must_use]
    pub fn new(ignore_case: bool) -> Self {
        Self {
            ignore_case,
            ..Self::default()
        }
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.0.is_empty()
    }

    /// Whether what has these pairs passes.
    pub fn includes(&self, pairs: &[String]) -> bool {
        self.list
            .0
            .iter()
            .find(|rule| pairs.iter().any(|pair| rule.regex.is_match(pair)))
            .is_none_or(|rule| rule.include)
    }

    /// What `--dump filters` adds.
    pub(super) fn dump(&self) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut lines = vec!["--- Metadata filter rules ---".to_owned()];
        lines.extend(self.list.dump());
        lines
    }
}

/// What rules can be added to.
pub(super) trait Add {
    /// Adds a glob.
    fn add(&mut self, include: bool, glob: &str) -> Result<(), RuleError>;
    /// Forgets all rules.
    fn clear(&mut self);
    /// Excludes whatever no rule before has matched.
    fn exclude_the_rest(&mut self) -> Result<(), RuleError>;

    /// Adds a line of a filter file or of `--filter`: `+ glob`, `- glob`, or
    /// `!`, which forgets all rules before it.
    fn add_line(&mut self, line: &str) -> Result<(), RuleError> {
        if line == "!" {
            self.clear();
            return Ok(());
        }
        if let Some(glob) = line.strip_prefix("- ") {
            self.add(false, glob)
        } else if let Some(glob) = line.strip_prefix("+ ") {
            self.add(true, glob)
        } else {
            Err(RuleError::Malformed(line.to_owned()))
        }
    }
}

impl Add for MetadataRules {
    fn add(&mut self, include: bool, glob: &str) -> Result<(), RuleError> {
        let regex = glob::to_regex(glob, self.ignore_case)?;
        self.list.add(include, regex, glob)
    }

    fn clear(&mut self) {
        self.list.0.clear();
    }

    fn exclude_the_rest(&mut self) -> Result<(), RuleError> {
        self.list.add(false, "^.*$".to_owned(), "*")
    }
}

impl Add for Rules {
    fn add(&mut self, include: bool, glob: &str) -> Result<(), RuleError> {
        self.add_glob(include, glob)
    }

    fn clear(&mut self) {
        self.files.0.clear();
        self.dirs.0.clear();
    }

    fn exclude_the_rest(&mut self) -> Result<(), RuleError> {
        let all = glob::to_regex("/**", self.ignore_case)?;
        self.files.add(false, all.clone(), "/**")?;
        self.dirs.add(false, all, "/**")
    }
}

/// The rules for files, and those for directories that follow from them.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    files: List,
    dirs: List,
    ignore_case: bool,
}

impl Rules {
    /// No rules; `ignore_case` holds for all that are added.
    #[must_use]
    pub fn new(ignore_case: bool) -> Self {
        Self {
            ignore_case,
            ..Self::default()
        }
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.0.is_empty() && self.dirs.0.is_empty()
    }

    /// Adds a glob.
    ///
    /// # Errors
    /// [`RuleError`].
    fn add_glob(&mut self, include: bool, glob: &str) -> Result<(), RuleError> {
        let is_dir = glob.ends_with('/');
        // Excluding `dir/` means all that is in it.
        let glob = if is_dir && !include {
            format!("{glob}**")
        } else {
            glob.to_owned()
        };
        let everywhere = glob.contains("**");
        let regex = glob::to_regex(&glob, self.ignore_case)?;
        if everywhere || !is_dir {
            self.files.add(include, regex.clone(), &glob)?;
            if include || glob == "*" {
                for dir in glob::directories(&glob) {
                    let dir_regex = glob::to_regex(&dir, self.ignore_case)?;
                    self.dirs.add(include, dir_regex, &dir)?;
                }
            }
        }
        if everywhere || is_dir {
            self.dirs.add(include, regex, &glob)?;
        }
        Ok(())
    }

    /// Whether a file passes; `path` is relative to where the command works.
    #[must_use]
    pub fn includes_file(&self, path: &str) -> bool {
        self.files.includes(path)
    }

    /// Whether a directory is entered; `path` without a final `/`.
    #[must_use]
    pub fn includes_dir(&self, path: &str) -> bool {
        self.dirs.0.is_empty() || self.dirs.includes(&format!("{path}/"))
    }

    /// What `--dump filters` prints, a line each.
    #[must_use]
    pub fn dump(&self) -> Vec<String> {
        let mut lines = vec!["--- File filter rules ---".to_owned()];
        lines.extend(self.files.dump());
        lines.push("--- Directory filter rules ---".to_owned());
        lines.extend(self.dirs.dump());
        lines
    }
}

/// The rules in the text of a file: one a line, outer blanks dropped, empty
/// lines and those that begin with `#` or `;` skipped.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}
