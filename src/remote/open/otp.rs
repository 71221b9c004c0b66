//! Runs the command that prints a code of the second factor (`otp_command`).
//!
//! No shell is involved: the words are split here, so nothing in a
//! configuration file is expanded or piped.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::config::Env;

/// A password manager may ask for a finger or a passphrase, but not for ever.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `command` and returns the first line of its output.
///
/// # Errors
/// What went wrong, in words; never what the command printed.
pub(super) async fn run(command: &str) -> Result<String, String> {
    run_within(command, TIMEOUT).await
}

async fn run_within(command: &str, timeout: Duration) -> Result<String, String> {
    let words = split_words(command)?;
    let (program, arguments) = words.split_first().ok_or("otp_command is empty")?;
    let mut command = Command::new(program);
    // a password in the environment is for us, not for what we start
    for (name, _) in Env::from_process().ours() {
        command.env_remove(name);
    }
    let output = command
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(timeout, output).await {
        Ok(output) => output.map_err(|e| format!("otp_command: running {program:?}: {e}"))?,
        Err(_) => {
            return Err(format!(
                "otp_command: {program:?} did not end within {} seconds",
                timeout.as_secs()
            ));
        }
    };
    if !output.status.success() {
        return Err(format!(
            "otp_command: {program:?} failed: {}",
            output.status
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let code = text.lines().next().unwrap_or_default().trim();
    if code.is_empty() {
        return Err(format!("otp_command: {program:?} printed nothing"));
    }
    Ok(code.to_owned())
}

/// Splits a command into words: blanks separate, quotes of both kinds hold
/// together, a backslash outside single quotes takes the next character as it
/// is.
fn split_words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut signs = command.chars();
    while let Some(c) = signs.next() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (_, '\\') => match signs.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("otp_command ends in a backslash".to_owned()),
            },
            (None, '\'' | '"') => {
                quote = Some(c);
                // Quotes around nothing are a word too.
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("otp_command has a quote that does not end".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words() {
        for (command, words) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("  'a b' \"c d\"e ", vec!["a b", "c de"]),
            ("a '' b", vec!["a", "", "b"]),
            (r#"a\ b "c\"d" '\'"#, vec!["a b", "c\"d", "\\"]),
            ("", vec![]),
        ] {
            assert_eq!(split_words(command).unwrap(), words, "{command}");
        }
        assert!(split_words("a 'b").is_err());
        assert!(split_words("a \\").is_err());
    }

    #[tokio::test]
    async fn the_first_line_is_the_code() {
        assert_eq!(run("printf '123 456\\nmore\\n'").await.unwrap(), "123 456");
        assert!(run("true").await.unwrap_err().contains("printed nothing"));
        assert!(run("false").await.unwrap_err().contains("failed"));
        assert!(run("").await.unwrap_err().contains("empty"));
        assert!(run("/nowhere/at/all").await.is_err());
        let slow = run_within("sleep 60", Duration::from_millis(10)).await;
        assert!(slow.unwrap_err().contains("did not end"));
    }
}
