//! `megarc config`: the commands that show and change the configuration
//! file, each without questions.
//!
//! Changes go through [`crate::config::Config::edit`]: whole or not at all,
//! under the lock, with the comments of the file kept.

mod create;
mod delete;
mod dump;
mod pairs;
mod password;
mod places;
mod section;
mod show;
mod unset;
mod update;

use clap::Subcommand;

use super::Context;
use crate::config::ConfigError;
use crate::exit::CommandError;

/// Show and change the configuration
///
/// Each of these does one thing and asks nothing. The file is edited in
/// place; comments in it stay.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
enum Action {
    Create(create::Args),
    Delete(delete::Args),
    Dump(dump::Args),
    File(places::FileArgs),
    Password(password::Args),
    Paths(places::PathsArgs),
    Redacted(show::RedactedArgs),
    Show(show::Args),
    Touch(places::TouchArgs),
    Unset(unset::Args),
    Update(update::Args),
}

impl Args {
    /// Whether the file has to be readable for this.
    #[must_use]
    pub fn loads(&self) -> bool {
        !matches!(
            self.action,
            Action::File(_) | Action::Paths(_) | Action::Touch(_)
        )
    }
}

/// Runs `megarc config`.
///
/// # Errors
/// As each of its commands says.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    match &args.action {
        Action::Create(args) => create::run(args, ctx),
        Action::Delete(args) => delete::run(args, ctx),
        Action::Dump(args) => dump::run(args, ctx),
        Action::File(args) => places::file(args, ctx),
        Action::Password(args) => password::run(args, ctx),
        Action::Paths(args) => places::paths(args, ctx),
        Action::Redacted(args) => show::redacted(args, ctx),
        Action::Show(args) => show::run(args, ctx),
        Action::Touch(args) => places::touch(args, ctx),
        Action::Unset(args) => unset::run(args, ctx),
        Action::Update(args) => update::run(args, ctx),
    }
}

/// The configuration cannot be read or written.
fn broken(error: &ConfigError) -> CommandError {
    CommandError::start(error.to_string())
}
