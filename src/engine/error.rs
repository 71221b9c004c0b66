//! A failed operation as the run remembers it: text, kind, and what a retry
//! of the whole command can do about it.

use std::fmt;
use std::time::Duration;

use crate::remote::{ErrorKind, RemoteError, Retry};

/// What a retry of the whole command can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The same again would fail again.
    NoRetry,
    /// Another try may help.
    Retry,
    /// The run stops, and is not tried again.
    Fatal,
}

/// A failed operation. Cheap to clone, so that the statistics can keep the
/// last one while the caller returns it.
#[derive(Debug, Clone)]
pub struct Error {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// What a retry of the whole command can do.
    pub class: Class,
    /// The store asked to wait so long; set for temporary failures only.
    pub retry_after: Option<Duration>,
    /// What to do next, for the line after `hint:`.
    pub hint: Option<String>,
    text: String,
    counted: bool,
}

impl Error {
    /// An error of `kind` that another try may mend.
    #[must_use]
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            class: Class::Retry,
            retry_after: None,
            hint: None,
            text: text.into(),
            counted: false,
        }
    }

    /// The same error with another class.
    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Whether [`super::Stats::count_error`] has seen it.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.counted
    }

    /// Whether it is a directory that may not be listed, on a disk: its text
    /// says so, and no retry changes it.
    #[must_use]
    pub fn is_closed_dir(&self) -> bool {
        self.kind == ErrorKind::PermissionDenied && self.class == Class::NoRetry
    }

    /// The same error, said to have happened in `what`.
    #[must_use]
    pub fn within(mut self, what: &str) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }

    /// Whether the store called the failure temporary.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.retry_after.is_some()
    }

    pub(super) fn counted(mut self) -> Self {
        self.counted = true;
        self
    }
}

impl From<RemoteError> for Error {
    fn from(error: RemoteError) -> Self {
        let class = match error.kind {
            // Asking again would meet the same refusal, and on a locked
            // account make matters worse.
            ErrorKind::Cancelled
            | ErrorKind::DiskFull
            | ErrorKind::Unauthenticated
            | ErrorKind::MaxTransfer
            | ErrorKind::MaxDuration => Class::Fatal,
            // Nobody opens it meanwhile.
            ErrorKind::PermissionDenied if error.op == "listing" => Class::NoRetry,
            _ => Class::Retry,
        };
        Self {
            kind: error.kind,
            class,
            retry_after: match error.retry {
                Retry::Never => None,
                Retry::Later(delay) => Some(delay),
            },
            text: error.to_string(),
            hint: error.hint,
            counted: false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_full_disk_nothing_is_tried() {
        let class = |kind| Error::from(RemoteError::new(kind, "writing", "f")).class;
        assert_eq!(class(ErrorKind::DiskFull), Class::Fatal);
        assert_eq!(class(ErrorKind::QuotaExceeded), Class::Retry);
    }
}
