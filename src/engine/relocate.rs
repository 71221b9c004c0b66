//! One file from one place to another: renamed by the server where both are
//! the same store, else copied, and deleted at its source after that.

use super::delete::{admit_moving, delete_moved};
use super::transfer::{Job, transfer};
use super::{Error, Result, Run};
use crate::remote::{Entry, ErrorKind, Location, RemoteError};

/// What a move is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The work that was asked for: a transfer.
    Transfer,
    /// What has to be done besides.
    Aside,
}

/// Moves one file; `false` when the user does not want that. A failure is
/// logged and counted here; the source is then where it was.
///
/// # Errors
/// The failure, already counted.
pub(super) async fn relocate(
    run: &Run,
    src: &Location,
    dst: &Location,
    job: &Job,
    part: Part,
) -> Result<bool> {
    let size = job.src.size;
    let action = if job.name == job.to_name {
        "move".to_owned()
    } else {
        format!("move to {}", job.to_name)
    };
    if run.skips(&action, &job.name, size).await {
        match part {
            Part::Transfer => {
                let transfer = run.stats.begin_transfer(&job.name, size);
                transfer.add(size.unwrap_or(0));
                transfer.finish();
            }
            Part::Aside => {
                drop(run.stats.begin_check(&job.name));
                run.stats
                    .update(|c| c.bytes = c.bytes.saturating_add(size.unwrap_or(0)));
            }
        }
        run.stats.update(|c| c.renames += 1);
        return Ok(run.options.dry_run);
    }
    if by_server(run, src, dst, job, part).await? {
        return Ok(true);
    }
    // Who agrees to the whole is not asked for its halves.
    let run = &run.unasked();
    if let Err(error) = transfer(run, src, dst, job).await {
        tracing::error!(object = %job.name, "Not deleting source as copy failed: {error}");
        return Err(error);
    }
    if has_changed(src, job).await {
        let error = Error::new(
            ErrorKind::Changed,
            "Not deleting source as it has changed since it was copied",
        );
        tracing::error!(object = %job.name, "{error}");
        return Err(run.stats.count_error(error));
    }
    delete_moved(run, src, &job.src).await?;
    run.stats.update(|c| c.renames += 1);
    Ok(true)
}

/// Renames inside the store; `false` when that is not possible.
async fn by_server(
    run: &Run,
    src: &Location,
    dst: &Location,
    job: &Job,
    part: Part,
) -> Result<bool> {
    if !src.same_store(dst) || !src.remote.features().server_move {
        return Ok(false);
    }
    let size = job.src.size.unwrap_or(0);
    let transfer =
        (part == Part::Transfer).then(|| run.stats.begin_transfer(&job.name, job.src.size));
    let _moving = (part == Part::Aside).then(|| run.stats.begin_check(&job.name));
    let metadata = match part {
        Part::Transfer if run.sets_metadata() => {
            let read = run.metadata_for((src, &job.src), dst).await;
            read.map_err(|e| not_moved(run, job, e))?
        }
        // A name changes nothing of it.
        _ => None,
    };
    let old = job.replace.as_ref();
    let moved = match old {
        None => match dst.remote.rename(&job.src, &job.to).await {
            // Nobody has looked what stands there, or a filter hides it.
            Err(e)
                if e.kind == ErrorKind::AlreadyExists
                    && (run.options.no_check_dest || run.filter.is_active()) =>
            {
                rename_over_any(dst, job).await
            }
            other => other,
        },
        Some(old) => {
            // What is replaced is deleted, and counts as that.
            let _check = run.stats.begin_check(&job.to_name);
            admit_moving(run, old)?;
            dst.remote.rename_over(&job.src, &job.to, old).await
        }
    };
    match moved {
        Ok(moved) => {
            if let Some(metadata) = metadata {
                let set = dst.remote.set_metadata(&moved, &metadata).await;
                set.map_err(|e| not_moved(run, job, e))?;
            }
        }
        Err(e) if e.kind == ErrorKind::Unsupported => return Ok(false),
        Err(e) => return Err(not_moved(run, job, e)),
    }
    if let Some(transfer) = transfer {
        transfer.add(size);
        transfer.finish();
    }
    run.stats.update(|c| {
        c.renames += 1;
        c.server_moves += 1;
        c.server_move_bytes = c.server_move_bytes.saturating_add(size);
    });
    if old.is_some() {
        tracing::info!(object = %job.to_name, "Deleted");
    }
    let to = if job.name == job.to_name {
        String::new()
    } else {
        format!(" to: {}", job.to_name)
    };
    tracing::info!(object = %job.name, "Moved (server-side){to}");
    Ok(true)
}

fn not_moved(run: &Run, job: &Job, error: RemoteError) -> Error {
    let error = Error::from(error);
    tracing::error!(object = %job.name, "Couldn't move: {error}");
    run.stats.count_error(error)
}

async fn rename_over_any(dst: &Location, job: &Job) -> std::result::Result<Entry, RemoteError> {
    let old = dst.remote.stat(&job.to.path).await?;
    dst.remote.rename_over(&job.src, &job.to, &old).await
}

/// Whether the file is another one than that which was copied, as far as a
/// disk can say.
async fn has_changed(src: &Location, job: &Job) -> bool {
    if !src.remote.features().local {
        return false;
    }
    match src.remote.stat(&job.src.path).await {
        Ok(now) if src.remote.features().fickle_times => now.size != job.src.size,
        Ok(now) => (now.size, now.modified) != (job.src.size, job.src.modified),
        // Deleting it will say what is wrong.
        Err(_) => false,
    }
}
