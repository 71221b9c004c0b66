//! Options as arguments: `key=value` or `key value`, and what is stored.

use super::broken;
use super::questions::Questions;
use super::wizard::login::log_in;
use super::wizard::options::{Answers, ask_all};
use crate::commands::Context;
use crate::commands::dialogue::Terminal;
use crate::config::kinds::{self, SECOND_FACTOR, ValueKind};
use crate::config::{ConfigError, Secret, Section, obscure};
use crate::exit::CommandError;

/// What to do with passwords, and what to print.
#[derive(clap::Args)]
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
    /// Print the next question as JSON instead of asking it
    #[arg(long)]
    non_interactive: bool,
    /// Ask for all options that are not given
    #[arg(long)]
    all: bool,
    /// Answer the question of --state with --result
    #[arg(long)]
    r#continue: bool,
    /// State of the question that is answered
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Answer to the question; a password as it is, not obscured
    #[arg(long, value_name = "VALUE")]
    result: Option<String>,
}

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
        if !self.r#continue && (self.state.is_some() || self.result.is_some()) {
            return Err("--state and --result answer a question: they need --continue");
        }
        Ok(())
    }

    /// Whether a remote that is being made goes on being made.
    pub(super) fn continues(&self) -> bool {
        self.r#continue
    }

    /// Stores the options of a remote, asks for the others where the flags say
    /// so, and prints what they ask for. A code of the second factor is used
    /// to log in, and not stored. `fresh`: what the file held before goes.
    pub(super) async fn finish(
        &self,
        command: &str,
        mut section: Section,
        mut pairs: Vec<(String, String)>,
        fresh: bool,
        ctx: &Context,
    ) -> Result<(), CommandError> {
        let remote = section.name().to_owned();
        let kind = section.get("type").and_then(kinds::kind);
        let mut code = None;
        let mut gone: Vec<String> = Vec::new();
        if kind.is_some_and(|kind| kind.option(SECOND_FACTOR).is_some()) {
            pairs.retain(|(key, value)| {
                let is_code = key == SECOND_FACTOR;
                if is_code {
                    code = Some(Secret::new(value.as_str())).filter(|code| !code.is_empty());
                }
                !is_code
            });
        }
        if let Some(kind) = kind.filter(|_| self.all && !self.non_interactive && !self.continues())
        {
            let mut given: Vec<String> = pairs.iter().map(|(key, _)| key.clone()).collect();
            given.extend(code.as_ref().map(|_| SECOND_FACTOR.to_owned()));
            let before = section.clone();
            for (key, value) in pairs.drain(..) {
                section.set(&key, &value);
            }
            let mut answers = Answers::of(section);
            answers.code = code;
            ask_all(&mut Terminal::new(ctx), kind, &mut answers, &given)?;
            code = answers.code;
            let is_gone = |key: &&str| answers.section.get(key).is_none();
            gone.extend(
                before
                    .iter()
                    .map(|(key, _)| key)
                    .filter(is_gone)
                    .map(str::to_owned),
            );
            let answered = answers.section.iter();
            pairs = answered
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
        } else if fresh {
            pairs.insert(
                0,
                (
                    "type".to_owned(),
                    kind.map_or("", |kind| kind.name).to_owned(),
                ),
            );
        }
        let stored = ctx.opener.config().edit(|draft| {
            if fresh {
                draft.remove(&remote);
            }
            for key in &gone {
                draft.unset(&remote, key);
            }
            for (key, value) in &pairs {
                draft.set(&remote, key, value);
            }
            Ok(())
        });
        stored.map_err(|e| broken(&e))?;
        if code.is_some() {
            let logged_in = log_in(&ctx.opener, &remote, code).await;
            let place = format!("{remote}:");
            logged_in.map_err(|error| CommandError::no_file_system(&place, &error))?;
        }
        if !self.non_interactive && !self.continues() {
            return self.print(&remote, ctx);
        }
        let dialogue = Questions {
            command,
            remote: &remote,
            given: &pairs,
            all: self.all,
            ctx,
        };
        let question = if self.continues() {
            let state = self.state.as_deref().unwrap_or_default();
            let result = self.result.as_deref().unwrap_or_default();
            dialogue.answer(state, result).await?
        } else {
            dialogue.first()
        };
        if self.no_output {
            return Ok(());
        }
        ctx.output.text(&question.json()?)?;
        Ok(())
    }

    /// Prints the section as it is now.
    fn print(&self, remote: &str, ctx: &Context) -> Result<(), CommandError> {
        if self.no_output {
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
