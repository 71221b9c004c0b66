//! What is hidden by more than its name: directories by a file in them
//! (`--exclude-if-present`), which are not seen where they lie, and so not
//! entered; files by their metadata.

use std::sync::Arc;

use super::{Error, Filter, Stats};
use crate::remote::{Entry, Location, Remote, RemoteError, RemotePath};

/// Lists a directory, without the directories in it that are hidden so.
///
/// # Errors
/// Those of [`Remote::list`]; a directory has the name of the marker.
pub(super) async fn list(
    remote: &Arc<dyn Remote>,
    filter: &Filter,
    dir: &Entry,
) -> Result<Vec<Entry>, RemoteError> {
    let entries = remote.list(dir).await?;
    if filter.hiding_names().is_empty() {
        return Ok(entries);
    }
    let mut seen = Vec::with_capacity(entries.len());
    for entry in entries {
        if !entry.is_dir() || !is_marked(remote, filter, &entry).await? {
            seen.push(entry);
        }
    }
    Ok(seen)
}

async fn is_marked(
    remote: &Arc<dyn Remote>,
    filter: &Filter,
    dir: &Entry,
) -> Result<bool, RemoteError> {
    for name in filter.hiding_names() {
        // What is no path can be no marker.
        let Ok(below) = RemotePath::parse(name) else {
            continue;
        };
        if below.is_root() {
            continue;
        }
        match remote.stat(&dir.path.join(&below)).await {
            Ok(entry) if entry.is_dir() => {
                let kind = crate::remote::ErrorKind::IsDir;
                return Err(RemoteError::new(kind, "looking at", entry.path.as_str()));
            }
            Ok(_) => return Ok(true),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Leaves out the files that the rules about metadata hide; what other rules
/// hide below `root` is not read, and left to them. Of what has no metadata no
/// rule can match anything. What cannot be known is left out as well, and
/// counted: a sync then deletes nothing.
pub(super) async fn hide_by_metadata(
    Location { remote, path: root }: &Location,
    filter: &Filter,
    stats: &Stats,
    entries: Vec<Entry>,
) -> Vec<Entry> {
    if !filter.asks_metadata() {
        return entries;
    }
    let mut seen = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = entry.path.below(root).unwrap_or(entry.path.as_str());
        if entry.is_dir() || !filter.includes_file(path, entry.size, entry.modified) {
            seen.push(entry);
            continue;
        }
        match remote.metadata(&entry).await {
            Ok(metadata) => {
                if filter.includes_metadata(&metadata.unwrap_or_default()) {
                    seen.push(entry);
                }
            }
            // Gone since it was listed.
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                let error = Error::from(error);
                tracing::error!(object = %entry.name(), "Failed to read metadata: {error}");
                stats.count_error(error);
            }
        }
    }
    seen
}
