//! The options of one remote as they stand in a file.

use std::fmt;

/// A remote's name and its values, in the order of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Section {
    name: String,
    values: Vec<(String, String)>,
}

impl Section {
    /// A section without values.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            values: Vec::new(),
        }
    }

    /// The name of the remote.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a key, which may be empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.values.iter().find(|(known, _)| known == key)?;
        Some(&found.1)
    }

    /// Sets a key; a new one comes last.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.values.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => value.clone_into(old),
            None => self.values.push((key.to_owned(), value.to_owned())),
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.values.retain(|(known, _)| known != key);
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// Values may be passwords or session keys.
impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.name)?;
        f.debug_set()
            .entries(self.values.iter().map(|(key, _)| key))
            .finish()
    }
}
