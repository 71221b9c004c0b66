//! Reading the source in order, and noticing when it is not what it was.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;

use crate::mega::buffers::Buffer;
use crate::mega::content::{ReadAt, Source, SourceStream};
use crate::mega::crypto::fingerprint::{Fingerprint, FingerprintBuilder};
use crate::mega::error::Error;

/// Hands out the plaintext in order, computing the fingerprint of exactly the
/// bytes that it hands out.
pub(crate) struct Reader {
    input: Input,
    size: u64,
    position: u64,
    fingerprint: FingerprintBuilder,
}

enum Input {
    Stream {
        stream: SourceStream,
        /// What was received and not handed out yet.
        rest: Bytes,
    },
    Random(Arc<dyn ReadAt>),
}

impl Reader {
    /// A reader of `size` bytes.
    pub(crate) fn new(source: Source, size: u64) -> Result<Self, Error> {
        let input = match source {
            Source::Stream(stream) => Input::Stream {
                stream,
                rest: Bytes::new(),
            },
            Source::Random(file) if file.size() != size => {
                return Err(changed(size, &format!("{}", file.size())));
            }
            Source::Random(file) => Input::Random(file),
        };
        Ok(Self {
            input,
            size,
            position: 0,
            fingerprint: FingerprintBuilder::new(size),
        })
    }

    /// Goes back to the start; `false` if the source does not let it.
    pub(crate) fn rewind(&mut self) -> bool {
        match &self.input {
            Input::Stream { .. } if self.position > 0 => return false,
            Input::Stream { .. } | Input::Random(_) => {}
        }
        self.position = 0;
        self.fingerprint = FingerprintBuilder::new(self.size);
        true
    }

    /// Reads the next `length` bytes.
    pub(crate) async fn read(&mut self, length: usize) -> Result<Buffer, Error> {
        let mut buffer = Buffer::take(length);
        if length == 0 {
            return Ok(buffer);
        }
        match &mut self.input {
            Input::Random(file) => {
                let (file, offset) = (Arc::clone(file), self.position);
                let (read, result) = tokio::task::spawn_blocking(move || {
                    let result = file.read_exact_at(buffer.bytes_mut(), offset);
                    (buffer, result)
                })
                .await
                .map_err(|_| Error::Invalid("the reader of the source failed".to_owned()))?;
                buffer = read;
                if let Err(error) = result {
                    return Err(self.io_error(error));
                }
            }
            Input::Stream { stream, rest } => {
                let mut target = buffer.bytes_mut();
                while !target.is_empty() {
                    if rest.is_empty() {
                        *rest = match stream.next().await {
                            Some(bytes) => bytes.map_err(Error::Source)?,
                            None => {
                                let got = self.position + (length - target.len()) as u64;
                                return Err(changed(self.size, &got.to_string()));
                            }
                        };
                        continue;
                    }
                    let part = rest.split_to(rest.len().min(target.len()));
                    let (now, later) = target.split_at_mut(part.len());
                    now.copy_from_slice(&part);
                    target = later;
                }
            }
        }
        self.fingerprint.update(buffer.as_ref());
        self.position += length as u64;
        Ok(buffer)
    }

    /// Makes sure that the source ended where it should have, and is what it
    /// was; returns the fingerprint of what was read.
    pub(crate) async fn finish(&mut self, mtime: i64) -> Result<Fingerprint, Error> {
        match &mut self.input {
            Input::Stream { stream, rest } => loop {
                if !rest.is_empty() {
                    return Err(changed(self.size, "more"));
                }
                match stream.next().await {
                    Some(bytes) => *rest = bytes.map_err(Error::Source)?,
                    None => break,
                }
            },
            Input::Random(file) => file.check_unchanged().map_err(Error::Source)?,
        }
        Ok(self.fingerprint.finish(mtime)?)
    }

    fn io_error(&self, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            // It has become shorter, and has the words for it.
            if let Input::Random(file) = &self.input
                && let Err(source) = file.check_unchanged()
            {
                return Error::Source(source);
            }
            return changed(self.size, "fewer");
        }
        Error::io("reading the source", error)
    }
}

fn changed(expected: u64, got: &str) -> Error {
    Error::SourceChanged(format!("expected {expected} bytes and got {got}"))
}
