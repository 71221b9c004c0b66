//! The environment: every `MEGARC_*` name, read once and passed on from there.
//!
//! Nothing below the command line looks at the process's environment, so that
//! tests can run side by side, each with its own.

use std::collections::BTreeMap;
use std::fmt;

/// What begins the name of every variable that is ours.
pub const PREFIX: &str = "MEGARC_";
/// Path of the configuration file.
pub const CONFIG: &str = "MEGARC_CONFIG";
/// Password of an encrypted configuration file.
pub const CONFIG_PASS: &str = "MEGARC_CONFIG_PASS";
/// Folder for what can be made again.
pub const CACHE_DIR: &str = "MEGARC_CACHE_DIR";
/// Folder for what is kept but is no configuration: sessions, seals.
pub const STATE_DIR: &str = "MEGARC_STATE_DIR";

/// A copy of the environment, as text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The environment of this process; what is not text is left out.
    #[must_use]
    pub fn from_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        )
    }

    /// The value of a variable; an empty one counts as unset.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All variables that are ours.
    pub fn ours(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .range(PREFIX.to_owned()..)
            .take_while(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of `MEGARC_CONFIG_<REMOTE>_<KEY>`.
    #[must_use]
    pub fn remote_option(&self, remote: &str, key: &str) -> Option<&str> {
        self.var(&format!("{CONFIG}_{}_{}", upper(remote), upper(key)))
    }

    /// The value of `MEGARC_<KIND>_<OPTION>`, as `MEGARC_MEGA_USER`.
    #[must_use]
    pub fn kind_option(&self, kind: &str, option: &str) -> Option<&str> {
        self.var(&format!("{PREFIX}{}_{}", upper(kind), upper(option)))
    }

    /// The names of the remotes that the environment alone defines, as written
    /// there: those with a `MEGARC_CONFIG_<REMOTE>_TYPE`.
    pub fn remotes(&self) -> impl Iterator<Item = &str> {
        self.ours().filter_map(|(name, value)| {
            let remote = name
                .strip_prefix(CONFIG)?
                .strip_prefix('_')?
                .strip_suffix("_TYPE")?;
            (!remote.is_empty() && !value.is_empty()).then_some(remote)
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Values may be passwords.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A name as it stands inside a variable's.
fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rclones_rule() {
        let env: Env = [
            ("MEGARC_CONFIG_WORK_TYPE", "mega"),
            ("MEGARC_CONFIG_WORK_USER", "u@example.com"),
            ("MEGARC_CONFIG_PASS", "x"),
            ("MEGARC_CONFIG", "file"),
            ("MEGARC_MEGA_HARD_DELETE", "true"),
            ("MEGARC_MEGA_USER", ""),
            ("OTHER_TYPE", "mega"),
        ]
        .into_iter()
        .collect();
        assert_eq!(env.remotes().collect::<Vec<_>>(), ["WORK"]);
        assert_eq!(env.remote_option("work", "user"), Some("u@example.com"));
        assert_eq!(env.kind_option("mega", "hard-delete"), Some("true"));
        assert_eq!(env.kind_option("mega", "user"), None);
        assert!(!format!("{env:?}").contains("u@example.com"));
    }
}
