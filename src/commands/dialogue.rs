//! Questions on the terminal: menus of letters, numbers from a range.
//!
//! As rclone asks them: the menu is printed once, a wrong answer repeats the
//! prompt alone, and nobody prompts where no terminal is.

use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Context;
use crate::engine;
use crate::engine::dedupe::Prompt;
use crate::exit::CommandError;
use crate::output::Output;

/// Asks on stdout and reads stdin.
pub struct Dialogue {
    output: Arc<Output>,
    asking: Arc<AtomicBool>,
    failed: Option<CommandError>,
}

impl Dialogue {
    /// A dialogue of the command that runs in `ctx`.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            output: Arc::clone(&ctx.output),
            asking: Arc::clone(&ctx.asking),
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

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.output.text(text).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error.into());
            kind.into()
        })
    }

    fn ask(&mut self, prompt: &str) -> io::Result<String> {
        if self.output.is_terminal() {
            self.say(prompt)?;
        }
        let mut line = String::new();
        self.asking.store(true, Ordering::SeqCst);
        let read = io::stdin().lock().read_line(&mut line);
        self.asking.store(false, Ordering::SeqCst);
        let why = match read {
            Ok(0) => "EOF".to_owned(),
            Ok(_) => return Ok(line.trim().to_owned()),
            Err(error) => error.to_string(),
        };
        self.failed = Some(CommandError::start(format!("Failed to read line: {why}")));
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

impl Prompt for Dialogue {
    fn print(&mut self, text: &str) -> io::Result<()> {
        self.say(text)
    }

    fn choose(&mut self, menu: &[(char, &str)]) -> io::Result<char> {
        let lines: String = menu
            .iter()
            .map(|(c, text)| format!("{c}) {text}\n"))
            .collect();
        self.say(&lines)?;
        let letters: Vec<String> = menu.iter().map(|(c, _)| c.to_string()).collect();
        let prompt = format!("{}> ", letters.join("/"));
        loop {
            let answer = self.ask(&prompt)?.to_lowercase();
            let mut typed = answer.chars();
            let complaint = match (typed.next(), typed.next()) {
                (Some(c), None) if menu.iter().any(|(known, _)| *known == c) => return Ok(c),
                (None, _) => "This value is required and it has no default.".to_owned(),
                (Some(_), None) => format!(
                    "This value must be one of the following characters: {}.",
                    letters.join(", ")
                ),
                _ => format!(
                    "This value must be a single character, one of the following: {}.",
                    letters.join(", ")
                ),
            };
            self.say(&format!("{complaint}\n"))?;
        }
    }

    fn number(&mut self, question: &str, most: usize) -> io::Result<usize> {
        loop {
            let answer = self.ask(&format!("{question}> "))?;
            match answer.parse::<usize>() {
                Ok(number) if (1..=most).contains(&number) => return Ok(number),
                Ok(_) => self.say(&format!("Out of range - 1 to {most} inclusive\n"))?,
                Err(error) => self.say(&format!("Bad number: {error}\n"))?,
            }
        }
    }
}
