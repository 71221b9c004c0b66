//! `megarc config`: a dialogue that sets remotes up, and commands that show
//! and change the configuration file without questions.
//!
//! Changes go through [`crate::config::Config::edit`]: whole or not at all,
//! under the lock, with the comments of the file kept.

mod connection;
mod create;
mod delete;
mod dump;
mod encryption;
mod import;
mod pairs;
mod password;
mod places;
mod providers;
mod questions;
mod section;
mod show;
mod string;
mod unset;
mod update;
mod wizard;

use clap::Subcommand;

use super::Context;
use crate::config::ConfigError;
use crate::exit::CommandError;

/// Set up remotes, and show and change the configuration
///
/// Alone it asks: for new remotes, and for what shall become of the others.
/// Nothing is written before the last question about a remote is answered.
/// Each of the commands below does one thing and asks nothing. The file is
/// edited in place; comments in it stay.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

/// What to do with the configuration.
#[derive(Subcommand)]
enum Action {
    Create(create::Args),
    Delete(delete::Args),
    Disconnect(connection::DisconnectArgs),
    Dump(dump::Args),
    Edit(wizard::Args),
    Encryption(encryption::Args),
    File(places::FileArgs),
    Import(import::Args),
    Password(password::Args),
    Paths(places::PathsArgs),
    Providers(providers::Args),
    Reconnect(connection::ReconnectArgs),
    Redacted(show::RedactedArgs),
    Show(show::Args),
    String(string::Args),
    Touch(places::TouchArgs),
    Unset(unset::Args),
    Update(update::Args),
    Userinfo(connection::UserinfoArgs),
}

impl Args {
    /// Whether the file has to be readable for this.
    #[must_use]
    pub fn loads(&self) -> bool {
        !matches!(
            self.action,
            Some(Action::File(_) | Action::Paths(_) | Action::Touch(_))
        )
    }
}

/// Runs `megarc config`.
///
/// # Errors
/// As each of its commands says.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let Some(action) = &args.action else {
        return wizard::run(ctx).await;
    };
    match action {
        Action::Create(args) => create::run(args, ctx).await,
        Action::Delete(args) => delete::run(args, ctx),
        Action::Disconnect(args) => connection::disconnect(args, ctx).await,
        Action::Dump(args) => dump::run(args, ctx),
        Action::Edit(_) => wizard::run(ctx).await,
        Action::Encryption(args) => encryption::run(args, ctx),
        Action::Import(args) => import::run(args, ctx).await,
        Action::File(args) => places::file(args, ctx),
        Action::Password(args) => password::run(args, ctx),
        Action::Paths(args) => places::paths(args, ctx),
        Action::Providers(args) => providers::run(args, ctx),
        Action::Reconnect(args) => connection::reconnect(args, ctx).await,
        Action::Redacted(args) => show::redacted(args, ctx),
        Action::Show(args) => show::run(args, ctx),
        Action::String(args) => string::run(args, ctx),
        Action::Touch(args) => places::touch(args, ctx),
        Action::Unset(args) => unset::run(args, ctx),
        Action::Update(args) => update::run(args, ctx).await,
        Action::Userinfo(args) => connection::userinfo(args, ctx).await,
    }
}

/// The configuration cannot be read or written.
fn broken(error: &ConfigError) -> CommandError {
    CommandError::start(error.to_string())
}
