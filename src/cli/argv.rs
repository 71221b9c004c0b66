//! The command line before it has types.
//!
//! rclone's flags stand anywhere, before or after the command and between its
//! arguments; the last one wins; truth values take `=false`; short ones
//! combine; each has an environment variable. Here all that is sorted out
//! into `COMMAND --flag=value … -- ARGUMENT …`, in which every flag appears
//! once and which clap then gives its types.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgAction, Command};

use super::near::near;
use super::unsupported;
use super::values;

/// Why a command line is refused before any value is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The command whose usage helps, when one was recognised.
    pub command: Option<String>,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No command at all: the usage is answer enough.
    NoCommand,
    /// There is no such command; the names that are near.
    UnknownCommand(String, Vec<String>),
    /// A flag or its value; the text says it all.
    Flag(String),
    /// A variable of the environment; the text says it all.
    Environment(String),
    /// Too many or too few arguments; the text says it all.
    Count(String),
}

/// A command line with everything in its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sorted {
    /// The command; one below another has more words, as `config create`.
    pub command: String,
    /// Arguments of the command that are no flags.
    pub arguments: Vec<String>,
    /// Flag (long name) to its value; no value for switches, several for
    /// flags that can be repeated.
    flags: BTreeMap<String, Vec<Option<String>>>,
    /// Every flag of the command line, `--flag=false` ones too.
    mentioned: BTreeSet<String>,
    /// Which of them the environment gave: the name of the variable.
    environment: BTreeMap<String, String>,
}

impl Sorted {
    /// The words for clap: the flags of `root` before the command, its own
    /// ones behind it. So none of them has to be known in two places.
    #[must_use]
    pub fn words(&self, root: &Command, program: &str) -> Vec<String> {
        let mut own = BTreeSet::new();
        let mut command = root;
        let mut path = Vec::new();
        for name in self.command.split(' ') {
            if let Some(below) = command.find_subcommand(name) {
                command = below;
                own.extend(command.get_arguments().filter_map(Arg::get_long));
            }
            path.push(name.to_owned());
        }
        let (mut words, mut behind) = (vec![program.to_owned()], Vec::new());
        let all = self.flags.iter();
        for (name, value) in all.flat_map(|(name, values)| values.iter().map(move |v| (name, v))) {
            let words = match own.contains(name.as_str()) {
                true => &mut behind,
                false => &mut words,
            };
            match value {
                None => words.push(format!("--{name}")),
                Some(count) if name == "verbose" => {
                    let times = count.parse().unwrap_or(0_usize).min(2);
                    words.extend(std::iter::repeat_n("--verbose".to_owned(), times));
                }
                Some(value) => words.push(format!("--{name}={value}")),
            }
        }
        words.append(&mut path);
        words.append(&mut behind);
        words.push("--".to_owned());
        words.extend(self.arguments.iter().cloned());
        words
    }

    /// A command without arguments and flags.
    #[must_use]
    pub fn of_command(name: &str) -> Self {
        Self {
            command: name.to_owned(),
            ..Self::default()
        }
    }

    /// Whether a switch is on, or a flag has a value.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    /// The variable that set a flag, if one did.
    #[must_use]
    pub fn variable(&self, flag: &str) -> Option<&str> {
        self.environment.get(flag).map(String::as_str)
    }
}

/// Sorts the words that follow the program's name. `variable` looks a name up
/// in the environment.
///
/// # Errors
/// A [`Refusal`] as rclone would word it.
pub fn sort(
    root: &Command,
    words: &[String],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Sorted, Refusal> {
    let global = Flags::of(root);
    let Some(at) = find_command(&global, words) else {
        return sort_without_command(&global, words);
    };
    let name = words.get(at).cloned().unwrap_or_default();
    let Some(mut command) = root.find_subcommand(&name) else {
        let near = near(root, &name);
        return Err(Refusal {
            command: None,
            why: Why::UnknownCommand(name, near),
        });
    };
    let mut path = command.get_name().to_owned();
    let refuse = |path: &str, why| Refusal {
        command: Some(path.to_owned()),
        why,
    };
    let mut flags = global.and(command);
    let mut rest = words.to_vec();
    rest.remove(at);
    while command.has_subcommands()
        && let Some(at) = find_command(&flags, &rest)
    {
        let next = rest.remove(at);
        let Some(below) = command.find_subcommand(&next) else {
            let text = format!("unknown command {next:?} for \"megarc {path}\"");
            return Err(refuse(&path, Why::Flag(text)));
        };
        path = format!("{path} {next}");
        flags = flags.and(below);
        command = below;
    }
    let mut sorted = Sorted::of_command(&path);
    parse(&flags, &rest, &mut sorted).map_err(|text| refuse(&path, Why::Flag(text)))?;
    add_environment(&flags, &mut sorted, variable)
        .map_err(|text| refuse(&path, Why::Environment(text)))?;
    Ok(sorted)
}

/// `megarc --version` and `megarc --help` need no command.
fn sort_without_command(global: &Flags<'_>, words: &[String]) -> Result<Sorted, Refusal> {
    let refuse = |why| Refusal { command: None, why };
    let mut sorted = Sorted::default();
    parse(global, words, &mut sorted).map_err(|text| refuse(Why::Flag(text)))?;
    for (flag, command) in [("help", "help"), ("version", "version")] {
        if sorted.flags.contains_key(flag) {
            return Ok(Sorted::of_command(command));
        }
    }
    Err(refuse(Why::NoCommand))
}

/// Where the command stands: the first word that is neither a flag nor the
/// value of one. An unknown long flag without `=` is taken to have a value.
fn find_command(global: &Flags<'_>, words: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return None;
        }
        let takes_next = if let Some(long) = word.strip_prefix("--") {
            !long.contains('=') && global.long(long).is_none_or(|flag| !is_switch(flag))
        } else if let Some(shorts) = word.strip_prefix('-').filter(|s| !s.is_empty()) {
            // Only the last of combined short flags can want the next word.
            shorts
                .chars()
                .last()
                .and_then(|c| global.short(c))
                .is_some_and(|flag| !is_switch(flag))
        } else {
            return Some(at);
        };
        at += if takes_next { 2 } else { 1 };
    }
    None
}

fn parse(flags: &Flags<'_>, words: &[String], sorted: &mut Sorted) -> Result<(), String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            sorted.arguments.extend(words.cloned());
            return Ok(());
        }
        if let Some(long) = word.strip_prefix("--") {
            parse_long(flags, long, &mut words, sorted)?;
        } else if let Some(shorts) = word.strip_prefix('-').filter(|s| !s.is_empty()) {
            parse_shorts(flags, shorts, &mut words, sorted)?;
        } else {
            sorted.arguments.push(word.clone());
        }
    }
    Ok(())
}

fn parse_long<'w>(
    flags: &Flags<'_>,
    long: &str,
    next: &mut impl Iterator<Item = &'w String>,
    sorted: &mut Sorted,
) -> Result<(), String> {
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (long, None),
    };
    if name.is_empty() || name.starts_with('-') {
        return Err(format!("bad flag syntax: --{long}"));
    }
    let flag = flags
        .long(name)
        .ok_or_else(|| unsupported::complaint(&sorted.command, name))?;
    let value = match value {
        Some(value) => Some(value),
        None if is_switch(flag) => None,
        None => Some(
            next.next()
                .cloned()
                .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        ),
    };
    set(flag, value, sorted)
}

fn parse_shorts<'w>(
    flags: &Flags<'_>,
    shorts: &str,
    next: &mut impl Iterator<Item = &'w String>,
    sorted: &mut Sorted,
) -> Result<(), String> {
    let mut rest = shorts.chars();
    while let Some(c) = rest.next() {
        let unknown = || format!("unknown shorthand flag: {c:?} in -{shorts}");
        let flag = flags.short(c).ok_or_else(unknown)?;
        let tail = rest.as_str();
        let value = if let Some(value) = tail.strip_prefix('=') {
            Some(value.to_owned())
        } else if is_switch(flag) {
            set(flag, None, sorted)?;
            continue;
        } else if !tail.is_empty() {
            Some(tail.to_owned())
        } else {
            Some(
                next.next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: {c:?} in -{shorts}"))?,
            )
        };
        return set(flag, value, sorted);
    }
    Ok(())
}

/// Notes one occurrence of a flag; the last one wins, `-v` adds up.
fn set(flag: &Arg, value: Option<String>, sorted: &mut Sorted) -> Result<(), String> {
    let name = long_name(flag).to_owned();
    sorted.mentioned.insert(name.clone());
    let invalid = |value: &str, why: String| {
        format!(
            "invalid argument {value:?} for {:?} flag: {why}",
            display_name(flag)
        )
    };
    let value = match (flag.get_action(), value) {
        (ArgAction::Count, None) => {
            let before = sorted
                .flags
                .get(&name)
                .and_then(|v| v.first()?.as_deref()?.parse().ok());
            let count: i64 = before.unwrap_or(0) + 1;
            Some(count.to_string())
        }
        (ArgAction::Count, Some(value)) => {
            let count =
                values::strict_integer(&value).map_err(|e| invalid(&value, e.to_string()))?;
            Some(count.to_string())
        }
        // A switch of three states: what was said matters, not only "on".
        (ArgAction::Set, Some(value)) if is_switch(flag) => {
            let on = values::boolean(&value).map_err(|e| invalid(&value, e.to_string()))?;
            Some(on.to_string())
        }
        (_, Some(value)) if is_switch(flag) => {
            if !values::boolean(&value).map_err(|e| invalid(&value, e.to_string()))? {
                sorted.flags.remove(&name);
                return Ok(());
            }
            None
        }
        (ArgAction::Append, value) => {
            sorted.flags.entry(name).or_default().push(value);
            return Ok(());
        }
        (_, value) => value,
    };
    sorted.flags.insert(name, vec![value]);
    Ok(())
}

/// `MEGARC_<FLAG>` for each flag that the command line leaves open. The
/// options of MEGA are not among them: [`crate::config`] knows their order.
fn add_environment(
    flags: &Flags<'_>,
    sorted: &mut Sorted,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let mut given = Sorted::default();
    for flag in flags.all() {
        let name = long_name(flag);
        if name.starts_with("mega-") || matches!(name, "help" | "version") {
            continue;
        }
        let key = variable_name(name);
        let Some(value) = variable(&key) else {
            continue;
        };
        let repeatable = matches!(flag.get_action(), ArgAction::Append);
        let values = if repeatable {
            values::list(&value)
        } else {
            vec![value.clone()]
        };
        for value in values {
            set(flag, Some(value.clone()), &mut given).map_err(|why| {
            format!("Invalid value when setting --{name} from environment variable {key}={value:?}: {why}")
            })?;
        }
        let Some(mut values) = given.flags.remove(name) else {
            continue;
        };
        let said = sorted.mentioned.contains(name);
        if !said || repeatable {
            // Of what can be repeated, both count: the environment first.
            values.extend(sorted.flags.remove(name).unwrap_or_default());
            sorted.flags.insert(name.to_owned(), values);
        }
        if !said {
            sorted.environment.insert(name.to_owned(), key);
        }
    }
    Ok(())
}

/// The environment variable of a flag.
#[must_use]
pub fn variable_name(flag: &str) -> String {
    format!("MEGARC_{}", flag.to_uppercase().replace('-', "_"))
}

/// How rclone names a flag in messages: `--head`, `-n, --dry-run`.
#[must_use]
pub fn display_name(flag: &Arg) -> String {
    let long = long_name(flag);
    flag.get_short().map_or_else(
        || format!("--{long}"),
        |short| format!("-{short}, --{long}"),
    )
}

fn long_name(flag: &Arg) -> &str {
    flag.get_long().unwrap_or_default()
}

/// Whether a flag takes no value of its own.
pub(super) fn is_switch(flag: &Arg) -> bool {
    let needs_none = flag.get_num_args().is_some_and(|n| n.min_values() == 0);
    needs_none
        || matches!(
            flag.get_action(),
            ArgAction::SetTrue
                | ArgAction::Count
                | ArgAction::Help
                | ArgAction::HelpShort
                | ArgAction::HelpLong
                | ArgAction::Version
        )
}

/// The flags that count in one place.
pub(super) struct Flags<'c>(Vec<&'c Arg>);

impl<'c> Flags<'c> {
    pub(super) fn of(command: &'c Command) -> Self {
        Self(
            command
                .get_arguments()
                .filter(|a| a.get_long().is_some())
                .collect(),
        )
    }

    /// These and those of `command`, which come first.
    pub(super) fn and(self, command: &'c Command) -> Self {
        let mut all = Self::of(command).0;
        all.extend(self.0);
        Self(all)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'c Arg> {
        self.0.iter().copied()
    }

    pub(super) fn long(&self, name: &str) -> Option<&'c Arg> {
        self.all().find(|flag| {
            flag.get_long() == Some(name)
                || flag
                    .get_all_aliases()
                    .is_some_and(|all| all.contains(&name))
        })
    }

    pub(super) fn short(&self, c: char) -> Option<&'c Arg> {
        self.all().find(|flag| flag.get_short() == Some(c))
    }
}

#[cfg(test)]
mod tests;
