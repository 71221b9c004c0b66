//! Errors as the user meets them: exit codes, wording, hints.
//!
//! A command returns a [`CommandError`]; here alone it is decided which
//! number the process ends with, and whether the error stopped the command
//! before it began ([`Stage::Start`]) or while it ran.

use std::fmt;

use crate::engine;
use crate::remote::spec::printable;
use crate::remote::{ErrorKind, RemoteError};

/// How the process ends; the numbers are rclone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Anything without a number of its own.
    Other,
    /// The command line is wrong.
    Usage,
    /// A directory does not exist.
    DirNotFound,
    /// A file does not exist.
    FileNotFound,
    /// A temporary failure outlived all retries.
    Temporary,
    /// An error that no retry can mend.
    NoRetry,
    /// The run was stopped for good.
    Fatal,
    /// `--max-transfer` is used up.
    MaxTransfer,
    /// `--max-duration` is over.
    MaxDuration,
    /// `--error-on-no-transfer`, and nothing was transferred.
    NothingTransferred,
    /// A signal with this number ended the run.
    Signal(u8),
}

impl Code {
    /// The number for the system.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::DirNotFound => 3,
            Self::FileNotFound => 4,
            Self::Temporary => 5,
            Self::NoRetry => 6,
            Self::Fatal => 7,
            Self::MaxTransfer => 8,
            Self::NothingTransferred => 9,
            Self::MaxDuration => 10,
            Self::Signal(number) => 128 + number,
        }
    }
}

/// When the error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the command began its work: one CRITICAL line, no retries.
    Start,
    /// While it worked: the command may be tried again.
    Run,
    /// It is said already, or there is nobody to tell.
    Silent,
}

/// Why a command failed.
#[derive(Debug)]
pub struct CommandError {
    /// The number the process ends with.
    pub code: Code,
    /// When it came.
    pub stage: Stage,
    /// What to do next, for the line after `hint:`.
    pub hint: Option<String>,
    /// The failed operation, when the engine counted it.
    pub source: Option<Box<engine::Error>>,
    text: String,
}

impl CommandError {
    /// A failure before the work began.
    #[must_use]
    pub fn start(text: impl Into<String>) -> Self {
        Self::new(Code::Other, Stage::Start, text)
    }

    /// A failure of the work.
    #[must_use]
    pub fn run(text: impl Into<String>) -> Self {
        Self::new(Code::Other, Stage::Run, text)
    }

    /// An end that needs no words.
    #[must_use]
    pub fn silent(code: Code) -> Self {
        Self::new(code, Stage::Silent, "")
    }

    fn new(code: Code, stage: Stage, text: impl Into<String>) -> Self {
        Self {
            code,
            stage,
            hint: None,
            source: None,
            text: text.into(),
        }
    }

    /// The location `argument` could not be opened.
    #[must_use]
    pub fn no_file_system(argument: &str, cause: &RemoteError) -> Self {
        Self {
            hint: cause
                .hint
                .clone()
                .or_else(|| next_step(argument, cause.kind)),
            ..Self::start(format!(
                "Failed to create file system for {:?}: {cause}",
                printable(argument)
            ))
        }
    }

    /// The same error with another exit code.
    #[must_use]
    pub fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// The same failure of the engine, said to have happened in `what`.
    #[must_use]
    pub fn within(mut self, what: &str) -> Self {
        if self.source.is_some() {
            self.text = format!("{what}: {}", self.text);
        }
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What to do about a remote that does not open.
fn next_step(argument: &str, kind: ErrorKind) -> Option<String> {
    let name = argument.split(':').next().filter(|name| {
        let named = argument.contains(':') && !name.is_empty();
        named && !name.contains([',', '/'])
    })?;
    let name = printable(name);
    match kind {
        ErrorKind::Unauthenticated => Some(format!(
            "set the password with 'megarc config password {name}'; 'megarc doctor {name}:' looks further"
        )),
        ErrorKind::Network => Some(format!(
            "see 'megarc doctor {name}:' for what does not answer"
        )),
        _ => None,
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for CommandError {}

impl From<engine::Error> for CommandError {
    fn from(error: engine::Error) -> Self {
        // What is missing comes first, whatever a retry could do about it.
        let code = match (error.kind, error.class) {
            (ErrorKind::DirNotFound, _) => Code::DirNotFound,
            (ErrorKind::NotFound, _) => Code::FileNotFound,
            (ErrorKind::MaxTransfer, _) => Code::MaxTransfer,
            (ErrorKind::MaxDuration, _) => Code::MaxDuration,
            // Not tried again, but no reason of its own to stop.
            (ErrorKind::Unauthenticated, _) => Code::Other,
            _ if error.is_temporary() => Code::Temporary,
            (_, engine::Class::NoRetry) => Code::NoRetry,
            (_, engine::Class::Fatal) => Code::Fatal,
            _ => Code::Other,
        };
        Self {
            hint: error.hint.clone(),
            text: error.to_string(),
            source: Some(Box::new(error)),
            ..Self::new(code, Stage::Run, "")
        }
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        engine::Error::from(error).into()
    }
}

/// Standard output failed. A reader that went away is no error worth a word:
/// the process ends as one that SIGPIPE killed.
impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        const SIGPIPE: u8 = 13;
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::silent(Code::Signal(SIGPIPE));
        }
        Self::run(format!("writing to standard output: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_rclones_numbers() {
        for (kind, number) in [
            (ErrorKind::DirNotFound, 3),
            (ErrorKind::NotFound, 4),
            (ErrorKind::DirNotEmpty, 1),
            (ErrorKind::QuotaExceeded, 1),
            (ErrorKind::Cancelled, 7),
            (ErrorKind::MaxTransfer, 8),
            (ErrorKind::MaxDuration, 10),
        ] {
            let error = CommandError::from(RemoteError::new(kind, "reading", "a"));
            assert_eq!(error.code.number(), number, "{kind:?}");
        }
        let later = RemoteError::new(ErrorKind::RateLimited, "reading", "a")
            .retry_later(std::time::Duration::from_secs(1));
        assert_eq!(CommandError::from(later).code.number(), 5);
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_end() {
        let error = CommandError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!((error.code.number(), error.stage), (141, Stage::Silent));
    }
}
