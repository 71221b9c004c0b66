//! What a directory holds, where the store can count without listing.

use super::{Root, Run};
use crate::remote::{Entry, Totals};

/// What a walk of the whole of `root` would count; `None` where only the walk
/// itself can tell: because of filters, a limit to its depth, or the store.
/// What goes wrong here goes wrong there as well, and is told there.
pub async fn totals(run: &Run, root: &Root) -> Option<Totals> {
    let deep = run.options.max_depth.is_none_or(|most| most == 0);
    if root.file.is_some() || run.filter.is_active() || !deep {
        return None;
    }
    let dir = Entry::dir(root.dir.path.clone());
    let totals = root.dir.remote.totals(&dir).await.ok()??;
    run.stats.update(|c| c.listed += totals.files + totals.dirs);
    Some(totals)
}
