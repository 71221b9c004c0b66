//! `--dump`: what is shown of the inner workings, for who looks for a fault.

use std::sync::Arc;

use clap::Args;

use super::values::BadValue;
use crate::engine::Filter;
use crate::exit::CommandError;
use crate::output::Output;
use crate::output::logging::{Level, Logging};
use crate::remote::open::Dump;

/// Flags for who looks for a fault.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Looking for faults")]
pub struct DumpFlags {
    /// Log what goes on inside, with commas between: headers, bodies, requests, responses, errors, filters, openfiles; what is secret is left out
    #[arg(long, global = true, value_name = "LIST", default_value = "", hide_default_value = true, value_parser = parse)]
    pub dump: Dumps,
    /// The same as --dump headers
    #[arg(long, global = true)]
    pub dump_headers: bool,
    /// The same as --dump bodies
    #[arg(long, global = true)]
    pub dump_bodies: bool,
}

/// What `--dump` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one word of the user each")]
pub struct Dumps {
    headers: bool,
    bodies: bool,
    requests: bool,
    responses: bool,
    errors: bool,
    filters: bool,
    openfiles: bool,
}

/// What rclone knows, in its order.
const CHOICES: &str = "headers, bodies, requests, responses, auth, filters, goroutines, \
                       openfiles, mapper, curl, errors, trace";

/// Reads the list.
///
/// # Errors
/// A word that means nothing, or nothing here.
fn parse(value: &str) -> Result<Dumps, BadValue> {
    let mut dumps = Dumps::default();
    for word in value.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        let why = match word.to_ascii_lowercase().as_str() {
            "headers" => {
                dumps.headers = true;
                continue;
            }
            "bodies" => {
                dumps.bodies = true;
                continue;
            }
            "requests" => {
                dumps.requests = true;
                continue;
            }
            "responses" => {
                dumps.responses = true;
                continue;
            }
            "errors" => {
                dumps.errors = true;
                continue;
            }
            "filters" => {
                dumps.filters = true;
                continue;
            }
            "openfiles" => {
                dumps.openfiles = true;
                continue;
            }
            "auth" => "megarc never shows secrets",
            "goroutines" => "megarc has none",
            "mapper" => "megarc calls no metadata mapper",
            "curl" => "without its secrets a command for curl could not be run",
            "trace" => "the stages of a connection are not seen here",
            _ => {
                let why = format!("invalid choice {word:?} from: {CHOICES}");
                return Err(BadValue::parsing(value, KIND, why));
            }
        };
        let why = format!("{word:?} is a choice of rclone that cannot be honoured: {why}");
        return Err(BadValue::parsing(value, KIND, why));
    }
    Ok(dumps)
}

const KIND: &str = "fs.Bits[github.com/rclone/rclone/fs.dumpChoices]";

impl DumpFlags {
    fn all(&self) -> Dumps {
        Dumps {
            headers: self.dump.headers || self.dump_headers,
            bodies: self.dump.bodies || self.dump_bodies,
            ..self.dump
        }
    }

    /// What is wanted of requests and answers.
    #[must_use]
    pub fn network(&self) -> Dump {
        let all = self.all();
        Dump {
            heads: all.headers || all.bodies || all.requests || all.responses,
            requests: all.bodies || all.requests,
            responses: all.bodies || all.responses,
            errors: all.errors,
        }
    }

    /// What is dumped shows on the level of debugging.
    #[must_use]
    pub fn raise(&self, logging: Logging) -> (Logging, bool) {
        let raised = self.all() != Dumps::default() && logging.level < Level::Debug;
        let level = if raised { Level::Debug } else { logging.level };
        (Logging { level, ..logging }, raised)
    }

    /// Says what had to be assumed.
    pub fn notice(&self, raised: bool) {
        for (flag, word, given) in [
            ("dump-headers", "headers", self.dump_headers),
            ("dump-bodies", "bodies", self.dump_bodies),
        ] {
            if given {
                tracing::warn!("--{flag} is obsolete - please use --dump {word} instead");
            }
        }
        if raised {
            tracing::warn!("Automatically setting -vv as --dump is enabled");
        }
    }

    /// Prints the rules of a filter, if they are wanted.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn filters(&self, filter: &Filter, output: &Arc<Output>) -> Result<(), CommandError> {
        if !self.dump.filters {
            return Ok(());
        }
        output.row("--- start filters ---")?;
        for line in filter.dump() {
            output.row(&line)?;
        }
        output.row("--- end filters ---")?;
        Ok(())
    }

    /// Logs which files this process holds open, if that is wanted.
    pub fn open_files(&self) {
        if !self.dump.openfiles {
            return;
        }
        for entry in std::fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
        {
            if let Ok(target) = std::fs::read_link(entry.path()) {
                let number = entry.file_name();
                tracing::debug!("open file {}: {}", number.display(), target.display());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn words_are_known_or_refused() {
        let all = parse("headers,BODIES, requests,responses,errors,filters,openfiles").unwrap();
        assert!(all.headers && all.bodies && all.openfiles);
        assert_eq!(parse("").unwrap(), Dumps::default());
        for word in ["auth", "goroutines", "mapper", "curl", "trace"] {
            let why = parse(word).unwrap_err().to_string();
            assert!(why.contains("cannot be honoured"), "{why}");
        }
        let why = parse("headers,bogus").unwrap_err().to_string();
        assert!(
            why.ends_with(&format!("invalid choice \"bogus\" from: {CHOICES}")),
            "{why}"
        );
    }
}
