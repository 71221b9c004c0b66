//! Questions to the user, and where the answers come from.
//!
//! Commands ask through [`Prompt`]; [`Terminal`] is the real one. The forms of
//! questions are in `ask.rs`. As rclone asks them: a menu is printed once, a
//! wrong answer repeats the prompt alone, and nobody prompts where no terminal
//! is, so that answers can come from a pipe.

pub mod ask;
mod confirm;
mod dedupe;
#[cfg(test)]
pub mod script;
mod terminal;

pub use confirm::Confirmation;
pub use dedupe::Dialogue;
pub use terminal::Terminal;

use crate::config::Secret;
use crate::exit::CommandError;

/// Somebody who reads and answers.
pub trait Prompt: Send {
    /// Prints text as it is.
    ///
    /// # Errors
    /// It cannot be written.
    fn say(&mut self, text: &str) -> Result<(), CommandError>;

    /// Prints a remark beside the dialogue, with its line end.
    fn remark(&mut self, text: &str);

    /// Reads a line, after a prompt where somebody sees it. White space around
    /// the answer does not count.
    ///
    /// # Errors
    /// There is no line to be had: the answers have ended.
    fn line(&mut self, prompt: &str) -> Result<String, CommandError>;

    /// Reads a password that is not shown, below a line that says which.
    ///
    /// # Errors
    /// As [`Self::line`].
    fn password(&mut self, title: &str) -> Result<Secret, CommandError>;

    /// Whether a person answers, who can be asked what no script knows of.
    fn is_person(&self) -> bool;
}
