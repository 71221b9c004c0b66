//! `--metadata`: what goes to the destination with a file or directory beside
//! content and time.

use jiff::Timestamp;

use super::Run;
use super::mapper::Subject;
use crate::remote::{Entry, ErrorKind, Location, Metadata, RemoteError};

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
        let path = entry.path.below(&src.path).filter(|path| !path.is_empty());
        let subject = Subject::of(entry, path.unwrap_or(entry.name()));
        let metadata = self.with_set(found.unwrap_or_default());
        self.mapped(&subject, metadata).await.map(Some)
    }

    /// What the user sets, for a file `path` that comes from nowhere.
    ///
    /// # Errors
    /// The program that maps it fails.
    pub(super) async fn metadata_of_nothing(
        &self,
        path: &str,
        size: Option<u64>,
        modified: Timestamp,
    ) -> Result<Option<Metadata>, RemoteError> {
        if !self.sets_metadata() {
            return Ok(None);
        }
        let subject = Subject {
            path,
            size,
            modified: Some(modified),
            is_dir: false,
            id: None,
        };
        let metadata = self.with_set(Metadata::default());
        let mapped = self.mapped(&subject, metadata).await?;
        Ok(Some(mapped).filter(|mapped| !mapped.is_empty()))
    }

    async fn mapped(
        &self,
        subject: &Subject<'_>,
        metadata: Metadata,
    ) -> Result<Metadata, RemoteError> {
        let mapped = self.mapper.map(subject, metadata).await;
        mapped.map_err(|why| {
            RemoteError::new(ErrorKind::Invalid, "mapping metadata of", subject.path).said(why)
        })
    }

    /// The time that the user sets for all files.
    pub(super) fn time_set(&self) -> Option<Timestamp> {
        let set = self.with_set(Metadata::default());
        self.options.metadata.then(|| set.time("mtime")).flatten()
    }

    /// Whether the user changes what is copied.
    pub(super) fn sets_metadata(&self) -> bool {
        let changes = !self.options.metadata_set.is_empty() || !self.mapper.words.is_empty();
        self.options.metadata && changes
    }

    fn with_set(&self, mut metadata: Metadata) -> Metadata {
        for (key, value) in &self.options.metadata_set {
            metadata.set(key, value.as_str());
        }
        metadata
    }
}
