//! The configuration file on the disk: found, read, and replaced whole.
//!
//! Writers hold the lock file beside it from reading to renaming, so that two
//! programs that each add a remote lose none. At every moment the name shows
//! the old file or the new one, never a part.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::env::CONFIG_PASS;
use super::envelope::{Envelope, Seal};
use super::save::{lock, make_private_dir, private_file, replace};
use super::toml::Draft;
use super::unlock::{Passwords, UnlockError};
use super::{ConfigError, Secret, Section, ini};

/// Whose format a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours.
    Toml,
    /// rclone's, which is only read.
    Ini,
}

impl Format {
    /// The format that the name of a file promises.
    pub(super) fn by_name(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default();
        if extension == "conf" || extension == "ini" {
            Self::Ini
        } else {
            Self::Toml
        }
    }
}

/// What was found in a file.
pub(super) struct Loaded {
    pub(super) format: Format,
    pub(super) sections: Vec<Section>,
    /// Whether it is encrypted.
    pub(super) sealed: bool,
    /// What opened it and seals it again, where it is ours.
    pub(super) seal: Option<Seal>,
}

/// Reads a file; `None` when there is none.
pub(super) fn load(path: &Path, passwords: &Passwords<'_>) -> Result<Option<Loaded>, ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Secret::new(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failure("load", path)(e)),
    };
    let sealed = |source: UnlockError| ConfigError::Sealed {
        path: path.to_owned(),
        source,
    };
    let Some(envelope) = Envelope::parse(text.expose()).map_err(|e| sealed(e.into()))? else {
        return parse(text.expose(), path).map(Some);
    };
    let (text, seal) = passwords.open(&envelope).map_err(sealed)?;
    let inside = if envelope.is_rclones() {
        parse_ini(text.expose(), path)?
    } else {
        parse_toml(text.expose(), path)?
    };
    Ok(Some(Loaded {
        sealed: true,
        seal: (!envelope.is_rclones()).then_some(seal),
        ..inside
    }))
}

fn parse(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    if Format::by_name(path) == Format::Ini {
        return parse_ini(text, path);
    }
    let extension = path.extension().unwrap_or_default();
    match parse_toml(text, path) {
        // Some other name: rclone's values have no quotes, so it is one or
        // the other.
        Err(error) if extension != "toml" => match parse_ini(text, path) {
            Ok(loaded) if !loaded.sections.is_empty() => Ok(loaded),
            _ => Err(error),
        },
        other => other,
    }
}

fn parse_toml(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    Ok(Loaded {
        format: Format::Toml,
        sections: Draft::parse(text, path)?.sections(),
        sealed: false,
        seal: None,
    })
}

fn parse_ini(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    let sections = ini::parse(text).map_err(|source| ConfigError::Ini {
        path: path.to_owned(),
        source,
    })?;
    Ok(Loaded {
        format: Format::Ini,
        sections,
        sealed: false,
        seal: None,
    })
}

/// A file that is ours alone until this is dropped.
struct Held {
    target: PathBuf,
    folder: PathBuf,
    _lock: File,
    /// What it holds, opened; empty where there is no file.
    text: Secret,
    /// Whether it is encrypted; `None` where there is no file.
    sealed: Option<bool>,
}

/// Takes the lock of a file and reads it.
fn hold(path: &Path, seal: Option<&Seal>) -> Result<Held, ConfigError> {
    // A link is followed: people keep their configuration elsewhere.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    make_private_dir(&folder).map_err(failure("save", path))?;
    let lock = lock(&target).map_err(failure("lock", path))?;
    let (text, sealed) = match fs::read_to_string(&target) {
        Ok(text) => (Secret::new(text), Some(false)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => (Secret::default(), None),
        Err(e) => return Err(failure("load", path)(e)),
    };
    let shut = |source: UnlockError| ConfigError::Sealed {
        path: path.to_owned(),
        source,
    };
    let envelope = Envelope::parse(text.expose()).map_err(|e| shut(e.into()))?;
    let (text, sealed) = match (envelope, seal) {
        (None, _) => (text, sealed),
        (Some(envelope), _) if envelope.is_rclones() => {
            return Err(ConfigError::ReadOnly {
                path: path.to_owned(),
            });
        }
        (Some(envelope), Some(seal)) => {
            let text = envelope.open_again(seal).map_err(|e| shut(e.into()))?;
            (text, Some(true))
        }
        // Somebody encrypted it since it was loaded.
        (Some(_), None) => return Err(shut(UnlockError::NotAllowed(CONFIG_PASS))),
    };
    Ok(Held {
        target,
        folder,
        _lock: lock,
        text,
        sealed,
    })
}

impl Held {
    /// Writes a text, sealed or not.
    fn write(&self, text: &str, seal: Option<&Seal>, path: &Path) -> Result<(), ConfigError> {
        let wrapped = seal.map(|seal| seal.wrap(text)).transpose()?;
        let bytes = wrapped.as_deref().unwrap_or(text);
        replace(&self.target, &self.folder, bytes).map_err(failure("save", path))
    }
}

/// Changes the file under its lock and returns what it holds afterwards. The
/// file is not touched when `change` fails or changes nothing. An encrypted
/// one stays encrypted, by the key of `seal`.
pub(super) fn edit<T>(
    path: &Path,
    seal: Option<&Seal>,
    change: impl FnOnce(&mut Draft) -> Result<T, ConfigError>,
) -> Result<(T, Vec<Section>), ConfigError> {
    let held = hold(path, seal)?;
    let mut draft = Draft::parse(held.text.expose(), path)?;
    let result = change(&mut draft)?;
    let after = Secret::new(draft.text());
    if after != held.text {
        // A file that is gone was sealed while it was there.
        let seal = seal.filter(|_| held.sealed != Some(false));
        held.write(after.expose(), seal, path)?;
    }
    Ok((result, draft.sections()))
}

/// Encrypts the file by another seal, or not at all, with its text untouched.
pub(super) fn reseal(
    path: &Path,
    before: Option<&Seal>,
    after: Option<&Seal>,
) -> Result<(), ConfigError> {
    let held = hold(path, before)?;
    // What is no configuration is not hidden.
    Draft::parse(held.text.expose(), path)?;
    if after.is_none() && held.sealed != Some(true) {
        return Ok(());
    }
    held.write(held.text.expose(), after, path)
}

/// Makes an empty file that nobody else may read, unless there is one.
///
/// # Errors
/// [`ConfigError::Io`].
pub fn touch(path: &Path) -> Result<(), ConfigError> {
    let failure = failure("save", path);
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        make_private_dir(folder).map_err(&failure)?;
    }
    let file = private_file().create(true).truncate(false).open(path);
    file.map(drop).map_err(&failure)
}

fn failure(op: &'static str, path: &Path) -> impl Fn(io::Error) -> ConfigError {
    let path = path.to_owned();
    move |source| ConfigError::Io {
        op,
        path: path.clone(),
        source,
    }
}
