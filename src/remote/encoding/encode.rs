//! From any bytes to a name that a store can hold.

use super::table::Edge;
use super::{Encoding, QUOTE};

impl Encoding {
    /// Replaces what the store cannot hold, and quotes what would be taken for
    /// a replacement.
    #[must_use]
    pub fn encode(self, name: &[u8]) -> Vec<u8> {
        if self.has(Self::RAW) || name.is_empty() {
            return name.to_vec();
        }
        if self.has(Self::DOT)
            && let Some(dots) = encode_dots(name)
        {
            return dots.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(name.len() + 8);
        let mut middle = name;
        if let Some((c, rest)) = first_char(name)
            && self.push_edge(&mut out, c, Edge::Left)
        {
            middle = rest;
        }
        let mut suffix = Vec::new();
        if let Some((rest, c)) = last_char(middle)
            && self.push_edge(&mut suffix, c, Edge::Right)
        {
            middle = rest;
        }
        for part in middle.utf8_chunks() {
            for c in part.valid().chars() {
                self.push_anywhere(&mut out, c);
            }
            for &byte in part.invalid() {
                if self.has(Self::INVALID_UTF8) {
                    push(&mut out, QUOTE);
                    out.extend_from_slice(format!("{byte:02X}").as_bytes());
                } else {
                    out.push(byte);
                }
            }
        }
        out.append(&mut suffix);
        out
    }

    fn push_anywhere(self, out: &mut Vec<u8>, c: char) {
        if let Some(replacement) = self.replacement(c) {
            push(out, replacement);
            return;
        }
        if c == QUOTE || self.original(c).is_some() {
            push(out, QUOTE);
        }
        push(out, c);
    }

    /// Writes `c` when the end of the name asks for something special.
    fn push_edge(self, out: &mut Vec<u8>, c: char, edge: Edge) -> bool {
        if let Some(replacement) = self.edge_replacement(c, edge) {
            push(out, replacement);
            return true;
        }
        if self.edge_original(c, edge).is_some() {
            push(out, QUOTE);
            push(out, c);
            return true;
        }
        false
    }
}

fn encode_dots(name: &[u8]) -> Option<&'static str> {
    match std::str::from_utf8(name).ok()? {
        "." => Some("．"),
        ".." => Some("．．"),
        "．" => Some("‛．"),
        "．．" => Some("‛．‛．"),
        _ => None,
    }
}

pub(super) fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The first character and what follows, if the name begins with one.
pub(super) fn first_char(name: &[u8]) -> Option<(char, &[u8])> {
    let c = name.utf8_chunks().next()?.valid().chars().next()?;
    Some((c, name.get(c.len_utf8()..)?))
}

/// The last character and what stands before it, if the name ends with one.
pub(super) fn last_char(name: &[u8]) -> Option<(&[u8], char)> {
    let part = name.utf8_chunks().last()?;
    if !part.invalid().is_empty() {
        return None;
    }
    let c = part.valid().chars().next_back()?;
    Some((name.get(..name.len() - c.len_utf8())?, c))
}
