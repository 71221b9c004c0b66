//! The whole terminal for one program, and its return as it was.
//!
//! While it is taken, log lines are held back ([`Output::hold_log`]): they would
//! stand in the middle of the picture. Whatever ends the program (its own end, a
//! signal, a panic), the terminal is given back.

mod canvas;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::{Frame, Terminal};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Output;
use canvas::Canvas;

/// Another screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[2J";
/// Plain text, the cursor, the screen of before.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";

/// The terminal, taken.
pub struct Fullscreen {
    output: Arc<Output>,
    before: Arc<Before>,
    terminal: Terminal<Canvas>,
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
        let terminal = Terminal::new(Canvas::new(Arc::clone(&output)))?;
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
        let screen = Self {
            output,
            before,
            terminal,
        };
        screen.output.bytes(ENTER)?;
        screen.output.flush()?;
        Ok(screen)
    }

    /// Shows a picture in the place of the one before, in the size that the
    /// terminal has now.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn show(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(drop)
    }

    /// Forgets what the terminal shows: the next picture is drawn whole.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
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
