//! Have two files the same content? Told by a store that can tell without
//! giving its bytes out, else by reading one or both.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;

use super::Run;
use super::limits::{Paced, Way};
use crate::remote::{
    ByteStream, Candidate, Content, Depth, Entry, ErrorKind, Likeness, Location, Meter, RemoteError,
};

/// Compares the contents of two files, as deep as asked for.
///
/// # Errors
/// Those of reading what has to be read; [`ErrorKind::Unsupported`] where that
/// is not told, or would cost more than a copy.
pub(super) async fn same_contents(
    run: &Run,
    src: (&Location, &Entry),
    dst: (&Location, &Entry),
    depth: Depth,
) -> Result<bool, RemoteError> {
    let marked = |side: &Location| side.remote.features().likeness;
    if marked(src.0) && marked(dst.0) {
        return same_marks(run, src, dst, depth).await;
    }
    for ((store, file), other) in [(dst, src), (src, dst)] {
        if !store.remote.features().likeness || !other.0.remote.features().local {
            continue;
        }
        let with = Candidate::new(other.1.size, content(other).await?);
        let found = store.remote.likeness(file, with, depth).await?;
        return decided(&found, file);
    }
    same_bytes((src.0, src.1, None), (dst.0, dst.1, None)).await
}

fn decided(found: &Likeness, file: &Entry) -> Result<bool, RemoteError> {
    match found {
        Likeness::Equal(_) => Ok(true),
        Likeness::Different(_) => Ok(false),
        Likeness::Unknown(why) => {
            let path = file.path.as_str();
            Err(RemoteError::new(ErrorKind::Unsupported, "comparing", path).because(*why))
        }
    }
}

/// Compares what the stores of two files say of them. What that does not tell
/// within one store is left open: it makes a copy by itself. Between two of
/// them the source is read, which is half the way of a transfer; a dry run,
/// which reads nothing from far away, takes the samples' word.
async fn same_marks(
    run: &Run,
    (src, src_file): (&Location, &Entry),
    (dst, dst_file): (&Location, &Entry),
    depth: Depth,
) -> Result<bool, RemoteError> {
    if src_file.size == Some(0) && dst_file.size == Some(0) {
        return Ok(true);
    }
    let left = src.remote.mark(src_file).await?;
    let right = dst.remote.mark(dst_file).await?;
    let mut found = left.compare(&right);
    if matches!(found, Likeness::Unknown(_)) {
        let sampled = left.sample.is_some() && left.sample == right.sample;
        if depth == Depth::Sample || run.options.dry_run && sampled {
            return Ok(true);
        }
        if !src.same_store(dst) {
            let bytes = src.remote.read(src_file, None).await?;
            // What travels counts and waits as any other byte.
            let name = src_file.path.below(&src.path);
            let name = name.unwrap_or(src_file.path.as_str());
            let transfer = run.stats.begin_transfer(name, src_file.size);
            let with = Candidate {
                meter: Some(Arc::new(Paced::new(run, &transfer, Way::Down))),
                ..Candidate::new(src_file.size, Content::Stream(bytes))
            };
            found = dst.remote.likeness(dst_file, with, depth).await?;
        }
    }
    decided(&found, src_file)
}

/// A file for whoever compares it.
pub(super) async fn content((at, file): (&Location, &Entry)) -> Result<Content, RemoteError> {
    Ok(match at.remote.open_random(file).await? {
        Some(random) => Content::Random(random),
        None => Content::Stream(at.remote.read(file, None).await?),
    })
}

/// A file to be read, and what is told of its bytes.
pub(super) type Counted<'a> = (&'a Location, &'a Entry, Option<&'a dyn Meter>);

/// Compares two files byte by byte.
///
/// # Errors
/// Those of reading them.
pub(super) async fn same_bytes(
    (src, src_file, src_meter): Counted<'_>,
    (dst, dst_file, dst_meter): Counted<'_>,
) -> Result<bool, RemoteError> {
    let mut left = src.remote.read(src_file, None).await?;
    let mut right = dst.remote.read(dst_file, None).await?;
    let (mut a, mut b) = (Bytes::new(), Bytes::new());
    loop {
        if a.is_empty() {
            a = next_piece(&mut left, src_meter).await?;
        }
        if b.is_empty() {
            b = next_piece(&mut right, dst_meter).await?;
        }
        if a.is_empty() || b.is_empty() {
            return Ok(a.is_empty() && b.is_empty());
        }
        let common = a.len().min(b.len());
        if a.split_to(common) != b.split_to(common) {
            return Ok(false);
        }
    }
}

/// The next piece that holds something; empty at the end.
async fn next_piece(
    stream: &mut ByteStream,
    meter: Option<&dyn Meter>,
) -> Result<Bytes, RemoteError> {
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        if !piece.is_empty() {
            if let Some(meter) = meter {
                meter.passed(piece.len() as u64).await?;
            }
            return Ok(piece);
        }
    }
    Ok(Bytes::new())
}
