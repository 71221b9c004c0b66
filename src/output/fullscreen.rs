//! The whole terminal for one program, and its return as it was.
//!
//! While it is taken, log lines are held back ([`Output::hold_log`]): they would
//! stand in the middle of the picture. Whatever ends the program (its own end, a
//! signal, a panic), the terminal is given back.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use unicode_width::UnicodeWidthStr as _;

use super::{Output, terminal};

/// Another screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
/// Plain text, the cursor, the screen of before.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";

/// A line of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Plain text, in which names are escaped already.
    pub text: String,
    /// Shown with its colours exchanged, over the whole width.
    pub reverse: bool,
}

impl Line {
    /// A plain line.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            reverse: false,
        }
    }

    /// A line that stands out.
    #[must_use]
    pub fn reverse(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            reverse: true,
        }
    }
}

/// The terminal, taken.
pub struct Fullscreen {
    output: Arc<Output>,
    before: Arc<Before>,
}

/// The terminal as it was.
struct Before {
    settings: Termios,
    given_back: AtomicBool,
}

impl Fullscreen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// There is none, or it cannot be set up.
    pub fn enter(output: Arc<Output>) -> io::Result<Self> {
        if !io::stdin().is_terminal() || !output.is_terminal() {
            return Err(io::Error::other(
                "standard input and output must be a terminal",
            ));
        }
        let settings = tcgetattr(io::stdin())?;
        let mut raw = settings.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        let before = Arc::new(Before {
            settings,
            given_back: AtomicBool::new(false),
        });
        // What a panic says shall be seen.
        let at_panic = Arc::clone(&before);
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            at_panic.give_back();
            report(info);
        }));
        output.hold_log();
        let screen = Self { output, before };
        screen.write(ENTER)?;
        Ok(screen)
    }

    /// Columns and lines.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(io::stdout()).ok();
        let rows = size.map(|size| usize::from(size.ws_row));
        let rows = rows.filter(|rows| *rows > 0).unwrap_or(24);
        (terminal::columns(), rows)
    }

    /// Shows a picture in the place of the one before.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn show(&self, lines: &[Line]) -> io::Result<()> {
        let (columns, rows) = self.size();
        let mut picture = String::from("\x1b[H");
        for (at, line) in lines.iter().take(rows).enumerate() {
            if at > 0 {
                picture.push_str("\r\n");
            }
            let text = terminal::clip(&line.text, columns);
            if line.reverse {
                picture.push_str("\x1b[7m");
                picture.push_str(text);
                let missing = columns.saturating_sub(text.width());
                picture.extend(std::iter::repeat_n(' ', missing));
                picture.push_str("\x1b[0m");
            } else {
                picture.push_str(text);
            }
            picture.push_str("\x1b[K");
        }
        picture.push_str("\x1b[J");
        self.write(picture.as_bytes())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.output.bytes(bytes)?;
        self.output.flush()
    }
}

impl Drop for Fullscreen {
    fn drop(&mut self) {
        self.before.give_back();
        self.output.release_log();
    }
}

impl Before {
    /// Once only; past the lock of the output, which a panic may hold.
    fn give_back(&self) {
        if self.given_back.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut stdout = io::stdout();
        let _ = stdout.write_all(LEAVE).and_then(|()| stdout.flush());
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.settings);
    }
}
