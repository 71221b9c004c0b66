//! megarc on a pseudo-terminal, as a person at the keyboard meets it.

use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect as _, NBytes, Session};

use super::picture::Picture;

/// Long enough for a busy machine; nothing waits for its end but a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running megarc and what its screen has shown.
pub struct Pty {
    session: OsSession,
    /// All that was shown, the echo of the keys included.
    pub screen: String,
    picture: Picture,
    bytes: Vec<u8>,
}

impl Pty {
    /// Starts a prepared command.
    pub fn start(mut command: Command) -> Self {
        // All three streams are the terminal's.
        command
            .stdin(std::process::Stdio::inherit())
            .stdout(std::process::Stdio::inherit())
            .stderr(std::process::Stdio::inherit());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        let process = session.get_process_mut();
        process.set_echo(true, Some(PATIENCE)).unwrap();
        Self {
            session,
            screen: String::new(),
            picture: Picture::default(),
            bytes: Vec::new(),
        }
    }

    /// Waits until this is shown.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        match self.session.expect(text) {
            Ok(found) => self.screen += &shown(found.as_bytes()),
            Err(error) => panic!("no {text:?} ({error}) after\n{}", self.screen),
        }
    }

    /// Waits until a full-screen program has drawn this.
    #[track_caller]
    pub fn see(&mut self, text: &str) {
        self.watch(text, |picture| picture.contains(text));
    }

    /// Waits until it has drawn this line.
    #[track_caller]
    pub fn see_at(&mut self, line: usize, text: &str) {
        self.watch(text, |picture| picture.lines().nth(line) == Some(text));
    }

    #[track_caller]
    fn watch(&mut self, text: &str, seen: impl Fn(&str) -> bool) {
        while !seen(&self.picture.text()) {
            match self.session.expect(NBytes(1)) {
                Ok(found) => {
                    self.picture.feed(found.as_bytes());
                    self.bytes.extend_from_slice(found.as_bytes());
                }
                Err(error) => panic!("no {text:?} ({error}) in\n{}", self.picture.text()),
            }
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.screen += &shown(&bytes);
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let process = self.session.get_process_mut();
        process.set_window_size(columns, rows).unwrap();
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = self.session.get_process().pid().as_raw();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for a prompt, and types a line.
    #[track_caller]
    pub fn answer(&mut self, prompt: &str, line: &str) {
        self.expect(prompt);
        self.session.send_line(line).unwrap();
    }

    /// Waits for a prompt whose answer is not shown, and types a line.
    #[track_caller]
    pub fn answer_hidden(&mut self, prompt: &str, line: &str) {
        self.expect(prompt);
        self.await_echo(false);
        self.session.send_line(line).unwrap();
    }

    /// Types keys that are no line.
    pub fn press(&mut self, keys: &str) {
        self.session.send(keys).unwrap();
    }

    /// Waits until the terminal shows what is typed, or does not.
    pub fn await_echo(&mut self, on: bool) {
        let start = std::time::Instant::now();
        while self.session.get_process().get_echo().unwrap() != on {
            assert!(start.elapsed() < PATIENCE, "the echo is never {on}");
            std::thread::yield_now();
        }
    }

    /// How the terminal treats what is typed and shown.
    pub fn settings(&self) -> String {
        let terminal = self.session.get_process().get_raw_handle().unwrap();
        let settings = rustix::termios::tcgetattr(&terminal).unwrap();
        format!(
            "{:?} {:?} {:?}",
            settings.input_modes, settings.output_modes, settings.local_modes
        )
    }

    /// Waits for the end; returns the exit code.
    pub fn end(&mut self) -> i32 {
        let rest = self.session.expect(Eof).unwrap();
        self.screen += &shown(rest.as_bytes());
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }
}

/// What a terminal shows of these bytes.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}
