//! rclone's globs, translated to regular expressions.
//!
//! | token | becomes |
//! | --- | --- |
//! | `*`, `**`, `?` | `[^/]*`, `.*`, `[^/]` |
//! | `[…]` | itself; `!` does not negate, `^` does |
//! | `{a,b}` | `(a\|b)` |
//! | `{{re}}` | `(re)` |
//! | `\c` | itself |
//! | `/` in front | `^`, otherwise `(^\|/)` |
//!
//! The result is in RE2's syntax, rclone's, as `--dump filters` prints it;
//! `re2.rs` makes a matcher of it.

/// Why a glob cannot be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// Three or more stars in a row.
    #[error("too many stars in {0:?}")]
    TooManyStars(String),
    /// A `]` without its `[`.
    #[error("mismatched ']' in glob {0:?}")]
    ClosingBracket(String),
    /// A `[` without its `]`.
    #[error("mismatched '[' and ']' in glob {0:?}")]
    Brackets(String),
    /// `{` and `}` do not pair.
    #[error("mismatched '{{' and '}}' in glob {0:?}")]
    Braces(String),
    /// `{{` and `}}` do not pair.
    #[error("mismatched '{{{{' and '}}}}' in glob {0:?}")]
    DoubleBraces(String),
}

/// The regular expression for a glob over whole paths.
///
/// # Errors
/// [`GlobError`] when brackets or stars are not in order.
pub fn to_regex(glob: &str, ignore_case: bool) -> Result<String, GlobError> {
    let mut out = String::with_capacity(glob.len() + 12);
    if ignore_case {
        out.push_str("(?i)");
    }
    let rest = match glob.strip_prefix('/') {
        Some(anchored) => {
            out.push('^');
            anchored
        }
        None => {
            out.push_str("(^|/)");
            glob
        }
    };
    translate(rest, glob, &mut out)?;
    out.push('$');
    Ok(out)
}

/// The regular expression for a glob that may be found anywhere in a text.
///
/// # Errors
/// As [`to_regex`].
pub fn to_loose_regex(glob: &str) -> Result<String, GlobError> {
    let mut out = String::new();
    translate(glob, glob, &mut out)?;
    Ok(out)
}

fn translate(mut rest: &str, glob: &str, out: &mut String) -> Result<(), GlobError> {
    let whole = || glob.to_owned();
    let (mut brackets, mut braces) = (0u32, 0u32);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if brackets > 0 {
            match c {
                '[' => brackets += 1,
                ']' => brackets -= 1,
                _ => {}
            }
            out.push(c);
            rest = after;
            continue;
        }
        rest = after;
        match c {
            '*' => {
                let more = rest.chars().take_while(|c| *c == '*').count();
                rest = rest.get(more..).unwrap_or("");
                out.push_str(match more {
                    0 => "[^/]*",
                    1 => ".*",
                    _ => return Err(GlobError::TooManyStars(whole())),
                });
            }
            '?' => out.push_str("[^/]"),
            '[' => {
                brackets = 1;
                out.push('[');
            }
            ']' => return Err(GlobError::ClosingBracket(whole())),
            '{' if rest.starts_with('{') => {
                let (inner, behind) =
                    double_braces(&rest[1..]).ok_or_else(|| GlobError::DoubleBraces(whole()))?;
                out.push('(');
                out.push_str(inner);
                out.push(')');
                rest = behind;
            }
            '{' => {
                braces += 1;
                out.push('(');
            }
            '}' => {
                braces = braces
                    .checked_sub(1)
                    .ok_or_else(|| GlobError::Braces(whole()))?;
                out.push(')');
            }
            ',' if braces > 0 => out.push('|'),
            '\\' => {
                out.push('\\');
                let mut chars = rest.chars();
                out.extend(chars.next());
                rest = chars.as_str();
            }
            '.' | '+' | '(' | ')' | '|' | '^' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    if brackets > 0 {
        return Err(GlobError::Brackets(whole()));
    }
    if braces > 0 {
        return Err(GlobError::Braces(whole()));
    }
    Ok(())
}

/// Splits behind the `}}` that ends a regular expression; where more than two
/// braces close in a row, the last two are meant.
fn double_braces(text: &str) -> Option<(&str, &str)> {
    let at = text.find("}}")?;
    let run = text[at..].chars().take_while(|c| *c == '}').count();
    let end = at + run - 2;
    Some((text.get(..end)?, text.get(end + 2..)?))
}

/// The directories that have to be entered to reach what `glob` matches, as
/// globs with a final `/`, the deepest first; `/**` when that cannot be said.
#[must_use]
pub fn directories(glob: &str) -> Vec<String> {
    if glob.contains("{{") || brace_spans_directories(glob) {
        return vec!["/**".to_owned()];
    }
    let mut out = Vec::new();
    let mut rest = glob;
    if let Some(at) = glob.find("**") {
        rest = &glob[..at];
        out.push(format!("{rest}**/"));
    }
    while let Some(at) = rest.rfind('/') {
        rest = rest[..at].trim_end_matches('/');
        out.push(format!("{rest}/"));
    }
    if out.is_empty() {
        out.push("/**".to_owned());
    }
    // The root is always entered.
    out.retain(|dir| dir != "/");
    out
}

/// Whether one `{…}` of the glob holds a `/` or a `**`.
fn brace_spans_directories(glob: &str) -> bool {
    glob.split('{').skip(1).any(|tail| {
        tail.split_once('}')
            .is_some_and(|(inside, _)| inside.contains('/') || inside.contains("**"))
    })
}
