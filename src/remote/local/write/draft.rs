//! A long file whose source brings the pieces in any order.
//!
//! They are written where they belong as they come. Whatever ends it, what has
//! been written stays for the next try, if it is worth it and right as far as
//! the source knows.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;

use super::super::super::{Draft, Entry, ErrorKind, Meter, RemotePath, Result, Resumable};
use super::super::partial::PartialFile;
use super::super::{blocking, change, failure, list, metadata, shown};
use super::{Job, WORTH_KEEPING};

/// Lets `source` fill the file.
pub(super) async fn fill(
    job: Job,
    suffix: String,
    size: u64,
    source: Arc<dyn Resumable>,
    meter: Option<Arc<dyn Meter>>,
) -> Result<Entry> {
    let mark = source.mark();
    let (job, draft) = blocking(move || {
        job.prepare()?;
        let partial = match PartialFile::take_up(&job.os, &suffix, mark) {
            Some(found) => found,
            None => PartialFile::create(&job.os, &suffix, Some(mark))
                .map_err(|e| failure(e, "creating", &job.path))?,
        };
        job.make_room(&partial)?;
        let found = partial.file().metadata();
        let found = found.map_err(|e| failure(e, "looking at", &job.path))?;
        let draft = Arc::new(Unfinished {
            partial,
            path: job.path.clone(),
            found: found.len(),
            meter,
            worth: AtomicU64::new(found.len()),
            is_named: AtomicBool::new(false),
        });
        Ok((job, draft))
    })
    .await?;
    let filled = source.fill(Arc::clone(&draft) as Arc<dyn Draft>).await;
    blocking(move || {
        if let Err(error) = filled {
            if is_final(error.kind) {
                draft.worth.store(0, Ordering::Relaxed);
            }
            return Err(error);
        }
        draft.finish(&job, size)?;
        list::stat(&job.spot)
    })
    .await
}

/// Whether nothing of what was read before this error can be used.
fn is_final(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Corrupt | ErrorKind::Changed | ErrorKind::NotFound
    )
}

/// The file, until it has its name.
struct Unfinished {
    partial: PartialFile,
    path: RemotePath,
    /// Its length when it was taken up.
    found: u64,
    meter: Option<Arc<dyn Meter>>,
    /// Bytes of it that the next try need not bring again.
    worth: AtomicU64,
    is_named: AtomicBool,
}

impl Unfinished {
    fn finish(&self, job: &Job, size: u64) -> Result<()> {
        let failed = |e| failure(e, "writing", &self.path);
        let file = self.partial.file();
        file.set_len(size).map_err(failed)?;
        if let Some(modified) = job.modified {
            change::set_file_modified(file, modified).map_err(failed)?;
        }
        if let Some(metadata) = &job.metadata {
            metadata::set_on(&self.partial, &job.spot, metadata)?;
        }
        self.partial.name(&job.os).map_err(failed)?;
        self.is_named.store(true, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl Draft for Unfinished {
    fn length(&self) -> u64 {
        self.found
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.partial.file().read_exact_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let written = self.partial.write_all_at(bytes, offset);
        written.map_err(|e| failure(e, "writing", &self.path))
    }

    fn kept(&self, bytes: u64) {
        self.worth.store(bytes, Ordering::Relaxed);
        if bytes > 0 {
            tracing::debug!(
                "{}: going on with {bytes} bytes that an earlier run has left",
                shown(&self.path)
            );
        }
        if let Some(meter) = &self.meter {
            meter.kept(bytes);
        }
    }

    async fn passed(&self, bytes: u64) -> Result<()> {
        self.worth.fetch_add(bytes, Ordering::Relaxed);
        match &self.meter {
            Some(meter) => meter.passed(bytes).await,
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if *self.is_named.get_mut() {
            return;
        }
        if *self.worth.get_mut() >= WORTH_KEEPING {
            self.partial.keep();
        } else {
            self.partial.let_go();
        }
    }
}
