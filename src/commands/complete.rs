//! `megarc __complete`, which the completion scripts call.
//!
//! It prints a line for each thing that may follow, `TEXT<TAB>ABOUT`, and at
//! the end a line that begins with a tab, for the shell: `files` or `dirs` to
//! offer those as well, `nospace` to let the word go on.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use crate::cli::complete::{self, Candidate, Files, Remotes, Wish};
use crate::cli::usage;
use crate::config::{Config, ConfigSource, Env};
use crate::exit::CommandError;
use crate::remote::Entry;

/// How long a remote may take to say what lies in it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Print what may follow on a command line
#[derive(clap::Args)]
pub struct Args {
    /// Shell that asks
    #[arg(value_name = "SHELL")]
    shell: super::completion::Shell,
    /// Words after the program's name, the last one unfinished; of bash the
    /// whole line, and the characters at which it cuts words
    #[arg(value_name = "WORDS", allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs `megarc __complete`.
///
/// # Errors
/// Standard output cannot be written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let typed = Typed::of(args);
    let mut wish = complete::wish(&usage::root(), &typed.words);
    let nospace = add_remotes(&mut wish, &typed, ctx).await.is_some();
    let mut text: String = wish
        .candidates
        .iter()
        .map(|one| typed.line(&wish.before, one))
        .collect();
    let files = match wish.files {
        Files::No => "",
        Files::Any => "files ",
        Files::Dirs => "dirs ",
    };
    let nospace = if nospace { "nospace" } else { "" };
    text.push_str(&format!("\t{files}{nospace}\n"));
    ctx.output.text(&text)?;
    Ok(())
}

/// Adds what the wish says of remotes. `None` when nothing was added that goes
/// on; an error is no help to somebody who is typing.
async fn add_remotes(wish: &mut Wish, typed: &Typed, ctx: &Context) -> Option<()> {
    let places = match wish.remotes {
        Remotes::No => return None,
        Remotes::Names => false,
        Remotes::Places => true,
    };
    let config = Config::load(ConfigSource {
        file: typed.config(),
        env: Env::from_process(),
        ..ConfigSource::default()
    });
    let config = Arc::new(config.ok()?);
    let names = config.remotes().into_iter().map(|(name, _)| name);
    let colon = if places { ":" } else { "" };
    let fitting = names
        .map(|name| format!("{name}{colon}"))
        .filter(|name| name.starts_with(&wish.begun));
    let mut found: Vec<String> = fitting.collect();
    let inside = places && wish.begun.contains(':') && !wish.begun.starts_with(['/', '.']);
    if inside {
        wish.files = Files::No;
        found = below(&wish.begun, config, ctx).await?;
    }
    found.sort();
    let added = !found.is_empty();
    wish.candidates
        .extend(found.into_iter().map(|text| Candidate {
            text,
            about: String::new(),
        }));
    (added && places).then_some(())
}

/// What lies in the directory that `begun` has reached, and begins like it.
async fn below(begun: &str, config: Arc<Config>, ctx: &Context) -> Option<Vec<String>> {
    let dir = begun.rfind(['/', ':']).and_then(|at| begun.get(..=at))?;
    let opener = ctx.opener.with_config(config);
    let listed = tokio::time::timeout(PATIENCE, async {
        let place = opener.open(dir).await.ok()?;
        let entries = place.remote.list(&Entry::dir(place.path.clone())).await;
        opener.finish().await;
        entries.ok()
    });
    let entries = listed.await.ok()??;
    let names = entries.iter().map(|entry| {
        let slash = if entry.is_dir() { "/" } else { "" };
        format!("{dir}{}{slash}", entry.name())
    });
    Some(names.filter(|name| name.starts_with(begun)).collect())
}

/// What has been typed so far.
struct Typed {
    words: Vec<String>,
    shell: super::completion::Shell,
    /// The last word is in quotes that are still open.
    in_quotes: bool,
    /// Where bash cuts words.
    breaks: String,
}

impl Typed {
    fn of(args: &Args) -> Self {
        use super::completion::Shell;
        let mut typed = Self {
            words: args.words.clone(),
            shell: args.shell,
            in_quotes: false,
            breaks: String::new(),
        };
        match args.shell {
            Shell::Bash => {
                let line = args.words.first().map_or("", String::as_str);
                (typed.words, typed.in_quotes) = complete::split(line);
                typed.breaks = args.words.get(1).cloned().unwrap_or_default();
            }
            // It cannot pass on an empty word.
            Shell::Powershell => {
                for word in typed.words.iter_mut().filter(|word| *word == "\"\"") {
                    word.clear();
                }
            }
            Shell::Fish | Shell::Zsh => {}
        }
        typed
    }

    /// The configuration file that the line itself asks for.
    fn config(&self) -> Option<std::path::PathBuf> {
        let mut words = self.words.iter();
        let mut found = None;
        while let Some(word) = words.next() {
            if word == "--config" {
                found = words.next().map(String::as_str);
            } else if let Some(file) = word.strip_prefix("--config=") {
                found = Some(file);
            }
        }
        found.map(Into::into)
    }

    /// The line of one candidate.
    fn line(&self, before: &str, one: &Candidate) -> String {
        // A name could begin a line of its own.
        if one.text.contains(['\n', '\t', '\r']) {
            return String::new();
        }
        let whole = format!("{before}{}", one.text);
        let text = match self.shell {
            super::completion::Shell::Bash => {
                // bash has put aside what stands before the last of its breaks.
                let typed = self.words.last().map_or("", String::as_str);
                let breaks = |c: char| !c.is_whitespace() && self.breaks.contains(c);
                let kept = match typed.rfind(breaks).filter(|_| !self.in_quotes) {
                    Some(at) => whole.get(at + 1..).unwrap_or(&whole),
                    None => &whole,
                };
                complete::quote(kept, self.in_quotes)
            }
            _ => whole,
        };
        format!("{text}\t{}\n", one.about)
    }
}
