//! A small file that is written, read back, compared and removed again, in a
//! folder of its own: whether a remote works at all.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::{Endings, Stopped};
use crate::remote::{
    Content, Entry, ErrorKind, Location, NewFile, RemoteError, RemotePath, Result,
};

/// Bytes of the file: two chunks and a bit, on MEGA.
pub const SIZE: usize = 400 * 1024;

/// What was being done when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Making the folder.
    Folder,
    /// Writing the file.
    Upload,
    /// Reading it.
    Download,
    /// Removing both.
    Removal,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "making a folder",
            Self::Upload => "uploading a file",
            Self::Download => "downloading it",
            Self::Removal => "removing it",
        })
    }
}

/// A trial that failed.
#[derive(Debug)]
pub struct Failed {
    /// Where.
    pub stage: Stage,
    /// Why.
    pub error: RemoteError,
    /// What is still there, if anything is.
    pub left: Option<String>,
}

/// How long the two ways took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// There.
    pub up: Duration,
    /// And back.
    pub down: Duration,
}

/// Runs a trial below `at`. It removes what it made also when it is stopped.
///
/// # Errors
/// [`Failed`]; what could be removed is gone.
pub async fn run(at: &Location, endings: &Endings) -> std::result::Result<Times, Failed> {
    let at = at.clone();
    let trial = endings.run(|stopped| async move { run_until(&at, stopped).await });
    match trial.await {
        Some(result) => result,
        None => Err(Failed {
            stage: Stage::Folder,
            error: RemoteError::new(ErrorKind::Io, "trying", "").because("it broke off"),
            left: None,
        }),
    }
}

async fn run_until(at: &Location, mut stopped: Stopped) -> std::result::Result<Times, Failed> {
    let failed = |stage, left| move |error| Failed { stage, error, left };
    let (name, content) = invent().map_err(failed(Stage::Folder, None))?;
    let dir = RemotePath::parse(&name).unwrap_or_default();
    let dir = at.path.join(&dir);
    let folder = at.remote.make_dir(&dir).await;
    let folder = folder.map_err(failed(Stage::Folder, None))?;
    let moved = tokio::select! {
        moved = there_and_back(at, &folder, &content) => moved,
        () = stopped.wait() => {
            let error = RemoteError::new(ErrorKind::Cancelled, "trying", dir.as_str());
            Err((Stage::Upload, error))
        }
    };
    let removed = remove(at, &folder).await;
    let left = removed.is_err().then(|| dir.as_str().to_owned());
    match (moved, removed) {
        (Err((stage, error)), _) => Err(Failed { stage, error, left }),
        (Ok(_), Err(error)) => Err(Failed {
            stage: Stage::Removal,
            error,
            left,
        }),
        (Ok(times), Ok(())) => Ok(times),
    }
}

/// A name that nobody has used, and a content that no store can have.
fn invent() -> Result<(String, Bytes)> {
    let mut bytes = vec![0; SIZE];
    getrandom::fill(&mut bytes).map_err(|e| {
        RemoteError::new(ErrorKind::Io, "inventing a file", "").because(e.to_string())
    })?;
    let number = bytes
        .iter()
        .take(4)
        .fold(0_u32, |n, b| n << 8 | u32::from(*b));
    Ok((format!("megarc-doctor-{number:08x}"), bytes.into()))
}

async fn there_and_back(
    at: &Location,
    folder: &Entry,
    content: &Bytes,
) -> std::result::Result<Times, (Stage, RemoteError)> {
    let name = RemotePath::parse("trial").unwrap_or_default();
    let to = folder.path.join(&name);
    let piece = content.clone();
    let pieces = stream::once(async move { Ok(piece) }).boxed();
    let file = NewFile::new(u64::try_from(SIZE).ok(), Content::Stream(pieces));
    let started = Instant::now();
    let written = at.remote.write(&to.into(), file).await;
    let written = written.map_err(|error| (Stage::Upload, error))?;
    let up = started.elapsed();

    let started = Instant::now();
    let read = async {
        let mut pieces = at.remote.read(&written, None).await?;
        let mut read = Vec::with_capacity(SIZE);
        while let Some(piece) = pieces.next().await {
            read.extend_from_slice(&piece?);
        }
        if read != *content {
            let other = RemoteError::new(ErrorKind::Corrupt, "reading", written.path.as_str());
            return Err(other.because("what came back is not what was sent"));
        }
        Ok(())
    };
    read.await.map_err(|error| (Stage::Download, error))?;
    Ok(Times {
        up,
        down: started.elapsed(),
    })
}

async fn remove(at: &Location, folder: &Entry) -> Result<()> {
    match at.remote.purge(folder).await {
        Err(error) if error.kind == ErrorKind::Unsupported => {}
        done => return done,
    }
    for entry in at.remote.list(folder).await? {
        at.remote.remove(&entry).await?;
    }
    at.remote.remove(folder).await
}
