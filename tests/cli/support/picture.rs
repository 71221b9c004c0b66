//! What a full-screen program has drawn: as much of a terminal as such
//! programs of ours use.

/// The cells of a screen.
pub struct Picture {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// What has not come to its end: a control sequence, a character.
    pending: Vec<u8>,
}

const ROWS: usize = 24;
const COLUMNS: usize = 80;

impl Default for Picture {
    fn default() -> Self {
        Self {
            rows: vec![vec![' '; COLUMNS]; ROWS],
            row: 0,
            column: 0,
            pending: Vec::new(),
        }
    }
}

impl Picture {
    /// Takes what the program has written.
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.pending.push(*byte);
            let done = match self.pending[..] {
                [0x1b] | [0x1b, b'['] => false,
                [0x1b, b'[', .., last] if (0x40..0x7f).contains(&last) => {
                    self.control(last);
                    true
                }
                [0x1b, b'[', ..] => false,
                [0x1b, _] => true,
                [b'\r'] => {
                    self.column = 0;
                    true
                }
                [b'\n'] => {
                    self.row += 1;
                    true
                }
                _ => match std::str::from_utf8(&self.pending) {
                    Ok(text) => {
                        let sign = text.chars().next().unwrap();
                        self.put(sign);
                        true
                    }
                    Err(error) => error.error_len().is_some(),
                },
            };
            if done {
                self.pending.clear();
            }
        }
    }

    fn control(&mut self, last: u8) {
        let text = String::from_utf8_lossy(&self.pending[2..self.pending.len() - 1]).into_owned();
        let mut numbers = text.split(';').map(|n| n.parse::<usize>().unwrap_or(1));
        match last {
            b'H' => {
                self.row = numbers.next().unwrap_or(1).saturating_sub(1);
                self.column = numbers.next().unwrap_or(1).saturating_sub(1);
            }
            b'J' => self.rows = Self::default().rows,
            _ => {}
        }
    }

    fn put(&mut self, sign: char) {
        let cell = self.rows.get_mut(self.row);
        if let Some(cell) = cell.and_then(|row| row.get_mut(self.column)) {
            *cell = sign;
        }
        self.column += 1;
    }

    /// The screen, in lines.
    pub fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| row.iter().collect::<String>());
        let rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n")
    }
}
