//! Reads rclone's configuration files (docs/protocol.md, "rclone compatibility").
//!
//! Reading only: nothing here writes, and no other program's files are like
//! these. Sections keep the order of their first appearance.

use super::Section;

/// Section of keys that stand before any other.
const DEFAULT: &str = "DEFAULT";

/// A line that is neither section, comment nor `key = value`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not parse line: {line}")]
pub struct IniError {
    /// The line, trimmed.
    pub line: String,
    /// Its number, counted from 1.
    pub number: usize,
}

/// All sections of a file with at least one key or a heading of their own.
///
/// # Errors
/// [`IniError`]: one bad line refuses the whole file.
pub fn parse(text: &str) -> Result<Vec<Section>, IniError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut sections = vec![Section::new(DEFAULT)];
    let mut current = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let bad = || IniError {
            line: line.to_owned(),
            number: index + 1,
        };
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(heading) = line.strip_prefix('[') {
            let name = heading.split_once(']').ok_or_else(bad)?.0.trim();
            let known = sections.iter().position(|section| section.name() == name);
            current = known.unwrap_or_else(|| {
                sections.push(Section::new(name));
                sections.len() - 1
            });
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).ok_or_else(bad)?;
        let value = unquote(value.trim()).ok_or_else(bad)?;
        if let Some(section) = sections.get_mut(current) {
            section.set(key.trim(), value);
        }
    }
    expand(&mut sections);
    if sections.first().is_some_and(Section::is_empty) {
        sections.remove(0);
    }
    Ok(sections)
}

/// The value inside back quotes or triple quotes; ordinary quotes belong to it.
/// `None` when it would go on in the next line.
fn unquote(value: &str) -> Option<&str> {
    for quote in ["\"\"\"", "`"] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.strip_suffix(quote);
        }
    }
    Some(value)
}

/// Replaces `%(name)s` by that key of the same section or of DEFAULT.
fn expand(sections: &mut [Section]) {
    let before: Vec<Section> = sections.to_vec();
    let defaults = before.first();
    for (section, known) in sections.iter_mut().zip(&before) {
        for (key, value) in known.iter().filter(|(_, value)| value.contains("%(")) {
            let lookup = |name: &str| {
                known
                    .get(name)
                    .or_else(|| defaults?.get(name))
                    .unwrap_or("")
            };
            section.set(key, &expand_value(value, lookup));
        }
    }
}

fn expand_value<'a>(value: &'a str, lookup: impl Fn(&str) -> &'a str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("%(") {
        out.push_str(before);
        match after.split_once(")s") {
            Some((name, after)) => {
                out.push_str(lookup(name));
                rest = after;
            }
            None => {
                out.push_str("%(");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
