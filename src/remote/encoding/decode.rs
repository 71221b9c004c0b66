//! From a name in a store back to the bytes it means.

use super::encode::{first_char, last_char, push};
use super::table::Edge;
use super::{Encoding, QUOTE};

impl Encoding {
    /// Undoes [`Encoding::encode`]. Names that no encoder made are taken as
    /// they are wherever they mean nothing else.
    #[must_use]
    pub fn decode(self, name: &[u8]) -> Vec<u8> {
        if self.has(Self::RAW) {
            return name.to_vec();
        }
        if self.has(Self::DOT)
            && let Some(dots) = decode_dots(name)
        {
            return dots.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(name.len());
        let middle = self.decode_left(name, &mut out);
        let (middle, suffix) = self.decode_right(middle);
        self.decode_middle(middle, &mut out);
        if let Some(c) = suffix {
            push(&mut out, c);
        }
        out
    }

    /// Writes what the beginning stands for; returns the rest.
    fn decode_left<'a>(self, name: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let Some((c, rest)) = first_char(name) else {
            return name;
        };
        if let Some(original) = self.edge_original(c, Edge::Left) {
            push(out, original);
            return rest;
        }
        if c == QUOTE
            && let Some((quoted, rest)) = first_char(rest)
            && self.edge_original(quoted, Edge::Left).is_some()
        {
            push(out, quoted);
            return rest;
        }
        name
    }

    /// Splits off what the end stands for.
    fn decode_right(self, name: &[u8]) -> (&[u8], Option<char>) {
        let Some((rest, c)) = last_char(name) else {
            return (name, None);
        };
        let Some(original) = self.edge_original(c, Edge::Right) else {
            return (name, None);
        };
        match last_char(rest) {
            Some((before, QUOTE)) => (before, Some(c)),
            _ => (rest, Some(original)),
        }
    }

    fn decode_middle(self, name: &[u8], out: &mut Vec<u8>) {
        let mut rest = name;
        while !rest.is_empty() {
            let Some((c, after)) = first_char(rest) else {
                // Not UTF-8: bytes as they are, up to the next character.
                let bad = rest.utf8_chunks().next().map_or(1, |p| p.invalid().len());
                let (bytes, after) = rest.split_at(bad.clamp(1, rest.len()));
                out.extend_from_slice(bytes);
                rest = after;
                continue;
            };
            rest = after;
            if c == QUOTE {
                rest = self.decode_quoted(after, out);
            } else {
                push(out, self.original(c).unwrap_or(c));
            }
        }
    }

    /// Writes what a quote and the bytes after it mean; returns the rest.
    fn decode_quoted<'a>(self, after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        if let Some((quoted, rest)) = first_char(after)
            && (quoted == QUOTE || self.original(quoted).is_some())
        {
            push(out, quoted);
            return rest;
        }
        if self.has(Self::INVALID_UTF8)
            && let Some((byte, rest)) = hex_byte(after)
        {
            out.push(byte);
            return rest;
        }
        push(out, QUOTE);
        after
    }
}

fn decode_dots(name: &[u8]) -> Option<&'static str> {
    match std::str::from_utf8(name).ok()? {
        "．" => Some("."),
        "．．" => Some(".."),
        "‛．" => Some("．"),
        "‛．‛．" => Some("．．"),
        _ => None,
    }
}

/// Two hexadecimal digits that stand for a byte. As in rclone it may be an
/// ASCII one, so the result has to be encoded again before it is a name.
fn hex_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((byte, rest))
}
