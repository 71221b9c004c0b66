//! A source and a destination that lie in each other.

use super::super::{Class, Error, Result, Run};
use crate::remote::{ErrorKind, Location};

/// Refuses what would delete or move parts of its own source. A filter that
/// keeps the inner one out of sight makes it safe.
///
/// # Errors
/// [`Class::Fatal`].
pub(super) async fn refuse(run: &Run, src: &Location, dst: &Location) -> Result<()> {
    if !overlaps(run, src, dst).await? {
        return Ok(());
    }
    let text = "can't sync or move files on overlapping remotes \
                (try excluding the destination with a filter rule)";
    Err(Error::new(ErrorKind::Invalid, text).class(Class::Fatal))
}

/// Whether one lies in the other, in sight of the filters.
///
/// # Errors
/// Those of looking the directories up.
pub(in crate::engine) async fn overlaps(run: &Run, src: &Location, dst: &Location) -> Result<bool> {
    if !src.same_store(dst) {
        return Ok(false);
    }
    let from = src.remote.real_path(&src.path).await?;
    let to = dst.remote.real_path(&dst.path).await?;
    let (inside, deletes_all) = match (to.strip(&from), from.strip(&to)) {
        (None, None) => return Ok(false),
        (Some(inside), None) => (inside, false),
        // Filters that do not hold at the destination protect nothing there.
        (None, Some(inside)) => (inside, run.options.delete_excluded),
        (Some(same), Some(_)) => (same, true),
    };
    Ok(deletes_all || sees(run, inside.as_str()))
}

/// Whether a walk reaches the directory: none above it is left out either.
fn sees(run: &Run, dir: &str) -> bool {
    let ends = dir.match_indices('/').map(|(at, _)| at);
    ends.chain([dir.len()])
        .filter_map(|end| dir.get(..end))
        .all(|above| run.filter.includes_dir(above))
}
