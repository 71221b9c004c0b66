//! Flips single bits in answers, for the faults that ask for it.

use serde_json::Value;

use crate::sandbox::crypto::base64;
use crate::sandbox::faults::{CommandFault, flip_bit};

/// The fields that hold what a fault aims at.
fn fields(fault: &CommandFault) -> Option<(&'static [&'static str], u64)> {
    match fault {
        CommandFault::FlipKey(number) => Some((&["k"], *number)),
        CommandFault::FlipAttributes(number) => Some((&["a", "at"], *number)),
        _ => None,
    }
}

/// Flips a bit of one base64url value; the handle before a colon stays.
pub fn flip_value(value: &str, number: u64) -> String {
    let (head, tail) = value
        .rsplit_once(':')
        .map_or(("", value), |(head, tail)| (head, tail));
    let mut bytes = base64::decode(tail).unwrap_or_default();
    flip_bit(&mut bytes, number);
    let colon = if head.is_empty() { "" } else { ":" };
    format!("{head}{colon}{}", base64::encode(&bytes))
}

/// Flips a bit in an answer with few nodes.
pub fn text(answer: &str, fault: &CommandFault) -> String {
    let Some((names, number)) = fields(fault) else {
        return answer.to_string();
    };
    let Ok(mut value) = serde_json::from_str::<Value>(answer) else {
        return answer.to_string();
    };
    flip_first(&mut value, names, number);
    value.to_string()
}

fn flip_first(value: &mut Value, names: &[&str], number: u64) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().any(|item| flip_first(item, names, number)),
        Value::Object(map) => {
            for name in names {
                if let Some(Value::String(text)) = map.get_mut(*name)
                    && !text.is_empty()
                {
                    *text = flip_value(text, number);
                    return true;
                }
            }
            map.values_mut().any(|item| flip_first(item, names, number))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_changes_and_the_handle_stays() {
        assert_eq!(flip_value("abcdefgh:AAAA", 0), "abcdefgh:AQAA");
        let answer = text(
            "{\"f\":[{\"a\":\"\",\"k\":\"x:AAAA\"}]}",
            &CommandFault::FlipKey(9),
        );
        assert_eq!(answer, "{\"f\":[{\"a\":\"\",\"k\":\"x:AAIA\"}]}");
    }
}
