//! What the terminal can do, and the control sequences that redraw a block.

use std::io::IsTerminal as _;

use unicode_width::UnicodeWidthChar as _;

/// Erases the line under the cursor.
pub const ERASE_LINE: &str = "\x1b[2K";
/// Moves the cursor one line up.
pub const MOVE_UP: &str = "\x1b[1A";
/// Moves the cursor to the first column.
pub const LINE_START: &str = "\x1b[1G";

/// Puts the title of the window aside.
pub const TITLE_PUSH: &str = "\x1b[22;0t";
/// Gives the window the title that was put aside.
pub const TITLE_POP: &str = "\x1b[23;0t";

/// Whether standard output is a terminal.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// The columns of the terminal behind standard output, 80 when it does not say.
#[must_use]
pub fn columns() -> usize {
    rustix::termios::tcgetwinsize(std::io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(80)
}

/// The longest beginning of `line` that fits into `columns`, so that a redraw
/// never meets a wrapped line.
#[must_use]
pub fn clip(line: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in line.char_indices() {
        // A tab goes to the next multiple of eight.
        let width = match c {
            '\t' => 8 - used % 8,
            c => c.width().unwrap_or(0),
        };
        if used + width > columns {
            return line.get(..at).unwrap_or(line);
        }
        used += width;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_counts_columns_not_bytes() {
        assert_eq!(clip("abc", 10), "abc");
        assert_eq!(clip("abc", 2), "ab");
        assert_eq!(clip("日本語", 4), "日本");
        assert_eq!(clip("日本語", 5), "日本");
        assert_eq!(clip("a\tb", 8), "a\t");
        assert_eq!(clip("a\tb", 9), "a\tb");
    }
}
