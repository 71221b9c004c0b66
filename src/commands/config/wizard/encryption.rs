//! The password of the configuration file.

use super::Wizard;
use crate::commands::config::broken;
use crate::commands::config::encryption::{command_failed, new_password};
use crate::commands::dialogue::ask;
use crate::config::Secret;
use crate::exit::CommandError;

impl Wizard<'_> {
    /// The menu about the password, until the user leaves it. What is chosen
    /// is done at once.
    pub(super) fn configuration_password(&mut self) -> Result<(), CommandError> {
        if self.config().path().is_none() {
            self.prompt
                .remark("The configuration is in memory only: there is no file to encrypt.");
            return Ok(());
        }
        loop {
            let encrypted = self.config().is_encrypted();
            let key = if encrypted {
                self.prompt.say("Your configuration is encrypted.\n")?;
                let menu = [
                    ('c', "Change Password"),
                    ('u', "Unencrypt configuration"),
                    ('q', "Quit to main menu"),
                ];
                ask::letter(self.prompt, &menu, None)?
            } else {
                self.prompt.say(
                    "Your configuration is not encrypted.\n\
                     A password keeps the logins in it from whoever gets the file.\n",
                )?;
                let menu = [('a', "Add Password"), ('q', "Quit to main menu")];
                ask::letter(self.prompt, &menu, None)?
            };
            match key {
                'a' | 'c' => {
                    let password = self.new_password()?;
                    let set = self.config().set_password(Some(&password));
                    set.map_err(|e| broken(&e))?;
                    let done = if encrypted { "changed" } else { "set" };
                    self.prompt.say(&format!("Password {done}\n"))?;
                }
                'u' => self.config().set_password(None).map_err(|e| broken(&e))?,
                _ => return Ok(()),
            }
        }
    }

    fn new_password(&mut self) -> Result<Secret, CommandError> {
        match self.password_command.run(true).map_err(command_failed)? {
            Some(password) => Ok(password),
            None => new_password(self.prompt),
        }
    }
}
