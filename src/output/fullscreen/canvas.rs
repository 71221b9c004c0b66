//! ratatui's cells as control sequences, through the one writer of standard
//! output.
//!
//! Of all styles only the exchange of the colours is used here, so that the
//! picture looks right on every terminal.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::Modifier;
use rustix::termios::tcgetwinsize;

use super::super::{Output, terminal};

/// The lines of a terminal that does not tell its size.
const LINES: u16 = 24;

/// What ratatui draws on.
pub(super) struct Canvas {
    output: Arc<Output>,
    cursor: Position,
}

impl Canvas {
    pub(super) fn new(output: Arc<Output>) -> Self {
        Self {
            output,
            cursor: Position::ORIGIN,
        }
    }
}

impl Backend for Canvas {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut picture = String::new();
        let mut next = None;
        let mut reversed = false;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                // Writing to a String cannot fail.
                let _ = write!(
                    picture,
                    "\x1b[{};{}H",
                    y.saturating_add(1),
                    x.saturating_add(1)
                );
            }
            // After a wide sign the place is named anew.
            next = Some((x.saturating_add(1), y));
            if cell.modifier.contains(Modifier::REVERSED) != reversed {
                reversed = !reversed;
                picture.push_str(if reversed { "\x1b[7m" } else { "\x1b[0m" });
            }
            picture.push_str(cell.symbol());
        }
        if reversed {
            picture.push_str("\x1b[0m");
        }
        self.output.bytes(picture.as_bytes())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.output.bytes(b"\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.output.bytes(b"\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        // Nobody sees it: it is only remembered.
        self.cursor = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.output.bytes(b"\x1b[0m\x1b[2J")
    }

    /// The whole screen is one region here.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        let columns = u16::try_from(terminal::columns()).unwrap_or(u16::MAX);
        let lines = tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_row);
        Ok(Size::new(columns, if lines == 0 { LINES } else { lines }))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            // Nothing here is drawn in pixels.
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ratatui::style::Style;

    use super::super::super::testing::Captured;
    use super::*;

    #[test]
    fn cells_become_control_sequences() {
        let (out, err) = (Captured::default(), Captured::default());
        let output = Output::new(Box::new(out.clone()), Box::new(err), true);
        let mut canvas = Canvas::new(Arc::new(output));
        let plain = |symbol: &str| Cell::default().set_symbol(symbol).clone();
        let marked = |symbol: &str| {
            let mut cell = plain(symbol);
            cell.set_style(Style::new().reversed());
            cell
        };
        let cells = [
            (0, 0, plain("a")),
            (1, 0, marked("b")),
            (2, 0, marked("日")),
            (4, 0, plain("c")),
            (0, 2, marked("d")),
        ];
        canvas
            .draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))
            .unwrap();
        canvas.clear().unwrap();
        canvas.flush().unwrap();
        assert_eq!(
            out.text(),
            "\x1b[1;1Ha\x1b[7mb日\x1b[1;5H\x1b[0mc\x1b[3;1H\x1b[7md\x1b[0m\x1b[0m\x1b[2J"
        );
    }
}
