//! The only writer of standard output and standard error.
//!
//! Data goes to stdout, all else to stderr. Whatever is written passes one
//! lock, so that log lines, the live progress block and listings never mix
//! inside a line. On a terminal names are escaped ([`sanitize`]); a pipe gets
//! the bytes as they are.

mod crash;
pub mod fullscreen;
pub mod json;
pub mod layout;
pub mod listing;
pub mod logging;
mod paint;
pub mod progress;
pub mod sanitize;
pub mod terminal;
pub mod units;

use std::io::{self, BufWriter, LineWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use crash::report_panics;
use logging::{Level, Sink};
pub use paint::Paint;
use terminal::{ERASE_LINE, LINE_START, MOVE_UP, TITLE_POP, TITLE_PUSH};

/// Standard output and standard error, shared by all parts of a command.
pub struct Output {
    sinks: Mutex<Sinks>,
    /// Whether stdout shows its bytes to a person at once.
    terminal: bool,
    /// Whether stdout takes control sequences.
    colors: AtomicBool,
}

/// When control sequences are written (`--color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// To a terminal.
    #[default]
    Auto,
    /// Never.
    Never,
    /// Into pipes and files too.
    Always,
}

struct Sinks {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    /// Takes the log in the place of stderr (`--log-file`, `--syslog`).
    log: Option<Box<dyn Sink>>,
    /// While a progress block stands on the screen: its number of lines.
    block: Option<usize>,
    /// The block itself, to be drawn again below a log line.
    drawn: String,
    /// The window has a title of ours.
    titled: bool,
    /// No block is drawn: the user is asked something.
    paused: bool,
    /// Log lines that wait until the screen is free again.
    held: Option<String>,
}

/// More than this of a log is not held back, but lost.
const HELD: usize = 1 << 20;

impl Output {
    /// The streams of this process.
    #[must_use]
    pub fn stdio() -> Self {
        let terminal = terminal::stdout_is_terminal();
        let stdout: Box<dyn Write + Send> = if terminal {
            Box::new(LineWriter::new(io::stdout()))
        } else {
            Box::new(BufWriter::with_capacity(1 << 16, io::stdout()))
        };
        Self::new(stdout, Box::new(io::stderr()), terminal)
    }

    /// Writes to the given sinks, as a terminal would be written to or not.
    #[must_use]
    pub fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        terminal: bool,
    ) -> Self {
        Self {
            sinks: Mutex::new(Sinks {
                stdout,
                stderr,
                log: None,
                block: None,
                drawn: String::new(),
                titled: false,
                paused: false,
                held: None,
            }),
            terminal,
            colors: AtomicBool::new(terminal),
        }
    }

    /// Sends the log to `sink` from now on.
    pub fn log_to(&self, sink: Box<dyn Sink>) {
        self.lock().log = Some(sink);
    }

    /// Decides whether stdout takes control sequences.
    pub fn set_color(&self, color: Color) {
        let on = match color {
            Color::Auto => self.terminal,
            Color::Never => false,
            Color::Always => true,
        };
        self.colors.store(on, Ordering::Relaxed);
    }

    /// Whether standard output takes control sequences.
    #[must_use]
    pub fn has_color(&self) -> bool {
        self.colors.load(Ordering::Relaxed)
    }

    /// Whether standard output is a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// One row of a listing, with its line end.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn row(&self, row: &str) -> io::Result<()> {
        let mut sinks = self.lock();
        if self.terminal {
            sinks.stdout.write_all(sanitize::line(row).as_bytes())?;
        } else {
            sinks.stdout.write_all(row.as_bytes())?;
        }
        sinks.stdout.write_all(b"\n")
    }

    /// One row of a listing that ends in a name, in its colour where there are
    /// colours.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn painted_row(&self, head: &str, name: &str, paint: Option<Paint>) -> io::Result<()> {
        let Some(paint) = paint.filter(|_| self.has_color()) else {
            return self.row(&format!("{head}{name}"));
        };
        let (head, name) = if self.terminal {
            (sanitize::line(head), sanitize::line(name))
        } else {
            (head.into(), name.into())
        };
        let mut sinks = self.lock();
        writeln!(sinks.stdout, "{head}{}", paint.on(&name))
    }

    /// Text of several lines (help, tables, prompts), shown at once.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn text(&self, text: &str) -> io::Result<()> {
        let mut sinks = self.lock();
        if self.terminal {
            sinks.stdout.write_all(sanitize::text(text).as_bytes())?;
        } else {
            sinks.stdout.write_all(text.as_bytes())?;
        }
        sinks.stdout.flush()
    }

    /// Bytes of a file, unchanged even on a terminal: the user asked for them.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.lock().stdout.write_all(bytes)
    }

    /// Hands everything on to the system; the end of every command, so that
    /// a full disk behind stdout is an error and not silence.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn flush(&self) -> io::Result<()> {
        self.lock().stdout.flush()
    }

    /// Log text with its line end: to the log file, above a standing progress
    /// block on stdout, else to stderr.
    ///
    /// A log that cannot be written stops nothing: there is nobody to tell.
    pub fn log(&self, level: Level, text: &str) {
        let text = sanitize::text(text);
        let mut guard = self.lock();
        let sinks = &mut *guard;
        let _ = if let Some(sink) = &mut sinks.log {
            sink.put(level, &text)
        } else if let Some(held) = &mut sinks.held {
            if held.len() < HELD {
                held.push_str(&text);
            }
            Ok(())
        } else if sinks.block.is_some() {
            sinks.log_above_block(&text, self.has_color())
        } else {
            // What was printed before it shall be seen before it.
            let _ = sinks.stdout.flush();
            sinks.stderr.write_all(text.as_bytes())
        };
    }

    /// Holds log lines back that would go to stderr.
    pub fn hold_log(&self) {
        self.lock().held.get_or_insert_default();
    }

    /// Writes what was held back, and holds nothing back any more.
    pub fn release_log(&self) {
        let mut sinks = self.lock();
        let held = sinks.held.take().unwrap_or_default();
        let _ = sinks.stderr.write_all(held.as_bytes());
    }

    /// Usage texts and complaints about the command line, on stderr.
    pub fn complain(&self, text: &str) {
        let mut sinks = self.lock();
        let _ = sinks.stdout.flush();
        let _ = sinks.stderr.write_all(sanitize::text(text).as_bytes());
    }

    /// Draws the progress block in the place of the one before; without a
    /// terminal it just follows.
    pub fn draw(&self, block: &str) {
        let mut guard = self.lock();
        let sinks = &mut *guard;
        if !sinks.paused {
            let _ = sinks.redraw(block, self.has_color());
        }
    }

    /// Leaves the progress block where it stands, and draws no other one until
    /// `paused` ends.
    pub fn pause_block(&self, paused: bool) {
        self.end_block();
        self.lock().paused = paused;
    }

    /// Shows `title` as that of the terminal's window; without one what the
    /// window was called before. Nothing happens where there is no terminal.
    pub fn title(&self, title: Option<&str>) {
        if !self.terminal || !self.has_color() {
            return;
        }
        let mut sinks = self.lock();
        let text = match title {
            Some(title) => {
                let push = if sinks.titled { "" } else { TITLE_PUSH };
                format!("{push}\x1b]0;{}\x07", sanitize::line(title))
            }
            None if sinks.titled => TITLE_POP.to_owned(),
            None => return,
        };
        sinks.titled = title.is_some();
        let _ = sinks.stdout.write_all(text.as_bytes());
        let _ = sinks.stdout.flush();
    }

    /// Leaves the last progress block where it stands; what follows is
    /// written below it and log lines go to stderr again.
    pub fn end_block(&self) {
        let mut guard = self.lock();
        let sinks = &mut *guard;
        if sinks.block.take().is_some() {
            let _ = sinks.stdout.write_all(b"\n");
            let _ = sinks.stdout.flush();
        }
        sinks.drawn.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Sinks> {
        // A panic elsewhere does not make the streams unusable.
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sinks {
    fn redraw(&mut self, block: &str, terminal: bool) -> io::Result<()> {
        let mut picture = String::with_capacity(block.len() + 64);
        if terminal {
            erase(&mut picture, self.block.unwrap_or(1));
            push_clipped(&mut picture, block);
        } else {
            picture.push_str(block);
        }
        self.block = Some(block.lines().count().max(1));
        if self.drawn != block {
            block.clone_into(&mut self.drawn);
        }
        self.stdout.write_all(picture.as_bytes())?;
        self.stdout.flush()
    }

    fn log_above_block(&mut self, text: &str, terminal: bool) -> io::Result<()> {
        let mut picture = String::new();
        if terminal {
            erase(&mut picture, self.block.unwrap_or(1));
            picture.push_str(text);
            push_clipped(&mut picture, &self.drawn);
        } else {
            picture.push_str(text);
        }
        self.stdout.write_all(picture.as_bytes())?;
        self.stdout.flush()
    }
}

/// Clears the lines of the block above the cursor.
fn erase(picture: &mut String, lines: usize) {
    for _ in 1..lines {
        picture.push_str(ERASE_LINE);
        picture.push_str(MOVE_UP);
    }
    picture.push_str(ERASE_LINE);
    picture.push_str(LINE_START);
}

fn push_clipped(picture: &mut String, block: &str) {
    let columns = terminal::columns();
    for (at, line) in block.lines().enumerate() {
        if at > 0 {
            picture.push('\n');
        }
        picture.push_str(terminal::clip(line, columns));
    }
}

#[cfg(test)]
pub mod testing {
    //! Sinks that tests can read.

    use std::io::{self, Write};
    use std::sync::{Arc, Mutex, PoisonError};

    /// A sink whose content can be read while it is written.
    #[derive(Clone, Default)]
    pub struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        /// What was written so far.
        #[must_use]
        pub fn text(&self) -> String {
            let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::testing::Captured;
    use super::*;

    fn captured(terminal: bool) -> (Output, Captured, Captured) {
        let (out, err) = (Captured::default(), Captured::default());
        let output = Output::new(Box::new(out.clone()), Box::new(err.clone()), terminal);
        (output, out, err)
    }

    #[test]
    fn a_pipe_gets_names_raw_and_a_terminal_escaped() {
        let (output, out, _) = captured(false);
        output.row("a\u{1b}b").unwrap();
        assert_eq!(out.text(), "a\u{1b}b\n");
        let (output, out, _) = captured(true);
        output.row("a\u{1b}b").unwrap();
        assert_eq!(out.text(), "a\\x1bb\n");
    }

    #[test]
    fn the_log_goes_above_a_standing_block() {
        let (output, out, err) = captured(true);
        output.log(Level::Notice, "before\n");
        output.draw("one\ntwo");
        output.log(Level::Notice, "inside\n");
        output.end_block();
        output.log(Level::Notice, "after\n");
        assert_eq!(err.text(), "before\nafter\n");
        assert_eq!(
            out.text(),
            "\x1b[2K\x1b[1Gone\ntwo\
             \x1b[2K\x1b[1A\x1b[2K\x1b[1Ginside\none\ntwo\n"
        );
    }

    #[test]
    fn a_title_is_given_back_and_never_gets_into_a_pipe() {
        let (output, out, _) = captured(true);
        output.title(Some("ETA: 1s"));
        output.title(Some("ETA: \x1b0s"));
        output.title(None);
        output.title(None);
        assert_eq!(
            out.text(),
            "\x1b[22;0t\x1b]0;ETA: 1s\x07\x1b]0;ETA: \\x1b0s\x07\x1b[23;0t"
        );
        let (output, out, _) = captured(false);
        output.set_color(Color::Always);
        output.title(Some("ETA: 1s"));
        assert_eq!(out.text(), "");
    }

    #[test]
    fn without_colors_a_terminal_is_written_to_like_a_pipe() {
        let (output, out, _) = captured(true);
        output.set_color(Color::Never);
        output.draw("a");
        output.draw("b");
        output.end_block();
        assert_eq!(out.text(), "ab\n");
        let (output, out, _) = captured(false);
        output.set_color(Color::Always);
        output.draw("a");
        output.end_block();
        assert_eq!(out.text(), "\x1b[2K\x1b[1Ga\n");
    }

    #[test]
    fn a_log_that_is_held_back_is_not_lost() {
        let (output, _, err) = captured(true);
        output.hold_log();
        output.log(Level::Notice, "one\n");
        output.log(Level::Notice, "two\n");
        assert_eq!(err.text(), "");
        output.release_log();
        output.log(Level::Notice, "three\n");
        assert_eq!(err.text(), "one\ntwo\nthree\n");
    }

    #[test]
    fn blocks_in_a_pipe_just_follow() {
        let (output, out, _) = captured(false);
        output.draw("a\nb");
        output.draw("c\nd");
        output.end_block();
        assert_eq!(out.text(), "a\nbc\nd\n");
    }
}
