//! What can go wrong with a remote, by what a caller can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The kinds of failure, told apart by what a caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No such directory (rclone: `directory not found`, exit code 3).
    DirNotFound,
    /// No such file (rclone: `object not found`, exit code 4).
    NotFound,
    /// Something of that name stands there already.
    AlreadyExists,
    /// A directory was needed and the path names a file.
    IsFile,
    /// A file was needed and the path names a directory.
    IsDir,
    /// The directory still holds something.
    DirNotEmpty,
    /// Login refused or session gone.
    Unauthenticated,
    /// Not allowed.
    PermissionDenied,
    /// Storage is full, or the transfer quota is used up.
    QuotaExceeded,
    /// The disk is full, and nothing more shall be tried.
    DiskFull,
    /// The server asks for fewer requests.
    RateLimited,
    /// Content, key or attributes failed verification.
    Corrupt,
    /// The source changed while it was read.
    Changed,
    /// This remote cannot do that.
    Unsupported,
    /// An argument or a configuration value is wrong.
    Invalid,
    /// The network or the server failed.
    Network,
    /// The local disk failed.
    Io,
    /// The user stopped it.
    Cancelled,
    /// As many bytes went as may go in one run.
    MaxTransfer,
    /// As many files were deleted as may be in one run.
    MaxDelete,
    /// The time that a run may take is over.
    MaxDuration,
}

/// Whether the same operation may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Trying again changes nothing.
    Never,
    /// Worth another try after this time.
    Later(Duration),
}

/// A failed operation on a remote: what, on what, why, and whether to retry.
#[derive(Debug)]
pub struct RemoteError {
    /// What a caller can do about it.
    pub kind: ErrorKind,
    /// Whether another try can help.
    pub retry: Retry,
    /// The operation, in the form "reading", "creating directory".
    pub op: &'static str,
    /// The entry concerned, as the user would write it; may be empty.
    pub path: String,
    /// What to do next, for the line after `hint:`.
    pub hint: Option<String>,
    /// The cause.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl RemoteError {
    /// A final failure of `kind`.
    #[must_use]
    pub fn new(kind: ErrorKind, op: &'static str, path: impl Into<String>) -> Self {
        Self {
            kind,
            retry: Retry::Never,
            op,
            path: path.into(),
            hint: None,
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the cause, in words that need no others before them.
    #[must_use]
    pub fn said(self, text: impl Into<String>) -> Self {
        self.because(Said(text.into()))
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks the failure as worth another try after `delay`.
    #[must_use]
    pub fn retry_later(mut self, delay: Duration) -> Self {
        self.retry = Retry::Later(delay);
        self
    }

    /// Turns an I/O error of the local disk into the kind it means.
    #[must_use]
    pub fn from_io(error: std::io::Error, op: &'static str, path: impl Into<String>) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::AlreadyExists => ErrorKind::AlreadyExists,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
            Io::DirectoryNotEmpty => ErrorKind::DirNotEmpty,
            Io::IsADirectory => ErrorKind::IsDir,
            Io::NotADirectory => ErrorKind::IsFile,
            Io::StorageFull | Io::QuotaExceeded => ErrorKind::QuotaExceeded,
            _ => ErrorKind::Io,
        };
        Self::new(kind, op, path).because(error)
    }

    /// Whether nothing of that name exists.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound | ErrorKind::DirNotFound)
    }
}

/// A cause that names the operation and its object itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

/// What the system says of an error, as its C library words it.
#[must_use]
pub fn system_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

impl ErrorKind {
    /// The words for the kind, rclone's where rclone has them.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DirNotFound => "directory not found",
            Self::NotFound => "object not found",
            Self::AlreadyExists => "already exists",
            Self::IsFile => "is a file not a directory",
            Self::IsDir => "is a directory not a file",
            Self::DirNotEmpty => "directory not empty",
            Self::Unauthenticated => "login refused",
            Self::PermissionDenied => "access denied",
            Self::QuotaExceeded => "not enough storage or transfer quota",
            Self::DiskFull => "no space left on the disk",
            Self::RateLimited => "too many requests",
            Self::Corrupt => "corrupt: verification failed",
            Self::Changed => "source changed while it was read",
            Self::Unsupported => "not supported by this remote",
            Self::Invalid => "invalid",
            Self::Network => "network failure",
            Self::Io => "I/O error",
            Self::Cancelled => "cancelled",
            Self::MaxDelete => "no more may be deleted in this run",
            Self::MaxTransfer => "max transfer limit reached as set by --max-transfer",
            Self::MaxDuration => "max transfer duration reached as set by --max-duration",
        }
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The kind's words are enough where the cause only says it again.
        match (&self.source, self.kind) {
            (Some(source), _) if source.is::<Said>() => write!(f, "{source}"),
            (Some(source), ErrorKind::Io | ErrorKind::Invalid | ErrorKind::Network) => {
                write!(f, "{source}")
            }
            (Some(source), kind) => write!(f, "{}: {source}", kind.words()),
            (None, kind) => f.write_str(kind.words()),
        }
    }
}

impl StdError for RemoteError {
    // The cause is part of the text: a chain printer would say it twice.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        None
    }
}
