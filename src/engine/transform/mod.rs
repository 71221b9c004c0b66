//! Names that change on their way (`--name-transform`).
//!
//! Each rule changes one element of a path: the names of files (without a
//! word in front, or `file,`), those of directories (`dir,`) or both (`all,`).
//! Rules follow each other in the order in which they are given. What a rule
//! cannot change keeps its name, and that counts as an error.

mod charmap;
mod letters;
mod parse;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::aside::split_extensions;
use super::{Class, Error, Stats, program};
use crate::remote::encoding::Encoding;
use crate::remote::{Entry, ErrorKind, RemotePath};

/// What stays as it is in a query: Go's `url.QueryEscape`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// All rules of a run; without one nothing changes.
#[derive(Default)]
pub struct Transform {
    rules: Vec<Rule>,
    /// What programs have made of names: they are asked once.
    answers: Mutex<HashMap<(usize, String), Result<String, String>>>,
}

/// One rule.
#[derive(Debug)]
struct Rule {
    files: bool,
    dirs: bool,
    change: Change,
}

/// What a rule does to a name.
#[derive(Debug)]
enum Change {
    None,
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
    Replace(String, String),
    Prefix(String),
    Suffix(String),
    SuffixKeepExtension(String),
    TrimPrefix(String),
    TrimSuffix(String),
    /// In characters.
    Truncate(Cut),
    TruncateBytes(Cut),
    Base64Encode,
    Base64Decode,
    Encoder(Encoding),
    Decoder(Encoding),
    /// The characters that there are beside ASCII.
    Charmap(&'static str),
    Lowercase,
    Uppercase,
    Titlecase,
    Ascii,
    Url,
    Regex(Regex, String),
    Command(String),
}

/// How long a name may be; 0 and less: as long as it likes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    most: i64,
    keep_extension: bool,
}

impl Transform {
    /// Reads rules such as `all,prefix=x`. `stamp` writes the present time in a
    /// layout of Go.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(
        rules: &[String],
        stamp: impl Fn(&str) -> String,
    ) -> std::result::Result<Self, String> {
        let rules = rules.iter().map(|text| Rule::parse(text, &stamp));
        Ok(Self {
            rules: rules.collect::<std::result::Result<_, _>>()?,
            answers: Mutex::default(),
        })
    }

    /// Whether there are any rules.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.rules.is_empty()
    }

    /// What the name of an entry becomes.
    ///
    /// # Errors
    /// Why a rule cannot change it.
    pub fn name<'a>(
        &self,
        name: &'a str,
        is_dir: bool,
    ) -> std::result::Result<Cow<'a, str>, String> {
        let mut new = Cow::Borrowed(name);
        for (number, rule) in self.rules.iter().enumerate() {
            if !(if is_dir { rule.dirs } else { rule.files }) {
                continue;
            }
            let changed = self.change(number, &rule.change, &new)?;
            if changed.trim().is_empty() {
                return Err("transform cannot render path segments empty".to_owned());
            }
            if changed.contains('/') {
                return Err(format!("transform cannot add path separators: {changed}"));
            }
            new = Cow::Owned(changed);
        }
        if self.is_active() && RemotePath::root().child(&new).is_err() {
            return Err(format!("transform made {new:?}, which is no name"));
        }
        Ok(new)
    }

    /// Asks the programs of the rules, where there are any, what they make of
    /// these names; it may take its time, and happens where that does no harm.
    pub(super) async fn prepare(self: &Arc<Self>, entries: &[Entry]) {
        let asks = |rule: &Rule| matches!(rule.change, Change::Command(_));
        if !self.rules.iter().any(asks) {
            return;
        }
        let names: Vec<(String, bool)> = entries
            .iter()
            .map(|entry| (entry.name().to_owned(), entry.is_dir()))
            .collect();
        let this = Arc::clone(self);
        let asking = tokio::task::spawn_blocking(move || {
            for (name, is_dir) in names {
                // A failure is told when the name is used.
                let _ = this.name(&name, is_dir);
            }
        });
        // Whoever gave up asking asks again.
        let _ = asking.await;
    }

    /// What the name of an entry becomes at the destination: the same where it
    /// cannot be changed.
    #[must_use]
    pub fn target<'a>(&self, entry: &'a Entry) -> Cow<'a, str> {
        let name = entry.name();
        self.name(name, entry.is_dir()).unwrap_or(name.into())
    }

    /// The same; a failure is logged under `label` and counted.
    pub(super) fn told<'a>(
        &self,
        entry: &'a Entry,
        label: &RemotePath,
        stats: &Stats,
    ) -> Cow<'a, str> {
        let name = entry.name();
        match self.name(name, entry.is_dir()) {
            Ok(new) => {
                if new != name {
                    tracing::debug!(object = %label, "transformed to: {new}");
                }
                new
            }
            Err(why) => {
                tracing::error!(object = %label, "Failed to transform: {why}");
                stats.count_error(Error::new(ErrorKind::Invalid, why).class(Class::NoRetry));
                name.into()
            }
        }
    }

    fn change(
        &self,
        number: usize,
        change: &Change,
        name: &str,
    ) -> std::result::Result<String, String> {
        Ok(match change {
            Change::None => name.to_owned(),
            Change::Nfc => name.nfc().collect(),
            Change::Nfd => name.nfd().collect(),
            Change::Nfkc => name.nfkc().collect(),
            Change::Nfkd => name.nfkd().collect(),
            Change::Replace(old, new) => name.replace(old.as_str(), new),
            Change::Prefix(prefix) => format!("{prefix}{name}"),
            Change::Suffix(suffix) => format!("{name}{suffix}"),
            Change::SuffixKeepExtension(suffix) => {
                let (base, extensions) = split_extensions(name);
                format!("{base}{suffix}{extensions}")
            }
            Change::TrimPrefix(prefix) => name.strip_prefix(prefix.as_str()).unwrap_or(name).into(),
            Change::TrimSuffix(suffix) => name.strip_suffix(suffix.as_str()).unwrap_or(name).into(),
            Change::Truncate(cut) => cut.to_chars(name)?,
            Change::TruncateBytes(cut) => cut.to_bytes(name)?,
            Change::Base64Encode => URL_SAFE.encode(name),
            // Finder's notes are not encoded by anybody.
            Change::Base64Decode if name == ".DS_Store" => name.to_owned(),
            Change::Base64Decode => {
                let bytes = URL_SAFE
                    .decode(name)
                    .map_err(|e| format!("base64 error: {e}"))?;
                Encoding::RAW.to_standard(&bytes).into_owned()
            }
            Change::Encoder(encoding) => text(encoding.encode(name.as_bytes())),
            Change::Decoder(encoding) => text(encoding.decode(name.as_bytes())),
            Change::Charmap(set) => charmap::within(set, name),
            Change::Lowercase => letters::lower(name),
            Change::Uppercase => letters::upper(name),
            Change::Titlecase => letters::title(name),
            Change::Ascii => name.chars().filter(char::is_ascii).collect(),
            Change::Url => utf8_percent_encode(name, ESCAPED)
                .to_string()
                .replace("%20", "+"),
            Change::Regex(regex, with) => regex.replace_all(name, with.as_str()).into_owned(),
            Change::Command(program) => self.answer(number, program, name)?,
        })
    }

    /// What `program` prints when it is given `name`.
    fn answer(
        &self,
        number: usize,
        program: &str,
        name: &str,
    ) -> std::result::Result<String, String> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (number, name.to_owned());
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let answer = asked(program, name);
        answers.insert(key, answer.clone());
        answer
    }
}

impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rules).finish()
    }
}

fn asked(program: &str, name: &str) -> std::result::Result<String, String> {
    let failed = |out: &str, why: &dyn fmt::Display| {
        format!(
            "{out}: error running command {:?}: {why}",
            format!("{program} {name}")
        )
    };
    let done = program::command(program)
        .arg(name)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| failed("", &e))?;
    let mut out = text(done.stdout);
    out.push_str(&text(done.stderr));
    if !done.status.success() {
        return Err(failed(out.trim(), &done.status));
    }
    Ok(out.trim().to_owned())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

impl Cut {
    fn parts(self, name: &str) -> (&str, &str) {
        if self.keep_extension {
            split_extensions(name)
        } else {
            (name, "")
        }
    }

    fn to_chars(self, name: &str) -> std::result::Result<String, String> {
        let length = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if self.most <= 0 || length(name) <= self.most {
            return Ok(name.to_owned());
        }
        let (base, extensions) = self.parts(name);
        let keep = usize::try_from(self.most - length(extensions)).unwrap_or(0);
        if keep == 0 {
            return Err("extension is longer than the truncation limit".to_owned());
        }
        let kept: String = base.chars().take(keep).collect();
        Ok(kept + extensions)
    }

    fn to_bytes(self, name: &str) -> std::result::Result<String, String> {
        let Some(most) = usize::try_from(self.most).ok().filter(|most| *most > 0) else {
            return Ok(name.to_owned());
        };
        if name.len() <= most {
            return Ok(name.to_owned());
        }
        let (base, extensions) = self.parts(name);
        let mut keep = most.saturating_sub(extensions.len()).min(base.len());
        while !base.is_char_boundary(keep) {
            keep -= 1;
        }
        match base.get(..keep) {
            Some(kept) if keep > 0 => Ok(format!("{kept}{extensions}")),
            _ => Err("could not truncate to valid UTF-8".to_owned()),
        }
    }
}
