//! From what the user typed to a remote: the only file that names every kind.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::local::{Local, LocalOptions};
use super::memory::Memory;
use super::spec::Spec;
use super::{ErrorKind, Location, Remote, RemoteError, RemotePath, Result};
use crate::config::Config;

/// How remotes are opened, whatever their names.
#[derive(Clone, Default)]
pub struct OpenOptions {
    /// Where relative local paths begin.
    pub cwd: PathBuf,
    /// How the disk is looked at.
    pub local: LocalOptions,
}

/// Opens remotes, the same one for the same settings.
pub struct Opener {
    config: Arc<Config>,
    options: OpenOptions,
    local: Arc<Local>,
    open: Mutex<HashMap<String, Arc<dyn Remote>>>,
}

impl Opener {
    /// An opener for what `config` says.
    #[must_use]
    pub fn new(config: Arc<Config>, options: OpenOptions) -> Self {
        Self {
            config,
            local: Arc::new(Local::new(options.local)),
            options,
            open: Mutex::default(),
        }
    }

    /// The place that `text` names.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with rclone's words when it names none; whatever
    /// opening the remote says.
    pub async fn open(&self, text: &str) -> Result<Location> {
        match Spec::parse(text).map_err(|e| invalid(text, e))? {
            Spec::Local(path) => self.local(&path),
            Spec::Named { name, .. } => match self.config.section(&name) {
                Some(_) | None => Err(invalid(
                    text,
                    format!("didn't find section in config file ({name:?})"),
                )),
            },
            Spec::OnTheFly { kind, path, .. } => match kind.as_str() {
                "local" => self.local(&path),
                "memory" => {
                    let remote = self
                        .open
                        .lock()
                        .await
                        .entry(kind)
                        .or_insert_with(|| Arc::new(Memory::default()))
                        .clone();
                    let path = RemotePath::parse(&path).map_err(|e| invalid(text, e))?;
                    Ok(Location { remote, path })
                }
                _ => Err(invalid(
                    text,
                    format!("didn't find backend called {kind:?}"),
                )),
            },
            Spec::Link(_) => Err(invalid(text, "didn't find backend called \"mega\"")),
        }
    }

    fn local(&self, path: &str) -> Result<Location> {
        Ok(Location {
            path: self.local.locate(path, &self.options.cwd)?,
            remote: self.local.clone(),
        })
    }
}

fn invalid(text: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RemoteError {
    RemoteError::new(ErrorKind::Invalid, "opening", text).because(why)
}
