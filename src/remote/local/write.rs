//! Writing a file: all of it under its final name, or nothing.
//!
//! One thread a file holds the partial file and does every system call; the
//! task beside it takes the bytes from the source. Whoever stops first, for
//! whatever reason, the thread then removes the partial file.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::super::{
    ByteStream, Content, Entry, ErrorKind, Meter, NewFile, Partial, ReadAt, RemoteError,
    RemotePath, Result,
};
use super::{blocking, change, failure, list, shown};

/// Small pieces are gathered to this many bytes before they are written.
const GATHER: usize = 256 << 10;
/// Bytes copied at once from a source with random access.
const PIECE: usize = 1 << 20;
/// Pieces on their way to the writing thread.
const QUEUE: usize = 4;
/// Longest name that the file systems in use can hold, in bytes.
const NAME_MAX: usize = 255;

/// What the task tells the thread.
enum Message {
    Data(Bytes),
    /// The source ended well: without it nothing gets its final name.
    End,
}

/// Writes `file` to `os`, which is `path` in this remote.
pub(super) async fn write(os: PathBuf, path: RemotePath, file: NewFile) -> Result<Entry> {
    let NewFile {
        size,
        modified,
        content,
        meter,
        partial,
        ..
    } = file;
    let job = Job {
        os,
        path,
        size,
        modified,
    };
    match content {
        Content::Stream(stream) => write_stream(job, partial, stream, meter).await,
        Content::Random(source) => write_random(job, partial, source, meter).await,
    }
}

async fn write_stream(
    job: Job,
    partial: Partial,
    mut stream: ByteStream,
    meter: Option<Arc<dyn Meter>>,
) -> Result<Entry> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let path = job.path.clone();
    let mut thread = tokio::task::spawn_blocking(move || {
        let mut writer = Writer::create(job, &partial)?;
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
    partial: Partial,
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
        let mut writer = Writer::create(job, &partial)?;
        let size = source.size();
        let mut buffer = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE))];
        let mut offset = 0;
        while offset < size {
            if stopped.load(Ordering::Relaxed) {
                return Err(writer.abandoned());
            }
            let left = usize::try_from(size - offset).unwrap_or(PIECE);
            let length = left.min(buffer.len());
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

/// What is to be written.
struct Job {
    os: PathBuf,
    path: RemotePath,
    size: Option<u64>,
    modified: Option<jiff::Timestamp>,
}

/// A file in the making.
struct Writer {
    job: Job,
    file: io::BufWriter<File>,
    partial: RemoveOnDrop,
    written: u64,
}

impl Writer {
    fn create(job: Job, partial: &Partial) -> Result<Self> {
        if let (Some(parent), Some(parent_path)) = (job.os.parent(), job.path.parent()) {
            change::make_parents(parent, &parent_path)?;
        }
        if job.os.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(RemoteError::new(
                ErrorKind::IsDir,
                "writing",
                shown(&job.path),
            ));
        }
        let created = match partial {
            Partial::Suffix(suffix) => create_partial(&job.os, suffix),
            Partial::InPlace => create_in_place(&job.os).map(|file| (file, job.os.clone())),
        };
        let (file, name) = created.map_err(|e| failure(e, "creating", &job.path))?;
        Ok(Self {
            job,
            file: io::BufWriter::with_capacity(GATHER, file),
            partial: RemoveOnDrop(Some(name)),
            written: 0,
        })
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.written += piece.len() as u64;
        if self.job.size.is_some_and(|size| self.written > size) {
            return Err(self.wrong_length());
        }
        self.file
            .write_all(piece)
            .map_err(|e| failure(e, "writing", &self.job.path))
    }

    /// Gives the file its final name.
    fn finish(mut self) -> Result<Entry> {
        if self.job.size.is_some_and(|size| self.written != size) {
            return Err(self.wrong_length());
        }
        self.finish_io()
            .map_err(|e| failure(e, "writing", &self.job.path))?;
        list::stat(&self.job.os, self.job.path.clone())
    }

    fn finish_io(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(modified) = self.job.modified {
            change::set_file_modified(self.file.get_ref(), modified)?;
        }
        if let Some(partial) = self.partial.0.as_ref() {
            if *partial != self.job.os {
                fs::rename(partial, &self.job.os)?;
            }
            self.partial.0 = None;
        }
        Ok(())
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

/// Removes the file unless it has been finished.
struct RemoveOnDrop(Option<PathBuf>);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nothing more can be done about a file that will not go.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes a new file beside `os`; one that exists, or a link, is never opened.
fn create_partial(os: &Path, suffix: &str) -> io::Result<(File, PathBuf)> {
    loop {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
        let name = partial_name(
            os.file_name().unwrap_or(OsStr::new("file")),
            &format!(".{:08x}{suffix}", u32::from_be_bytes(random)),
        );
        let path = os.with_file_name(name);
        match new_file().open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (file, path)),
        }
    }
}

/// Makes the file itself, emptying the one that is there; a link is replaced.
fn create_in_place(os: &Path) -> io::Result<File> {
    if os.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
        fs::remove_file(os)?;
    }
    match new_file().open(os) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new()
            .write(true)
            .truncate(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(os),
        other => other,
    }
}

fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

/// `name` and `ending`, `name` cut where the two are too long together.
fn partial_name(name: &OsStr, ending: &str) -> OsString {
    let mut bytes = name.as_bytes().to_vec();
    let room = NAME_MAX.saturating_sub(ending.len());
    if bytes.len() > room {
        // Not inside a character: some file systems take UTF-8 only.
        let cut = (0..=room)
            .rev()
            .find(|&at| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80));
        bytes.truncate(cut.unwrap_or(room));
    }
    bytes.extend_from_slice(ending.as_bytes());
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_names_fit_and_stay_text() {
        let ending = ".01234567.partial";
        let short = partial_name(OsStr::new("a.txt"), ending);
        assert_eq!(short, "a.txt.01234567.partial");
        let long = partial_name(OsStr::new(&"ä".repeat(127)), ending);
        assert!(long.len() <= NAME_MAX);
        assert!(long.to_str().is_some_and(|name| name.ends_with(ending)));
    }
}
