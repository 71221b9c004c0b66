//! Asks on standard output, reads standard input.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Prompt;
use crate::commands::Context;
use crate::config::Secret;
use crate::exit::{Code, CommandError};
use crate::output::Output;

/// What a shell calls the end by ctrl-C.
const INTERRUPT: u8 = 2;

/// The streams of this process.
pub struct Terminal {
    output: Arc<Output>,
    asking: Arc<AtomicBool>,
}

impl Terminal {
    /// A dialogue of the command that runs in `ctx`.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self::on(&ctx.output, &ctx.asking)
    }

    /// A dialogue before there is a command.
    #[must_use]
    pub fn on(output: &Arc<Output>, asking: &Arc<AtomicBool>) -> Self {
        Self {
            output: Arc::clone(output),
            asking: Arc::clone(asking),
        }
    }

    /// From now on, until the value is dropped, a signal ends the process: a
    /// thread that waits for a line cannot be woken by one. It has to begin
    /// before the prompt can be seen, or ctrl-C could come too early.
    fn begin(&self) -> Asking {
        self.asking.store(true, Ordering::SeqCst);
        Asking(Arc::clone(&self.asking))
    }

    /// One line of standard input, without its end.
    fn read(_: &Asking) -> Result<Secret, CommandError> {
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) => Err(failed(&"EOF")),
            Ok(_) => {
                let length = line.trim_end_matches(['\n', '\r']).len();
                line.truncate(length);
                Ok(Secret::new(line))
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

/// While the user is asked something.
struct Asking(Arc<AtomicBool>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn failed(why: &dyn std::fmt::Display) -> CommandError {
    CommandError::start(format!("Failed to read line: {why}"))
}

impl Prompt for Terminal {
    fn say(&mut self, text: &str) -> Result<(), CommandError> {
        Ok(self.output.text(text)?)
    }

    fn remark(&mut self, text: &str) {
        self.output.complain(&format!("{text}\n"));
    }

    fn line(&mut self, prompt: &str) -> Result<String, CommandError> {
        let asking = self.begin();
        if self.output.is_terminal() {
            self.output.text(prompt)?;
        }
        Ok(Self::read(&asking)?.expose().trim().to_owned())
    }

    fn password(&mut self, title: &str) -> Result<Secret, CommandError> {
        self.output.complain(&format!("{title}\n"));
        if !self.is_person() {
            let asking = self.begin();
            self.output.complain("password:");
            return Ok(Secret::new(Self::read(&asking)?.expose().trim()));
        }
        // While the echo is off ctrl-C is a character: it is turned into an
        // error here, after the terminal was set right again.
        rpassword::prompt_password("password:")
            .map(Secret::new)
            .map_err(|error| match error.kind() {
                io::ErrorKind::Interrupted => CommandError::silent(Code::Signal(INTERRUPT)),
                io::ErrorKind::UnexpectedEof => failed(&"EOF"),
                _ => failed(&error),
            })
    }

    fn is_person(&self) -> bool {
        io::stdin().is_terminal()
    }
}
