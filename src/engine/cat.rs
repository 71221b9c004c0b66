//! Files as one stream of bytes, for `cat`.

use std::io;

use futures_util::StreamExt;

use super::limits::{Paced, Way};
use super::walk::Walk;
use super::{Error, Result, Root, Run};
use crate::remote::{ByteStream, Entry, ErrorKind, Location, Meter as _, RemoteError, Span};

/// Which part of each file, and what comes after it.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// First byte; negative: from the end.
    pub offset: i64,
    /// Number of bytes; `None`: to the end.
    pub count: Option<u64>,
    /// Printed after each file.
    pub separator: String,
}

/// Takes the bytes.
pub trait Sink: Send {
    /// Takes one piece.
    ///
    /// # Errors
    /// When the pieces can go nowhere any more; the run ends then.
    fn put(&mut self, piece: &[u8]) -> io::Result<()>;
}

/// Writes all files below `root` to `sink`, one after the other, in order.
///
/// # Errors
/// The last failure; a file that cannot be read does not stop the rest.
pub async fn cat(run: &Run, root: &Root, part: &Part, sink: &mut dyn Sink) -> Result<()> {
    let mut walk = Walk::new(run, root);
    let mut last = None;
    while let Some(listing) = walk.next().await {
        for file in listing.entries.iter().filter(|e| !e.is_dir()) {
            match cat_file(run, &root.dir, file, part, sink).await {
                Ok(()) => {}
                Err(Failure::Sink(e)) => {
                    return Err(RemoteError::from_io(e, "writing", "standard output").into());
                }
                Err(Failure::Source(e)) => {
                    let doing = if e.op == "opening" { "open" } else { "read" };
                    let error = Error::from(e);
                    let name = super::root::relative(&file.path, &root.dir.path);
                    tracing::error!(object = %name, "Failed to {doing}: {error}");
                    last = Some(run.stats.count_error(error));
                }
            }
        }
    }
    walk.finish()?;
    last.map_or(Ok(()), Err)
}

enum Failure {
    Source(RemoteError),
    Sink(io::Error),
}

async fn cat_file(
    run: &Run,
    root: &Location,
    file: &Entry,
    part: &Part,
    sink: &mut dyn Sink,
) -> std::result::Result<(), Failure> {
    let name = super::root::relative(&file.path, &root.path);
    let span = span(file, part).map_err(Failure::Source)?;
    let length = span.map_or(file.size, |s| s.length);
    let transfer = run.stats.begin_transfer(name.as_str(), length);
    let way = if root.remote.features().local {
        Way::Within
    } else {
        Way::Down
    };
    let stream = root
        .remote
        .read(file, span)
        .await
        .map_err(Failure::Source)?;
    pass_on(stream, &Paced::new(run, &transfer, way), sink).await?;
    sink.put(part.separator.as_bytes()).map_err(Failure::Sink)?;
    transfer.finish();
    Ok(())
}

async fn pass_on(
    mut stream: ByteStream,
    meter: &Paced,
    sink: &mut dyn Sink,
) -> std::result::Result<(), Failure> {
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(Failure::Source)?;
        sink.put(&piece).map_err(Failure::Sink)?;
        let counted = meter.passed(piece.len() as u64).await;
        counted.map_err(Failure::Source)?;
    }
    Ok(())
}

/// Writes to `sink` what comes over the network as `name`.
///
/// # Errors
/// It stops coming, or the sink fails.
pub async fn pour(
    run: &Run,
    name: &str,
    (stream, size): (ByteStream, Option<u64>),
    sink: &mut dyn Sink,
) -> Result<()> {
    let transfer = run.stats.begin_transfer(name, size);
    let meter = Paced::new(run, &transfer, Way::Down);
    match pass_on(stream, &meter, sink).await {
        Ok(()) => {
            transfer.finish();
            Ok(())
        }
        Err(Failure::Source(error)) => Err(error.into()),
        Err(Failure::Sink(error)) => {
            Err(RemoteError::from_io(error, "writing", "standard output").into())
        }
    }
}

/// The part of `file` that is wanted; `None`: all of it.
fn span(file: &Entry, part: &Part) -> std::result::Result<Option<Span>, RemoteError> {
    if part.offset == 0 && part.count.is_none() {
        return Ok(None);
    }
    let offset = match (u64::try_from(part.offset), file.size) {
        (Ok(offset), Some(size)) => offset.min(size),
        (Ok(offset), None) => offset,
        (Err(_), Some(size)) => size.saturating_sub(part.offset.unsigned_abs()),
        (Err(_), None) => {
            return Err(RemoteError::new(
                ErrorKind::Unsupported,
                "reading the end of",
                file.path.as_str(),
            )
            .because("its size is not known"));
        }
    };
    let left = file.size.map(|size| size - offset);
    let length = match (part.count, left) {
        (Some(count), Some(left)) => Some(count.min(left)),
        (count, left) => count.or(left),
    };
    Ok(Some(Span { offset, length }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::remote::RemotePath;

    #[test]
    fn parts_are_cut_to_the_file() {
        let file = Entry::file(RemotePath::parse("f").unwrap(), Some(10));
        for (offset, count, expected) in [
            (0, None, None),
            (3, None, Some((3, Some(7)))),
            (-3, None, Some((7, Some(3)))),
            (-30, Some(2), Some((0, Some(2)))),
            (8, Some(5), Some((8, Some(2)))),
            (20, Some(5), Some((10, Some(0)))),
        ] {
            let part = Part {
                offset,
                count,
                separator: String::new(),
            };
            let span = span(&file, &part).unwrap().map(|s| (s.offset, s.length));
            assert_eq!(span, expected, "{offset} {count:?}");
        }
    }
}
