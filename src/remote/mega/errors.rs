//! The client's errors as a remote's: by what can be done about them.

use std::time::Duration;

use crate::mega::{Error, ErrorCode};
use crate::remote::{ErrorKind, RemoteError, RemotePath};

/// How soon a whole file is worth another try, where nobody says.
const SOON: Duration = Duration::from_secs(1);

/// Turns an error of the client into one about `path` while doing `op`.
pub(super) fn explain(op: &'static str, path: &RemotePath) -> impl Fn(Error) -> RemoteError {
    move |error| {
        // A source's own error says more than anything that could be added.
        let error = match error {
            Error::Source(source) => match source.downcast::<RemoteError>() {
                Ok(error) => return *error,
                Err(source) => {
                    return RemoteError::new(ErrorKind::Io, op, path.as_str()).because(source);
                }
            },
            other => other,
        };
        let (kind, hint) = judge(&error);
        let mut explained = RemoteError::new(kind, op, path.as_str());
        explained.hint = hint.map(str::to_owned);
        if error.is_temporary() {
            explained = explained.retry_later(SOON);
        }
        match &error {
            // The kind says it already.
            Error::NotFound(_) | Error::FileInTheWay(_) => explained,
            Error::SourceChanged(what) => explained.because(what.clone()),
            _ => explained.because(error),
        }
    }
}

fn judge(error: &Error) -> (ErrorKind, Option<&'static str>) {
    match error {
        Error::Api { code, .. } | Error::Partial { code, .. } => judge_code(*code),
        Error::Transport(_) | Error::Protocol { .. } | Error::UploadLost(_) => {
            (ErrorKind::Network, None)
        }
        Error::Crypto(_) | Error::MacMismatch => (
            ErrorKind::Corrupt,
            Some("try again; if it stays so, the file is damaged on the server"),
        ),
        Error::Quota { .. } => (
            ErrorKind::QuotaExceeded,
            Some("wait until the quota is free again: MEGA counts free transfer by IP address"),
        ),
        Error::Login(_) => (ErrorKind::Unauthenticated, None),
        Error::SourceChanged(_) => (ErrorKind::Changed, None),
        Error::NotFound(_) => (ErrorKind::NotFound, None),
        Error::FileInTheWay(_) => (ErrorKind::IsFile, None),
        Error::Io { .. } => (ErrorKind::Io, None),
        _ => (ErrorKind::Invalid, None),
    }
}

fn judge_code(code: ErrorCode) -> (ErrorKind, Option<&'static str>) {
    match code {
        ErrorCode::ENOENT => (ErrorKind::NotFound, None),
        ErrorCode::EEXIST => (ErrorKind::AlreadyExists, None),
        ErrorCode::EACCESS | ErrorCode::EMASTERONLY => (ErrorKind::PermissionDenied, None),
        ErrorCode::EBLOCKED => (
            ErrorKind::PermissionDenied,
            Some("log in on mega.nz to learn why"),
        ),
        ErrorCode::EOVERQUOTA | ErrorCode::EGOINGOVERQUOTA | ErrorCode::EPAYWALL => (
            ErrorKind::QuotaExceeded,
            Some("see 'megarc about' for what is used; 'megarc cleanup' empties the rubbish bin"),
        ),
        ErrorCode::ESID => (ErrorKind::Unauthenticated, None),
        ErrorCode::EKEY => (ErrorKind::Corrupt, None),
        ErrorCode::ERATELIMIT | ErrorCode::ETOOMANY | ErrorCode::ETOOMANYCONNECTIONS => {
            (ErrorKind::RateLimited, None)
        }
        ErrorCode::EARGS | ErrorCode::ECIRCULAR | ErrorCode::EEXPIRED => (ErrorKind::Invalid, None),
        _ => (ErrorKind::Network, None),
    }
}
