//! Modification times set by hand, for `touch`.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::walk::Walk;
use super::{Error, Result, Root, Run};
use crate::remote::{Content, Entry, Location, NewFile, RemotePath};

/// Sets the time of one file.
///
/// # Errors
/// The store cannot do that.
pub async fn touch_file(run: &Run, root: &Location, file: &Entry, when: Timestamp) -> Result<()> {
    let name = super::root::relative(&file.path, &root.path);
    if run.skips("touch", name.as_str(), None).await {
        return Ok(());
    }
    set_time(root, file, when).await
}

async fn set_time(root: &Location, file: &Entry, when: Timestamp) -> Result<()> {
    let name = super::root::relative(&file.path, &root.path);
    tracing::debug!(object = %root.describe(), "Touching {:?}", name.as_str());
    Ok(root.remote.set_modified(file, when).await?)
}

/// Makes an empty file of that time.
///
/// # Errors
/// Those of writing it.
pub async fn create(run: &Run, root: &Location, path: &RemotePath, when: Timestamp) -> Result<()> {
    let name = super::root::relative(path, &root.path);
    if run.skips("touch (create)", &root.describe(), None).await {
        return Ok(());
    }
    tracing::debug!(object = %root.describe(), "Touching (creating) {:?}", name.as_str());
    let file = NewFile {
        modified: Some(run.time_set().unwrap_or(when)),
        metadata: run
            .metadata_of_nothing(name.as_str(), Some(0), when)
            .await
            .map_err(|e| Error::from(e).within("failed to touch (create)"))?,
        partial: super::transfer::partial(run),
        ..NewFile::new(Some(0), Content::Stream(Box::pin(stream::empty())))
    };
    let made = root.remote.write(&path.clone().into(), file).await;
    made.map(drop)
        .map_err(|e| Error::from(e).within("failed to touch (create)"))
}

/// Sets the times of the files in `dir` that the filter lets through, on all
/// levels or on the first alone; names are told as seen from `root`.
///
/// # Errors
/// The first directory that could not be listed, or the last file that could
/// not be touched; the rest of the work is done.
pub async fn touch_dir(
    run: &Run,
    root: &Location,
    dir: &Location,
    when: Timestamp,
    recursive: bool,
) -> Result<()> {
    let mut walk = Walk::new(run, &Root::dir(dir.clone()));
    if !recursive {
        walk = walk.flat();
    }
    let mut last = None;
    while let Some(listing) = walk.next().await {
        let files = listing.entries.iter().filter(|e| !e.is_dir());
        let results: Vec<Result<()>> = stream::iter(files)
            .map(|file| touch_below(run, root, file, when))
            .buffered(run.options.transfers.max(1))
            .collect()
            .await;
        last = results
            .into_iter()
            .filter_map(Result::err)
            .next_back()
            .or(last);
        if run.is_over() {
            break;
        }
    }
    walk.finish()?;
    last.map_or(Ok(()), Err)
}

/// One of several: its failure is logged and counted here.
async fn touch_below(run: &Run, root: &Location, file: &Entry, when: Timestamp) -> Result<()> {
    let shown = super::root::relative(&file.path, &root.path);
    if run.skips("touch", shown.as_str(), file.size).await {
        return Ok(());
    }
    set_time(root, file, when).await.map_err(|error| {
        let name = super::root::relative(&file.path, &root.path);
        let error = error.within("failed to touch");
        tracing::error!(object = %name, "{error}");
        run.stats.count_error(error)
    })
}
