//! `--metadata`: what goes to the destination with a file or directory beside
//! content and time.

use jiff::Timestamp;

use super::Run;
use crate::remote::{Entry, Location, Metadata, RemoteError};

impl Run {
    /// What `src` has of metadata, with what the user sets; `None` where
    /// nothing of it shall be kept, or `dst` cannot keep any.
    ///
    /// # Errors
    /// Those of reading it.
    pub(super) async fn metadata_for(
        &self,
        (src, entry): (&Location, &Entry),
        dst: &Location,
    ) -> Result<Option<Metadata>, RemoteError> {
        if !self.options.metadata || !dst.remote.features().metadata {
            return Ok(None);
        }
        let found = src.remote.metadata(entry).await?;
        Ok(Some(self.with_set(found.unwrap_or_default())))
    }

    /// What the user sets, for what comes from nowhere.
    pub(super) fn metadata_of_nothing(&self) -> Option<Metadata> {
        let metadata = self.with_set(Metadata::default());
        (self.options.metadata && !metadata.is_empty()).then_some(metadata)
    }

    /// The time that the user sets for all files.
    pub(super) fn time_set(&self) -> Option<Timestamp> {
        self.metadata_of_nothing()?.time("mtime")
    }

    /// Whether the user changes what is copied.
    pub(super) fn sets_metadata(&self) -> bool {
        self.options.metadata && !self.options.metadata_set.is_empty()
    }

    fn with_set(&self, mut metadata: Metadata) -> Metadata {
        for (key, value) in &self.options.metadata_set {
            metadata.set(key, value.as_str());
        }
        metadata
    }
}
