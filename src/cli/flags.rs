//! The flags that every command takes, and what they mean to the layers below.
//!
//! Each flag here is honoured, or says in its help that it is accepted for
//! rclone's sake and cannot matter; rclone's other flags are refused by
//! [`super::unsupported`]. The doc comments are the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::FilterFlags;
use super::dump::DumpFlags;
use super::limits::LimitFlags;
use super::local::LocalFlags;
use super::metadata::MetadataFlags;
use super::network::NetworkFlags;
use super::show::ShowFlags;
use super::syncing::SyncFlags;
use super::values::{self, Depth, Size};
use super::words;
use crate::config::{self, PasswordCommand};
use crate::engine;
use crate::exit::CommandError;
use crate::output::layout::Layout;

/// The flags that every command takes.
#[derive(Clone, Args)]
pub struct Flags {
    /// What is shown and logged.
    #[command(flatten)]
    pub show: ShowFlags,
    /// What is copied, and how.
    #[command(flatten)]
    pub copy: CopyFlags,
    /// What may be used at most.
    #[command(flatten)]
    pub limit: LimitFlags,
    /// What a sync deletes.
    #[command(flatten)]
    pub sync: SyncFlags,
    /// What is kept beside content and time.
    #[command(flatten)]
    pub metadata: MetadataFlags,
    /// Which files are seen.
    #[command(flatten)]
    pub filter: FilterFlags,
    /// Configuration.
    #[command(flatten)]
    pub place: PlaceFlags,
    /// How servers are spoken to.
    #[command(flatten)]
    pub network: NetworkFlags,
    /// The options of the local disk.
    #[command(flatten)]
    pub local: LocalFlags,
    /// What is dumped.
    #[command(flatten)]
    pub dump: DumpFlags,
    /// The options of MEGA.
    #[command(flatten)]
    pub mega: MegaFlags,
}

/// Flags about what is compared, copied and listed.
#[derive(Clone, Args)]
#[command(next_help_heading = "Copying and listing")]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct CopyFlags {
    /// Show what would be done and change nothing
    #[arg(long, short = 'n', global = true)]
    pub dry_run: bool,
    /// Ask before anything is changed
    #[arg(long, short, global = true)]
    pub interactive: bool,
    /// Files copied at the same time; of small ones up to 64 where MEGA is a side, unless this is 1
    #[arg(long, global = true, value_name = "N", default_value = "4", value_parser = values::at_least_one)]
    pub transfers: usize,
    /// Listings and comparisons done at the same time
    #[arg(long, global = true, value_name = "N", default_value = "8", value_parser = values::at_least_one)]
    pub checkers: usize,
    /// Tries of the whole command
    #[arg(long, global = true, value_name = "N", default_value = "3", value_parser = values::at_least_one)]
    pub retries: usize,
    /// Pause between tries of the whole command
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = values::go_duration)]
    pub retries_sleep: Duration,
    /// Tries of a single request
    #[arg(long, global = true, value_name = "N", default_value = "10", value_parser = values::at_least_one)]
    pub low_level_retries: usize,
    /// Enter so many levels of directories, -1 for all
    #[arg(long, global = true, value_name = "N", default_value = "-1", value_parser = values::depth)]
    pub max_depth: Depth,
    /// Compare by size alone
    #[arg(long, global = true)]
    pub size_only: bool,
    /// Compare by size and content, not by time
    #[arg(long, short, global = true)]
    pub checksum: bool,
    /// Copy every file, even if it is there already
    #[arg(long, short = 'I', global = true)]
    pub ignore_times: bool,
    /// Leave files alone that are there already
    #[arg(long, global = true)]
    pub ignore_existing: bool,
    /// Do not compare by size
    #[arg(long, global = true)]
    pub ignore_size: bool,
    /// Leave files alone that are newer at the destination
    #[arg(long, short, global = true)]
    pub update: bool,
    /// Times that differ by less are equal
    #[arg(long, global = true, value_name = "DURATION", default_value = "1ns", value_parser = values::go_duration)]
    pub modify_window: Duration,
    /// Never change a file that is there: fail instead
    #[arg(long, global = true)]
    pub immutable: bool,
    /// Take the time of its upload for that of a file of MEGA
    #[arg(long, global = true)]
    pub use_server_modtime: bool,
    /// Time of what has none: a date, or how long ago
    #[arg(long, global = true, value_name = "TIME", default_value = "2000-01-01T00:00:00Z", value_parser = values::moment)]
    pub default_time: Timestamp,
    /// Leave the times of equal files alone
    #[arg(long, global = true)]
    pub no_update_modtime: bool,
    /// Leave the times of directories alone
    #[arg(long, global = true)]
    pub no_update_dir_modtime: bool,
    /// Look destination files up one by one
    #[arg(long, global = true)]
    pub no_traverse: bool,
    /// Take the destination for empty
    #[arg(long, global = true)]
    pub no_check_dest: bool,
    /// Order of the transfers: name, size or modtime, then asc, desc or mixed with a percentage, as size,mixed,75
    #[arg(long, global = true, value_name = "ORDER")]
    pub order_by: Option<String>,
    /// Write files under their final names at once
    #[arg(long, global = true)]
    pub inplace: bool,
    /// Suffix of files that are not complete yet
    #[arg(long, global = true, value_name = "SUFFIX", default_value = ".partial")]
    pub partial_suffix: String,
    /// Input of unknown length is held in memory up to this size, so that it can be sent again
    #[arg(long, global = true, value_name = "SIZE", default_value = "100Ki", value_parser = values::size)]
    pub streaming_upload_cutoff: Size,
    /// Comparisons and copies that may wait at the same time
    #[arg(long, global = true, value_name = "N", default_value = "10000", value_parser = values::at_least_one)]
    pub max_backlog: usize,
    /// Compare names byte by byte
    #[arg(long, global = true)]
    pub no_unicode_normalization: bool,
    /// Names that differ in case are the same
    #[arg(long, global = true)]
    pub ignore_case_sync: bool,
    /// Rename what the destination has under the same name in other letters
    #[arg(long, global = true)]
    pub fix_case: bool,
    /// Set the times of files of equal size, where contents cannot be compared
    #[arg(long, global = true)]
    pub refresh_times: bool,
    /// Do without these features of remotes, with commas between ('help' lists them); '!' switches one on
    #[arg(
        long,
        global = true,
        value_name = "FEATURES",
        allow_hyphen_values = true
    )]
    pub disable: Option<String>,
    /// Change names on their way: [file,|dir,|all,]ALGORITHM[=VALUE], as all,lowercase; may be given again
    #[arg(long, global = true, value_name = "RULE", allow_hyphen_values = true)]
    pub name_transform: Vec<String>,
    /// Exit with 9 when nothing was copied
    #[arg(long, global = true)]
    pub error_on_no_transfer: bool,
    /// Accepted for rclone's sake: it skips a check after the copy, and contents are verified while they are copied
    #[arg(long, global = true)]
    pub ignore_checksum: bool,
    /// Accepted for rclone's sake: what two remotes of one account hold is copied on the server in any case
    #[arg(long, global = true)]
    pub server_side_across_configs: bool,
    /// Accepted for rclone's sake: MEGA's tree is always fetched in one piece
    #[arg(long, global = true)]
    pub fast_list: bool,
    /// Accepted for rclone's sake: buffers are as large as transfers need
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub buffer_size: Option<Size>,
    /// Accepted for rclone's sake: memory is not mapped
    #[arg(long, global = true)]
    pub use_mmap: bool,
    /// Accepted for rclone's sake: see --mega-download-connections
    #[arg(long, global = true, value_name = "N", value_parser = values::integer)]
    pub multi_thread_streams: Option<i64>,
    /// Accepted for rclone's sake: see --mega-download-connections
    #[arg(long, global = true, value_name = "SIZE", value_parser = values::size)]
    pub multi_thread_cutoff: Option<Size>,
}

/// Flags about configuration.
#[derive(Clone, Args)]
#[command(next_help_heading = "Configuration")]
pub struct PlaceFlags {
    /// Configuration file; an empty name keeps all in memory
    #[arg(long, global = true, value_name = "FILE", value_parser = maybe_empty_path)]
    pub config: Option<PathBuf>,
    /// Folder of what can be fetched again
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Folder for what is put aside while a command runs
    #[arg(long, global = true, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,
    /// Command that prints the password of an encrypted configuration
    #[arg(long, global = true, value_name = "COMMAND", value_parser = words::separated_by_spaces)]
    pub password_command: Option<PasswordCommand>,
    /// Ask for that password where nothing else gives it
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = clap::ArgAction::Set, value_name = "BOOL", value_parser = values::boolean)]
    pub ask_password: bool,
}

/// A path; clap's own parser would refuse the empty one.
#[expect(clippy::unnecessary_wraps, reason = "clap wants it so")]
fn maybe_empty_path(value: &str) -> Result<PathBuf, std::convert::Infallible> {
    Ok(PathBuf::from(value))
}

/// Options of MEGA remotes; each stands before the configuration file.
#[derive(Clone, Args)]
#[command(next_help_heading = "Options of MEGA remotes")]
pub struct MegaFlags {
    /// Account: e-mail address
    #[arg(long, global = true, value_name = "EMAIL")]
    pub mega_user: Option<String>,
    /// Password, obscured (see 'megarc obscure')
    #[arg(long, global = true, value_name = "OBSCURED")]
    pub mega_pass: Option<String>,
    /// Code of the second factor, used once
    #[arg(long = "mega-2fa", global = true, value_name = "CODE")]
    pub mega_2fa: Option<String>,
    /// Command that prints a code of the second factor
    #[arg(long, global = true, value_name = "COMMAND")]
    pub mega_otp_command: Option<String>,
    /// Log more about MEGA, with -vv
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub mega_debug: Option<bool>,
    /// Delete for good instead of moving to the rubbish bin
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub mega_hard_delete: Option<bool>,
    /// Upload content that stands in the account already once more, instead of copying it there
    #[arg(long, alias = "mega-no-dedupe-upload", global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub no_dedupe_upload: Option<bool>,
    /// Keep no list of the nodes between runs: each run fetches it whole
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub mega_no_tree_cache: Option<bool>,
    /// What to do when the transfer quota is used up: wait or fail
    #[arg(long, global = true, value_name = "WHAT")]
    pub mega_quota: Option<String>,
    /// Use TLS for content too (it is encrypted in any case)
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub mega_use_https: Option<bool>,
    /// How names are translated
    #[arg(long, global = true, value_name = "ENCODING")]
    pub mega_encoding: Option<String>,
    /// Words about the remote
    #[arg(long, global = true, value_name = "TEXT")]
    pub mega_description: Option<String>,
    /// Address of another server
    #[arg(long, global = true, value_name = "URL")]
    pub mega_api_url: Option<String>,
    /// Public link that the remote shows
    #[arg(long, global = true, value_name = "URL")]
    pub mega_link: Option<String>,
    /// Password of the public link, obscured
    #[arg(long, global = true, value_name = "OBSCURED")]
    pub mega_link_password: Option<String>,
    /// Where paths begin: cloud, rubbish or incoming
    #[arg(long, global = true, value_name = "ROOT")]
    pub mega_root: Option<String>,
    /// List old versions beside their files; nothing can be changed then
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", value_parser = values::boolean)]
    pub mega_versions: Option<bool>,
    /// Connections of one upload
    #[arg(long, global = true, value_name = "N", value_parser = values::at_least_one)]
    pub mega_upload_connections: Option<usize>,
    /// Connections of one download
    #[arg(long, global = true, value_name = "N", value_parser = values::at_least_one)]
    pub mega_download_connections: Option<usize>,
}

impl CopyFlags {
    /// Checks what no parser of one value can.
    ///
    /// # Errors
    /// A suffix that would not leave room for names.
    pub fn check(&self) -> Result<(), CommandError> {
        const LONGEST: usize = 16;
        let length = self.partial_suffix.len();
        if length <= LONGEST {
            return Ok(());
        }
        Err(CommandError::start(format!(
            "Failed to initialise global options: failed to reload \"main\" options: \
             --partial-suffix: Expecting suffix length not greater than {LONGEST} but got {length}"
        )))
    }

    /// What names become.
    ///
    /// # Errors
    /// A rule that is none.
    pub fn names(&self) -> Result<engine::Transform, CommandError> {
        let now = jiff::Zoned::now();
        let stamp = |layout: &str| Layout::parse(layout, None).format(&now);
        engine::Transform::parse(&self.name_transform, stamp)
            .map_err(|why| CommandError::start(format!("Failed to parse transform flags: {why}")))
    }

    /// What the engine is asked to do.
    #[must_use]
    pub fn options(&self) -> engine::Options {
        engine::Options {
            transfers: self.transfers,
            checkers: self.checkers,
            dry_run: self.dry_run,
            low_level_retries: u32::try_from(self.low_level_retries).unwrap_or(u32::MAX),
            size_only: self.size_only,
            checksum: self.checksum,
            ignore_times: self.ignore_times,
            ignore_existing: self.ignore_existing,
            ignore_size: self.ignore_size,
            update: self.update,
            modify_window: self.modify_window,
            immutable: self.immutable,
            max_depth: self.max_depth.0,
            no_update_modtime: self.no_update_modtime,
            no_update_dir_modtime: self.no_update_dir_modtime,
            no_traverse: self.no_traverse,
            no_check_dest: self.no_check_dest,
            order_by: self.order_by.clone().unwrap_or_default(),
            inplace: self.inplace,
            partial_suffix: self.partial_suffix.clone(),
            streaming_upload_cutoff: self.streaming_upload_cutoff.0.unwrap_or(0),
            max_backlog: self.max_backlog,
            no_unicode_normalization: self.no_unicode_normalization,
            ignore_case_sync: self.ignore_case_sync,
            fix_case: self.fix_case,
            refresh_times: self.refresh_times,
            ..engine::Options::default()
        }
    }
}

impl MegaFlags {
    /// The options that were given, by the names they have in a remote.
    #[must_use]
    pub fn options(&self) -> config::Flags {
        let truth = |on: Option<bool>| on.map(|on| on.to_string());
        let number = |n: Option<usize>| n.map(|n| n.to_string());
        let given = [
            ("user", self.mega_user.clone()),
            ("pass", self.mega_pass.clone()),
            ("2fa", self.mega_2fa.clone()),
            ("otp_command", self.mega_otp_command.clone()),
            ("debug", truth(self.mega_debug)),
            ("hard_delete", truth(self.mega_hard_delete)),
            ("no_dedupe_upload", truth(self.no_dedupe_upload)),
            ("no_tree_cache", truth(self.mega_no_tree_cache)),
            ("quota", self.mega_quota.clone()),
            ("use_https", truth(self.mega_use_https)),
            ("encoding", self.mega_encoding.clone()),
            ("description", self.mega_description.clone()),
            ("api_url", self.mega_api_url.clone()),
            ("link", self.mega_link.clone()),
            ("link_password", self.mega_link_password.clone()),
            ("root", self.mega_root.clone()),
            ("versions", truth(self.mega_versions)),
            ("upload_connections", number(self.mega_upload_connections)),
            (
                "download_connections",
                number(self.mega_download_connections),
            ),
        ];
        let mut flags = config::Flags::default();
        for (option, value) in given {
            let Some(value) = value else { continue };
            // The sandbox is a MEGA account, too, as far as it has options.
            let in_sandbox =
                config::kinds::kind("sandbox").is_some_and(|kind| kind.option(option).is_some());
            if in_sandbox {
                flags.set("sandbox", option, value.clone());
            }
            flags.set("mega", option, value);
        }
        flags
    }
}
