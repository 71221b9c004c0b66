//! The body of an answer on `cs` → one result per command. Pure.
//!
//! Spec: docs/protocol.md, "Response". A bare number, or a bare `{"err":..}`,
//! speaks for the whole request; inside the array each entry speaks for its
//! own command.

use serde_json::Value;

use crate::mega::error::ErrorCode;

/// What a complete answer says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One number for the whole request; `0` is success of every command.
    Request(i64),
    /// One result per command, in order.
    Results(Vec<Result<Value, ErrorCode>>),
}

/// A body that is no answer to the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadAnswer {
    /// Empty, cut short, or not JSON at all: the request may be sent again.
    Incomplete(&'static str),
    /// Complete, but not for this request: sending again would not help.
    WrongCount {
        /// How many commands were sent.
        sent: usize,
        /// How many results came.
        got: usize,
    },
}

/// Reads the answer to a request of `commands` commands.
///
/// # Errors
/// The body is no answer to it.
pub fn parse_answer(body: &[u8], commands: usize) -> Result<Answer, BadAnswer> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Err(BadAnswer::Incomplete("empty"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Array(results)) if results.len() == commands => Ok(Answer::Results(
            results.into_iter().map(result_of).collect(),
        )),
        Ok(Value::Array(results)) => Err(BadAnswer::WrongCount {
            sent: commands,
            got: results.len(),
        }),
        Ok(other) => request_code(&other)
            .map(Answer::Request)
            .ok_or(BadAnswer::Incomplete("not an array of results")),
        Err(error) if error.is_eof() => Err(BadAnswer::Incomplete("cut short")),
        Err(_) => Err(BadAnswer::Incomplete("not JSON")),
    }
}

/// One entry of the array: a negative number or `{"err":..}` is a refusal.
fn result_of(value: Value) -> Result<Value, ErrorCode> {
    match error_code(&value) {
        Some(code) => Err(ErrorCode(code)),
        None => Ok(value),
    }
}

fn error_code(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().filter(|code| *code < 0),
        Value::Object(map) => map.get("err")?.as_i64().filter(|code| *code < 0),
        _ => None,
    }
}

fn request_code(value: &Value) -> Option<i64> {
    error_code(value).or_else(|| value.as_i64())
}

/// Whether a body that begins with `start` is an array whose first result is
/// data, so that it may be handed on before its end is known. `None`: too
/// early to tell.
pub(super) fn begins_with_data(start: &[u8]) -> Option<bool> {
    let start = start.trim_ascii_start();
    let (first, rest) = start.split_first()?;
    if *first != b'[' {
        return Some(false);
    }
    let rest = rest.trim_ascii_start();
    let error = b"{\"err\"";
    match rest.first() {
        None => None,
        Some(b'{') if rest.len() >= error.len() => Some(!rest.starts_with(error)),
        Some(b'{') if error.starts_with(rest) => None,
        Some(b'{') => Some(true),
        Some(_) => Some(false),
    }
}

/// Whether a whole body is an object that does not report an error.
pub(super) fn is_object(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    body.first() == Some(&b'{') && !body.starts_with(b"{\"err\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_data_from_errors_by_the_first_bytes() {
        for (start, expected) in [
            ("", None),
            (" [", None),
            ("[{", None),
            ("[{\"er", None),
            ("[{\"err\":-9}]", Some(false)),
            ("[{\"f\":[", Some(true)),
            ("[ {\"f\":[", Some(true)),
            ("[-9]", Some(false)),
            ("-3", Some(false)),
            ("{\"err\":-16}", Some(false)),
            ("<html>", Some(false)),
        ] {
            assert_eq!(begins_with_data(start.as_bytes()), expected, "{start}");
        }
    }

    #[test]
    fn a_number_too_large_to_hold_is_no_answer() {
        assert!(parse_answer(b"99999999999999999999", 1).is_err());
        assert!(parse_answer(b"1.5", 1).is_err());
    }
}
