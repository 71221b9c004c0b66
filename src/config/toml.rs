//! Our own configuration format: TOML, one table a remote.
//!
//! Reading takes every scalar of a table as text; what else stands in the file
//! is left alone. Writing goes through [`Draft`], which keeps comments, order
//! and everything it does not know.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::{ConfigError, Section};

/// A configuration file being edited.
pub struct Draft {
    document: DocumentMut,
}

impl Draft {
    /// Parses the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with line and column.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match text.parse() {
            Ok(document) => Ok(Self { document }),
            Err(error) => {
                let error: toml_edit::TomlError = error;
                let at = error.span().map_or(text.len(), |span| span.start);
                let (line, column) = position(text, at);
                Err(ConfigError::Syntax {
                    path: path.to_owned(),
                    line,
                    column,
                    what: error.message().trim().replace('\n', ", "),
                })
            }
        }
    }

    /// The text to be written.
    #[must_use]
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// All remotes in the order of the file.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.document
            .iter()
            .filter_map(|(name, item)| Some((name, item.as_table_like()?)))
            .map(|(name, table)| section(name, table))
            .collect()
    }

    /// One remote.
    #[must_use]
    pub fn section(&self, remote: &str) -> Option<Section> {
        let table = self.document.get(remote)?.as_table_like()?;
        Some(section(remote, table))
    }

    /// Sets a value, making the remote where it is missing.
    pub fn set(&mut self, remote: &str, key: &str, text: &str) {
        if self.table(remote).is_none() {
            self.document.insert(remote, Item::Table(Table::new()));
        }
        let Some(table) = self.table(remote) else {
            return;
        };
        match table.get_mut(key).and_then(Item::as_value_mut) {
            // The comment behind a value belongs to the line, not to the value.
            Some(old) => {
                let decor = old.decor().clone();
                *old = Value::from(text);
                *old.decor_mut() = decor;
            }
            None => {
                table.insert(key, value(text));
            }
        }
    }

    /// Removes a value; says whether it was there.
    pub fn unset(&mut self, remote: &str, key: &str) -> bool {
        self.table(remote)
            .is_some_and(|table| table.remove(key).is_some())
    }

    /// Removes a remote; says whether it was there.
    pub fn remove(&mut self, remote: &str) -> bool {
        self.document.remove(remote).is_some()
    }

    /// Gives a remote another name, in its place; says whether it was there.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(item) = self.document.remove(from) else {
            return false;
        };
        self.document.insert(to, item);
        true
    }

    fn table(&mut self, remote: &str) -> Option<&mut dyn TableLike> {
        self.document.get_mut(remote)?.as_table_like_mut()
    }
}

fn section(name: &str, table: &dyn TableLike) -> Section {
    let mut section = Section::new(name);
    for (key, item) in table.iter() {
        if let Some(text) = item.as_value().and_then(scalar) {
            section.set(key, &text);
        }
    }
    section
}

/// A scalar as the text that a connection string would hold.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
