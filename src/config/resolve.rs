//! Which of the places where an option can be set counts.
//!
//! First hit wins: connection string, `--mega-x` flag,
//! `MEGARC_CONFIG_<REMOTE>_<KEY>`, `MEGARC_MEGA_<OPTION>`, file, default.

use std::collections::BTreeMap;
use std::fmt;

use super::kinds::{Kind, ValueKind, kind};
use super::obscure::reveal;
use super::{Config, ConfigError, Secret, Section};

/// Options given as flags: kind of remote, then option, then value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Flags(BTreeMap<(String, String), String>);

impl Flags {
    /// Takes `--mega-hard-delete true` in the form `("mega", "hard_delete", "true")`.
    pub fn set(&mut self, kind: &str, option: &str, value: impl Into<String>) {
        self.0
            .insert((kind.to_owned(), option.replace('-', "_")), value.into());
    }

    fn get(&self, kind: &str, option: &str) -> Option<&str> {
        // The map is small: no key is worth building.
        self.0
            .iter()
            .find(|((k, o), _)| k == kind && o == option)
            .map(|(_, value)| value.as_str())
    }
}

/// Values may be passwords.
impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A remote and every place its options come from.
#[derive(Clone)]
pub struct Options<'a> {
    config: &'a Config,
    params: &'a [(String, String)],
    flags: &'a Flags,
    /// The name in the configuration; `None` for one made on the spot.
    remote: Option<&'a str>,
    section: Option<Section>,
    kind_name: String,
    kind: Option<&'static Kind>,
}

impl Config {
    /// The options of the remote called `name`.
    ///
    /// # Errors
    /// [`ConfigError::NoSection`] when neither file nor environment have it.
    pub fn named<'a>(
        &'a self,
        name: &'a str,
        params: &'a [(String, String)],
        flags: &'a Flags,
    ) -> Result<Options<'a>, ConfigError> {
        let section = self.section(name);
        let given = params.iter().rev().find(|(key, _)| key == "type");
        let kind_name = given
            .map(|(_, value)| value.as_str())
            .or_else(|| self.env().remote_option(name, "type"))
            .or_else(|| section.as_ref()?.get("type"))
            .filter(|kind| !kind.is_empty())
            .ok_or_else(|| ConfigError::NoSection(name.to_owned()))?
            .to_owned();
        // A type on top of nothing makes no remote.
        if section.is_none() && self.env().remote_option(name, "type").is_none() {
            return Err(ConfigError::NoSection(name.to_owned()));
        }
        Ok(Options {
            config: self,
            params,
            flags,
            remote: Some(name),
            section,
            kind: kind(&kind_name),
            kind_name,
        })
    }

    /// The options of a remote made on the spot.
    #[must_use]
    pub fn on_the_fly<'a>(
        &'a self,
        kind_name: &str,
        params: &'a [(String, String)],
        flags: &'a Flags,
    ) -> Options<'a> {
        Options {
            config: self,
            params,
            flags,
            remote: None,
            section: None,
            kind: kind(kind_name),
            kind_name: kind_name.to_owned(),
        }
    }
}

impl Options<'_> {
    /// The kind of the remote, which may be one that nobody knows.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind_name
    }

    /// The name in the configuration; `None` for one made on the spot.
    #[must_use]
    pub fn remote(&self) -> Option<&str> {
        self.remote
    }

    /// Whether the remote has a section in the file, so that it can keep
    /// something of its own there.
    #[must_use]
    pub fn in_file(&self) -> bool {
        self.section.is_some()
    }

    /// An option as text; an empty value counts as not set.
    #[must_use]
    pub fn text(&self, option: &str) -> Option<String> {
        self.find(option)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    }

    fn find(&self, option: &str) -> Option<&str> {
        let params = self.params.iter().rev();
        let env = self.config.env();
        params
            .filter(|(key, _)| key == option)
            .map(|(_, value)| value.as_str())
            .next()
            .or_else(|| self.flags.get(&self.kind_name, option))
            .or_else(|| env.remote_option(self.remote?, option))
            .or_else(|| env.kind_option(&self.kind_name, option))
            .or_else(|| self.section.as_ref()?.get(option))
            .or_else(|| Some(self.kind?.option(option)?.default))
    }

    /// An option that is on or off.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for anything but `true`, `false`, `1`, `0`,
    /// `t`, `f` in the spellings of rclone.
    pub fn flag(&self, option: &str) -> Result<bool, ConfigError> {
        let Some(value) = self.text(option) else {
            return Ok(false);
        };
        match value.as_str() {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
            _ => Err(self.bad(option, value, "bool".to_owned())),
        }
    }

    /// An option that is obscured wherever it is written.
    ///
    /// # Errors
    /// [`ConfigError::NotObscured`].
    pub fn password(&self, option: &str) -> Result<Option<Secret>, ConfigError> {
        let Some(obscured) = self.text(option) else {
            return Ok(None);
        };
        let revealed = reveal(&obscured).map_err(|source| ConfigError::NotObscured {
            key: if option == "pass" { "password" } else { option }.to_owned(),
            source,
        })?;
        Ok(Some(revealed))
    }

    /// An option read by `parse`.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] with what `parse` says.
    pub fn parsed<T, E: std::fmt::Display>(
        &self,
        option: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.text(option) else {
            return Ok(None);
        };
        match parse(&value) {
            Ok(parsed) => Ok(Some(parsed)),
            Err(e) => Err(self.bad(option, value, format!("{what}: {e}"))),
        }
    }

    fn bad(&self, option: &str, value: String, expected: String) -> ConfigError {
        // What a secret option holds is nobody's business.
        let info = self.kind.and_then(|kind| kind.option(option));
        let value = if info.is_some_and(|info| info.sensitive || info.value == ValueKind::Password)
        {
            "***".to_owned()
        } else {
            value
        };
        ConfigError::BadValue {
            key: option.to_owned(),
            value,
            expected,
        }
    }

    /// The names of all options that are or could be set, in order.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.params.iter().map(|(key, _)| key.as_str()).collect();
        names.extend(
            self.section
                .iter()
                .flat_map(Section::iter)
                .map(|(key, _)| key),
        );
        names.extend(
            self.kind
                .iter()
                .flat_map(|kind| kind.options)
                .map(|o| o.name),
        );
        names.retain(|name| !matches!(*name, "type" | "description" | "session_key"));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What is set to something else than its default, by name. It holds
    /// secrets.
    #[must_use]
    pub fn changed(&self) -> Vec<(String, String)> {
        let default = |name: &str| Some(self.kind?.option(name)?.default);
        let set = |name: &str| Some((name.to_owned(), self.text(name)?));
        let names = self.names().into_iter();
        let mut changed: Vec<_> = names
            .filter_map(set)
            .filter(|(name, value)| default(name.as_str()) != Some(value.as_str()))
            .collect();
        if let Some(text) = self.text("description") {
            changed.push(("description".to_owned(), text));
            changed.sort();
        }
        changed
    }

    /// Every value that makes this remote what it is, for telling whether two
    /// are the same. It holds secrets: it is compared, never printed.
    #[must_use]
    pub fn identity(&self) -> Vec<(String, String)> {
        let names = self.names();
        let mut identity = vec![
            ("type".to_owned(), self.kind_name.clone()),
            (
                "name".to_owned(),
                self.remote.unwrap_or_default().to_owned(),
            ),
        ];
        for name in names {
            if let Some(value) = self.text(name) {
                identity.push((name.to_owned(), value));
            }
        }
        identity
    }
}
