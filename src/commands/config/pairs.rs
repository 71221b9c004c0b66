//! Options as arguments: `key=value` or `key value`, and what is stored.

use super::broken;
use crate::commands::Context;
use crate::config::kinds::{self, ValueKind};
use crate::config::{ConfigError, obscure};
use crate::exit::CommandError;

/// What to do with passwords, and what to print.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Obscure passwords, whatever they look like
    #[arg(long)]
    obscure: bool,
    /// Take passwords as obscured already
    #[arg(long)]
    no_obscure: bool,
    /// Print nothing
    #[arg(long)]
    no_output: bool,
    /// Print as JSON that there is no question
    #[arg(long)]
    non_interactive: bool,
}

/// What rclone prints when all is answered.
const NO_QUESTION: &str =
    "{\n\t\"State\": \"\",\n\t\"Option\": null,\n\t\"Error\": \"\",\n\t\"Result\": \"\"\n}\n";

/// Reads `key=value` and `key value`, in any mixture.
pub(super) fn parse(words: &[String]) -> Result<Vec<(String, String)>, &'static str> {
    let mut pairs = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (key, value) = match word.split_once('=') {
            Some(pair) => pair,
            None => (
                word.as_str(),
                words.next().ok_or("found key without value")?.as_str(),
            ),
        };
        if key.is_empty() {
            return Err("found value without key");
        }
        pairs.push((key.to_owned(), value.to_owned()));
    }
    Ok(pairs)
}

impl Flags {
    /// Obscures the passwords among the options of a remote of type `kind`.
    /// Without flags one that reveals to a text is taken as obscured.
    pub(super) fn prepare(
        &self,
        kind: &str,
        pairs: &mut [(String, String)],
    ) -> Result<(), CommandError> {
        let kind = kinds::kind(kind);
        for (key, value) in pairs {
            let option = kind.and_then(|kind| kind.option(key));
            let password = option.is_some_and(|option| option.value == ValueKind::Password);
            if !password || self.no_obscure || value.is_empty() {
                continue;
            }
            if self.obscure || obscure::reveal(value).is_err() {
                *value = hide(value)?;
            }
        }
        Ok(())
    }

    /// That both ways to treat passwords were asked for.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.obscure && self.no_obscure {
            return Err("can't use --obscure and --no-obscure together");
        }
        Ok(())
    }

    /// Prints the section as it is now, or what else the flags ask for.
    pub(super) fn print(&self, remote: &str, ctx: &Context) -> Result<(), CommandError> {
        if self.no_output {
            return Ok(());
        }
        if self.non_interactive {
            ctx.output.text(NO_QUESTION)?;
            return Ok(());
        }
        super::section::print(remote, ctx)
    }
}

/// Obscures a value.
pub(super) fn hide(value: &str) -> Result<String, CommandError> {
    obscure::obscure(value).map_err(|e| broken(&ConfigError::Random(e.to_string())))
}

/// Writes options into the section of a remote.
pub(super) fn store(
    remote: &str,
    pairs: &[(String, String)],
    ctx: &Context,
) -> Result<(), CommandError> {
    let stored = ctx.opener.config().edit(|draft| {
        for (key, value) in pairs {
            draft.set(remote, key, value);
        }
        Ok(())
    });
    stored.map_err(|e| broken(&e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::parse;

    #[test]
    fn both_forms_mix() {
        let words = ["a=1", "b", "2", "c==", "d", "x=y"].map(str::to_owned);
        let pairs = parse(&words).unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "2"), ("c", "="), ("d", "x=y")]);
        assert!(parse(&["a".to_owned()]).is_err());
        assert!(parse(&["=a".to_owned()]).is_err());
    }
}
