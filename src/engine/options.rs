//! What the user asked of the engine: a plain struct, every field honoured.
//! A flag that stands for none of these fields is refused by the command line.

use std::time::Duration;

use super::limits;

/// When a sync deletes what only the destination has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delete {
    /// Before anything is copied.
    Before,
    /// While files are copied.
    During,
    /// When everything is copied.
    #[default]
    After,
}

/// The options of a run, with rclone's names and defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files moved at the same time.
    pub transfers: usize,
    /// Listings and comparisons running at the same time.
    pub checkers: usize,
    /// Say what would be done, and change nothing.
    pub dry_run: bool,
    /// How often one file is tried again after a temporary failure.
    pub low_level_retries: u32,
    /// Equal sizes are enough.
    pub size_only: bool,
    /// Sizes and contents decide, times do not.
    pub checksum: bool,
    /// Transfer every file, whatever the destination holds.
    pub ignore_times: bool,
    /// A file that exists at the destination stays as it is.
    pub ignore_existing: bool,
    /// Sizes are not compared.
    pub ignore_size: bool,
    /// Files that are newer at the destination stay as they are.
    pub update: bool,
    /// Times that differ by less than this are equal.
    pub modify_window: Duration,
    /// An existing file that would be changed is an error.
    pub immutable: bool,
    /// How many levels of directories are entered; `None`: all.
    pub max_depth: Option<usize>,
    /// Times of existing equal files are left alone.
    pub no_update_modtime: bool,
    /// Times of directories are left alone.
    pub no_update_dir_modtime: bool,
    /// Directories without files are made at the destination too.
    pub create_empty_src_dirs: bool,
    /// Destination entries are looked up one by one instead of listed.
    pub no_traverse: bool,
    /// The destination is taken for empty.
    pub no_check_dest: bool,
    /// Write straight into the final name, where the store shows it.
    pub inplace: bool,
    /// How an unfinished file is called.
    pub partial_suffix: String,
    /// Bytes of unknown number that are held in memory before they are sent.
    pub streaming_upload_cutoff: u64,
    /// Comparisons and transfers that may wait at the same time.
    pub max_backlog: usize,
    /// Compare names byte by byte, not in Unicode's normal form.
    pub no_unicode_normalization: bool,
    /// Files that differ in the case of their names are the same.
    pub ignore_case_sync: bool,
    /// Names at the destination get the case that they have at the source.
    pub fix_case: bool,
    /// Where contents cannot be compared, equal sizes are enough to set a time.
    pub refresh_times: bool,
    /// When a sync deletes.
    pub delete: Delete,
    /// A sync deletes at the destination what the filters hide.
    pub delete_excluded: bool,
    /// A sync deletes even after errors.
    pub ignore_errors: bool,
    /// Files that a run may delete; `None`: without limit.
    pub max_delete: Option<u64>,
    /// Bytes that a run may delete; `None`: without limit.
    pub max_delete_size: Option<u64>,
    /// What is appended to the names of files that are replaced or deleted,
    /// so that they are kept.
    pub suffix: String,
    /// The suffix stands before the extension.
    pub suffix_keep_extension: bool,
    /// A sync renames files that the source has renamed.
    pub track_renames: bool,
    /// How it knows them: `hash`, `modtime`, `leaf`, with commas between.
    pub track_renames_strategy: String,
    /// Nothing is transferred before everything is compared.
    pub check_first: bool,
    /// In which order files are transferred: `size,desc` and its like.
    pub order_by: String,
    /// Metadata are copied, too.
    pub metadata: bool,
    /// What every file and directory gets of them, whatever the source has.
    pub metadata_set: Vec<(String, String)>,
    /// What may be used at most.
    pub limits: limits::Asked,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transfers: 4,
            checkers: 8,
            dry_run: false,
            low_level_retries: 10,
            size_only: false,
            checksum: false,
            ignore_times: false,
            ignore_existing: false,
            ignore_size: false,
            update: false,
            modify_window: Duration::from_nanos(1),
            immutable: false,
            max_depth: None,
            no_update_modtime: false,
            no_update_dir_modtime: false,
            create_empty_src_dirs: false,
            no_traverse: false,
            no_check_dest: false,
            inplace: false,
            partial_suffix: ".partial".to_owned(),
            streaming_upload_cutoff: 100 << 10,
            max_backlog: 10_000,
            no_unicode_normalization: false,
            ignore_case_sync: false,
            fix_case: false,
            refresh_times: false,
            delete: Delete::After,
            delete_excluded: false,
            ignore_errors: false,
            max_delete: None,
            max_delete_size: None,
            suffix: String::new(),
            suffix_keep_extension: false,
            track_renames: false,
            track_renames_strategy: "hash".to_owned(),
            check_first: false,
            order_by: String::new(),
            metadata: false,
            metadata_set: Vec::new(),
            limits: limits::Asked::default(),
        }
    }
}
