//! The keys of a terminal that passes everything on.

use std::io::{self, Read as _};

use tokio::sync::mpsc;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    /// Ctrl-L.
    Refresh,
    /// Ctrl-C, or nobody is at the keys any more.
    Interrupt,
    Char(char),
}

/// The keys as they are pressed. The thread that reads is nobody's to wait
/// for: nobody may press a key any more.
pub fn pressed() -> mpsc::Receiver<Key> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut buffer = [0; 256];
        loop {
            let keys = match input.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => vec![Key::Interrupt],
                Ok(length) => parse(buffer.get(..length).unwrap_or_default()),
            };
            let ends = keys.contains(&Key::Interrupt);
            for key in keys {
                if sender.blocking_send(key).is_err() {
                    return;
                }
            }
            if ends {
                return;
            }
        }
    });
    receiver
}

/// The keys in what was read at once.
fn parse(mut bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while let Some((&first, rest)) = bytes.split_first() {
        let (key, rest) = match (first, rest) {
            (0x1b, [b'[' | b'O', tail @ ..]) => sequence(tail),
            (0x1b, rest) => (Some(Key::Escape), rest),
            (0x03 | 0x04, rest) => (Some(Key::Interrupt), rest),
            (0x0c, rest) => (Some(Key::Refresh), rest),
            (b'\r' | b'\n', rest) => (Some(Key::Enter), rest),
            (0x7f | 0x08, rest) => (Some(Key::Left), rest),
            (0x20.., _) => character(bytes),
            (_, rest) => (None, rest),
        };
        keys.extend(key);
        bytes = rest;
    }
    keys
}

/// What follows `ESC [`: numbers, and a letter that ends it.
fn sequence(bytes: &[u8]) -> (Option<Key>, &[u8]) {
    let length = bytes
        .iter()
        .take_while(|b| (0x20..0x40).contains(*b))
        .count();
    let (numbers, tail) = bytes.split_at(length);
    let Some((last, rest)) = tail.split_first() else {
        return (None, tail);
    };
    let key = match (last, numbers) {
        (b'A', _) => Some(Key::Up),
        (b'B', _) => Some(Key::Down),
        (b'C', _) => Some(Key::Right),
        (b'D', _) => Some(Key::Left),
        (b'H', _) | (b'~', b"1" | b"7") => Some(Key::Home),
        (b'F', _) | (b'~', b"4" | b"8") => Some(Key::End),
        (b'~', b"5") => Some(Key::PageUp),
        (b'~', b"6") => Some(Key::PageDown),
        _ => None,
    };
    (key, rest)
}

fn character(bytes: &[u8]) -> (Option<Key>, &[u8]) {
    let Some(chunk) = bytes.utf8_chunks().next() else {
        return (None, &[]);
    };
    match chunk.valid().chars().next() {
        Some(c) => (
            Some(Key::Char(c)),
            bytes.get(c.len_utf8()..).unwrap_or_default(),
        ),
        None => (None, bytes.get(1..).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        assert_eq!(
            parse(b"jk\x1b[A\x1bOB\x1b[5~\x1b[1;5C\r\x1b"),
            [
                Key::Char('j'),
                Key::Char('k'),
                Key::Up,
                Key::Down,
                Key::PageUp,
                Key::Right,
                Key::Enter,
                Key::Escape
            ]
        );
        assert_eq!(
            parse("ä\x0c\x03".as_bytes()),
            [Key::Char('ä'), Key::Refresh, Key::Interrupt]
        );
        assert_eq!(parse(b"\x1b[\xff\x1b[1;"), []);
    }
}
