//! The questions of `megarc dedupe`, which the engine asks.

use std::io;

use super::{Prompt as _, Terminal, ask};
use crate::commands::Context;
use crate::engine;
use crate::engine::dedupe::Prompt;
use crate::exit::CommandError;

/// Asks in the engine's name, and keeps what the engine cannot carry: why
/// there is no answer.
pub struct Dialogue {
    terminal: Terminal,
    failed: Option<CommandError>,
}

impl Dialogue {
    /// A dialogue of the command that runs in `ctx`.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            terminal: Terminal::new(ctx),
            failed: None,
        }
    }

    /// The outcome of the command: that of the dialogue, if it broke.
    ///
    /// # Errors
    /// As said.
    pub fn outcome(self, result: engine::Result<()>) -> Result<(), CommandError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(result?),
        }
    }

    fn keep<T>(&mut self, result: Result<T, CommandError>) -> io::Result<T> {
        result.map_err(|error| {
            self.failed = Some(error);
            io::ErrorKind::UnexpectedEof.into()
        })
    }
}

impl Prompt for Dialogue {
    fn print(&mut self, text: &str) -> io::Result<()> {
        let said = self.terminal.say(text);
        self.keep(said)
    }

    fn choose(&mut self, menu: &[(char, &str)]) -> io::Result<char> {
        let letter = ask::letter(&mut self.terminal, menu, None);
        self.keep(letter)
    }

    fn number(&mut self, question: &str, most: usize) -> io::Result<usize> {
        let number = ask::number(&mut self.terminal, question, 1..=most);
        self.keep(number)
    }
}
