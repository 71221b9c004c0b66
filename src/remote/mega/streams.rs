//! Sources and meters as the client knows them.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;

use crate::mega::content::{self, Progress, SourceError, SourceStream};
use crate::remote::{self, ByteStream, Meter, ReadAt};

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
