//! Finding files of one content, whatever they are called and wherever they
//! are.
//!
//! A store that keeps marks of its contents (MEGA) is asked for them: what they
//! leave open, one of the two files is read for. Elsewhere all files that share
//! their size with another one are read.

use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt, stream};

use super::super::hash::{self, Kind as Sum};
use super::super::walk::Walk;
use super::super::{Error, Result, Root, Run};
use super::Group;
use crate::remote::{Candidate, Content, Depth, Entry, ErrorKind, Location, Mark, RemoteError};

/// What files are found equal by, as it is called in messages.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where everything would have to be fetched.
pub(super) fn measure(root: &Location) -> Result<&'static str> {
    let features = root.remote.features();
    if features.likeness {
        return Ok("contents");
    }
    if features.read_only {
        let text = format!("{} has no hashes", root.describe());
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    Ok("md5 hashes")
}

/// Files of one content each, in the order in which they were listed. What
/// cannot be read is logged, counted and left out.
pub(super) async fn duplicates(run: &Run, root: &Location) -> Result<Vec<Group>> {
    let mut walk = Walk::new(run, &Root::dir(root.clone()));
    let mut sizes: BTreeMap<u64, Vec<(usize, Entry)>> = BTreeMap::new();
    let mut number = 0;
    while let Some(listing) = walk.next().await {
        for file in listing.entries.into_iter().filter(|entry| !entry.is_dir()) {
            run.stats.update(|counts| counts.checks += 1);
            number += 1;
            // Of unknown size is nothing that keeps its contents.
            if let Some(size) = file.size {
                sizes.entry(size).or_default().push((number, file));
            }
        }
    }
    walk.finish()?;
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for set in sizes.into_values().filter(|set| set.len() > 1) {
        let same = if root.remote.features().likeness {
            by_marks(run, root, set).await
        } else {
            by_sums(run, root, set).await
        };
        groups.extend(same);
    }
    groups.sort_by_key(|(first, _)| *first);
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

/// Files with the numbers of their places in the listing.
type Numbered = Vec<(usize, Entry)>;

/// Groups files by their sums; all are read.
async fn by_sums(run: &Run, root: &Location, set: Numbered) -> Vec<(usize, Group)> {
    let sums: Vec<_> = stream::iter(set)
        .map(|(number, file)| async move {
            let sum = hash::of_file(root, &file, Sum::Md5).await;
            (number, sum.map(|sum| hash::hex(&sum)), file)
        })
        .buffered(run.options.checkers.max(1))
        .collect()
        .await;
    let mut same: BTreeMap<String, Numbered> = BTreeMap::new();
    for (number, sum, file) in sums {
        if let Some(sum) = heed(run, root, &file, sum) {
            same.entry(sum).or_default().push((number, file));
        }
    }
    same.into_iter()
        .filter_map(|(sum, files)| group(sum, files))
        .collect()
}

/// Groups files by what the store says of them. Of what looks alike and is not
/// known to be the same, one file of each kind is read and compared.
async fn by_marks(run: &Run, root: &Location, set: Numbered) -> Vec<(usize, Group)> {
    let mut kinds: Vec<Kind> = Vec::new();
    // A thousand files of one size are not compared with one another.
    let mut by_identity: HashMap<[u8; 32], usize> = HashMap::new();
    for (number, file) in set {
        let mark = heed(run, root, &file, root.remote.mark(&file).await);
        // What no key opens cannot be compared with anything.
        let Some((mark, identity)) = mark.and_then(|mark| Some((mark, mark.identity?))) else {
            continue;
        };
        let at = *by_identity.entry(identity).or_insert(kinds.len());
        match kinds.get_mut(at) {
            Some(kind) => kind.files.push((number, file)),
            None => kinds.push(Kind {
                mark,
                files: vec![(number, file)],
            }),
        }
    }
    let mut different: Vec<Kind> = Vec::new();
    // The places in it of those with this fingerprint, or with none.
    let mut by_sample: HashMap<Option<[u8; 16]>, Vec<usize>> = HashMap::new();
    for kind in kinds {
        let none = by_sample.get(&None).into_iter().flatten();
        let near: Vec<usize> = match kind.mark.sample {
            Some(_) => {
                let alike = by_sample.get(&kind.mark.sample);
                alike.into_iter().flatten().chain(none).copied().collect()
            }
            None => (0..different.len()).collect(),
        };
        match find_equal(run, root, &different, &near, &kind).await {
            Found::Equal(at) => {
                if let Some(known) = different.get_mut(at) {
                    known.files.extend(kind.files);
                }
            }
            Found::None => {
                let places = by_sample.entry(kind.mark.sample).or_default();
                places.push(different.len());
                different.push(kind);
            }
            Found::Unreadable => {}
        }
    }
    different.into_iter().filter_map(Kind::into_group).collect()
}

/// Files that are known to be of one content, and the mark of one of them.
struct Kind {
    mark: Mark,
    files: Numbered,
}

impl Kind {
    /// Named by the fingerprint, as far as there is one.
    fn into_group(self) -> Option<(usize, Group)> {
        let sample = self.mark.sample.map(|sample| hash::hex(&sample));
        let identity = || self.mark.identity.map(|identity| hash::hex(&identity));
        group(sample.or_else(identity)?, self.files)
    }
}

enum Found {
    /// The kind at this place has the same content.
    Equal(usize),
    None,
    /// The file could not be read: it belongs to nothing.
    Unreadable,
}

/// Which of the kinds at `near` has the content of `kind`.
async fn find_equal(
    run: &Run,
    root: &Location,
    known: &[Kind],
    near: &[usize],
    kind: &Kind,
) -> Found {
    let Some((_, file)) = kind.files.first() else {
        return Found::None;
    };
    for at in near {
        let Some((_, other)) = known.get(*at).and_then(|known| known.files.first()) else {
            continue;
        };
        match heed(run, root, file, is_equal(root, other, file).await) {
            Some(true) => return Found::Equal(*at),
            Some(false) => {}
            None => return Found::Unreadable,
        }
    }
    Found::None
}

/// Whether two files of one store have the same content: the second is read.
async fn is_equal(
    root: &Location,
    stored: &Entry,
    read: &Entry,
) -> std::result::Result<bool, RemoteError> {
    let name = super::super::root::relative(&read.path, &root.path);
    tracing::debug!(object = %name, "Reading it, to compare its content");
    let content = Content::Stream(root.remote.read(read, None).await?);
    let candidate = Candidate::new(read.size, content);
    let likeness = root.remote.likeness(stored, candidate, Depth::Whole);
    Ok(likeness.await?.is_equal())
}

/// What was asked for; a failure is logged and counted.
fn heed<T>(
    run: &Run,
    root: &Location,
    file: &Entry,
    result: std::result::Result<T, RemoteError>,
) -> Option<T> {
    result
        .map_err(|e| {
            let name = super::super::root::relative(&file.path, &root.path);
            let error = Error::from(e);
            tracing::error!(object = %name, "Failed to hash: {error}");
            run.stats.count_error(error);
        })
        .ok()
}

/// The group of these files, if they are several, and the place of the first.
fn group(name: String, mut files: Numbered) -> Option<(usize, Group)> {
    files.sort_by_key(|(number, _)| *number);
    let (first, _) = files.first()?;
    let first = *first;
    let entries: Vec<Entry> = files.into_iter().map(|(_, file)| file).collect();
    (entries.len() > 1).then_some((first, Group { name, entries }))
}
