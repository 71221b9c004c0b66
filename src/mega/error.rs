//! What can go wrong in the MEGA client, told apart by what happened.
//!
//! What a user should *do* is added further up, where the remote and the
//! command are known. No text here carries a secret: URLs lose their query
//! (session ids travel there) before they come near an error.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::mega::crypto::CryptoError;
use crate::mega::transport::TransportError;

/// A failed operation of the MEGA client.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server understood the command and refused it.
    #[error("{}", code.meaning())]
    Api {
        /// The command's letter name, for the log.
        command: &'static str,
        /// The server's number.
        code: ErrorCode,
    },
    /// The server made some of what it was asked for, and refused the rest.
    #[error("only {made} of {all} items were made: {}", code.meaning())]
    Partial {
        /// How many there are now.
        made: usize,
        /// How many there should be.
        all: usize,
        /// Why the first of the others was refused.
        code: ErrorCode,
    },
    /// The request did not get through, even after the retries.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server answered with something that is not the protocol.
    #[error("unexpected answer to '{command}' from the server: {what}")]
    Protocol {
        /// The command's letter name.
        command: &'static str,
        /// What is wrong with the answer.
        what: String,
    },
    /// A key, attribute or signature does not decrypt or verify.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The content does not have the MAC that its key promises.
    #[error("content verification failed: the data is not what was uploaded")]
    MacMismatch,
    /// The transfer quota is used up.
    #[error("transfer quota exceeded{}", display_wait(*retry_after))]
    Quota {
        /// When more is allowed again, if the server said so.
        retry_after: Option<Duration>,
    },
    /// The login was refused.
    #[error(transparent)]
    Login(#[from] LoginFailure),
    /// The source of an upload changed while it was read.
    #[error("source changed while it was read: {0}")]
    SourceChanged(String),
    /// The source of an upload could not be read; says why in its own words.
    #[error("{0}")]
    Source(Box<dyn std::error::Error + Send + Sync>),
    /// The upload host gave the upload up, and starting over is not possible
    /// or did not help.
    #[error("the upload was lost: {0}")]
    UploadLost(ErrorCode),
    /// The link is not usable.
    #[error(transparent)]
    Link(#[from] crate::mega::crypto::link::LinkError),
    /// A folder was needed, and a file has that name.
    #[error("'{0}' is a file not a directory")]
    FileInTheWay(String),
    /// No such node, or no such path.
    #[error("{0} not found")]
    NotFound(String),
    /// The operation makes no sense here; says why.
    #[error("{0}")]
    Invalid(String),
    /// The local disk failed.
    #[error("{what}: {source}")]
    Io {
        /// The operation and the path concerned.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
}

fn display_wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(", more is allowed in {} seconds", wait.as_secs())
    })
}

impl Error {
    /// A refusal with `code`.
    #[must_use]
    pub fn api(command: &'static str, code: ErrorCode) -> Self {
        Self::Api { command, code }
    }

    /// An answer that is not the protocol.
    #[must_use]
    pub fn protocol(command: &'static str, what: impl Into<String>) -> Self {
        Self::Protocol {
            command,
            what: what.into(),
        }
    }

    /// A failure of the local disk while doing `what`.
    #[must_use]
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }

    /// The server's number, if this is a refusal.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Api { code, .. } | Self::Partial { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the same operation may succeed a little later. The request
    /// level has retried already; this is for whole files and commands.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Api { code, .. } => code.is_temporary(),
            Self::Transport(error) => error.is_temporary(),
            Self::MacMismatch | Self::SourceChanged(_) | Self::UploadLost(_) => true,
            Self::Login(failure) => failure.is_temporary(),
            _ => false,
        }
    }
}

/// An error number of the MEGA API (docs/protocol.md, "Error codes").
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub i64);

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        impl ErrorCode {
            $(
                #[doc = $meaning]
                pub const $name: Self = Self($code);
            )*

            /// The SDK's name of the code, or `UNKNOWN`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($code => stringify!($name),)*
                    _ => "UNKNOWN",
                }
            }

            /// What the code says, as part of a message: lower case, no full stop.
            #[must_use]
            pub fn meaning(self) -> String {
                match self.0 {
                    $($code => format!(concat!($meaning, " ({} {})"), stringify!($name), self.0),)*
                    other => format!("the server refused with the unknown code {other}"),
                }
            }
        }
    };
}

codes! {
    EINTERNAL = -1, "internal error of the server";
    EARGS = -2, "the server found the command malformed";
    EAGAIN = -3, "the server is busy, try again";
    ERATELIMIT = -4, "too many requests, slow down";
    EFAILED = -5, "the server could not complete the operation";
    ETOOMANY = -6, "too many requests for this resource";
    ERANGE = -7, "out of range";
    EEXPIRED = -8, "expired";
    ENOENT = -9, "object not found";
    ECIRCULAR = -10, "a folder cannot be moved into itself";
    EACCESS = -11, "access denied";
    EEXIST = -12, "already exists";
    EINCOMPLETE = -13, "incomplete";
    EKEY = -14, "wrong key or damaged data";
    ESID = -15, "the session is no longer valid";
    EBLOCKED = -16, "blocked: the account is suspended or the file was taken down";
    EOVERQUOTA = -17, "over quota: no storage or transfer allowance left";
    ETEMPUNAVAIL = -18, "temporarily unavailable";
    ETOOMANYCONNECTIONS = -19, "too many connections";
    EWRITE = -20, "could not be written";
    EREAD = -21, "could not be read";
    EAPPKEY = -22, "the server does not accept this application";
    ESSL = -23, "the secure connection could not be verified";
    EGOINGOVERQUOTA = -24, "not enough storage left for this file";
    EROLLEDBACK = -25, "the operation was rolled back";
    EMFAREQUIRED = -26, "a two-factor code is required";
    EMASTERONLY = -27, "not allowed for a sub-user of a business account";
    EBUSINESSPASTDUE = -28, "the business account has expired";
    EPAYWALL = -29, "the account is locked: its storage has been over the limit for too long";
    ESUBUSERKEYMISSING = -30, "the sub-user has not shared its key yet";
    ESHAREROVERQUOTA = -401, "the owner of the share is over quota";
}

impl ErrorCode {
    /// Whether the same command may succeed later without any change.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::EINTERNAL
                | Self::EAGAIN
                | Self::ERATELIMIT
                | Self::EFAILED
                | Self::ETOOMANY
                | Self::ETEMPUNAVAIL
                | Self::ETOOMANYCONNECTIONS
                | Self::EROLLEDBACK
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.meaning())
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

/// Why a login did not succeed, in words that fit a login: the bare codes
/// would say "object not found" for a wrong password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoginFailure {
    /// `-9`: the server does not tell the two apart.
    #[error("wrong e-mail address or password{}", display_hints(*non_ascii, *outer_spaces))]
    WrongCredentials {
        /// The password has characters beyond ASCII.
        non_ascii: bool,
        /// The password begins or ends with white space.
        outer_spaces: bool,
    },
    /// `-8`.
    #[error("the account or its confirmation has expired")]
    Expired,
    /// `-6`, `-4`.
    #[error("too many login attempts: the server accepts none for a while")]
    TooManyAttempts,
    /// `-13`.
    #[error("the account is not confirmed yet: follow the link in MEGA's e-mail first")]
    NotConfirmed,
    /// `-16`.
    #[error("the account is blocked: log in on mega.nz to learn why")]
    Blocked,
    /// `-26` and nobody to ask for a code.
    #[error(
        "the account asks for a two-factor code and none is at hand: \
         give one with --mega-2fa, or set otp_command"
    )]
    SecondFactorMissing,
    /// `-26` (or `-5`) again, after a code was sent.
    #[error("the two-factor code was not accepted: it may have expired, or the clock is off")]
    SecondFactorWrong,
    /// The upper layer could not get a code; says why.
    #[error("no two-factor code: {0}")]
    SecondFactorUnavailable(String),
    /// The server's answer cannot belong to this account and password.
    #[error("the server's login answer does not fit this account: {0}")]
    BadAnswer(String),
    /// This client was opened without an account.
    #[error("not logged in: this needs an account")]
    NotLoggedIn,
    /// Any other refusal.
    #[error("login refused: {0}")]
    Refused(ErrorCode),
}

fn display_hints(non_ascii: bool, outer_spaces: bool) -> &'static str {
    match (non_ascii, outer_spaces) {
        (false, false) => "",
        (true, false) => {
            " (the password has characters beyond ASCII: check how they were typed and stored)"
        }
        (false, true) => " (the password begins or ends with a space: is that intended?)",
        (true, true) => {
            " (the password has characters beyond ASCII and begins or ends with a space: \
             check how it was typed and stored)"
        }
    }
}

impl LoginFailure {
    /// Translates the code that answered `us0` or `us` for `password`.
    #[must_use]
    pub fn from_code(code: ErrorCode, password: &str) -> Self {
        match code {
            ErrorCode::ENOENT => Self::WrongCredentials {
                non_ascii: !password.is_ascii(),
                outer_spaces: password.trim() != password,
            },
            ErrorCode::EEXPIRED => Self::Expired,
            ErrorCode::ETOOMANY | ErrorCode::ERATELIMIT => Self::TooManyAttempts,
            ErrorCode::EINCOMPLETE => Self::NotConfirmed,
            ErrorCode::EBLOCKED => Self::Blocked,
            ErrorCode::EMFAREQUIRED => Self::SecondFactorMissing,
            other => Self::Refused(other),
        }
    }

    /// Whether waiting may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(code) => code.is_temporary(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names_and_meanings() {
        assert_eq!(ErrorCode(-9).name(), "ENOENT");
        assert_eq!(ErrorCode(-9).meaning(), "object not found (ENOENT -9)");
        assert_eq!(format!("{:?}", ErrorCode(-777)), "UNKNOWN (-777)");
        assert!(ErrorCode(-777).meaning().contains("-777"));
    }

    #[test]
    fn a_refused_login_never_says_object_not_found() {
        for code in -30..0 {
            let text = LoginFailure::from_code(ErrorCode(code), "x").to_string();
            assert!(!text.contains("object not found"), "{code}: {text}");
        }
    }

    #[test]
    fn hints_follow_the_password() {
        let text = LoginFailure::from_code(ErrorCode::ENOENT, "pässwört ").to_string();
        assert!(
            text.contains("beyond ASCII") && text.contains("space"),
            "{text}"
        );
        assert!(!text.contains("pässwört"), "{text}");
    }
}
