//! Directories of one path become one: the fullest stays, what is in the
//! others moves into it, and the others go when they are empty.

use super::super::{Error, Run};
use super::{Group, choose};
use crate::remote::{Destination, Entry, Location, RemoteError};

/// Merges every group; failures are logged and counted.
pub(super) async fn merge(run: &Run, root: &Location, groups: Vec<Group>) {
    for Group { name, entries } in groups {
        let (mut dirs, ambiguous) = choose::distinct(entries);
        if !ambiguous.is_empty() || dirs.len() < 2 {
            tracing::warn!(
                object = %name,
                "Ignoring duplicate directories that cannot be told apart by ID"
            );
            continue;
        }
        if run.skips("merge duplicate directories", &name, None).await {
            continue;
        }
        tracing::info!(object = %name, "Merging contents of duplicate directories");
        if let Err(e) = merge_group(root, &name, &mut dirs).await {
            let error = Error::from(e);
            tracing::error!("merge duplicate dirs: {error}");
            run.stats.count_error(error);
        }
    }
}

async fn merge_group(root: &Location, name: &str, dirs: &mut [Entry]) -> Result<(), RemoteError> {
    let mut fullest = (0, 0);
    for (i, dir) in dirs.iter().enumerate() {
        let size = count(root, dir).await?;
        if size > fullest.1 {
            fullest = (i, size);
        }
    }
    dirs.swap(0, fullest.0);
    let Some((kept, others)) = dirs.split_first() else {
        return Ok(());
    };
    for other in others {
        for entry in root.remote.list(other).await? {
            tracing::info!(object = %name, "merging {:?}", entry.name());
            let to = Destination {
                path: entry.path.clone(),
                parent: kept.id.clone(),
            };
            root.remote.rename(&entry, &to).await?;
        }
        tracing::info!(object = %name, "removing empty directory");
        root.remote.remove(other).await?;
    }
    Ok(())
}

/// Number of entries in a directory, at every depth.
async fn count(root: &Location, dir: &Entry) -> Result<usize, RemoteError> {
    let mut total = 0;
    let mut pending = vec![dir.clone()];
    while let Some(dir) = pending.pop() {
        let entries = root.remote.list(&dir).await?;
        total += entries.len();
        pending.extend(entries.into_iter().filter(Entry::is_dir));
    }
    Ok(total)
}
