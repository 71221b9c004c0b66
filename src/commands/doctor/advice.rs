//! From what went wrong to the likely cause and the cure.

use super::report::Failure;
use crate::engine::trial;
use crate::remote::{ErrorKind, RemoteError};

/// What a failed step means for whoever has `remote`.
pub(super) fn about(error: &RemoteError, remote: &str) -> Failure {
    let (cause, cure) = by_kind(error.kind, remote);
    Failure {
        found: error.to_string(),
        cause: cause.to_owned(),
        cure: error.hint.clone().unwrap_or(cure),
    }
}

/// The same for the file that travels there and back.
pub(super) fn about_trial(failed: &trial::Failed, remote: &str) -> Failure {
    let mut failure = about(&failed.error, remote);
    failure.found = format!("{}: {}", failed.stage, failure.found);
    if let Some(left) = &failed.left {
        failure.found += &format!("; the folder {left:?} is still there");
    }
    failure
}

/// Nothing listens, or nothing is heard.
pub(super) fn no_connection(error: &std::io::Error, port: u16) -> Failure {
    Failure {
        found: error.to_string(),
        cause: match error.kind() {
            std::io::ErrorKind::ConnectionRefused => {
                format!("nothing listens on port {port} there")
            }
            _ => format!("a firewall keeps port {port} closed, or the server is down"),
        },
        cure: "let megarc through the firewall, name a proxy with --http-proxy, or try again later"
            .to_owned(),
    }
}

/// The name of the server has no address.
pub(super) fn no_address(error: &std::io::Error, host: &str) -> Failure {
    Failure {
        found: format!("{host}: {error}"),
        cause: "this machine is offline, its name server does not answer, or the name is wrong"
            .to_owned(),
        cure: format!("see whether 'getent hosts {host}' finds it; check api_url or url"),
    }
}

fn by_kind(kind: ErrorKind, remote: &str) -> (&'static str, String) {
    let name = remote.split([':', ',']).next().unwrap_or_default();
    let named = !name.is_empty() && remote.contains(':');
    let name = if named { name } else { "NAME" };
    match kind {
        ErrorKind::Unauthenticated => (
            "user name or password are not those of the account, or it wants a code of a second \
             factor",
            format!(
                "set the password with 'megarc config password {name}', or give a code: 'megarc \
                 config reconnect {name}: --mega-2fa CODE'"
            ),
        ),
        ErrorKind::PermissionDenied => (
            "the account may not do this, or is blocked",
            "log in on mega.nz and see what it says".to_owned(),
        ),
        ErrorKind::QuotaExceeded => (
            "the account is full, or its transfer quota is used up",
            format!("see 'megarc about {name}:'; 'megarc cleanup {name}:' empties the rubbish bin"),
        ),
        ErrorKind::RateLimited => (
            "this address or account has asked too often",
            "wait some minutes; --tpslimit keeps the number of requests down".to_owned(),
        ),
        ErrorKind::Network => (
            "the server is overloaded or out of order, or something on the way changes its answers",
            "try again later, and from another network; -vv shows every request".to_owned(),
        ),
        ErrorKind::Corrupt => (
            "data or keys were damaged, on the way or on the server",
            "try again; if it stays so, look at the same in MEGA's own client".to_owned(),
        ),
        ErrorKind::DirNotFound | ErrorKind::NotFound => (
            "the path is not there",
            format!("see what is with 'megarc lsf {name}:'"),
        ),
        ErrorKind::Invalid => (
            "a setting is wrong",
            format!("see 'megarc config show {name}'; 'megarc config' changes it"),
        ),
        _ => (
            "the remote cannot do that",
            "see 'megarc help' for what it is for; -vv shows every request".to_owned(),
        ),
    }
}
