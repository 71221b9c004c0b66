//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

/// Why the configuration cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read, written or locked.
    #[error("Failed to {op} config file {path:?}: {source}")]
    Io {
        /// In the form "load", "save".
        op: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is no TOML. Its text is not repeated: it may hold a password.
    #[error("Failed to load config file {path:?}: line {line}, column {column}: {what}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, in characters counted from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The file is no rclone configuration.
    #[error("Failed to load config file {path:?}: {source}")]
    Ini {
        /// The file.
        path: PathBuf,
        /// The line that is wrong.
        source: super::ini::IniError,
    },
    /// The sealed file cannot be opened.
    #[error("Failed to load config file {path:?}: {source}")]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: super::unlock::UnlockError,
    },
    /// A password that cannot seal anything.
    #[error("Bad password: {0}")]
    BadPassword(super::envelope::EnvelopeError),
    /// The password of a configuration that is kept nowhere.
    #[error("the configuration is in memory only: there is no file to encrypt")]
    InMemory,
    /// The file belongs to rclone.
    #[error("{path:?} is rclone's configuration: megarc reads it and never writes it")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// No folder to keep anything in.
    #[error("cannot tell where {what} belongs: {variable} is not set")]
    NoHome {
        /// In the form "the configuration".
        what: &'static str,
        /// The variable that would tell.
        variable: &'static str,
    },
    /// The configuration has no such remote.
    #[error("didn't find section in config file ({0:?})")]
    NoSection(String),
    /// The configuration has a remote of that name.
    #[error("Remote {0:?} already exists.")]
    Exists(String),
    /// A value that its option cannot take.
    #[error("couldn't parse config item {key:?} = {value:?} as {expected}")]
    BadValue {
        /// The option.
        key: String,
        /// What was set.
        value: String,
        /// What it has to be.
        expected: String,
    },
    /// An obscured value that cannot be revealed.
    #[error("couldn't decrypt {key}: {source}")]
    NotObscured {
        /// The option.
        key: String,
        /// Why.
        source: super::obscure::RevealError,
    },
    /// The key that seals sessions is no key.
    #[error(
        "the session_key of {0:?} is no key of 32 bytes in base64url: remove it, and log in again"
    )]
    BadSessionKey(String),
    /// The system gives no random numbers.
    #[error("no random numbers from the system: {0}")]
    Random(String),
}
