//! Parses what the user writes for a place: `dir`, `remote:dir`,
//! `remote,option=value:dir`, `:kind,option=value:dir` or a MEGA link.
//!
//! The rules for quotes and the error texts are rclone's. Nothing is looked up
//! here: whether the remote exists is a question for [`super::open`].

mod printable;

use std::fmt;

pub use printable::{is_secret, printable};

/// A parsed place.
#[derive(Clone, PartialEq, Eq)]
pub enum Spec {
    /// A path on this machine, as typed.
    Local(String),
    /// A remote of the configuration.
    Named {
        /// Its name.
        name: String,
        /// Options given in the connection string, in order.
        params: Params,
        /// What follows the colon.
        path: String,
    },
    /// A remote made on the spot.
    OnTheFly {
        /// The type of remote.
        kind: String,
        /// Options given in the connection string, in order.
        params: Params,
        /// What follows the colon.
        path: String,
    },
    /// A public MEGA link, as typed.
    Link(String),
}

/// Options of a connection string.
pub type Params = Vec<(String, String)>;

/// Why a text is no place. The texts are rclone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Nothing at all.
    #[error("can't use empty string as a path")]
    Empty,
    /// A character that no name may hold.
    #[error(
        "config name contains invalid characters - may only contain numbers, letters, `_`, `-`, `.`, `+`, `@` and space, while not start with `-` or space, and not end with space"
    )]
    BadName,
    /// Nothing where the name belongs.
    #[error("config name can't be empty")]
    EmptyName,
    /// `:kind` without a colon after it.
    #[error("config name needs a trailing `:`")]
    NameNotEnded,
    /// Nothing where the name of an option belongs.
    #[error("config parameters can't be empty")]
    EmptyParam,
    /// A character that no option has.
    #[error("config parameters may only contain `0-9`, `A-Z`, `a-z`, `_` and `.`")]
    BadParam,
    /// The text ends in the name of an option.
    #[error("config parameter must end with `,` or `:`")]
    ParamNotEnded,
    /// The text ends in a value.
    #[error("unquoted config value must end with `,` or `:`")]
    ValueNotEnded,
    /// The text ends inside quotes.
    #[error("unterminated quoted config value")]
    QuoteNotEnded,
    /// Something stands between a closing quote and the next option.
    #[error("expecting `:` or `,` or another quote after a quote")]
    AfterQuote,
}

impl Spec {
    /// Parses `text`.
    ///
    /// # Errors
    /// [`SpecError`], with rclone's words.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if text.is_empty() {
            return Err(SpecError::Empty);
        }
        if is_link(text) {
            return Ok(Self::Link(text.to_owned()));
        }
        let (on_the_fly, head) = match text.strip_prefix(':') {
            Some(head) => (true, head),
            None => (false, text),
        };
        // What ends the name decides: a slash first means a local path.
        let end = head.find([':', ',', '/', '\\']);
        let Some((name, sign, rest)) = end.and_then(|end| split_sign(head, end)) else {
            return if on_the_fly {
                Err(SpecError::NameNotEnded)
            } else {
                Ok(Self::Local(text.to_owned()))
            };
        };
        if matches!(sign, '/' | '\\') {
            return if on_the_fly {
                Err(SpecError::BadName)
            } else {
                Ok(Self::Local(text.to_owned()))
            };
        }
        // A comma alone makes no remote: `a,b` is a file.
        if !on_the_fly && !text.contains(':') {
            return Ok(Self::Local(text.to_owned()));
        }
        check_name(name)?;
        if cfg!(windows) && !on_the_fly && sign == ':' && is_drive_letter(name) {
            return Ok(Self::Local(text.to_owned()));
        }
        let (params, path) = match sign {
            ',' => parse_params(rest)?,
            _ => (Params::new(), rest),
        };
        let (name, path) = (name.to_owned(), path.to_owned());
        Ok(if on_the_fly {
            Self::OnTheFly {
                kind: name,
                params,
                path,
            }
        } else {
            Self::Named { name, params, path }
        })
    }
}

/// Whether `name` may be the name of a remote.
///
/// # Errors
/// [`SpecError::EmptyName`], [`SpecError::BadName`].
pub fn check_name(name: &str) -> Result<(), SpecError> {
    if name.is_empty() {
        return Err(SpecError::EmptyName);
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '@' | ' ');
    if !name.chars().all(allowed) || name.starts_with(['-', ' ']) || name.ends_with(' ') {
        return Err(SpecError::BadName);
    }
    Ok(())
}

/// Writes a connection string that parses to the same place, as rclone does.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, params, path) = match self {
            Self::Local(text) | Self::Link(text) => return f.write_str(text),
            Self::Named { name, params, path } => (name.clone(), params, path),
            Self::OnTheFly { kind, params, path } => (format!(":{kind}"), params, path),
        };
        f.write_str(&head)?;
        for (key, value) in params {
            if value == "true" {
                write!(f, ",{key}")?;
            } else if value.contains([',', ':', '=', '"', '\'']) {
                write!(f, ",{key}='{}'", value.replace('\'', "''"))?;
            } else {
                write!(f, ",{key}={value}")?;
            }
        }
        write!(f, ":{path}")
    }
}

/// Values may be passwords, and a link holds its key: neither is printed.
impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hide = |params: &Params| -> Vec<String> {
            params.iter().map(|(key, _)| format!("{key}=***")).collect()
        };
        match self {
            Self::Local(path) => f.debug_tuple("Local").field(path).finish(),
            Self::Link(_) => f.write_str("Link(***)"),
            Self::Named { name, params, path } => {
                write!(f, "Named({name:?}, {:?}, {path:?})", hide(params))
            }
            Self::OnTheFly { kind, params, path } => {
                write!(f, "OnTheFly({kind:?}, {:?}, {path:?})", hide(params))
            }
        }
    }
}

/// A URL to a MEGA host; anything with such a host is meant as a link, even a
/// broken one, and never as a remote called `https`.
fn is_link(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return false;
    }
    let host = rest.split(['/', '#', '?']).next().unwrap_or("");
    let host = host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    matches!(host, "mega.nz" | "mega.co.nz" | "mega.app")
}

fn is_drive_letter(name: &str) -> bool {
    name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Cuts `text` at the one-byte sign at `at`.
fn split_sign(text: &str, at: usize) -> Option<(&str, char, &str)> {
    let (before, after) = text.split_at_checked(at)?;
    let sign = after.chars().next()?;
    Some((before, sign, after.get(sign.len_utf8()..)?))
}

/// Parses `key=value,key,key="v":path` after the first comma.
fn parse_params(text: &str) -> Result<(Params, &str), SpecError> {
    let mut params = Params::new();
    let mut rest = text;
    loop {
        let end = rest.find([':', ',', '=']).ok_or(SpecError::ParamNotEnded)?;
        let (key, sign, after) = split_sign(rest, end).ok_or(SpecError::ParamNotEnded)?;
        check_param(key)?;
        let (value, sign, after) = match sign {
            '=' => parse_value(after)?,
            _ => ("true".to_owned(), sign, after),
        };
        // The last one of a name counts.
        params.retain(|(known, _)| known != key);
        params.push((key.to_owned(), value));
        if sign == ':' {
            return Ok((params, after));
        }
        rest = after;
    }
}

fn check_param(key: &str) -> Result<(), SpecError> {
    if key.is_empty() {
        return Err(SpecError::EmptyParam);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if key.chars().all(allowed) {
        Ok(())
    } else {
        Err(SpecError::BadParam)
    }
}

/// Reads a value and the sign that ends it.
fn parse_value(text: &str) -> Result<(String, char, &str), SpecError> {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let end = text.find([':', ',']).ok_or(SpecError::ValueNotEnded)?;
        let (value, sign, after) = split_sign(text, end).ok_or(SpecError::ValueNotEnded)?;
        return Ok((value.to_owned(), sign, after));
    };
    let mut value = String::new();
    let mut signs = text.char_indices().skip(1);
    while let Some((_, c)) = signs.next() {
        if c != quote {
            value.push(c);
            continue;
        }
        match signs.next() {
            Some((_, again)) if again == quote => value.push(quote),
            Some((at, sign @ (':' | ','))) => {
                return Ok((value, sign, text.get(at + 1..).unwrap_or("")));
            }
            Some(_) => return Err(SpecError::AfterQuote),
            None => return Err(SpecError::AfterQuote),
        }
    }
    Err(SpecError::QuoteNotEnded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, params: &[(&str, &str)], path: &str) -> Spec {
        Spec::Named {
            name: name.into(),
            params: own(params),
            path: path.into(),
        }
    }

    fn fly(kind: &str, params: &[(&str, &str)], path: &str) -> Spec {
        Spec::OnTheFly {
            kind: kind.into(),
            params: own(params),
            path: path.into(),
        }
    }

    fn own(params: &[(&str, &str)]) -> Params {
        params
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn places() {
        let local = |text: &str| Spec::Local(text.to_owned());
        for (text, spec) in [
            ("dir", local("dir")),
            ("./a:b", local("./a:b")),
            ("/x", local("/x")),
            ("/a:b", local("/a:b")),
            ("a,b", local("a,b")),
            ("a/b:c", local("a/b:c")),
            ("m:", named("m", &[], "")),
            ("m:p/q", named("m", &[], "p/q")),
            ("m:a:b", named("m", &[], "a:b")),
            ("é1:x", named("é1", &[], "x")),
            ("a b:x", named("a b", &[], "x")),
            (":mega:p", fly("mega", &[], "p")),
            (":local:/p", fly("local", &[], "/p")),
            ("m,flag:p", named("m", &[("flag", "true")], "p")),
            (
                "m,opt=v,opt2=v2:p",
                named("m", &[("opt", "v"), ("opt2", "v2")], "p"),
            ),
            ("m,o=:p", named("m", &[("o", "")], "p")),
            ("m,o=\"\":p", named("m", &[("o", "")], "p")),
            ("m,o=\"a:b,c\":p", named("m", &[("o", "a:b,c")], "p")),
            ("m,o='it''s':p", named("m", &[("o", "it's")], "p")),
            ("m,o=a\"b\":p", named("m", &[("o", "a\"b\"")], "p")),
            ("m,o=http://h:p", named("m", &[("o", "http")], "//h:p")),
            ("m,o=1,o=2:", named("m", &[("o", "2")], "")),
            ("m,sub.key=1:", named("m", &[("sub.key", "1")], "")),
        ] {
            assert_eq!(Spec::parse(text), Ok(spec), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_in_rclones_words() {
        for (text, error) in [
            ("", SpecError::Empty),
            (":", SpecError::NameNotEnded),
            ("::", SpecError::EmptyName),
            (":mega", SpecError::NameNotEnded),
            (",a:p", SpecError::EmptyName),
            ("m,:p", SpecError::EmptyParam),
            ("m,a=b,:p", SpecError::EmptyParam),
            ("m,=b:", SpecError::EmptyParam),
            ("m,a b=c:", SpecError::BadParam),
            ("m,a-b=c:", SpecError::BadParam),
            ("m,é=c:", SpecError::BadParam),
            (":mega,", SpecError::ParamNotEnded),
            (":mega,a", SpecError::ParamNotEnded),
            (":mega,a=", SpecError::ValueNotEnded),
            (":mega,a=b", SpecError::ValueNotEnded),
            ("m,o=\"a:p", SpecError::QuoteNotEnded),
            ("m,o=\"x\"y:", SpecError::AfterQuote),
            ("m{x}:p", SpecError::BadName),
            ("sr*c:", SpecError::BadName),
            (" m:", SpecError::BadName),
            ("m :", SpecError::BadName),
            ("-m:", SpecError::BadName),
            (":a/b:c", SpecError::BadName),
            (":/x:", SpecError::BadName),
        ] {
            assert_eq!(Spec::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn links_are_places() {
        for link in [
            "https://mega.nz/folder/abc#key",
            "https://mega.nz/#!abc!key",
            "http://www.mega.co.nz/#F!abc!key",
            "https://mega.app/file/abc#key",
        ] {
            assert_eq!(Spec::parse(link), Ok(Spec::Link(link.into())));
        }
        assert_eq!(
            Spec::parse("https://example.com/x"),
            Ok(named("https", &[], "//example.com/x"))
        );
    }

    #[test]
    fn a_printed_place_parses_to_itself() {
        for spec in [
            named("m", &[("o", "a:b,'\"c"), ("p", "")], "dir/x"),
            fly("mega", &[("user", "u@e.org"), ("flag", "true")], ""),
        ] {
            assert_eq!(Spec::parse(&spec.to_string()), Ok(spec.clone()));
            assert!(!format!("{spec:?}").contains("u@e.org"));
        }
    }
}
