//! `megarc config encryption`: the password of the configuration file.

use clap::Subcommand;

use super::broken;
use crate::commands::Context;
use crate::commands::dialogue::{Prompt, Terminal, ask};
use crate::config::{ConfigError, PasswordCommandError, Secret};
use crate::exit::CommandError;

/// Encrypt the configuration file as a whole, with a password
///
/// Every command then needs the password: from --password-command, from
/// MEGARC_CONFIG_PASS, or from you. It protects the passwords of the remotes
/// and the keys of the kept sessions.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the password.
#[derive(Subcommand)]
enum Action {
    Check(CheckArgs),
    Remove(RemoveArgs),
    Set(SetArgs),
}

/// Check that the configuration file is encrypted, and opens
///
/// The exit code is 2 when it is not encrypted.
#[derive(clap::Args)]
struct CheckArgs {}

/// Make the configuration file a plain one again
#[derive(clap::Args)]
struct RemoveArgs {}

/// Set the password of the configuration file, or change it
///
/// The new one is asked for twice, also where MEGARC_CONFIG_PASS holds the old
/// one. With --password-command, the command is called once more for the new
/// one, with MEGARC_PASSWORD_CHANGE=1 in its environment.
#[derive(clap::Args)]
struct SetArgs {}

/// Runs `megarc config encryption`.
///
/// # Errors
/// There is no password to be had, or the file cannot be written.
pub(super) fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    ctx.say_when_unconfigured();
    let config = ctx.opener.config();
    match &args.action {
        Action::Check(_) if config.is_encrypted() => Ok(()),
        Action::Check(_) => {
            Err(ctx.refuse("config encryption check", &"config file is NOT encrypted"))
        }
        Action::Remove(_) if !config.is_encrypted() => Ok(()),
        Action::Remove(_) => config.set_password(None).map_err(|e| broken(&e)),
        Action::Set(_) if config.path().is_none() => Err(broken(&ConfigError::InMemory)),
        Action::Set(_) => {
            config.check_writable().map_err(|e| broken(&e))?;
            let password = match from_command(ctx)? {
                Some(password) => password,
                None => new_password(&mut Terminal::new(ctx))?,
            };
            config.set_password(Some(&password)).map_err(|e| broken(&e))
        }
    }
}

/// Asks for a new password of the configuration.
///
/// # Errors
/// Those of the prompt.
pub(super) fn new_password(prompt: &mut dyn Prompt) -> Result<Secret, CommandError> {
    ask::password_twice(prompt, "NEW configuration")
}

fn from_command(ctx: &Context) -> Result<Option<Secret>, CommandError> {
    let Some(command) = &ctx.flags.place.password_command else {
        return Ok(None);
    };
    command.run(true).map_err(command_failed)
}

/// The command has no new password.
pub(super) fn command_failed(error: PasswordCommandError) -> CommandError {
    CommandError::start(format!(
        "Failed to read new password with --password-command: {error}"
    ))
}
