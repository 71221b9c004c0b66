//! What may stand at the end of an unfinished command line.
//!
//! Made from the same description of the command line as its help, so that a
//! new command or flag is offered from its first day on. Pure: remotes, files
//! and their names are only asked for here ([`Wish`]).

mod bash;

use clap::{Arg, Command};

use super::argv::{self, Flags};
use super::usage;

pub use bash::{quote, split};

/// Something to be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What would be typed.
    pub text: String,
    /// What it is, on one line.
    pub about: String,
}

/// What may follow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// These words.
    pub candidates: Vec<Candidate>,
    /// Names of remotes, or what lies in them.
    pub remotes: Remotes,
    /// Names on the disk.
    pub files: Files,
    /// What stands before the unfinished text inside its word: `--flag=`.
    pub before: String,
    /// The unfinished text.
    pub begun: String,
}

/// Which remotes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remotes {
    /// None.
    #[default]
    No,
    /// Their names, as the configuration calls them.
    Names,
    /// Places in them: `work:dir/file`.
    Places,
}

/// Which files are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Files {
    /// None.
    #[default]
    No,
    /// Any.
    Any,
    /// Directories.
    Dirs,
}

/// Words that are the values of flags, by the name of the value.
const VALUES: &[(&str, &[&str])] = &[
    ("BOOL", &["true", "false"]),
    ("LEVEL", &["DEBUG", "INFO", "NOTICE", "ERROR", "OFF"]),
    ("ROOT", &["cloud", "rubbish", "incoming"]),
    ("UNIT", &["bytes", "bits"]),
    ("WHEN", &["AUTO", "NEVER", "ALWAYS"]),
];

/// What may stand in the place of the last of `words`, which follow the
/// program's name; the last one may be empty.
#[must_use]
pub fn wish(root: &Command, words: &[String]) -> Wish {
    let Some((begun, before)) = words.split_last() else {
        return Wish::default();
    };
    let place = Place::find(root, before);
    let mut wish = match &place.waiting {
        Some(flag) => value(flag),
        None if !place.only_arguments && begun.starts_with('-') => {
            return flag_or_value(&place, begun);
        }
        None => place.argument(root),
    };
    wish.begun.clone_from(begun);
    wish.keep_fitting()
}

/// `--fl` or `--flag=val`.
fn flag_or_value(place: &Place<'_>, begun: &str) -> Wish {
    if let Some((name, typed)) = begun.split_once('=')
        && let Some(flag) = name.strip_prefix("--").and_then(|n| place.flags.long(n))
    {
        let mut wish = value(flag);
        wish.before = format!("{name}=");
        wish.begun = typed.to_owned();
        return wish.keep_fitting();
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for flag in place.flags.all().filter(|flag| !flag.is_hide_set()) {
        let text = format!("--{}", flag.get_long().unwrap_or_default());
        // A command's own flag comes first, and hides one of all commands.
        if candidates.iter().all(|known| known.text != text) {
            candidates.push(Candidate {
                text,
                about: usage::help_text(flag),
            });
        }
    }
    candidates.sort_by(|a, b| a.text.cmp(&b.text));
    Wish {
        candidates,
        begun: begun.to_owned(),
        ..Wish::default()
    }
    .keep_fitting()
}

/// What a flag takes.
fn value(flag: &Arg) -> Wish {
    of_kind(usage::value_name(flag))
}

/// What the help calls so.
fn of_kind(name: &str) -> Wish {
    let words = VALUES.iter().find(|(known, _)| *known == name);
    let candidates = words.into_iter().flat_map(|(_, words)| *words);
    Wish {
        candidates: candidates.map(|word| plain(word)).collect(),
        remotes: match name {
            "PATH" | "SOURCE" | "DEST" | "[MODE] PATH" => Remotes::Places,
            "REMOTE" => Remotes::Names,
            _ => Remotes::No,
        },
        files: match name {
            "FILE" | "PATH" | "SOURCE" | "DEST" | "[MODE] PATH" => Files::Any,
            "DIR" => Files::Dirs,
            _ => Files::No,
        },
        ..Wish::default()
    }
}

fn plain(word: &str) -> Candidate {
    Candidate {
        text: word.to_owned(),
        about: String::new(),
    }
}

/// Where on the command line the unfinished word stands.
struct Place<'c> {
    /// The innermost command that has been named.
    command: Option<&'c Command>,
    flags: Flags<'c>,
    /// How many arguments of the command stand already.
    arguments: usize,
    /// The flag whose value is to come.
    waiting: Option<&'c Arg>,
    /// `--` has been said.
    only_arguments: bool,
}

impl<'c> Place<'c> {
    fn find(root: &'c Command, words: &[String]) -> Self {
        let mut place = Self {
            command: None,
            flags: Flags::of(root),
            arguments: 0,
            waiting: None,
            only_arguments: false,
        };
        for word in words {
            place.pass(root, word);
        }
        place
    }

    fn pass(&mut self, root: &'c Command, word: &str) {
        if self.waiting.take().is_some() {
            return;
        }
        if self.only_arguments || !word.starts_with('-') || word == "-" {
            let inside = self.command.unwrap_or(root);
            match inside.find_subcommand(word).filter(|_| self.arguments == 0) {
                Some(command) => {
                    let flags = std::mem::replace(&mut self.flags, Flags::of(root));
                    self.flags = flags.and(command);
                    self.command = Some(command);
                }
                None => self.arguments += 1,
            }
        } else if word == "--" {
            self.only_arguments = true;
        } else if !word.contains('=') {
            let flag = match word.strip_prefix("--") {
                Some(long) => self.flags.long(long),
                // Only the last of combined short flags can want a value.
                None => word.chars().last().and_then(|c| self.flags.short(c)),
            };
            self.waiting = flag.filter(|flag| !argv::is_switch(flag));
        }
    }

    /// The next argument.
    fn argument(&self, root: &Command) -> Wish {
        let Some(command) = self.command else {
            return match self.arguments {
                0 => of_commands(root),
                // After a word that is no command.
                _ => Wish::default(),
            };
        };
        if command.has_subcommands() && self.arguments == 0 {
            return of_commands(command);
        }
        let all: Vec<&Arg> = command.get_positionals().collect();
        let argument = all.get(self.arguments).or_else(|| {
            all.last()
                .filter(|last| matches!(last.get_action(), clap::ArgAction::Append))
        });
        let Some(argument) = argument else {
            return Wish::default();
        };
        let known = argument.get_possible_values();
        if !known.is_empty() {
            let candidates = known.iter().map(|value| plain(value.get_name())).collect();
            return Wish {
                candidates,
                ..Wish::default()
            };
        }
        match usage::value_name(argument) {
            "TOPIC" => {
                let mut wish = of_commands(root);
                wish.candidates.push(plain("flags"));
                wish
            }
            // Of the arguments, these are names of remotes.
            "NAME" => of_kind("REMOTE"),
            name => of_kind(name),
        }
    }
}

fn of_commands(root: &Command) -> Wish {
    let candidates = usage::visible(root).map(|command| Candidate {
        text: command.get_name().to_owned(),
        about: usage::first_paragraph(command.get_about()),
    });
    Wish {
        candidates: candidates.collect(),
        ..Wish::default()
    }
}

impl Wish {
    /// Leaves out what does not begin as typed.
    fn keep_fitting(mut self) -> Self {
        let begun = &self.begun;
        self.candidates.retain(|one| one.text.starts_with(begun));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(words: &[&str]) -> (Vec<String>, Remotes, Files) {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let wish = wish(&usage::root(), &words);
        let texts = wish.candidates.into_iter().map(|one| one.text);
        (texts.collect(), wish.remotes, wish.files)
    }

    #[test]
    fn every_command_and_flag_is_offered() {
        let root = usage::root();
        let (commands, ..) = offered(&[""]);
        for command in usage::visible(&root) {
            let name = command.get_name();
            assert!(commands.contains(&name.to_owned()), "{name}");
            let (flags, ..) = offered(&[name, "--"]);
            let all = command.get_arguments().chain(root.get_arguments());
            for flag in all.filter_map(Arg::get_long) {
                assert!(flags.contains(&format!("--{flag}")), "{name} --{flag}");
            }
            for below in usage::visible(command) {
                let (offers, ..) = offered(&[name, below.get_name()]);
                assert!(offers.contains(&below.get_name().to_owned()), "{name}");
            }
        }
        assert!(!commands.contains(&"reveal".to_owned()), "it is hidden");
    }

    #[test]
    fn what_is_begun_decides() {
        assert_eq!(offered(&["lsj"]).0, ["lsjson"]);
        assert_eq!(offered(&["-q", "--transfers", "3", "lsj"]).0, ["lsjson"]);
        assert_eq!(offered(&["ls", "--dry"]).0, ["--dry-run"]);
        assert_eq!(offered(&["ls", "--", "--dry"]).0, Vec::<String>::new());
        assert_eq!(offered(&["--log-level", "D"]).0, ["DEBUG"]);
        assert_eq!(offered(&["ls", "--log-level=IN"]).0, ["INFO"]);
        assert_eq!(offered(&["config", "pass"]).0, ["password"]);
        assert_eq!(offered(&["help", "fl"]).0, ["flags"]);
        assert_eq!(offered(&["completion", "z"]).0, ["zsh"]);
    }

    #[test]
    fn places_files_and_folders_are_told_apart() {
        let none = Vec::<String>::new();
        let (no, any, dirs) = (Files::No, Files::Any, Files::Dirs);
        for (words, remotes, files) in [
            (vec!["copy", "-P", ""], Remotes::Places, any),
            (vec!["copy", "a:", "x"], Remotes::Places, any),
            (vec!["copy", "a:", "b:", ""], Remotes::No, no),
            (vec!["ls", "--log-file", ""], Remotes::No, any),
            (vec!["ls", "--log-file=x"], Remotes::No, any),
            (vec!["--cache-dir", ""], Remotes::No, dirs),
            (vec!["ls", "--transfers", ""], Remotes::No, no),
            (vec!["ls", "-P", ""], Remotes::Places, any),
        ] {
            assert_eq!(offered(&words), (none.clone(), remotes, files), "{words:?}");
        }
    }

    #[test]
    fn nothing_at_all_is_survived() {
        assert_eq!(wish(&usage::root(), &[]), Wish::default());
        assert_eq!(offered(&["-", ""]).1, Remotes::No);
        assert_eq!(offered(&["no-such-command", ""]).0.len(), 0);
    }
}
