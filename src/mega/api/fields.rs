//! Reading fields out of a reply: strict about what is needed, blind to the rest.
//!
//! Error texts name the field and never its value: replies hold keys.

use serde_json::{Map, Value};

use crate::mega::error::{Error, ErrorCode};

/// The object of a reply, with the command's name for messages.
pub(super) struct Fields {
    command: &'static str,
    map: Map<String, Value>,
}

impl Fields {
    pub(super) fn new(command: &'static str, reply: Value) -> Result<Self, Error> {
        match reply {
            Value::Object(map) => Ok(Self { command, map }),
            other => Err(Error::protocol(
                command,
                format!("{} instead of an object", kind_of(&other)),
            )),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Error> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, &other, "text")),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<i64, Error> {
        self.optional_number(name)?
            .ok_or_else(|| self.missing(name))
    }

    /// Some clients and servers write numbers as text; both are read.
    pub(super) fn optional_number(&mut self, name: &str) -> Result<Option<i64>, Error> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match as_number(&value) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, &value, "a number")),
            },
        }
    }

    /// A number of bytes: not negative.
    pub(super) fn size(&mut self, name: &str) -> Result<u64, Error> {
        self.optional_size(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn optional_size(&mut self, name: &str) -> Result<Option<u64>, Error> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match as_number(&value).and_then(|number| u64::try_from(number).ok()) {
                Some(size) => Ok(Some(size)),
                None => Err(self.wrong(name, &value, "a size")),
            },
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Vec<Value>, Error> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(self.wrong(name, &other, "an array")),
        }
    }

    fn missing(&self, name: &str) -> Error {
        Error::protocol(self.command, format!("field '{name}' is missing"))
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) -> Error {
        Error::protocol(
            self.command,
            format!("field '{name}' is {} instead of {wanted}", kind_of(value)),
        )
    }
}

/// A number, also where it is written as text.
pub(super) fn as_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Accepts any success that carries nothing of interest.
///
/// Some commands answer `{"r":[..]}` with a code for each part.
pub(super) fn acknowledge(command: &'static str, reply: Value) -> Result<(), Error> {
    let Value::Object(mut map) = reply else {
        return Ok(());
    };
    let Some(Value::Array(parts)) = map.remove("r") else {
        return Ok(());
    };
    match parts
        .iter()
        .filter_map(Value::as_i64)
        .find(|code| *code < 0)
    {
        Some(code) => Err(Error::api(command, ErrorCode(code))),
        None => Ok(()),
    }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
