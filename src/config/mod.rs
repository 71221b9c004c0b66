//! What the user set: files, environment, connection strings.
//!
//! The environment is read once, into an [`Env`], and everything here works on
//! that. Values stay as they were written, obscured ones obscured, until
//! [`Options`] is asked for one.

pub mod env;
pub mod envelope;
mod error;
mod file;
pub mod import;
pub mod ini;
pub mod kinds;
pub mod obscure;
pub mod paths;
mod resolve;
mod save;
mod secret;
mod secretbox;
mod section;
mod session_key;
pub mod toml;
mod unlock;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

pub use env::Env;
pub use error::ConfigError;
pub use file::{Format, touch};
pub use resolve::{Flags, Options};
pub use secret::Secret;
pub use section::Section;
pub use session_key::SealKeyBytes;
pub use unlock::{AskPassword, CommandError as PasswordCommandError, PasswordCommand, UnlockError};

use envelope::Seal;
use paths::Platform;
use toml::Draft;
use unlock::Passwords;

/// Where the configuration comes from.
#[derive(Default)]
pub struct ConfigSource<'a> {
    /// `--config`; empty for one that is kept in memory only.
    pub file: Option<PathBuf>,
    /// `--cache-dir`.
    pub cache_dir: Option<PathBuf>,
    /// The environment.
    pub env: Env,
    /// `--password-command`.
    pub password_command: PasswordCommand,
    /// How to ask for the password of an encrypted file, where neither a
    /// command nor the environment has one.
    pub ask_password: Option<AskPassword<'a>>,
}

/// The configuration as loaded.
pub struct Config {
    /// `None`: kept in memory only.
    path: Option<PathBuf>,
    format: Format,
    found: bool,
    sections: RwLock<Vec<Section>>,
    encrypted: AtomicBool,
    /// What opened the file, and seals it again.
    seal: RwLock<Option<Seal>>,
    cache_dir: Option<PathBuf>,
    env: Env,
}

/// Where a remote is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the environment.
    Environment,
    /// In the configuration file.
    File,
}

impl Default for Config {
    /// A configuration of nothing, in memory.
    fn default() -> Self {
        Self::in_memory(Env::default())
    }
}

impl Config {
    /// Finds and reads the configuration. A file that is not there is no error:
    /// see [`Self::found`].
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read as what it is.
    pub fn load(source: ConfigSource<'_>) -> Result<Self, ConfigError> {
        let Some(path) = Self::locate(source.file, &source.env)? else {
            return Ok(Self {
                cache_dir: source.cache_dir,
                ..Self::in_memory(source.env)
            });
        };
        let passwords = Passwords {
            command: &source.password_command,
            env: &source.env,
            variable: env::CONFIG_PASS,
            ask: source.ask_password,
        };
        let loaded = file::load(&path, &passwords)?;
        let mut config = Self {
            found: loaded.is_some(),
            format: Format::by_name(&path),
            path: Some(path),
            cache_dir: source.cache_dir,
            ..Self::in_memory(source.env)
        };
        if let Some(loaded) = loaded {
            config.format = loaded.format;
            config.sections = RwLock::new(loaded.sections);
            config.encrypted = AtomicBool::new(loaded.sealed);
            config.seal = RwLock::new(loaded.seal);
        }
        Ok(config)
    }

    /// The file that would be loaded; `None` for one in memory. `file` is what
    /// `--config` says.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn locate(file: Option<PathBuf>, env: &Env) -> Result<Option<PathBuf>, ConfigError> {
        match file {
            Some(path) if path.as_os_str().is_empty() => Ok(None),
            Some(path) => Ok(Some(path)),
            None => Platform::here().config_file(env).map(Some),
        }
    }

    /// A configuration without a file: changes are lost at the end.
    #[must_use]
    pub fn in_memory(env: Env) -> Self {
        Self {
            path: None,
            format: Format::Toml,
            found: true,
            sections: RwLock::default(),
            encrypted: AtomicBool::default(),
            seal: RwLock::default(),
            cache_dir: None,
            env,
        }
    }

    /// The file; `None` when there is none but memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether the file was there.
    #[must_use]
    pub fn found(&self) -> bool {
        self.found
    }

    /// The words for a file that is not there, as rclone has them.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let path = self.path.as_ref().filter(|_| !self.found)?;
        Some(format!("Config file {path:?} not found - using defaults"))
    }

    /// The environment that the configuration was loaded with.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The section of a remote in the file.
    #[must_use]
    pub fn section(&self, remote: &str) -> Option<Section> {
        self.read()
            .iter()
            .find(|section| section.name() == remote)
            .cloned()
    }

    /// All sections of the file, in its order.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.read().clone()
    }

    /// The names of all remotes: first those that the environment alone
    /// defines, then those of the file in its order.
    #[must_use]
    pub fn remotes(&self) -> Vec<(String, Origin)> {
        let sections = self.read();
        let in_file = |name: &str| {
            sections
                .iter()
                .any(|section| section.name().to_uppercase().replace('-', "_") == name)
        };
        let environment = self.env.remotes().filter(|name| !in_file(name));
        environment
            // In small letters, as rclone lists them; they are found in any.
            .map(|name| (name.to_lowercase(), Origin::Environment))
            .chain(
                sections
                    .iter()
                    .map(|section| (section.name().to_owned(), Origin::File)),
            )
            .collect()
    }

    /// Whether this file is one that is written at all.
    ///
    /// # Errors
    /// [`ConfigError::ReadOnly`] for rclone's files.
    pub fn check_writable(&self) -> Result<(), ConfigError> {
        match &self.path {
            Some(path) if self.format == Format::Ini => {
                Err(ConfigError::ReadOnly { path: path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Changes the file, whole or not at all, under a lock, on top of what
    /// other programs have written since it was loaded.
    ///
    /// # Errors
    /// What `change` says; [`ConfigError::ReadOnly`] for rclone's files;
    /// whatever the disk says.
    pub fn edit<T>(
        &self,
        change: impl FnOnce(&mut Draft) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let Some(path) = &self.path else {
            let mut sections = self
                .sections
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let mut draft = Draft::parse("", Path::new(""))?;
            for section in sections.iter() {
                for (key, value) in section.iter() {
                    draft.set(section.name(), key, value);
                }
            }
            let result = change(&mut draft)?;
            *sections = draft.sections();
            return Ok(result);
        };
        self.check_writable()?;
        let seal = self.seal.read().unwrap_or_else(PoisonError::into_inner);
        let (result, sections) = file::edit(path, seal.as_ref(), change)?;
        *self
            .sections
            .write()
            .unwrap_or_else(PoisonError::into_inner) = sections;
        Ok(result)
    }

    /// Whether the file is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted.load(Ordering::SeqCst)
    }

    /// Encrypts the file as a whole with a password, which may be a new one;
    /// without one, it is plain afterwards.
    ///
    /// # Errors
    /// As [`Self::edit`]; [`ConfigError::InMemory`]; [`ConfigError::BadPassword`].
    pub fn set_password(&self, password: Option<&Secret>) -> Result<(), ConfigError> {
        let path = self.path.as_ref().ok_or(ConfigError::InMemory)?;
        self.check_writable()?;
        let after = password.map(Seal::new).transpose()?;
        let mut seal = self.seal.write().unwrap_or_else(PoisonError::into_inner);
        file::reseal(path, seal.as_ref(), after.as_ref())?;
        self.encrypted.store(after.is_some(), Ordering::SeqCst);
        *seal = after;
        Ok(())
    }

    /// Sets one value in the file.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn set_value(&self, remote: &str, key: &str, value: &str) -> Result<(), ConfigError> {
        self.edit(|draft| {
            draft.set(remote, key, value);
            Ok(())
        })
    }

    /// The key that seals the sessions of a remote, made on first use: in its
    /// section of our own file, so that sealing the file protects it too; for
    /// all others the key of this machine.
    ///
    /// # Errors
    /// As [`Self::edit`]; [`ConfigError::BadSessionKey`].
    pub fn session_key(&self, remote: Option<&str>) -> Result<SealKeyBytes, ConfigError> {
        let own = remote.and_then(|name| self.section(name));
        match own {
            Some(section) if self.format == Format::Toml && self.path.is_some() => {
                if let Some(key) = section.get(session_key::KEY).and_then(SealKeyBytes::parse) {
                    return Ok(key);
                }
                self.edit(|draft| session_key::in_draft(draft, section.name()))
            }
            _ => session_key::of_machine(&self.state_dir()?),
        }
    }

    /// The folder for what can be made again.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn cache_dir(&self) -> Result<PathBuf, ConfigError> {
        match &self.cache_dir {
            Some(dir) => Ok(dir.clone()),
            None => Platform::here().cache_dir(&self.env),
        }
    }

    /// The folder for what is kept between runs.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        Platform::here().state_dir(&self.env)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Section>> {
        self.sections.read().unwrap_or_else(PoisonError::into_inner)
    }
}
