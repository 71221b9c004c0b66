//! Streams of unknown length: MEGA wants the size before the first byte, so
//! they are put aside first, in memory while they are small, else in a
//! temporary file that no path leads to.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::mega::content::{ReadAt, Source, SourceError, SourceStream};
use crate::mega::error::Error;

/// What is kept in memory.
const IN_MEMORY: usize = 4 << 20;

/// Reads the stream to its end; returns its bytes as a source, and how many.
pub(super) async fn spool(mut stream: SourceStream) -> Result<(Source, u64), Error> {
    let mut memory = BytesMut::new();
    let mut file: Option<File> = None;
    while let Some(bytes) = stream.next().await {
        memory.extend_from_slice(&bytes.map_err(Error::Source)?);
        if memory.len() > IN_MEMORY {
            file = Some(append(file, memory.split().freeze()).await?);
        }
    }
    let source: Arc<dyn ReadAt> = match file {
        None => Arc::new(InMemory(memory.freeze())),
        Some(file) => {
            let file = append(Some(file), memory.freeze()).await?;
            let size = file.metadata().map_err(spool_error)?.len();
            Arc::new(Spooled { file, size })
        }
    };
    let size = source.size();
    Ok((Source::Random(source), size))
}

async fn append(file: Option<File>, bytes: Bytes) -> Result<File, Error> {
    tokio::task::spawn_blocking(move || {
        let mut file = match file {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        file.write_all(&bytes)?;
        Ok(file)
    })
    .await
    .map_err(|_| Error::Invalid("the writer of the temporary file failed".to_owned()))?
    .map_err(spool_error)
}

fn spool_error(error: io::Error) -> Error {
    Error::io(
        "keeping a stream of unknown length in a temporary file (TMPDIR says where)",
        error,
    )
}

struct InMemory(Bytes);

impl ReadAt for InMemory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.saturating_add(buffer.len());
        let bytes = self.0.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), SourceError> {
        Ok(())
    }
}

struct Spooled {
    file: File,
    size: u64,
}

impl ReadAt for Spooled {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    buffer = buffer.get_mut(read..).unwrap_or_default();
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), SourceError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn what_goes_in_comes_out_whatever_the_length() {
        for length in [0, 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY + 5] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let parts: Vec<Result<Bytes, SourceError>> = content
                .chunks(1 << 20)
                .map(|part| Ok(Bytes::copy_from_slice(part)))
                .collect();
            let (source, size) = spool(Box::pin(futures_util::stream::iter(parts)))
                .await
                .unwrap();
            assert_eq!(size, length as u64);
            let Source::Random(source) = source else {
                panic!()
            };
            let mut back = vec![0; length];
            source.read_exact_at(&mut back, 0).unwrap();
            assert!(back == content);
            assert!(source.read_exact_at(&mut [0], size).is_err());
        }
    }
}
