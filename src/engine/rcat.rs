//! One file from bytes that come once and by themselves, for `rcat` and
//! `copyurl`.
//!
//! What is small is held back until its end is known: it can then be sent again
//! after a failure, and its size is known from the start. The rest flows
//! through as it comes, and cannot be tried again.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::limits::{Paced, Way};
use super::stats::Transfer;
use super::transfer::{partial, patiently};
use super::{Error, Result, Run};
use crate::remote::{
    ByteStream, Content, Entry, ErrorKind, Location, Meter, NewFile, ReadAt, RemoteError, Retry,
};

/// Bytes on their way to a file.
pub struct Incoming {
    /// The bytes.
    pub stream: ByteStream,
    /// How many they are, as the user says.
    pub size: Option<u64>,
    /// The modification time of the file.
    pub modified: Timestamp,
    /// They come over the network, not from this machine.
    pub remote: bool,
}

/// Writes `incoming` to the file `to`, in the place of `replace`. A failure is
/// logged and counted here.
///
/// # Errors
/// The failure, already counted.
pub async fn rcat(
    run: &Run,
    to: &Location,
    replace: Option<Entry>,
    incoming: Incoming,
) -> Result<()> {
    let name = to.path.name().to_owned();
    if run.skips("upload from pipe", &name, None).await {
        return drain(incoming.stream).await;
    }
    let transfer = run.stats.begin_transfer(&name, incoming.size);
    let writer = Writer {
        run,
        to,
        name: &name,
        replace,
        modified: incoming.modified,
        way: match (incoming.remote, to.remote.features().local) {
            (true, true) => Way::Down,
            (true, false) => Way::Through,
            (false, true) => Way::Within,
            (false, false) => Way::Up,
        },
        transfer: &transfer,
    };
    match writer.write(incoming).await {
        Ok(()) => {
            transfer.finish();
            Ok(())
        }
        Err(error) => {
            let error = Error::from(error);
            tracing::error!(object = %name, "Failed to upload: {error}");
            Err(run.stats.count_error(error))
        }
    }
}

/// Takes everything, so that who writes into the pipe meets no broken one.
async fn drain(mut stream: ByteStream) -> Result<()> {
    while let Some(piece) = stream.next().await {
        piece?;
    }
    Ok(())
}

struct Writer<'a> {
    run: &'a Run,
    to: &'a Location,
    name: &'a str,
    replace: Option<Entry>,
    modified: Timestamp,
    way: Way,
    transfer: &'a Arc<Transfer>,
}

impl Writer<'_> {
    async fn write(&self, incoming: Incoming) -> std::result::Result<(), RemoteError> {
        let cutoff = self.run.options.streaming_upload_cutoff;
        let mut stream = incoming.stream;
        let mut head = BytesMut::new();
        while (head.len() as u64) < cutoff {
            let Some(piece) = stream.next().await else {
                return self.write_small(head.freeze(), incoming.size).await;
            };
            head.extend_from_slice(&piece?);
        }
        tracing::debug!(object = %self.name, "Streaming the upload: it is {cutoff} bytes or more");
        let head = stream::iter([Ok(head.freeze())]);
        let content = Content::Stream(Box::pin(head.chain(stream)));
        let file = self.file(incoming.size, content).await?;
        let to = self.to.path.clone().into();
        match self.to.remote.write(&to, file).await {
            Ok(_) => Ok(()),
            // Other stores offer another try, but the pipe is empty by now.
            Err(error) => Err(RemoteError {
                retry: Retry::Never,
                ..error
            }),
        }
    }

    async fn write_small(
        &self,
        bytes: Bytes,
        announced: Option<u64>,
    ) -> std::result::Result<(), RemoteError> {
        let size = bytes.len() as u64;
        if let Some(announced) = announced.filter(|announced| *announced != size) {
            let error = RemoteError::new(ErrorKind::Changed, "writing", self.name);
            return Err(error.because(format!("{size} bytes came instead of {announced}")));
        }
        tracing::debug!(
            object = %self.to.describe(),
            "File to upload is small ({size} bytes), uploading instead of streaming"
        );
        let held = Arc::new(Held(bytes));
        let once = || async {
            let file = self.file(Some(size), Content::Random(held.clone())).await?;
            self.to
                .remote
                .write(&self.to.path.clone().into(), file)
                .await
        };
        patiently(self.run, self.name, self.transfer, once).await?;
        Ok(())
    }

    async fn file(
        &self,
        size: Option<u64>,
        content: Content,
    ) -> std::result::Result<NewFile, RemoteError> {
        let meter: Arc<dyn Meter> = Arc::new(Paced::new(self.run, self.transfer, self.way));
        let metadata = self.run.metadata_of_nothing(self.name, size, self.modified);
        Ok(NewFile {
            modified: Some(self.run.time_set().unwrap_or(self.modified)),
            metadata: metadata.await?,
            replace: self.replace.clone(),
            meter: Some(meter),
            partial: partial(self.run),
            ..NewFile::new(size, content)
        })
    }
}

/// Content that is held in memory.
struct Held(Bytes);

impl ReadAt for Held {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let part = usize::try_from(offset)
            .ok()
            .and_then(|from| self.0.get(from..from.checked_add(buffer.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(part);
        Ok(())
    }

    fn check_unchanged(&self) -> std::result::Result<(), RemoteError> {
        Ok(())
    }
}
