//! New names for files of one name: `one.txt` → `one-1.txt`, `one-2.txt`, …

use super::super::{Class, Error, Result, Run};
use super::choose::numbered;
use crate::remote::{Destination, Entry, ErrorKind, Location, RemoteError, RemotePath};

/// How many names are tried for one file.
const TRIES: usize = 100;

/// Gives each of the files a name of its own.
///
/// # Errors
/// Where the store cannot rename; other failures are logged and counted.
pub(super) async fn rename_all(
    run: &Run,
    root: &Location,
    name: &str,
    entries: &[Entry],
) -> Result<()> {
    if !root.remote.features().server_move {
        let text = format!("{} doesn't support Move", root.describe());
        return Err(Error::new(ErrorKind::Unsupported, text).class(Class::Fatal));
    }
    for (i, entry) in entries.iter().enumerate() {
        let path = match free_name(root, entry, i + 1).await {
            Ok(Some(path)) => path,
            Ok(None) => {
                tracing::error!(object = %name, "Could not find an available new name");
                continue;
            }
            Err(e) => {
                let error = Error::from(e);
                tracing::error!(object = %name, "Failed to check for existing object: {error}");
                run.stats.count_error(error);
                continue;
            }
        };
        if run.skips("rename", name, entry.size).await {
            continue;
        }
        let new_name = super::super::root::relative(&path, &root.path);
        match root.remote.rename(entry, &Destination::from(path)).await {
            Ok(_) => {
                run.stats.update(|c| c.renames += 1);
                tracing::info!(object = %new_name, "renamed from: {name}");
            }
            Err(e) => {
                let error = Error::from(e);
                tracing::error!(object = %name, "Failed to rename: {error}");
                run.stats.count_error(error);
            }
        }
    }
    Ok(())
}

/// The first free name from `number` on.
async fn free_name(
    root: &Location,
    entry: &Entry,
    number: usize,
) -> std::result::Result<Option<RemotePath>, RemoteError> {
    let dir = entry.path.parent().unwrap_or_default();
    for number in number..number + TRIES {
        let Ok(path) = dir.child(&numbered(entry.name(), number)) else {
            return Ok(None);
        };
        match root.remote.stat(&path).await {
            Ok(_) => {}
            Err(e) if e.is_not_found() => return Ok(Some(path)),
            Err(e) => return Err(e),
        }
    }
    Ok(None)
}
