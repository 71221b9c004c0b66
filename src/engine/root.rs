//! Where a command starts: a directory, or one file in it.

use crate::remote::{Entry, ErrorKind, Location, RemoteError, RemotePath};

/// A location, looked up.
#[derive(Clone)]
pub struct Root {
    /// The directory; for a file the one that holds it.
    pub dir: Location,
    /// The file that was named.
    pub file: Option<Entry>,
}

impl Root {
    /// Finds out whether `location` names a file. What is missing is taken
    /// for a directory; that it is not there shows when it is listed.
    ///
    /// # Errors
    /// Those of [`crate::remote::Remote::stat`] but "not found".
    pub async fn find(location: &Location) -> Result<Self, RemoteError> {
        if location.path.is_root() {
            return Ok(Self::dir(location.clone()));
        }
        match location.remote.stat(&location.path).await {
            Ok(entry) if !entry.is_dir() => Ok(Self {
                dir: Location {
                    remote: location.remote.clone(),
                    path: location.path.parent().unwrap_or_default(),
                },
                file: Some(entry),
            }),
            Ok(_) => Ok(Self::dir(location.clone())),
            // What may not be looked at, neither: the work on it will say so.
            Err(e) if e.is_not_found() || e.kind == ErrorKind::PermissionDenied => {
                Ok(Self::dir(location.clone()))
            }
            Err(e) => Err(e),
        }
    }

    /// A directory, not looked up.
    #[must_use]
    pub fn dir(location: Location) -> Self {
        Self {
            dir: location,
            file: None,
        }
    }
}

/// `path` as seen from the directory a command works in, for messages.
pub(super) fn relative(path: &RemotePath, root: &RemotePath) -> RemotePath {
    path.strip(root).unwrap_or_else(|| path.clone())
}

impl Location {
    /// The name of the directory `path` for messages: below this location the
    /// relative path, for the location itself its description.
    pub(super) fn label(&self, path: &RemotePath) -> String {
        let below = relative(path, &self.path);
        if below.is_root() {
            self.describe()
        } else {
            below.as_str().to_owned()
        }
    }
}
