//! A directory of the march, and what is said of one that cannot be copied.

use super::super::march::Side;
use super::super::root::relative;
use super::super::sides::Dirs;
use super::super::{Class, Error, Run};
use crate::remote::{Entry, ErrorKind, Location, RemoteError, Withheld};

/// A directory of the march.
#[derive(Clone)]
pub(super) struct Node {
    /// At the source; `None`: only the destination has it.
    pub(super) src: Option<Entry>,
    /// At the destination; it need not exist.
    pub(super) dst: Entry,
    /// Whether it does.
    pub(super) exists: bool,
    /// Levels below the start.
    pub(super) depth: usize,
}

impl Node {
    /// What there is of it to be listed.
    pub(super) fn dirs(&self) -> Dirs {
        Dirs {
            src: self.src.clone(),
            dst: self.exists.then(|| self.dst.clone()),
        }
    }
}

/// Logs and counts a directory that could not be read.
pub(super) fn report(
    run: &Run,
    root: &Location,
    dir: &Entry,
    side: Side,
    error: RemoteError,
) -> Error {
    let error = Error::from(error);
    let which = if dir.path == root.path { "root " } else { "" };
    if error.is_closed_dir() {
        let object = relative(&dir.path, &root.path);
        tracing::error!(object = %object, "{error}");
    } else {
        tracing::error!(
            object = %root.label(&dir.path),
            "error reading {} {which}directory: {error}",
            side.word()
        );
    }
    run.stats.count_error(error)
}

/// Counts something that a copy has to leave out, and logs it unless that is
/// done.
pub(super) fn report_withheld(
    run: &Run,
    root: &Location,
    dir: &Entry,
    withheld: &Withheld,
) -> Option<Error> {
    if withheld.told {
        let error = Error::new(ErrorKind::Io, withheld.why.as_str());
        run.stats.count_error(error.class(Class::NoRetry));
        return None;
    }
    let text = format!("Failed to copy: {} and is left out", withheld.why);
    tracing::error!(object = %root.label(&dir.path), "{text}");
    let error = Error::new(ErrorKind::Corrupt, text).class(Class::NoRetry);
    Some(run.stats.count_error(error))
}
