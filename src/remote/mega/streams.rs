//! Sources, meters and unfinished files as the client knows them.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;

use crate::mega::content::{self, Progress, SourceError, SourceStream};
use crate::remote::{self, ByteStream, Draft, Meter, ReadAt};

/// A stream of the source; its errors come back as they went in.
pub(super) fn source(stream: ByteStream) -> SourceStream {
    Box::pin(stream.map(|bytes| bytes.map_err(SourceError::from)))
}

/// A source that can be read anywhere.
pub(super) fn random(file: Arc<dyn ReadAt>) -> Arc<dyn content::ReadAt> {
    Arc::new(Random(file))
}

/// A meter that hears of the progress.
pub(super) fn progress(meter: Arc<dyn Meter>) -> Arc<dyn Progress> {
    Arc::new(Metered(meter))
}

/// An unfinished file to be filled.
pub(super) fn draft(draft: Arc<dyn Draft>) -> Arc<dyn content::Draft> {
    Arc::new(Drafted(draft))
}

struct Random(Arc<dyn ReadAt>);

impl content::ReadAt for Random {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn check_unchanged(&self) -> Result<(), SourceError> {
        self.0.check_unchanged().map_err(SourceError::from)
    }

    fn identity(&self) -> Option<content::Identity> {
        let remote::Identity { place, version } = self.0.identity()?;
        Some(content::Identity { place, version })
    }
}

struct Metered(Arc<dyn Meter>);

#[async_trait]
impl Progress for Metered {
    async fn passed(&self, bytes: u64) -> Result<(), SourceError> {
        self.0.passed(bytes).await.map_err(SourceError::from)
    }

    fn pace(&self) -> Option<content::Pace> {
        self.0.pace()
    }

    fn rewound(&self, bytes: u64) {
        self.0.rewound(bytes);
    }

    fn copied(&self, bytes: u64) {
        self.0.copied(bytes);
    }

    fn kept(&self, bytes: u64) {
        self.0.kept(bytes);
    }
}

struct Drafted(Arc<dyn Draft>);

#[async_trait]
impl content::Draft for Drafted {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), SourceError> {
        let written = self.0.write_all_at(bytes, offset);
        written.map_err(SourceError::from)
    }

    fn kept(&self, bytes: u64) {
        self.0.kept(bytes);
    }

    async fn passed(&self, bytes: u64) -> Result<(), SourceError> {
        self.0.passed(bytes).await.map_err(SourceError::from)
    }
}
