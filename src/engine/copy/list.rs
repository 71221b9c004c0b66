//! One step of the march: both listings of a directory, filtered and matched.

use futures_util::future;

use super::super::march::{Matched, Names, Side, match_listings};
use super::super::root::relative;
use super::super::walk::hides;
use super::super::{Class, Error, Filter, Run};
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

/// A directory, listed on both sides.
pub(super) struct Step {
    pub(super) node: Node,
    pub(super) listed: u64,
    /// What lies in the source directory and cannot be copied, because the
    /// store cannot read it.
    pub(super) withheld: Vec<Withheld>,
    pub(super) result: Result<Matched, (Side, RemoteError)>,
}

/// Lists and matches directories; cheap to clone into tasks.
#[derive(Clone)]
pub(super) struct Lister {
    src: Location,
    dst: Location,
    filter: std::sync::Arc<Filter>,
    names: Names,
    no_traverse: bool,
    /// Filters hide nothing at the destination.
    all_of_dst: bool,
}

impl Lister {
    pub(super) fn new(run: &Run, src: &Location, dst: &Location) -> Self {
        Self {
            src: src.clone(),
            dst: dst.clone(),
            filter: run.filter.clone(),
            names: Names {
                normalize: !run.options.no_unicode_normalization,
                fold_case: run.options.ignore_case_sync || dst.remote.features().case_insensitive,
            },
            no_traverse: run.options.no_traverse,
            all_of_dst: run.options.delete_excluded,
        }
    }

    pub(super) async fn step(&self, node: Node) -> Step {
        let Some(src_dir) = node.src.clone() else {
            return self.step_at_dst(node).await;
        };
        let (src, dst) = if self.no_traverse {
            let src = self.src.remote.list(&src_dir).await;
            let dst = match &src {
                Ok(entries) => self.look_up(&node, entries).await,
                Err(_) => Ok(Vec::new()),
            };
            (src, dst)
        } else {
            future::join(self.src.remote.list(&src_dir), self.list_dst(&node)).await
        };
        let (src, dst) = match (src, dst) {
            (Ok(src), Ok(dst)) => (src, dst),
            (Err(e), _) => return Step::failed(node, Side::Source, e),
            (_, Err(e)) => return Step::failed(node, Side::Destination, e),
        };
        let listed = (src.len() + dst.len()) as u64;
        let withheld = match self.src.remote.withheld(&src_dir).await {
            // One listed file is asked for: the others do not matter.
            Ok(_) if self.filter.listed().is_some() => Vec::new(),
            Ok(withheld) => withheld,
            Err(e) => return Step::failed(node, Side::Source, e),
        };
        let src = self.seen(src, &self.src);
        let dst = self.seen_at_dst(dst);
        Step {
            node,
            listed,
            withheld,
            result: Ok(match_listings(src, dst, self.names)),
        }
    }

    /// A directory that the source does not have.
    async fn step_at_dst(&self, node: Node) -> Step {
        let dst = match self.list_dst(&node).await {
            Ok(dst) => dst,
            Err(e) => return Step::failed(node, Side::Destination, e),
        };
        let listed = dst.len() as u64;
        let dst = self.seen_at_dst(dst);
        Step {
            node,
            listed,
            withheld: Vec::new(),
            result: Ok(match_listings(Vec::new(), dst, self.names)),
        }
    }

    fn seen_at_dst(&self, entries: Vec<Entry>) -> Vec<Entry> {
        if self.all_of_dst {
            return entries;
        }
        self.seen(entries, &self.dst)
    }

    async fn list_dst(&self, node: &Node) -> Result<Vec<Entry>, RemoteError> {
        if !node.exists {
            return Ok(Vec::new());
        }
        match self.dst.remote.list(&node.dst).await {
            Err(e) if e.kind == ErrorKind::DirNotFound => Ok(Vec::new()),
            other => other,
        }
    }

    /// `--no-traverse`: asks for the files that the source has, one by one.
    async fn look_up(&self, node: &Node, src: &[Entry]) -> Result<Vec<Entry>, RemoteError> {
        let mut found = Vec::new();
        for file in src.iter().filter(|e| !e.is_dir()) {
            let Ok(path) = node.dst.path.child(file.name()) else {
                continue;
            };
            match self.dst.remote.stat(&path).await {
                Ok(entry) => found.push(entry),
                Err(e) if e.is_not_found() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(found)
    }

    fn seen(&self, mut entries: Vec<Entry>, root: &Location) -> Vec<Entry> {
        if hides(&self.filter, &entries) {
            entries.clear();
        }
        if self.filter.is_active() {
            entries.retain(|e| {
                let path = relative(&e.path, &root.path);
                if e.is_dir() {
                    self.filter.includes_dir(path.as_str())
                } else {
                    self.filter.includes_file(path.as_str(), e.size, e.modified)
                }
            });
        }
        entries
    }
}

impl Step {
    fn failed(node: Node, side: Side, error: RemoteError) -> Self {
        Self {
            node,
            listed: 0,
            withheld: Vec::new(),
            result: Err((side, error)),
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
    tracing::error!(
        object = %root.label(&dir.path),
        "error reading {} {which}directory: {error}",
        side.word()
    );
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
