//! Making a remote, and editing one: options, summary, and the one moment at
//! which the file is written.

use super::options::{Answers, ask_all};
use super::{Wizard, broken};
use crate::commands::config::section::summary;
use crate::commands::dialogue::ask::{self, Choice, List};
use crate::config::kinds::{self, KINDS, Kind};
use crate::config::{ConfigError, Section};
use crate::exit::CommandError;

/// What follows once a remote is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it is as the user wants it.
    Done,
    /// The questions again.
    Edit,
    /// It goes.
    Delete,
}

impl Wizard<'_> {
    pub(super) async fn new_remote(&mut self) -> Result<(), CommandError> {
        self.prompt.say("\n")?;
        let name = self.name()?;
        let kind = self.storage()?;
        let mut section = Section::new(&name);
        section.set("type", kind.name);
        self.set_up(kind, None, section).await
    }

    pub(super) async fn edit_remote(&mut self) -> Result<(), CommandError> {
        let remote = self.select()?;
        let name = remote.get("type").unwrap_or_default();
        let Some(kind) = kinds::kind(name) else {
            return self.prompt.say(&format!(
                "{:?} cannot be edited here: {name:?} is no type of remote that megarc has.\n",
                remote.name()
            ));
        };
        self.prompt.say("\n")?;
        self.say_editing(&remote)?;
        self.set_up(kind, Some(remote.clone()), remote).await
    }

    /// Asks which kind of remote.
    fn storage(&mut self) -> Result<&'static Kind, CommandError> {
        let choices: Vec<Choice<'_>> = KINDS
            .iter()
            .map(|kind| Choice {
                value: kind.name,
                help: kind.help,
            })
            .collect();
        let list = List {
            name: "Storage",
            choices: &choices,
            default: None,
            closed: false,
        };
        self.prompt.say("\n")?;
        loop {
            self.prompt
                .say("Option Storage.\nType of storage to configure.\n")?;
            let name = ask::one_of(self.prompt, &list)?;
            match kinds::kind(&name) {
                Some(kind) => return Ok(kind),
                None => self.prompt.say(&format!(
                    "Bad remote {name:?}: didn't find backend called {name:?}\n"
                ))?,
            }
        }
    }

    /// Asks for everything about a remote, until it is kept as the user wants
    /// it, or gone. `before` is what the file holds.
    async fn set_up(
        &mut self,
        kind: &Kind,
        mut before: Option<Section>,
        section: Section,
    ) -> Result<(), CommandError> {
        let name = section.name().to_owned();
        let mut answers = Answers::of(section);
        loop {
            ask_all(self.prompt, kind, &mut answers, &[])?;
            let next = match self.keep(&answers)? {
                'y' => {
                    self.save(before.as_ref(), &answers.section)?;
                    let code = answers.code.take();
                    let next = self.try_login(&answers.section, code).await?;
                    // The login has left a key there.
                    before = self.config().section(&name);
                    if let Some(saved) = &before {
                        answers = Answers::of(saved.clone());
                    }
                    next
                }
                'e' => Next::Edit,
                _ => Next::Delete,
            };
            match next {
                Next::Done => return Ok(()),
                Next::Delete if before.is_none() => return Ok(()),
                Next::Delete => {
                    let removed = self.config().edit(|draft| Ok(draft.remove(&name)));
                    return removed.map(drop).map_err(|e| broken(&e));
                }
                Next::Edit => {}
            }
            self.prompt.say("\n")?;
            self.say_editing(&answers.section)?;
        }
    }

    fn say_editing(&mut self, section: &Section) -> Result<(), CommandError> {
        let name = section.name();
        self.prompt.say(&format!(
            "Editing existing {name:?} remote with options:\n{}",
            summary(section)
        ))
    }

    /// Shows the answers and asks what becomes of them: y, e or d.
    fn keep(&mut self, answers: &Answers) -> Result<char, CommandError> {
        let section = &answers.section;
        self.prompt.say(&format!(
            "\nConfiguration complete.\nOptions:\n{}Keep this {:?} remote?\n",
            summary(section),
            section.name()
        ))?;
        let menu = [
            ('y', "Yes this is OK"),
            ('e', "Edit this remote"),
            ('d', "Delete this remote"),
        ];
        ask::letter(self.prompt, &menu, Some('y'))
    }

    /// Writes what differs from what the file held.
    fn save(&self, before: Option<&Section>, after: &Section) -> Result<(), CommandError> {
        let name = after.name();
        let saved = self.config().edit(|draft| {
            // Other programs may have been here since.
            let now = draft.section(name);
            let before = match (before, &now) {
                (None, Some(_)) => return Err(ConfigError::Exists(name.to_owned())),
                (Some(before), Some(_)) => before.clone(),
                (_, None) => Section::new(name),
            };
            for (key, _) in before.iter().filter(|(key, _)| after.get(key).is_none()) {
                draft.unset(name, key);
            }
            for (key, value) in after.iter() {
                if before.get(key) != Some(value) {
                    draft.set(name, key, value);
                }
            }
            Ok(())
        });
        saved.map_err(|e| broken(&e))
    }
}
