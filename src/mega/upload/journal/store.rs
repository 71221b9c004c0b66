//! Where journals are kept, and how long.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Journal;
use crate::mega::content::Identity;
use crate::mega::crypto::keys::SealKey;
use crate::mega::private;

/// No address lives so long.
pub(super) const EXPIRY: Duration = Duration::from_secs(3 * 24 * 3600);
const ENDING: &str = "upload";

/// A folder of journals.
#[derive(Debug, Clone)]
pub struct JournalStore {
    pub(super) dir: PathBuf,
}

impl JournalStore {
    /// A store in `dir`, which is made when first needed.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The journal for sending `source` to `place`, sealed under `key`.
    ///
    /// `None` if another process sends it, or nothing can be kept: the upload
    /// goes on without.
    pub(in crate::mega::upload) fn open(
        &self,
        key: SealKey,
        place: &str,
        source: &Identity,
    ) -> Option<Journal> {
        match self.try_open(key, place, source) {
            Ok(journal) => journal,
            Err(error) => {
                tracing::debug!(target: "megarc", "no journal of the upload in {}: {error}", self.dir.display());
                None
            }
        }
    }

    fn try_open(
        &self,
        key: SealKey,
        place: &str,
        source: &Identity,
    ) -> io::Result<Option<Journal>> {
        private::prepare_dir(&self.dir)?;
        self.expire();
        let context = private::context(&["megarc upload journal", place, &source.place]);
        let name = private::file_name(&context);
        let path = self.dir.join(format!("{name}.{ENDING}"));
        let file = private::open(&path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("the journal is not a file"));
        }
        private::check_owner(&metadata)?;
        // Whoever had the lock before may have removed the file.
        if file.try_lock().is_err() || !path.exists() {
            return Ok(None);
        }
        let mut journal = Journal {
            file,
            path,
            key,
            context,
            version: source.version.clone(),
            records: 0,
            begun: None,
        };
        journal.load()?;
        Ok(Some(journal))
    }

    /// Removes what nobody has gone on with.
    fn expire(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|ending| ending == ENDING) && is_expired(&path) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn is_expired(path: &Path) -> bool {
    let written = path.metadata().and_then(|meta| meta.modified());
    written.is_ok_and(|written| {
        let age = SystemTime::now().duration_since(written);
        age.is_ok_and(|age| age > EXPIRY)
    })
}
