//! Where things are kept on each platform.

use std::path::{Path, PathBuf};

use super::env::{CACHE_DIR, CONFIG, STATE_DIR};
use super::{ConfigError, Env};

/// Our folder inside the platform's.
const FOLDER: &str = "megarc";
/// The configuration file inside our folder.
const FILE: &str = "megarc.toml";

/// Names rclone's configuration file.
const RCLONE_CONFIG: &str = "RCLONE_CONFIG";
/// rclone's configuration file inside its folder.
const RCLONE_FILE: &str = "rclone.conf";

/// Whose customs to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// XDG folders: Linux and the other Unix systems.
    Xdg,
    /// `~/Library`.
    MacOs,
    /// `%APPDATA%` and `%LOCALAPPDATA%`.
    Windows,
}

impl Platform {
    /// The platform that the program was built for.
    #[must_use]
    pub const fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Xdg
        }
    }

    /// The configuration file where nothing else is said.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn config_file(self, env: &Env) -> Result<PathBuf, ConfigError> {
        if let Some(file) = env.var(CONFIG) {
            return Ok(file.into());
        }
        let what = "the configuration";
        let base = match self {
            Self::Xdg => xdg(env, "XDG_CONFIG_HOME", ".config", what)?,
            Self::MacOs => home(env, what)?.join("Library/Application Support"),
            Self::Windows => variable(env, "APPDATA", what)?,
        };
        Ok(base.join(FOLDER).join(FILE))
    }

    /// Where rclone's configuration may be, the likeliest place first.
    #[must_use]
    pub fn rclone_files(self, env: &Env) -> Vec<PathBuf> {
        if let Some(file) = env.var(RCLONE_CONFIG) {
            return vec![file.into()];
        }
        let what = "rclone's configuration";
        let below = |folder: Result<PathBuf, ConfigError>| {
            folder.ok().map(|f| f.join("rclone").join(RCLONE_FILE))
        };
        let first = match self {
            Self::Windows => below(variable(env, "APPDATA", what)),
            Self::Xdg | Self::MacOs => below(xdg(env, "XDG_CONFIG_HOME", ".config", what)),
        };
        let old = home(env, what).ok().map(|home| home.join(".rclone.conf"));
        first.into_iter().chain(old).collect()
    }

    /// The folder for what can be made again: node trees, the sandbox.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn cache_dir(self, env: &Env) -> Result<PathBuf, ConfigError> {
        if let Some(dir) = env.var(CACHE_DIR) {
            return Ok(dir.into());
        }
        let what = "the cache";
        Ok(match self {
            Self::Xdg => xdg(env, "XDG_CACHE_HOME", ".cache", what)?.join(FOLDER),
            Self::MacOs => home(env, what)?.join("Library/Caches").join(FOLDER),
            Self::Windows => variable(env, "LOCALAPPDATA", what)?
                .join(FOLDER)
                .join("cache"),
        })
    }

    /// The folder for what is kept between runs: sealed sessions, journals.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn state_dir(self, env: &Env) -> Result<PathBuf, ConfigError> {
        if let Some(dir) = env.var(STATE_DIR) {
            return Ok(dir.into());
        }
        let what = "the state";
        Ok(match self {
            Self::Xdg => xdg(env, "XDG_STATE_HOME", ".local/state", what)?.join(FOLDER),
            Self::MacOs => home(env, what)?
                .join("Library/Application Support")
                .join(FOLDER)
                .join("state"),
            Self::Windows => variable(env, "LOCALAPPDATA", what)?
                .join(FOLDER)
                .join("state"),
        })
    }
}

fn xdg(
    env: &Env,
    name: &'static str,
    below_home: &str,
    what: &'static str,
) -> Result<PathBuf, ConfigError> {
    // The XDG rules say to ignore relative paths.
    match env.var(name).map(Path::new).filter(|dir| dir.is_absolute()) {
        Some(dir) => Ok(dir.to_owned()),
        None => Ok(home(env, what)?.join(below_home)),
    }
}

fn home(env: &Env, what: &'static str) -> Result<PathBuf, ConfigError> {
    variable(env, "HOME", what)
}

fn variable(env: &Env, variable: &'static str, what: &'static str) -> Result<PathBuf, ConfigError> {
    env.var(variable)
        .map(PathBuf::from)
        .ok_or(ConfigError::NoHome { what, variable })
}
