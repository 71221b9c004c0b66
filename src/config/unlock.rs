//! Where the password of an encrypted configuration comes from: a command,
//! the environment, a question; the first that is there decides.

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

use super::envelope::{Envelope, EnvelopeError, Seal};
use super::{Env, Secret};

/// Asks for the password; `None` gives up.
pub type AskPassword<'a> = &'a dyn Fn() -> Option<Secret>;

/// Tells the command that the password it prints is to be a new one.
const CHANGE: &str = "MEGARC_PASSWORD_CHANGE";

/// Why an encrypted configuration stays closed.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// What is sealed is damaged, or by a later version.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The command gave no password.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// What the command printed does not open it.
    #[error("using --password-command derived password, unable to decrypt configuration")]
    WrongCommand,
    /// The variable does not open it.
    #[error("using {0} env password, unable to decrypt configuration")]
    WrongVariable(&'static str),
    /// Nobody to ask.
    #[error(
        "unable to decrypt configuration and not allowed to ask for password - set {0} to your configuration password"
    )]
    NotAllowed(&'static str),
    /// Who was asked gave up.
    #[error("unable to decrypt configuration: no password was given")]
    NotGiven,
}

/// Why a command gave no password.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be run, or failed.
    #[error("password command failed: {0}")]
    Failed(String),
    /// It printed nothing.
    #[error("--password-command returned empty string")]
    Empty,
}

/// A command that prints the password: its words.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PasswordCommand(pub Vec<String>);

/// The password may stand in the command itself.
impl fmt::Debug for PasswordCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordCommand(***)")
    }
}

impl PasswordCommand {
    /// What it prints, without line ends; `None` when there is no command.
    /// `change`: the password is to be a new one.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn run(&self, change: bool) -> Result<Option<Secret>, CommandError> {
        let Some((program, arguments)) = self.0.split_first() else {
            return Ok(None);
        };
        let failed = |why: String| {
            tracing::error!("Using --password-command returned: {why}");
            CommandError::Failed(why)
        };
        let mut command = Command::new(program);
        // It may ask somebody, and complain.
        command
            .args(arguments)
            .stdin(Stdio::inherit())
            .stderr(Stdio::inherit());
        // A password in the environment is for us, not for what we start.
        for (name, _) in Env::from_process().ours() {
            command.env_remove(name);
        }
        if change {
            command.env(CHANGE, "1");
        }
        let output = command.output().map_err(|error| {
            failed(match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("exec: {program:?}: executable file not found in $PATH")
                }
                _ => format!("exec: {program:?}: {error}"),
            })
        })?;
        if !output.status.success() {
            return Err(failed(ended(output.status)));
        }
        let printed = Secret::new(
            String::from_utf8(output.stdout)
                .map_err(|_| failed("what it printed is no text in UTF-8".to_owned()))?,
        );
        match printed.expose().trim_matches(['\r', '\n']) {
            "" => Err(CommandError::Empty),
            password => Ok(Some(Secret::new(password))),
        }
    }
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

/// What the password may be had from.
pub(super) struct Passwords<'a> {
    pub(super) command: &'a PasswordCommand,
    pub(super) env: &'a Env,
    /// The variable that may hold it.
    pub(super) variable: &'static str,
    pub(super) ask: Option<AskPassword<'a>>,
}

impl Passwords<'_> {
    /// Opens a sealed file. A wrong answer brings the question again; the
    /// others have one try.
    pub(super) fn open(&self, envelope: &Envelope) -> Result<(Secret, Seal), UnlockError> {
        if let Some(password) = self.command.run(false)? {
            return attempt(envelope, &password)?.ok_or(UnlockError::WrongCommand);
        }
        let variable = self.variable;
        if let Some(password) = self.env.var(variable) {
            let password = Secret::new(password);
            return match attempt(envelope, &password) {
                Err(UnlockError::Envelope(why @ EnvelopeError::EmptyPassword)) => {
                    tracing::error!("Using {variable} returned: {why}");
                    Err(UnlockError::WrongVariable(variable))
                }
                tried => tried?.ok_or(UnlockError::WrongVariable(variable)),
            };
        }
        let ask = self.ask.ok_or(UnlockError::NotAllowed(variable))?;
        loop {
            let password = ask().ok_or(UnlockError::NotGiven)?;
            if let Some(opened) = attempt(envelope, &password)? {
                return Ok(opened);
            }
        }
    }
}

/// Tries a password; says so when it is wrong.
fn attempt(envelope: &Envelope, password: &Secret) -> Result<Option<(Secret, Seal)>, UnlockError> {
    match envelope.unlock(password) {
        Ok(opened) => Ok(Some(opened)),
        Err(wrong @ EnvelopeError::WrongPassword) => {
            tracing::error!("{wrong}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
