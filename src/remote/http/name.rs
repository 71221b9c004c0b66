//! What a downloaded file is called: the end of its address, or what the
//! server says in `Content-Disposition`. Whoever answers chooses these names,
//! so that none of them may be more than a name.

use percent_encoding::percent_decode;

use super::super::encoding::Encoding;

/// The file name in a `Content-Disposition` header (RFC 6266), as it stands
/// there. The form that names its characters (`filename*`) comes first.
#[must_use]
pub fn in_header(header: &[u8]) -> Option<Vec<u8>> {
    let mut plain = None;
    let mut rest = after(header, b';')?;
    loop {
        let (key, value, next) = parameter(rest)?;
        match key.to_ascii_lowercase().trim_ascii() {
            b"filename*" => {
                if let Some(name) = extended(&value) {
                    return Some(name);
                }
            }
            b"filename" if plain.is_none() => plain = Some(value),
            _ => {}
        }
        match next {
            Some(next) => rest = next,
            None => return plain,
        }
    }
}

/// A parameter, and what follows the semicolon behind it.
type Parameter<'a> = (&'a [u8], Vec<u8>, Option<&'a [u8]>);

/// Reads one `key=value`; a text without an equals sign ends the header.
fn parameter(text: &[u8]) -> Option<Parameter<'_>> {
    let at = text.iter().position(|byte| matches!(byte, b'=' | b';'))?;
    let (key, rest) = text.split_at(at);
    if rest.first() == Some(&b';') {
        // A key without a value says nothing.
        return Some((key, Vec::new(), after(rest, b';')));
    }
    let value = after(rest, b'=')?.trim_ascii_start();
    let Some(quoted) = value.strip_prefix(b"\"") else {
        let end = value.iter().position(|byte| *byte == b';');
        let plain = value.get(..end.unwrap_or(value.len()))?;
        return Some((key, plain.trim_ascii().to_vec(), after(value, b';')));
    };
    let mut name = Vec::new();
    let mut bytes = quoted.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (byte, quoted.get(at + 1)) {
            (b'"', _) => return Some((key, name, after(quoted.get(at..)?, b';'))),
            // Others write paths of Windows here, and quote nothing in them.
            (b'\\', Some(next @ (b'"' | b'\\'))) => {
                name.push(*next);
                bytes.next();
            }
            _ => name.push(byte),
        }
    }
    None
}

/// What follows the first `sign`.
fn after(text: &[u8], sign: u8) -> Option<&[u8]> {
    let at = text.iter().position(|byte| *byte == sign)?;
    text.get(at + 1..)
}

/// `UTF-8''na%C3%AFve` (RFC 8187); other sets of characters are not read.
fn extended(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (set, text) = (parts.next()?, parts.nth(1)?);
    let decoded: Vec<u8> = percent_decode(text).collect();
    match set.to_ascii_lowercase().as_slice() {
        b"utf-8" => Some(decoded),
        b"iso-8859-1" => Some(
            decoded
                .into_iter()
                .map(char::from)
                .collect::<String>()
                .into(),
        ),
        _ => None,
    }
}

/// One name out of what was said, in standard form: the last element, whatever
/// system it was written on, without characters that do something. `None`
/// where nothing is left that could be a name.
#[must_use]
pub fn harmless(said: &[u8]) -> Option<String> {
    let name = said
        .rsplit(|byte| matches!(byte, b'/' | b'\\'))
        .find(|element| !element.is_empty())?;
    if matches!(name, b"." | b"..") {
        return None;
    }
    let mut clean = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        let valid: String = chunk.valid().chars().map(visible).collect();
        clean.extend_from_slice(valid.as_bytes());
        clean.extend_from_slice(chunk.invalid());
    }
    Some(Encoding::NONE.to_standard(&clean).into_owned())
}

/// Control characters, and what turns the direction of reading, become lines.
fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => '_',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_in_headers() {
        for (header, name) in [
            ("attachment; filename=\"cd.txt\"", Some("cd.txt")),
            ("inline;filename=plain.txt", Some("plain.txt")),
            ("attachment; FileName = a b ; size=3", Some("a b")),
            (
                "attachment; filename*=UTF-8''%e2%82%ac%20rates",
                Some("€ rates"),
            ),
            ("attachment; filename*=iso-8859-1'en'%A3", Some("£")),
            ("attachment; filename=x; filename*=utf-8''y", Some("y")),
            ("attachment; filename*=utf-8''y; filename=x", Some("y")),
            ("attachment; filename*=utf-7''y; filename=x", Some("x")),
            ("attachment; filename=x; filename=z", Some("x")),
            ("attachment; filename=\"a\\\"b;c\"; x=y", Some("a\"b;c")),
            ("attachment; filename=\"C:\\dir\\f\"", Some("C:\\dir\\f")),
            ("attachment; x; filename=f", Some("f")),
            ("attachment; filename=\"\"", Some("")),
            ("attachment; filename=\"never ends", None),
            ("attachment", None),
            ("garbage; filename", None),
            ("filename=f", None),
            ("", None),
        ] {
            let found = in_header(header.as_bytes());
            assert_eq!(found, name.map(|n| n.as_bytes().to_vec()), "{header}");
        }
    }

    #[test]
    fn names_are_no_more_than_names() {
        for (said, name) in [
            ("a.txt", Some("a.txt")),
            ("../../etc/passwd", Some("passwd")),
            ("..\\..\\w.txt", Some("w.txt")),
            ("/abs", Some("abs")),
            ("dir/", Some("dir")),
            ("a\nb\u{1b}[2J\u{7f}", Some("a_b_[2J_")),
            ("doc\u{202e}fdp.exe", Some("doc_fdp.exe")),
            ("a\0b", Some("a_b")),
            ("..", None),
            ("x/..", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(harmless(said.as_bytes()).as_deref(), name, "{said:?}");
        }
        assert!(harmless(b"a\xffb").is_some());
    }
}
