//! Removing the directories that hold no files.

use std::collections::HashSet;

use futures_util::FutureExt;

use super::delete::remove_dir_at;
use super::descent::Descent;
use super::markers;
use super::root::relative;
use super::walk::seen;
use super::{Error, Result, Run};
use crate::remote::{Entry, Location, RemotePath};

/// Removes the empty directories below `root`, deepest first, and `root`
/// itself unless `keep_root`.
///
/// # Errors
/// The last failure; the rest of the work is done.
pub async fn remove_empty_dirs(run: &Run, root: &Location, keep_root: bool) -> Result<()> {
    let mut empty = find_empty_dirs(run, root, keep_root).await;
    // Rules for files decide what may go, with a slash after the name.
    empty.retain(|dir| {
        let name = relative(&dir.path, &root.path);
        let typed = format!("{name}/");
        !run.filter.is_active() || run.filter.includes_name(&typed)
    });
    empty.sort_by(|a, b| {
        let depth = |e: &Entry| e.path.elements().count();
        depth(b).cmp(&depth(a)).then_with(|| a.path.cmp(&b.path))
    });
    let mut last = None;
    for dir in empty {
        if let Err(error) = remove_dir_at(run, root, &dir).await {
            let name = relative(&dir.path, &root.path);
            tracing::error!(object = %name, "Failed to rmdir: {error}");
            last = Some(run.stats.count_error(error));
        }
    }
    match last {
        None => Ok(()),
        Some(last) => Err(
            Error::new(last.kind, format!("failed to remove directories: {last}"))
                .class(last.class),
        ),
    }
}

async fn find_empty_dirs(run: &Run, root: &Location, keep_root: bool) -> Vec<Entry> {
    let mut dirs = vec![Entry::dir(root.path.clone())];
    let mut holds_files = HashSet::new();
    if keep_root {
        holds_files.insert(root.path.clone());
    }
    let (remote, filter) = (root.remote.clone(), run.filter.clone());
    let mut descent = Descent::new(run.options.checkers, move |(dir, depth): (Entry, usize)| {
        let (remote, filter) = (remote.clone(), filter.clone());
        async move {
            let listed = markers::list(&remote, &filter, &dir).await;
            (dir, depth, listed)
        }
        .boxed()
    });
    descent.enter(vec![(Entry::dir(root.path.clone()), 0)]);
    while let Some((dir, depth, listed)) = descent.next().await {
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let error = Error::from(error);
                let name = relative(&dir.path, &root.path);
                if error.is_closed_dir() {
                    tracing::error!(object = %name, "{error}");
                } else {
                    tracing::error!(
                        object = %root.describe(),
                        "Failed to list {:?}: {error}", name.as_str()
                    );
                }
                run.stats.count_error(error);
                continue;
            }
        };
        run.stats.update(|c| c.listed += entries.len() as u64);
        seen(&run.filter, &mut entries, &root.path);
        entries.sort_by(|a, b| a.name().cmp(b.name()));
        let (below, files): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(Entry::is_dir);
        for file in files {
            mark_up(&file.path, &root.path, &mut holds_files);
        }
        let deeper = run.options.max_depth.is_none_or(|max| depth + 1 < max);
        if deeper {
            let next = below.iter().map(|dir| (dir.clone(), depth + 1));
            descent.enter(next.collect());
        }
        dirs.extend(below);
    }
    dirs.retain(|d| !holds_files.contains(&d.path));
    dirs
}

/// Marks all directories above `path`, up to `root`.
fn mark_up(path: &RemotePath, root: &RemotePath, marked: &mut HashSet<RemotePath>) {
    let mut dir = path.parent();
    while let Some(d) = dir {
        let stop = &d == root;
        dir = d.parent();
        if !marked.insert(d) || stop {
            break;
        }
    }
}
