//! The flags about metadata.

use clap::Args;

use super::words::{self, Words};
use crate::engine::{Mapper, Options};
use crate::exit::CommandError;

/// Flags about what is kept of files and directories beside content and time.
#[derive(Clone, Args)]
#[command(next_help_heading = "Metadata")]
pub struct MetadataFlags {
    /// Copy metadata, too: of disks mode, owner, times and attributes
    #[arg(long, short = 'M', global = true)]
    pub metadata: bool,
    /// With --metadata: set this of everything that is copied
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub metadata_set: Vec<String>,
    /// With --metadata: program that gets each file's metadata as JSON and
    /// prints what it becomes
    #[arg(long, global = true, value_name = "COMMAND", value_parser = words::command)]
    pub metadata_mapper: Option<Words>,
}

impl MetadataFlags {
    /// The program that is asked; between which stores is said later.
    #[must_use]
    pub fn mapper(&self) -> Mapper {
        let words = self.metadata_mapper.clone();
        Mapper {
            words: words.map(|words| words.0).unwrap_or_default(),
            ..Mapper::default()
        }
    }

    /// Adds what the user asked for.
    ///
    /// # Errors
    /// A key without a value.
    pub fn apply(&self, options: &mut Options) -> Result<(), CommandError> {
        options.metadata = self.metadata;
        for text in &self.metadata_set {
            match text.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    let pair = (key.to_lowercase(), value.to_owned());
                    options.metadata_set.push(pair);
                }
                _ => {
                    return Err(CommandError::start(format!(
                        "Failed to parse '{text}' as metadata key=value."
                    )));
                }
            }
        }
        Ok(())
    }
}
