//! Answers from a list, for tests: what is said and answered is kept as a
//! person would have seen it.

use std::collections::VecDeque;

use super::Prompt;
use crate::config::Secret;
use crate::exit::CommandError;

/// A person who knows what to say.
pub struct Script {
    answers: VecDeque<String>,
    /// Everything that was said, with prompts and answers.
    pub seen: String,
    person: bool,
}

impl Script {
    /// Somebody with these answers.
    pub fn new(answers: &[&str]) -> Self {
        Self {
            answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            seen: String::new(),
            person: true,
        }
    }

    /// A file with these answers.
    pub fn piped(answers: &[&str]) -> Self {
        Self {
            person: false,
            ..Self::new(answers)
        }
    }

    /// The answers that nobody asked for.
    pub fn left(&self) -> usize {
        self.answers.len()
    }

    fn next(&mut self) -> Result<String, CommandError> {
        let next = self.answers.pop_front();
        next.ok_or_else(|| CommandError::start("Failed to read line: EOF"))
    }
}

impl Prompt for Script {
    fn say(&mut self, text: &str) -> Result<(), CommandError> {
        self.seen.push_str(text);
        Ok(())
    }

    fn remark(&mut self, text: &str) {
        self.seen += &format!("({text})\n");
    }

    fn line(&mut self, prompt: &str) -> Result<String, CommandError> {
        let answer = self.next()?;
        self.seen += &format!("{prompt}{answer}\n");
        Ok(answer.trim().to_owned())
    }

    fn password(&mut self, title: &str) -> Result<Secret, CommandError> {
        let answer = self.next()?;
        self.seen += &format!("{title}\npassword:\n");
        Ok(Secret::new(answer))
    }

    fn is_person(&self) -> bool {
        self.person
    }
}
