//! Names: choosing a remote, and deleting, renaming, copying one.

use super::Wizard;
use crate::commands::config::broken;
use crate::commands::dialogue::ask::{self, Choice, List};
use crate::config::{ConfigError, Section};
use crate::exit::CommandError;
use crate::remote::spec::{SpecError, check_name};

impl Wizard<'_> {
    /// Asks for a name that no remote has.
    pub(super) fn name(&mut self) -> Result<String, CommandError> {
        loop {
            self.prompt.say("Enter name for new remote.\n")?;
            let name = self.prompt.line("name> ")?;
            let wrong = match check_name(&name) {
                Err(SpecError::EmptyName) => "Can't use empty name.".to_owned(),
                Err(error) => format!("Can't use {name:?} as {error}."),
                Ok(()) if self.config().section(&name).is_some() => {
                    ConfigError::Exists(name).to_string()
                }
                Ok(()) => return Ok(name),
            };
            self.prompt.say(&format!("{wrong}\n"))?;
        }
    }

    /// Asks for a remote of the file.
    pub(super) fn select(&mut self) -> Result<Section, CommandError> {
        self.prompt.say("\nSelect remote.\n")?;
        let remotes = self.remotes();
        let choices: Vec<Choice<'_>> = remotes
            .iter()
            .map(|remote| Choice {
                value: remote.name(),
                help: "",
            })
            .collect();
        let list = List {
            name: "remote",
            choices: &choices,
            default: None,
            closed: true,
        };
        let name = ask::one_of(self.prompt, &list)?;
        let chosen = remotes.into_iter().find(|remote| remote.name() == name);
        chosen.ok_or_else(|| broken(&ConfigError::NoSection(name)))
    }

    pub(super) fn delete_remote(&mut self) -> Result<(), CommandError> {
        let remote = self.select()?;
        let removed = self.config().edit(|draft| {
            draft.remove(remote.name());
            Ok(())
        });
        removed.map_err(|e| broken(&e))?;
        self.prompt.say("\n")
    }

    pub(super) fn rename_remote(&mut self) -> Result<(), CommandError> {
        let remote = self.select()?;
        let old = remote.name();
        self.prompt
            .say(&format!("\nEnter new name for {old:?} remote.\n"))?;
        let new = self.name()?;
        let renamed = self.config().edit(|draft| {
            if draft.section(&new).is_some() {
                return Err(ConfigError::Exists(new.clone()));
            }
            if draft.rename(old, &new) {
                Ok(())
            } else {
                Err(ConfigError::NoSection(old.to_owned()))
            }
        });
        renamed.map_err(|e| broken(&e))
    }

    pub(super) fn copy_remote(&mut self) -> Result<(), CommandError> {
        let remote = self.select()?;
        self.prompt.say(&format!(
            "\nEnter name for copy of {:?} remote.\n",
            remote.name()
        ))?;
        let new = self.name()?;
        let copied = self.config().edit(|draft| {
            if draft.section(&new).is_some() {
                return Err(ConfigError::Exists(new.clone()));
            }
            for (key, value) in remote.iter() {
                draft.set(&new, key, value);
            }
            Ok(())
        });
        copied.map_err(|e| broken(&e))
    }
}
