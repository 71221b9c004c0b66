//! A remote → its entries, directory by directory.
//!
//! Listings run ahead of the caller, up to `--checkers` at a time, unless the
//! remote has them at hand: those are made one after the other. They are
//! delivered depth first, sorted by name, so that the same tree gives the same
//! output on every run. Directories of one name that carry ids are walked each
//! on its own.

use futures_util::FutureExt;

use super::descent::Descent;
use super::markers::hide_by_metadata;
use super::root::relative;
use super::{Class, Error, Filter, Result, Root, Run};
use crate::remote::{Entry, EntryId, ErrorKind, Location, RemoteError, RemotePath, Withheld};

/// One directory's entries.
#[derive(Debug)]
pub struct Listing {
    /// The directory, from the root of the remote.
    pub dir: RemotePath,
    /// The store's name of it, where it has one: a path may stand for several.
    pub id: Option<EntryId>,
    /// Levels below the start: 0 for its own entries.
    pub depth: usize,
    /// What passes the filter, sorted by name; directories not to be entered
    /// for `--max-depth` included.
    pub entries: Vec<Entry>,
}

/// A walk under way.
pub struct Walk {
    run: Run,
    root: Location,
    recursive: bool,
    file: Option<Entry>,
    descent: Descent<Node, Done>,
    failed: Option<Error>,
}

#[derive(Clone)]
struct Node {
    dir: Entry,
    depth: usize,
}

struct Done {
    node: Node,
    result: std::result::Result<Vec<Entry>, RemoteError>,
    left_out: Vec<Withheld>,
}

impl Walk {
    /// Begins at `root`: every level, as deep as `--max-depth` allows.
    #[must_use]
    pub fn new(run: &Run, root: &Root) -> Self {
        let at = root.dir.clone();
        let ahead = match at.remote.features().lists_at_once {
            true => 0,
            false => run.options.checkers.max(1),
        };
        let (filter, stats) = (run.filter.clone(), run.stats.clone());
        let mut descent = Descent::new(ahead, move |node: Node| {
            let (at, filter, stats) = (at.clone(), filter.clone(), stats.clone());
            async move {
                let remote = &at.remote;
                let result = match remote.list(&node.dir).await {
                    Ok(found) => Ok(hide_by_metadata(&at, &filter, &stats, found).await),
                    Err(error) => Err(error),
                };
                // A disk has told of links that lead nowhere; no other store
                // is asked, since what it holds back is said by itself.
                let left_out = match remote.features().local {
                    true => remote.withheld(&node.dir).await.unwrap_or_default(),
                    false => Vec::new(),
                };
                Done {
                    node,
                    result,
                    left_out,
                }
            }
            .boxed()
        });
        if root.file.is_none() {
            descent.enter(vec![Node {
                dir: Entry::dir(root.dir.path.clone()),
                depth: 0,
            }]);
        }
        Self {
            run: run.clone(),
            root: root.dir.clone(),
            recursive: true,
            file: root.file.clone(),
            descent,
            failed: None,
        }
    }

    /// Lists the first level only.
    #[must_use]
    pub fn flat(mut self) -> Self {
        self.recursive = false;
        self
    }

    /// The path of an entry as seen from where the walk began.
    #[must_use]
    pub fn relative(&self, path: &RemotePath) -> RemotePath {
        relative(path, &self.root.path)
    }

    /// The next directory. One that cannot be listed is logged, counted and
    /// left out; [`Walk::finish`] returns its error.
    pub async fn next(&mut self) -> Option<Listing> {
        if let Some(file) = self.file.take() {
            self.run.stats.update(|c| c.listed += 1);
            return Some(Listing {
                dir: self.root.path.clone(),
                id: None,
                depth: 0,
                entries: vec![file],
            });
        }
        loop {
            let Done {
                node,
                result,
                left_out,
            } = self.descent.next().await?;
            for link in left_out.iter().filter(|link| link.told) {
                let error = Error::new(ErrorKind::Io, link.why.as_str());
                self.run.stats.count_error(error.class(Class::NoRetry));
            }
            match result {
                Ok(entries) => return Some(self.deliver(&node, entries)),
                Err(error) => {
                    let error = Error::from(error);
                    let object = self.relative(&node.dir.path);
                    if error.is_closed_dir() {
                        // The rest is shown as if it were all; that the error
                        // was counted ends the command with it.
                        tracing::error!(object = %object, "{error}");
                    } else {
                        tracing::error!(object = %object, "error listing: {error}");
                        self.failed.get_or_insert_with(|| error.clone());
                    }
                    self.run.stats.count_error(error);
                }
            }
        }
    }

    /// The outcome, once [`Walk::next`] has returned `None`. The error counts
    /// again where the command ends with it, as in rclone.
    ///
    /// # Errors
    /// The first directory that could not be listed.
    pub fn finish(self) -> Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn deliver(&mut self, node: &Node, mut entries: Vec<Entry>) -> Listing {
        self.run.stats.update(|c| c.listed += entries.len() as u64);
        seen(&self.run.filter, &mut entries, &self.root.path);
        // Stable: entries of one name keep the order of the store.
        entries.sort_by(|a, b| a.name().cmp(b.name()));
        let deeper = self
            .run
            .options
            .max_depth
            // rclone's: no level at all would be no listing.
            .is_none_or(|max| max == 0 || node.depth + 1 < max);
        if self.recursive && deeper {
            let dirs = entries.iter().filter(|e| e.is_dir());
            self.descent.enter(
                dirs.map(|dir| Node {
                    dir: dir.clone(),
                    depth: node.depth + 1,
                })
                .collect(),
            );
        }
        Listing {
            dir: node.dir.path.clone(),
            id: node.dir.id.clone(),
            depth: node.depth,
            entries,
        }
    }
}

/// Leaves of a directory what the filter lets through; `root` is where its
/// paths begin.
pub(super) fn seen(filter: &Filter, entries: &mut Vec<Entry>, root: &RemotePath) {
    if !filter.is_active() {
        return;
    }
    if hides(filter, entries) {
        entries.clear();
    }
    entries.retain(|entry| {
        let path = entry.path.below(root);
        let path = path.unwrap_or(entry.path.as_str());
        if entry.is_dir() {
            filter.includes_dir(path)
        } else {
            filter.includes_file(path, entry.size, entry.modified)
        }
    });
}

/// Whether a directory's own content hides it (`--exclude-if-present`).
pub(super) fn hides(filter: &Filter, entries: &[Entry]) -> bool {
    let names = filter.hiding_names();
    !names.is_empty()
        && entries
            .iter()
            .any(|e| !e.is_dir() && names.iter().any(|n| n == e.name()))
}
