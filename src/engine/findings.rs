//! What a copy finds out about each path, told to whoever wants to know.

use std::sync::Arc;

use super::check::Finding;
use super::{Run, root::relative};
use crate::remote::{Location, RemotePath};

/// Hears of paths, from several tasks at once.
pub trait Listener: Send + Sync {
    /// Takes one finding.
    fn found(&self, finding: Finding, path: &str);
}

impl Run {
    /// Tells what was found out about a path.
    pub(super) fn found(&self, finding: Finding, path: &str) {
        if let Some(listener) = &self.listener {
            listener.found(finding, path);
        }
    }

    /// The same for a path below `root`.
    pub(super) fn found_below(&self, root: &Location, finding: Finding, path: &RemotePath) {
        if self.listener.is_some() {
            self.found(finding, relative(path, &root.path).as_str());
        }
    }

    /// The same run, which tells nothing of what only the destination has: an
    /// earlier one has told it.
    pub(super) fn without_extras(mut self) -> Self {
        self.listener = self.listener.map(|inner| Arc::new(Rest(inner)) as _);
        self
    }
}

struct Rest(Arc<dyn Listener>);

impl Listener for Rest {
    fn found(&self, finding: Finding, path: &str) {
        if finding != Finding::MissingOnSrc {
            self.0.found(finding, path);
        }
    }
}
