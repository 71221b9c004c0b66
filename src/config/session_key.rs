//! The keys that seal kept sessions: random, one a remote, in its section; for
//! remotes that have none, one for this machine in the state folder.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::ConfigError;
use super::save::{lock, make_private_dir, private_file};
use super::toml::Draft;

/// Where a remote keeps its key.
pub(super) const KEY: &str = "session_key";
/// The machine's key, in the state folder.
pub(super) const MACHINE_FILE: &str = "seal.key";

/// 32 random bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealKeyBytes([u8; 32]);

impl SealKeyBytes {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn generate() -> Result<Self, ConfigError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|e| ConfigError::Random(e.to_string()))?;
        Ok(Self(bytes))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        bytes.as_slice().try_into().ok().map(Self)
    }

    fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SealKeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The key in a section, made if there is none.
pub(super) fn in_draft(draft: &mut Draft, remote: &str) -> Result<SealKeyBytes, ConfigError> {
    let section = draft
        .section(remote)
        .ok_or_else(|| ConfigError::NoSection(remote.to_owned()))?;
    // Another process may have made it since the file was loaded.
    match section.get(KEY).filter(|text| !text.is_empty()) {
        Some(text) => {
            SealKeyBytes::parse(text).ok_or_else(|| ConfigError::BadSessionKey(remote.to_owned()))
        }
        None => {
            let key = SealKeyBytes::generate()?;
            draft.set(remote, KEY, &key.text());
            Ok(key)
        }
    }
}

/// The key of this machine, made if there is none.
pub(super) fn of_machine(state_dir: &Path) -> Result<SealKeyBytes, ConfigError> {
    let path = state_dir.join(MACHINE_FILE);
    let failure = |source| ConfigError::Io {
        op: "keep the session key in",
        path: path.clone(),
        source,
    };
    make_private_dir(state_dir).map_err(failure)?;
    let _lock = lock(&path).map_err(failure)?;
    match fs::read_to_string(&path) {
        Ok(text) => {
            // A damaged one can only be replaced: what it sealed is lost.
            if let Some(key) = SealKeyBytes::parse(&text) {
                return Ok(key);
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failure(e)),
    }
    let key = SealKeyBytes::generate()?;
    let mut file = private_file()
        .create(true)
        .truncate(true)
        .open(&path)
        .map_err(failure)?;
    file.write_all(key.text().as_bytes()).map_err(failure)?;
    file.sync_all().map_err(failure)?;
    Ok(key)
}
