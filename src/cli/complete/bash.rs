//! The words of a line that is being typed in bash.
//!
//! bash cuts words at colons too, which stand in every remote path, and a
//! script has no say in it: so the line is cut here, as the shell would cut it
//! when it is run.

/// Characters that mean something to the shell inside a word.
const SPECIAL: &str = " \t!\"#$&'()*;<>?[\\]^`{|}~";

/// The words of `line` after the first; the last one, unfinished, may be empty.
/// Of several commands on the line the last one counts.
#[must_use]
pub fn split(line: &str) -> (Vec<String>, bool) {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, ';' | '|' | '&' | '(' | '\n') => {
                words.clear();
                word = None;
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.push(word.unwrap_or_default());
    if !words.is_empty() {
        words.remove(0);
    }
    (words, quote.is_some())
}

/// `text` as it would be typed, in quotes or without.
#[must_use]
pub fn quote(text: &str, in_quotes: bool) -> String {
    if in_quotes {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if SPECIAL.contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_as_the_shell_does() {
        for (line, words) in [
            ("megarc ", vec![""]),
            ("megarc co", vec!["co"]),
            ("megarc  ls work:a", vec!["ls", "work:a"]),
            ("megarc ls 'work:a b", vec!["ls", "work:a b"]),
            ("megarc ls work:a\\ b/", vec!["ls", "work:a b/"]),
            ("megarc ls \"a\\\"b\" ''", vec!["ls", "a\"b", ""]),
            ("cd x; megarc ls", vec!["ls"]),
            ("true && megarc ls ", vec!["ls", ""]),
            ("megarc ls a\\", vec!["ls", "a"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line).0, words, "{line}");
        }
        assert!(split("megarc ls 'work:a b").1);
        assert!(!split("megarc ls 'work:a b'").1);
    }

    #[test]
    fn names_are_typed_with_their_special_characters_escaped() {
        assert_eq!(quote("a b(1)$", false), "a\\ b\\(1\\)\\$");
        assert_eq!(quote("a b", true), "a b");
        assert_eq!(quote("ä:b-c.d", false), "ä:b-c.d");
    }
}
