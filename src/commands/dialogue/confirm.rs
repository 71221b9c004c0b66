//! The question before each change, for `--interactive`.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, oneshot, watch};

use super::{Prompt, Terminal, ask};
use crate::engine::Confirm;
use crate::exit::CommandError;
use crate::output::Output;

/// Asks on standard output, one question after the other, and remembers what
/// was answered for all of a kind.
pub struct Confirmation {
    output: Arc<Output>,
    /// Answers for all actions of a kind. Locked while a question stands.
    known: Mutex<HashMap<String, bool>>,
    /// How the dialogue has ended, if it has.
    end: watch::Sender<Option<End>>,
}

/// Why there are no more answers.
#[derive(Debug, Clone)]
enum End {
    /// The user wants to go.
    Quit,
    /// The prompt failed.
    Failed(String),
}

impl Confirmation {
    /// A dialogue that has not begun.
    #[must_use]
    pub fn new(output: &Arc<Output>) -> Arc<Self> {
        Arc::new(Self {
            output: Arc::clone(output),
            known: Mutex::default(),
            end: watch::Sender::new(None),
        })
    }

    /// Waits until the user ends the run, or cannot be asked any more.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ended(&self) -> Result<(), CommandError> {
        let mut end = self.end.subscribe();
        let ended = end.wait_for(Option::is_some).await;
        match ended.as_deref() {
            Ok(Some(End::Failed(why))) => Err(CommandError::start(why.clone())),
            _ => Ok(()),
        }
    }

    /// Asks on a thread of its own: one that waits for a line cannot be woken,
    /// and nobody shall wait for it after a signal.
    async fn letter(&self, action: &str, object: &str) -> Result<char, CommandError> {
        let (tell, told) = oneshot::channel();
        let output = Arc::clone(&self.output);
        let (action, object) = (action.to_owned(), object.to_owned());
        let failed = |why: &dyn std::fmt::Display| CommandError::start(why.to_string());
        std::thread::Builder::new()
            .name("dialogue".to_owned())
            .spawn(move || {
                output.pause_block(true);
                let mut terminal = Terminal::on(&output, &Arc::default());
                let letter = choose(&mut terminal, &action, &object);
                output.pause_block(false);
                // Nobody waits after a signal.
                let _ = tell.send(letter);
            })
            .map_err(|error| failed(&error))?;
        told.await.map_err(|error| failed(&error))?
    }
}

/// Asks for one of the five answers.
fn choose(prompt: &mut dyn Prompt, action: &str, object: &str) -> Result<char, CommandError> {
    prompt.say(&format!("\nmegarc: {action} \"{object}\"?\n"))?;
    let skip_all = format!("Skip all {action} operations with no more questions");
    let do_all = format!("Do all {action} operations with no more questions");
    let menu = [
        ('y', "Yes, this is OK"),
        ('n', "No, skip this"),
        ('s', skip_all.as_str()),
        ('!', do_all.as_str()),
        ('q', "Exit megarc now."),
    ];
    ask::letter(prompt, &menu, Some('y'))
}

#[async_trait]
impl Confirm for Confirmation {
    async fn may(&self, action: &str, object: &str) -> bool {
        let mut known = self.known.lock().await;
        if let Some(answer) = known.get(action) {
            return *answer;
        }
        let end = match self.letter(action, object).await {
            Ok('y') => return true,
            Ok('n') => return false,
            Ok('s') => {
                tracing::warn!("Skipping all {action} operations from now on without asking");
                known.insert(action.to_owned(), false);
                return false;
            }
            Ok('!') => {
                tracing::warn!("Doing all {action} operations from now on without asking");
                known.insert(action.to_owned(), true);
                return true;
            }
            Ok(_) => {
                tracing::warn!("Quitting megarc now");
                End::Quit
            }
            Err(error) => End::Failed(error.to_string()),
        };
        self.end.send_replace(Some(end));
        // The run is dropped; no other question is asked until then.
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::script::Script;
    use super::*;

    #[test]
    fn an_empty_line_means_yes_and_a_wrong_one_is_asked_again() {
        let mut script = Script::new(&["", "x", "!"]);
        assert_eq!(choose(&mut script, "copy", "a b").unwrap(), 'y');
        script.seen.clear();
        assert_eq!(choose(&mut script, "delete", "c").unwrap(), '!');
        assert_eq!(
            script.seen,
            "\nmegarc: delete \"c\"?\n\
             y) Yes, this is OK (default)\n\
             n) No, skip this\n\
             s) Skip all delete operations with no more questions\n\
             !) Do all delete operations with no more questions\n\
             q) Exit megarc now.\n\
             y/n/s/!/q> x\n\
             This value must be one of the following characters: y, n, s, !, q.\n\
             y/n/s/!/q> !\n"
        );
        assert!(choose(&mut script, "delete", "c").is_err());
    }
}
