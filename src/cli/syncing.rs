//! The flags about what a sync deletes, and about places beside it.

use clap::Args;

use super::values::{self, Limit, Size};
use crate::engine::Options;
use crate::engine::options::Delete;
use crate::exit::CommandError;

/// Flags about deleting at the destination.
#[derive(Clone, Args)]
#[command(next_help_heading = "Syncing")]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct SyncFlags {
    /// A sync deletes before it copies
    #[arg(long, global = true)]
    pub delete_before: bool,
    /// A sync deletes while it copies
    #[arg(long, global = true)]
    pub delete_during: bool,
    /// A sync deletes when all is copied (the default)
    #[arg(long, global = true)]
    pub delete_after: bool,
    /// A sync deletes what the filters hide at the destination, too
    #[arg(long, global = true)]
    pub delete_excluded: bool,
    /// A sync deletes even if something went wrong
    #[arg(long, global = true)]
    pub ignore_errors: bool,
    /// Move files here instead of replacing or deleting them
    #[arg(long, global = true, value_name = "DIR")]
    pub backup_dir: Option<String>,
    /// Append this to the names of files instead of replacing or deleting them
    #[arg(long, global = true, value_name = "SUFFIX", default_value = "")]
    pub suffix: String,
    /// Put the suffix before the extension
    #[arg(long, global = true)]
    pub suffix_keep_extension: bool,
    /// Do not copy what stands here already
    #[arg(long, global = true, value_name = "DIR")]
    pub compare_dest: Vec<String>,
    /// Copy on the server what stands here already
    #[arg(long, global = true, value_name = "DIR")]
    pub copy_dest: Vec<String>,
    /// A sync renames at the destination what the source has renamed
    #[arg(long, global = true)]
    pub track_renames: bool,
    /// How it knows renamed files: hash, modtime, leaf, with commas between
    #[arg(long, global = true, value_name = "LIST", default_value = "hash")]
    pub track_renames_strategy: String,
    /// Compare everything before anything is transferred
    #[arg(long, global = true)]
    pub check_first: bool,
    /// Delete so many files at most, -1 for any number
    #[arg(long, global = true, value_name = "N", default_value = "-1", value_parser = values::limit)]
    pub max_delete: Limit,
    /// Delete files of so many bytes at most
    #[arg(long, global = true, value_name = "SIZE", default_value = "off", value_parser = values::size)]
    pub max_delete_size: Size,
}

impl SyncFlags {
    /// Adds what the user asked for.
    ///
    /// # Errors
    /// Flags that contradict each other.
    pub fn apply(&self, options: &mut Options) -> Result<(), CommandError> {
        options.delete = match (self.delete_before, self.delete_during, self.delete_after) {
            (true, false, false) => Delete::Before,
            (false, true, false) => Delete::During,
            (false, false, _) => Delete::After,
            _ => {
                return Err(CommandError::start(
                    "Only one of --delete-before, --delete-during or --delete-after can be used.",
                ));
            }
        };
        if !self.compare_dest.is_empty() && !self.copy_dest.is_empty() {
            return Err(CommandError::start(
                "Failed to initialise global options: failed to reload \"main\" options: \
                 can't use --compare-dest with --copy-dest",
            ));
        }
        options.suffix.clone_from(&self.suffix);
        options.suffix_keep_extension = self.suffix_keep_extension;
        options.track_renames = self.track_renames;
        options
            .track_renames_strategy
            .clone_from(&self.track_renames_strategy);
        options.check_first = self.check_first;
        options.delete_excluded = self.delete_excluded;
        options.ignore_errors = self.ignore_errors;
        options.max_delete = self.max_delete.0;
        options.max_delete_size = self.max_delete_size.0;
        Ok(())
    }
}
