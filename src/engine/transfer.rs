//! One file from one remote to another: by the server where both are the same
//! store, else through this machine, tried again after temporary failures.
//!
//! A new try takes a new read (a store may give it a new key). What stood at
//! the destination goes only when the new file is complete: that, and partial
//! names, are the promise of [`crate::remote::Remote::write`].

use std::sync::Arc;

use super::limits::{Paced, Way};
use super::stats::Transfer;
use super::{Class, Error, Result, Run};
use crate::remote::{
    Content, Destination, Entry, ErrorKind, Location, Meter, NewFile, Partial, RemoteError, Retry,
};

/// A file to be transferred.
#[derive(Debug, Clone)]
pub struct Job {
    /// The file.
    pub src: Entry,
    /// Its path for messages.
    pub name: String,
    /// Where it shall stand.
    pub to: Destination,
    /// That, for messages.
    pub to_name: String,
    /// What stands there now and goes.
    pub replace: Option<Entry>,
}

/// Transfers one file. A failure is logged and counted here.
///
/// # Errors
/// The failure, already counted.
pub async fn transfer(run: &Run, src: &Location, dst: &Location, job: &Job) -> Result<()> {
    let size = job.src.size;
    if !run.options.dry_run
        && let Err(error) = run.limits.admit(&run.stats, size)
    {
        return Err(refused(run, error));
    }
    let transfer = run.stats.begin_transfer(&job.name, size);
    if run.skips("copy", &job.name, size).await {
        transfer.add(size.unwrap_or(0));
        transfer.finish();
        return Ok(());
    }
    let work = async {
        match by_server(run, src, dst, job, &transfer).await {
            Ok(Some(done)) => Ok(done),
            Ok(None) => through_here(run, src, dst, job, &transfer).await,
            Err(e) => Err(e),
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = run.limits.cut() => {
            let error = Error::new(ErrorKind::Cancelled, "context deadline exceeded");
            tracing::error!(object = %job.name, "Failed to copy: {error}");
            return Err(run.stats.count_error(error.class(Class::NoRetry)));
        }
    };
    match done {
        Ok(how) => {
            transfer.finish();
            let how = if transfer.was_copied() {
                "server-side copy"
            } else {
                how
            };
            let to = if job.name == job.to_name {
                String::new()
            } else {
                format!(" to: {}", job.to_name)
            };
            tracing::info!(object = %job.name, size, "Copied ({how}){to}");
            Ok(())
        }
        Err(error) => {
            let error = failure(error);
            tracing::error!(object = %job.name, "Failed to copy: {error}");
            Err(run.stats.count_error(error))
        }
    }
}

/// What ends a transfer. Of a source that is gone since it was listed nobody
/// asked whether it is there.
fn failure(error: RemoteError) -> Error {
    let opening = error.op == "opening";
    let mut error = Error::from(error);
    if opening {
        if error.kind == ErrorKind::NotFound {
            error.kind = ErrorKind::Io;
        }
        return error.within("failed to open source object");
    }
    error
}

/// A file that may not begin: the error is counted here and, as rclone does,
/// once more by whoever learns of it.
fn refused(run: &Run, error: Error) -> Error {
    run.stats.count_error(error.clone());
    error
}

type Done = std::result::Result<&'static str, RemoteError>;

/// Copies inside the store; `None` when that is not possible.
async fn by_server(
    run: &Run,
    src: &Location,
    dst: &Location,
    job: &Job,
    transfer: &Transfer,
) -> std::result::Result<Option<&'static str>, RemoteError> {
    if !src.same_store(dst) || !src.remote.features().server_copy {
        return Ok(None);
    }
    match dst
        .remote
        .copy(&job.src, &job.to, job.replace.as_ref())
        .await
    {
        Ok(copied) => {
            if run.sets_metadata()
                && let Some(metadata) = run.metadata_for((src, &job.src), dst).await?
            {
                dst.remote.set_metadata(&copied, &metadata).await?;
            }
            let size = job.src.size.unwrap_or(0);
            transfer.add(size);
            run.stats.update(|c| {
                c.server_copies += 1;
                c.server_copy_bytes = c.server_copy_bytes.saturating_add(size);
            });
            Ok(Some("server-side copy"))
        }
        Err(e) if e.kind == ErrorKind::Unsupported => Ok(None),
        Err(e) => Err(e),
    }
}

async fn through_here(
    run: &Run,
    src: &Location,
    dst: &Location,
    job: &Job,
    transfer: &Arc<Transfer>,
) -> Done {
    patiently(run, &job.name, transfer, || {
        once(run, src, dst, job, transfer)
    })
    .await?;
    Ok(match job.replace {
        Some(_) => "replaced existing",
        None => "new",
    })
}

/// Tries again after temporary failures, as often as the user wants.
pub(super) async fn patiently<T, F>(
    run: &Run,
    name: &str,
    transfer: &Transfer,
    mut once: impl FnMut() -> F,
) -> std::result::Result<T, RemoteError>
where
    F: Future<Output = std::result::Result<T, RemoteError>>,
{
    let mut tries_left = run.options.low_level_retries.max(1);
    loop {
        tries_left -= 1;
        match once().await {
            Ok(done) => return Ok(done),
            Err(error) => {
                let Retry::Later(delay) = error.retry else {
                    return Err(error);
                };
                if tries_left == 0 {
                    return Err(error);
                }
                tracing::debug!(
                    object = %name,
                    "Received error: {error} - low level retry, {tries_left} left"
                );
                transfer.restart();
                tokio::time::sleep(delay).await;
            }
        }
    }
}

/// What the user wants an unfinished file to be called.
pub(super) fn partial(run: &Run) -> Partial {
    if run.options.inplace {
        Partial::InPlace
    } else {
        Partial::Suffix(run.options.partial_suffix.clone())
    }
}

async fn once(
    run: &Run,
    src: &Location,
    dst: &Location,
    job: &Job,
    transfer: &Arc<Transfer>,
) -> std::result::Result<(), RemoteError> {
    let content = match src.remote.open_random(&job.src).await? {
        Some(random) => Content::Random(random),
        None => Content::Stream(src.remote.read(&job.src, None).await?),
    };
    let resume = match content {
        Content::Stream(_) => src.remote.resumable(&job.src).await?,
        Content::Random(_) => None,
    };
    let file = NewFile {
        size: job.src.size,
        modified: run.time_set().or(job.src.modified),
        metadata: run.metadata_for((src, &job.src), dst).await.map_err(|e| {
            let words = format!("failed to read metadata from source object: {e}");
            e.said(words)
        })?,
        content,
        replace: job.replace.clone(),
        meter: Some(Arc::new(Paced::new(run, transfer, Way::between(src, dst))) as Arc<dyn Meter>),
        partial: partial(run),
        resume,
    };
    dst.remote.write(&job.to, file).await?;
    Ok(())
}
