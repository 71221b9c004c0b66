//! Writing a file: all of it under its final name, or nothing.
//!
//! One thread a file holds the partial file and does every system call; the
//! task beside it takes the bytes from the source. Whoever stops first, for
//! whatever reason, the thread then removes the partial file. Long files of
//! sources that can go on with them are another matter: `draft.rs`.

mod draft;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::super::{
    ByteStream, Content, Entry, ErrorKind, Metadata, Meter, NewFile, Partial, ReadAt, RemoteError,
    RemotePath, Result,
};
use super::partial::{PartialFile, Strays};
use super::read::{PAGE, to_page};
use super::spot::Spot;
use super::{blocking, change, failure, link, list, metadata, shown};

/// Small pieces are gathered to this many bytes before they are written.
const GATHER: usize = 256 << 10;
/// Bytes copied at once from a source with random access.
const PIECE: usize = 1 << 20;
/// Pieces on their way to the writing thread.
const QUEUE: usize = 4;
/// From this length on it is worth asking for the room of the whole file.
const WORTH_RESERVING: u64 = 1 << 20;
/// From this length on it is worth keeping what a broken transfer has brought.
const WORTH_KEEPING: u64 = 8 << 20;

/// What the task tells the thread.
enum Message {
    Data(Bytes),
    /// The source ended well: without it nothing gets its final name.
    End,
}

/// Writes `file` to `os`, which is `path` in this remote.
pub(super) async fn write(spot: Spot, file: NewFile, strays: Arc<Strays>) -> Result<Entry> {
    if let Some(link) = link::named(&spot.os, spot.options.links) {
        return write_link(spot, link, file).await;
    }
    let NewFile {
        size,
        modified,
        metadata,
        content,
        meter,
        partial,
        resume,
        ..
    } = file;
    let job = Job {
        os: spot.os.clone(),
        path: spot.path.clone(),
        modified: modified.filter(|_| !spot.options.no_set_modtime),
        spot,
        size,
        metadata,
        partial,
        mark: resume.as_ref().map(|resume| resume.mark()),
        strays,
    };
    match content {
        Content::Stream(stream) => match (resume, &job.partial, job.size) {
            (Some(source), Partial::Suffix(suffix), Some(size)) if size >= WORTH_KEEPING => {
                let suffix = suffix.clone();
                draft::fill(job, suffix, size, source, meter).await
            }
            _ => write_stream(job, stream, meter).await,
        },
        Content::Random(source) => write_random(job, source, meter).await,
    }
}

async fn write_stream(
    job: Job,
    mut stream: ByteStream,
    meter: Option<Arc<dyn Meter>>,
) -> Result<Entry> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let path = job.path.clone();
    let mut thread = tokio::task::spawn_blocking(move || {
        let mut writer = Writer::create(job)?;
        while let Some(message) = receiver.blocking_recv() {
            match message {
                Message::Data(piece) => writer.write(&piece)?,
                Message::End => return writer.finish(),
            }
        }
        Err(writer.abandoned())
    });
    let mut failed = None;
    loop {
        let message = match stream.next().await {
            Some(Ok(piece)) => Message::Data(piece),
            Some(Err(error)) => {
                failed = Some(error);
                break;
            }
            None => Message::End,
        };
        let length = match &message {
            Message::Data(piece) => piece.len() as u64,
            Message::End => {
                // A closed queue means that the thread has failed and says why.
                let _ = sender.send(message).await;
                break;
            }
        };
        if sender.send(message).await.is_err() {
            break;
        }
        if let Some(meter) = &meter
            && let Err(error) = meter.passed(length).await
        {
            failed = Some(error);
            break;
        }
    }
    drop(sender);
    let result = (&mut thread).await.unwrap_or_else(|stopped| {
        Err(
            RemoteError::new(ErrorKind::Cancelled, "writing", shown(&path))
                .because(stopped.to_string()),
        )
    });
    // The source's own error says more than "abandoned".
    failed.map_or(result, Err)
}

async fn write_random(
    job: Job,
    source: Arc<dyn ReadAt>,
    meter: Option<Arc<dyn Meter>>,
) -> Result<Entry> {
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let stopped = stop.0.clone();
    // The thread tells of each piece and waits for the word to go on. It never
    // waits for the meter itself: a run that ends would pull the clock away.
    let (tell, told) = mpsc::channel(1);
    let (allow, mut allowed) = mpsc::channel(1);
    let metered = meter.is_some();
    let writing = blocking(move || {
        let mut writer = Writer::create(job)?;
        let size = source.size();
        let room = PIECE.min(usize::try_from(size).unwrap_or(PIECE));
        let mut memory = vec![0; room + PAGE];
        let begin = to_page(&memory);
        let buffer = memory.split_at_mut(begin).1;
        let mut offset = 0;
        while offset < size {
            if stopped.load(Ordering::Relaxed) {
                return Err(writer.abandoned());
            }
            let left = usize::try_from(size - offset).unwrap_or(PIECE);
            let length = left.min(room);
            let piece = buffer.split_at_mut(length).0;
            if let Err(error) = source.read_exact_at(piece, offset) {
                // Growing shorter is a change; the source knows best.
                source.check_unchanged()?;
                return Err(failure(error, "reading the source of", &writer.job.path));
            }
            writer.write(piece)?;
            offset += length as u64;
            if metered
                && (tell.blocking_send(length as u64).is_err() || allowed.blocking_recv().is_none())
            {
                return Err(writer.abandoned());
            }
        }
        source.check_unchanged()?;
        writer.finish()
    });
    let (result, refused) = tokio::join!(writing, ask(meter, told, allow));
    // The meter's own error says more than "abandoned".
    refused.map_or(result, Err)
}

/// Passes on to the meter what the thread tells, until it ends or may not go
/// on; returns why not.
async fn ask(
    meter: Option<Arc<dyn Meter>>,
    mut told: mpsc::Receiver<u64>,
    allow: mpsc::Sender<()>,
) -> Option<RemoteError> {
    let meter = meter?;
    while let Some(length) = told.recv().await {
        if let Err(error) = meter.passed(length).await {
            return Some(error);
        }
        // A thread that has ended meanwhile says why itself.
        let _ = allow.send(()).await;
    }
    None
}

/// Tells the thread that nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes the link that `file` stands for.
async fn write_link(spot: Spot, os: PathBuf, file: NewFile) -> Result<Entry> {
    let too_long = || {
        let error = RemoteError::new(ErrorKind::Invalid, "making the link", shown(&spot.path));
        error.because(format!("its target has more than {} bytes", link::LONGEST))
    };
    if file.size.is_some_and(|size| size > link::LONGEST) {
        return Err(too_long());
    }
    let mut target = Vec::new();
    match file.content {
        Content::Random(source) => {
            let size = source.size();
            if size > link::LONGEST {
                return Err(too_long());
            }
            target.resize(usize::try_from(size).unwrap_or(0), 0);
            source
                .read_exact_at(&mut target, 0)
                .map_err(|e| failure(e, "reading the source of", &spot.path))?;
            source.check_unchanged()?;
        }
        Content::Stream(mut stream) => {
            while let Some(piece) = stream.next().await {
                target.extend_from_slice(&piece?);
                if target.len() as u64 > link::LONGEST {
                    return Err(too_long());
                }
            }
        }
    }
    let length = target.len() as u64;
    if file.size.is_some_and(|size| size != length) {
        let error = RemoteError::new(ErrorKind::Changed, "making the link", shown(&spot.path));
        return Err(error.because("its target has another length than it was said to have"));
    }
    if let Some(meter) = &file.meter {
        meter.passed(length).await?;
    }
    let modified = file.modified.filter(|_| !spot.options.no_set_modtime);
    let metadata = file.metadata;
    blocking(move || {
        spot.make_parents()?;
        link::make(&os, &spot.path, &target, modified)?;
        let made = list::stat(&spot)?;
        if let Some(metadata) = &metadata {
            metadata::set(&spot, &made, metadata)?;
        }
        Ok(made)
    })
    .await
}

/// What is to be written.
struct Job {
    spot: Spot,
    os: PathBuf,
    path: RemotePath,
    size: Option<u64>,
    modified: Option<jiff::Timestamp>,
    metadata: Option<Metadata>,
    partial: Partial,
    /// The number of the content, where it can be gone on with later.
    mark: Option<u32>,
    strays: Arc<Strays>,
}

impl Job {
    /// Makes the directories above, and sees that none has the file's name.
    fn prepare(&self) -> Result<()> {
        self.spot.make_parents()?;
        if self.os.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(RemoteError::new(
                ErrorKind::IsDir,
                "writing",
                shown(&self.path),
            ));
        }
        Ok(())
    }

    /// Asks for the room of the whole file, and clears away what earlier runs
    /// have left of other contents.
    fn make_room(&self, file: &PartialFile) -> Result<()> {
        if let Some(size) = self.size.filter(|size| *size >= WORTH_RESERVING) {
            file.reserve(size)
                .map_err(|e| failure(e, "writing", &self.path))?;
        }
        if let Partial::Suffix(suffix) = &self.partial {
            self.strays.remove_of(&self.os, suffix, file.path());
        }
        Ok(())
    }
}

/// A file in the making; what is not finished goes when it is dropped.
struct Writer {
    job: Job,
    file: io::BufWriter<PartialFile>,
    written: u64,
}

impl Writer {
    fn create(job: Job) -> Result<Self> {
        job.prepare()?;
        let created = match &job.partial {
            Partial::Suffix(suffix) => PartialFile::create(&job.os, suffix, job.mark),
            Partial::InPlace => PartialFile::in_place(&job.os),
        };
        let file = created.map_err(|e| failure(e, "creating", &job.path))?;
        job.make_room(&file)?;
        Ok(Self {
            job,
            file: io::BufWriter::with_capacity(GATHER, file),
            written: 0,
        })
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.written += piece.len() as u64;
        if self.job.size.is_some_and(|size| self.written > size) {
            return Err(self.wrong_length());
        }
        let written = if piece.len() < GATHER {
            self.file.write_all(piece)
        } else {
            // Nothing of a large piece goes through the buffer.
            let gathered = self.file.flush();
            gathered.and_then(|()| self.file.get_mut().write_all(piece))
        };
        written.map_err(|e| failure(e, "writing", &self.job.path))
    }

    /// Gives the file its final name.
    fn finish(mut self) -> Result<Entry> {
        if self.job.size.is_some_and(|size| self.written != size) {
            return Err(self.wrong_length());
        }
        let failed = |e| failure(e, "writing", &self.job.path);
        self.file.flush().map_err(failed)?;
        if let Some(modified) = self.job.modified {
            let file = self.file.get_ref().file();
            change::set_file_modified(file, modified).map_err(failed)?;
        }
        if let Some(metadata) = &self.job.metadata {
            metadata::set_on(self.file.get_ref(), &self.job.spot, metadata)?;
        }
        let named = self.file.get_mut().name(&self.job.os);
        named.map_err(failed)?;
        list::stat(&self.job.spot)
    }

    fn wrong_length(&self) -> RemoteError {
        let expected = self.job.size.unwrap_or_default();
        RemoteError::new(ErrorKind::Changed, "writing", shown(&self.job.path)).because(format!(
            "{} bytes came instead of {expected}",
            if self.written > expected {
                format!("more than {expected}")
            } else {
                self.written.to_string()
            }
        ))
    }

    fn abandoned(&self) -> RemoteError {
        RemoteError::new(ErrorKind::Cancelled, "writing", shown(&self.job.path))
    }
}
