//! Sessions on disk: one sealed file for each account and server.
//!
//! The seal binds a file to its account, its server and the very password it
//! was made with: an edited password does not open it and leads to a new
//! login. Files are 0600 in a folder that nobody else may write to, replaced
//! in one step, and shared by processes under a lock. A store that cannot be
//! used never stops a command: it only costs a login.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::{debug, info, warn};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Secret, Session};
use crate::mega::api::SessionId;
use crate::mega::crypto::keys::{MasterKey, SealKey};
use crate::mega::crypto::{base64, seal};
use crate::mega::handle::UserHandle;
use crate::mega::private::{check_owner, context, file_name, open_lock, prepare_dir};

/// The version of the content; another one is ignored.
const VERSION: u32 = 1;

/// No session file is larger.
const MAX_FILE: u64 = 64 * 1024;

/// How often a lock held by another process is tried.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// Where sessions are kept, and the key that seals them.
#[derive(Clone, Debug)]
pub struct SessionStore {
    dir: PathBuf,
    seal_key: SealKey,
    server: Option<String>,
}

impl SessionStore {
    /// A store in `dir`, which is made when first needed.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, seal_key: SealKey) -> Self {
        Self {
            dir: dir.into(),
            seal_key,
            server: None,
        }
    }

    /// Knows the server by `name` where its address changes from run to run.
    #[must_use]
    pub fn for_server(mut self, name: String) -> Self {
        self.server = Some(name);
        self
    }

    /// The place for one account's session; `None` (with a notice) if the
    /// folder cannot be trusted or made.
    pub(super) fn slot(&self, api_url: &str, account: &str, password: &Secret) -> Option<Slot> {
        if let Err(error) = prepare_dir(&self.dir) {
            warn!(
                target: "megarc",
                "Sessions are not kept, each run logs in: {}: {error}",
                self.dir.display()
            );
            return None;
        }
        let server = self.server.as_deref().unwrap_or(api_url);
        let name = file_name(&context(&["megarc session", server, account]));
        let context = context(&["megarc session", server, account, password.reveal()]);
        Some(Slot {
            file: self.dir.join(format!("{name}.session")),
            lock_file: self.dir.join(format!("{name}.lock")),
            seal_key: self.seal_key.clone(),
            context,
        })
    }
}

/// The place for one account's session.
pub(super) struct Slot {
    file: PathBuf,
    lock_file: PathBuf,
    seal_key: SealKey,
    /// Authenticated with the content: server, account, password.
    context: Zeroizing<Vec<u8>>,
}

/// The sealed content.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Content {
    version: u32,
    sid: String,
    user: String,
    master_key: String,
    private_key: Option<String>,
}

/// Held while logging in; dropping it lets the next process in.
pub(super) struct StoreLock {
    _file: Option<File>,
}

impl Slot {
    /// The stored session, if there is one that can be used.
    pub(super) fn load(&self) -> Option<Session> {
        match self.read() {
            Ok(session) => session,
            Err(what) => {
                debug!(target: "megarc", "stored session ignored: {what}");
                None
            }
        }
    }

    fn read(&self) -> Result<Option<Session>, String> {
        let file = match File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let metadata = file.metadata().map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("it is not a file".to_owned());
        }
        check_owner(&metadata).map_err(|error| error.to_string())?;
        let mut sealed = Vec::new();
        file.take(MAX_FILE)
            .read_to_end(&mut sealed)
            .map_err(|error| error.to_string())?;
        let plain = seal::open(&self.seal_key, &self.context, &sealed)
            .map_err(|error| format!("{error} (or the password was changed)"))?;
        Session::from_stored(&Zeroizing::new(plain)).map(Some)
    }

    /// Stores `session`, replacing what was there in one step.
    pub(super) fn save(&self, session: &Session) {
        if let Err(error) = self.write(session) {
            warn!(
                target: "megarc",
                "The session could not be stored, the next run logs in again: {}: {error}",
                self.file.display()
            );
        }
    }

    fn write(&self, session: &Session) -> io::Result<()> {
        let content = Content {
            version: VERSION,
            sid: session.id.reveal().to_owned(),
            user: session.user.to_string(),
            master_key: base64::encode(session.master_key.as_bytes()),
            private_key: session.wrapped_private_key.clone(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&content)?);
        let sealed = seal::seal(&self.seal_key, &self.context, &plain);
        // Temporary files are made with mode 0600.
        let mut file =
            tempfile::NamedTempFile::new_in(self.file.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&sealed)?;
        file.persist(&self.file)?;
        Ok(())
    }

    /// Removes the stored session.
    pub(super) fn remove(&self) {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                warn!(target: "megarc", "The stored session could not be removed: {}: {error}", self.file.display());
            }
            _ => {}
        }
    }

    /// Waits until no other process is logging in to this account.
    pub(super) async fn lock(&self) -> StoreLock {
        let file = match open_lock(&self.lock_file) {
            Ok(file) => file,
            Err(error) => {
                debug!(target: "megarc", "no lock on the session store: {error}");
                return StoreLock { _file: None };
            }
        };
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return StoreLock { _file: Some(file) },
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        info!(target: "megarc", "Waiting for another process that is logging in");
                        told = true;
                    }
                    tokio::time::sleep(LOCK_POLL).await;
                }
                Err(TryLockError::Error(error)) => {
                    debug!(target: "megarc", "no lock on the session store: {error}");
                    return StoreLock { _file: None };
                }
            }
        }
    }
}

impl Session {
    /// Reads a stored session whose seal has been opened.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_stored(plain: &[u8]) -> Result<Self, String> {
        let content: Content =
            serde_json::from_slice(plain).map_err(|_| "its content is damaged".to_owned())?;
        if content.version != VERSION {
            return Err(format!("its version is {}", content.version));
        }
        content.to_session()
    }
}

impl Content {
    fn to_session(&self) -> Result<Session, String> {
        let damaged = "its content is damaged";
        let key = Zeroizing::new(base64::decode(&self.master_key).map_err(|_| damaged)?);
        Ok(Session {
            id: SessionId::new(self.sid.as_str()),
            user: UserHandle::parse(&self.user).ok_or(damaged)?,
            master_key: MasterKey::from_slice(&key).map_err(|_| damaged)?,
            wrapped_private_key: self.private_key.clone(),
        })
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
