//! Finding entries of one path. Only those are kept in memory that can have a
//! twin: names that appear twice in a listing, and all below directories that
//! do.

use std::collections::BTreeMap;

use super::super::walk::{Listing, Walk};
use super::super::{Result, Root, Run};
use super::Group;
use crate::remote::{Entry, EntryKind, Location, RemotePath};

/// Directories of one path, parents before what is in them.
pub(super) async fn duplicate_dirs(run: &Run, root: &Location) -> Result<Vec<Group>> {
    find(run, root, EntryKind::Dir).await
}

/// Files of one path.
pub(super) async fn duplicate_files(run: &Run, root: &Location) -> Result<Vec<Group>> {
    find(run, root, EntryKind::File).await
}

async fn find(run: &Run, root: &Location, kind: EntryKind) -> Result<Vec<Group>> {
    let mut walk = Walk::new(run, &Root::dir(root.clone()));
    let mut groups: BTreeMap<RemotePath, Vec<Entry>> = BTreeMap::new();
    // Sorted, so that parents come before what is in them; a directory is
    // looked for by its own path and those above it.
    let mut twins = std::collections::BTreeSet::new();
    while let Some(listing) = walk.next().await {
        count(run, &listing, kind);
        let inside = within(&listing.dir, &twins);
        let mut previous: Option<&RemotePath> = None;
        for entry in listing.entries.iter().filter(|e| e.is_dir()) {
            if previous == Some(&entry.path) {
                twins.insert(entry.path.clone());
            }
            previous = Some(&entry.path);
        }
        let same_kind = || listing.entries.iter().filter(|e| e.kind == kind);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        if !inside {
            for entry in same_kind() {
                *names.entry(entry.name()).or_default() += 1;
            }
        }
        for entry in same_kind() {
            if inside || names.get(entry.name()).is_some_and(|n| *n > 1) {
                let group = groups.entry(entry.path.clone()).or_default();
                group.push(entry.clone());
            }
        }
    }
    walk.finish()?;
    Ok(groups
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .map(|(path, entries)| Group {
            name: super::super::root::relative(&path, &root.path)
                .as_str()
                .to_owned(),
            entries,
        })
        .collect())
}

/// Looking at an entry is a check, as rclone counts it.
fn count(run: &Run, listing: &Listing, kind: EntryKind) {
    let looked_at = match kind {
        EntryKind::Dir => listing.entries.len(),
        EntryKind::File => listing.entries.iter().filter(|e| !e.is_dir()).count(),
    };
    run.stats.update(|c| c.checks += looked_at as u64);
}

fn within(dir: &RemotePath, twins: &std::collections::BTreeSet<RemotePath>) -> bool {
    let mut dir = Some(dir.clone());
    while let Some(d) = dir {
        if twins.contains(&d) {
            return true;
        }
        dir = d.parent();
    }
    false
}
