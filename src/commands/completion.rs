//! `megarc completion`.
//!
//! The scripts know nothing of commands and flags: they ask the program
//! (`super::complete`), so that they never grow old.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Context;
use crate::exit::CommandError;

/// Write the completion script of a shell
///
/// Without a file it goes where the shell looks for such scripts of the whole
/// system: /etc/bash_completion.d/megarc, /usr/share/zsh/vendor-completions/_megarc,
/// /etc/fish/completions/megarc.fish; of PowerShell, or with '-', to standard
/// output. Commands, flags and their values are completed, and names of remotes and
/// what lies in them.
#[derive(clap::Args)]
pub struct Args {
    /// bash, fish, powershell or zsh
    #[arg(value_name = "SHELL")]
    shell: Shell,
    /// File to be written, '-' for standard output
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A shell that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash, from 4.4 on.
    Bash,
    /// fish, from 3.0 on.
    Fish,
    /// PowerShell, from 5.0 on.
    Powershell,
    /// zsh, from 5.0 on.
    Zsh,
}

impl Shell {
    const fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("completion/megarc.bash"),
            Self::Fish => include_str!("completion/megarc.fish"),
            Self::Powershell => include_str!("completion/megarc.ps1"),
            Self::Zsh => include_str!("completion/megarc.zsh"),
        }
    }

    /// Where the whole system finds it.
    const fn place(self) -> &'static str {
        match self {
            Self::Bash => "/etc/bash_completion.d/megarc",
            Self::Fish => "/etc/fish/completions/megarc.fish",
            Self::Powershell => "-",
            Self::Zsh => "/usr/share/zsh/vendor-completions/_megarc",
        }
    }
}

/// Runs `megarc completion`.
///
/// # Errors
/// The file or standard output cannot be written.
pub fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let default = Path::new(args.shell.place());
    let file = args.file.as_deref().unwrap_or(default);
    if file == Path::new("-") {
        ctx.output.text(args.shell.script())?;
        return Ok(());
    }
    fs::write(file, args.shell.script()).map_err(|error| {
        let error = CommandError::start(format!("writing {}: {error}", file.display()));
        match args.file {
            Some(_) => error,
            None => error.hint("name a file to be written, or '-' for standard output"),
        }
    })
}
