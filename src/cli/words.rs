//! Commands as the value of a flag: words between single blanks, in double
//! quotes where a blank belongs to the word. Go's rules for CSV, with a blank
//! as the comma, which is how rclone reads `--password-command`.

use super::values::BadValue;
use crate::config::PasswordCommand;

/// A command; nothing at all is none.
///
/// # Errors
/// A quote that does not enclose a whole word.
pub fn separated_by_spaces(value: &str) -> Result<PasswordCommand, BadValue> {
    words(value)
        .map(PasswordCommand)
        .map_err(|why| BadValue::parsing(value, "fs.SpaceSepList", why))
}

/// The words of a command that is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// The same for a command that is no secret.
///
/// # Errors
/// As [`separated_by_spaces`].
pub fn command(value: &str) -> Result<Words, BadValue> {
    separated_by_spaces(value).map(|words| Words(words.0))
}

fn words(value: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    if value.is_empty() {
        return Ok(words);
    }
    let mut rest = value;
    loop {
        let (word, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_word(quoted)?,
            None => plain_word(rest)?,
        };
        words.push(word);
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(words),
        }
    }
}

type Word<'a> = (String, Option<&'a str>);

fn plain_word(text: &str) -> Result<Word<'_>, &'static str> {
    let (word, behind) = match text.split_once(' ') {
        Some((word, behind)) => (word, Some(behind)),
        None => (text, None),
    };
    if word.contains('"') {
        return Err("bare \" in non-quoted-field");
    }
    Ok((word.to_owned(), behind))
}

/// The word up to its closing quote; two quotes are one of the word.
fn quoted_word(text: &str) -> Result<Word<'_>, &'static str> {
    let mut word = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('"') {
        word.push_str(before);
        if let Some(behind) = behind.strip_prefix('"') {
            word.push('"');
            rest = behind;
        } else if behind.is_empty() {
            return Ok((word, None));
        } else if let Some(behind) = behind.strip_prefix(' ') {
            return Ok((word, Some(behind)));
        } else {
            break;
        }
    }
    Err("extraneous or missing \" in quoted-field")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::words;

    #[test]
    fn words_stand_between_blanks_and_in_quotes() {
        for (text, expected) in [
            ("", &[][..]),
            ("echo secret", &["echo", "secret"]),
            ("sh -c \"echo a b\"", &["sh", "-c", "echo a b"]),
            ("echo \"a \"\"b\"\"\" c", &["echo", "a \"b\"", "c"]),
            ("echo  'x'", &["echo", "", "'x'"]),
            ("a ", &["a", ""]),
        ] {
            assert_eq!(words(text).unwrap(), expected, "{text}");
        }
        for text in ["\"", "a \"b", "\"a\"b"] {
            let why = words(text).unwrap_err();
            assert_eq!(why, "extraneous or missing \" in quoted-field", "{text}");
        }
        assert_eq!(
            words("echo a\"b").unwrap_err(),
            "bare \" in non-quoted-field"
        );
    }
}
