//! The dialogue of `megarc config`: rclone's menus, keys and order of
//! questions.
//!
//! Unlike rclone's it writes nothing before the last question of a remote is
//! answered, and then all at once: who stops half-way finds the file as it
//! was.

mod encryption;
pub(super) mod login;
mod manage;
pub(super) mod options;
pub(super) mod password;
mod setup;

use std::fmt::Write as _;

use super::broken;
use crate::commands::Context;
use crate::commands::dialogue::{Prompt, Terminal, ask};
use crate::config::{Config, PasswordCommand, Section};
use crate::exit::CommandError;
use crate::remote::open::Opener;

/// Set up remotes, with questions
///
/// The same as 'megarc config' alone.
#[derive(clap::Args)]
pub(super) struct Args {}

/// Runs the dialogue on the terminal.
///
/// # Errors
/// The answers end before the dialogue does, or the file cannot be written.
pub(super) async fn run(ctx: &Context) -> Result<(), CommandError> {
    ctx.say_when_unconfigured();
    let mut terminal = Terminal::new(ctx);
    let mut wizard = Wizard::new(&ctx.opener, &mut terminal);
    if let Some(command) = &ctx.flags.place.password_command {
        wizard.password_command = command.clone();
    }
    wizard.run().await
}

/// A dialogue under way.
pub(super) struct Wizard<'a> {
    opener: &'a Opener,
    prompt: &'a mut dyn Prompt,
    /// What gives a new password of the configuration, instead of the user.
    password_command: PasswordCommand,
}

impl<'a> Wizard<'a> {
    /// A dialogue about the configuration of `opener`.
    pub(super) fn new(opener: &'a Opener, prompt: &'a mut dyn Prompt) -> Self {
        Self {
            opener,
            prompt,
            password_command: PasswordCommand::default(),
        }
    }

    fn config(&self) -> &Config {
        self.opener.config()
    }

    /// The main menu, until the user leaves it.
    pub(super) async fn run(&mut self) -> Result<(), CommandError> {
        self.config().check_writable().map_err(|e| broken(&e))?;
        if self.config().path().is_none() {
            self.prompt.remark(
                "The configuration is in memory only: what is set here is lost at the end.",
            );
        }
        loop {
            let remotes = self.remotes();
            let key = if remotes.is_empty() {
                self.prompt.say("No remotes found, make a new one?\n")?;
                let menu = [
                    ('n', "New remote"),
                    ('s', "Set configuration password"),
                    ('q', "Quit config"),
                ];
                ask::letter(self.prompt, &menu, None)?
            } else {
                self.prompt.say(&table(&remotes))?;
                let menu = [
                    ('e', "Edit existing remote"),
                    ('n', "New remote"),
                    ('d', "Delete remote"),
                    ('r', "Rename remote"),
                    ('c', "Copy remote"),
                    ('s', "Set configuration password"),
                    ('q', "Quit config"),
                ];
                ask::letter(self.prompt, &menu, None)?
            };
            match key {
                'n' => self.new_remote().await?,
                'e' => self.edit_remote().await?,
                'd' => self.delete_remote()?,
                'r' => self.rename_remote()?,
                'c' => self.copy_remote()?,
                's' => self.configuration_password()?,
                _ => return Ok(()),
            }
            self.prompt.say("\n")?;
        }
    }

    /// The remotes of the file by name.
    fn remotes(&self) -> Vec<Section> {
        let mut remotes = self.config().sections();
        remotes.sort_by(|a, b| a.name().cmp(b.name()));
        remotes
    }
}

fn table(remotes: &[Section]) -> String {
    let mut text = "Current remotes:\n\n".to_owned();
    let headings = [("Name", "Type"), ("====", "====")];
    let remotes = remotes
        .iter()
        .map(|remote| (remote.name(), remote.get("type").unwrap_or_default()));
    for (name, kind) in headings.into_iter().chain(remotes) {
        let _ = writeln!(text, "{name:<20} {kind}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
