//! What the user set: files, environment, connection strings.

pub mod env;

use std::collections::BTreeMap;

pub use env::Env;

/// The options of one remote, by name.
pub type Section = BTreeMap<String, String>;

/// The configuration as loaded.
#[derive(Clone, Default)]
pub struct Config {
    remotes: BTreeMap<String, Section>,
    env: Env,
}

impl Config {
    /// The section of a remote in the file.
    #[must_use]
    pub fn section(&self, remote: &str) -> Option<&Section> {
        self.remotes.get(remote)
    }

    /// The environment that the configuration was loaded with.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }
}
