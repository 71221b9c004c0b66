//! The options of the local disk as flags.

use clap::Args;

use crate::config;
use crate::remote::local::TimeType;

/// Options of the local disk; each stands before the configuration file.
#[derive(Clone, Args)]
#[command(next_help_heading = "Options of the local disk")]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct LocalFlags {
    /// Follow symbolic links
    #[arg(long, short = 'L', global = true)]
    pub copy_links: bool,
    /// Take symbolic links for files that hold what they point to, and make links of such files: NAME.rclonelink
    #[arg(long, short = 'l', global = true)]
    pub links: bool,
    /// The same as --links
    #[arg(long, global = true)]
    pub local_links: bool,
    /// Say nothing about symbolic links that are left out
    #[arg(long, global = true)]
    pub skip_links: bool,
    /// Say nothing about pipes, sockets and devices, which are left out
    #[arg(long, global = true)]
    pub skip_specials: bool,
    /// Stay on the disk of the directory that is named
    #[arg(long, short = 'x', global = true)]
    pub one_file_system: bool,
    /// Names that differ in case are different
    #[arg(long, global = true)]
    pub local_case_sensitive: bool,
    /// Names that differ in case are the same
    #[arg(long, global = true)]
    pub local_case_insensitive: bool,
    /// Copy a file even if it changes meanwhile, as long as it was at first
    #[arg(long, global = true)]
    pub local_no_check_updated: bool,
    /// Take the names on the disk in their composed form (NFC)
    #[arg(long, global = true)]
    pub local_unicode_normalization: bool,
    /// Neither set nor compare modification times
    #[arg(long, global = true)]
    pub local_no_set_modtime: bool,
    /// End the run when the disk is full
    #[arg(long, global = true)]
    pub local_fatal_if_no_space: bool,
    /// With --metadata: modes keep the bits setuid, setgid and sticky
    #[arg(long, global = true)]
    pub local_metadata_restore_special_bits: bool,
    /// Which time of a file counts: mtime, atime, btime or ctime
    #[arg(long, global = true, value_name = "TIME", value_parser = time_type)]
    pub local_time_type: Option<String>,
    /// How names are translated
    #[arg(long, global = true, value_name = "ENCODING")]
    pub local_encoding: Option<String>,
    /// Words about the remote
    #[arg(long, global = true, value_name = "TEXT")]
    pub local_description: Option<String>,
    /// Accepted for rclone's sake: no space is set aside before a file is written
    #[arg(long, global = true)]
    pub local_no_preallocate: bool,
    /// Accepted for rclone's sake: files are written from start to end, without holes
    #[arg(long, global = true)]
    pub local_no_sparse: bool,
    /// Accepted for rclone's sake: files are never cloned
    #[arg(long, global = true)]
    pub local_no_clone: bool,
    /// Accepted for rclone's sake: the size of a link is that of its target's path
    #[arg(long, global = true)]
    pub local_zero_size_links: bool,
    /// Accepted for rclone's sake: only Windows has such paths
    #[arg(long, global = true)]
    pub local_nounc: bool,
}

fn time_type(text: &str) -> Result<String, String> {
    text.parse::<TimeType>().map(|_| text.to_owned())
}

impl LocalFlags {
    /// Adds the options that were given to those of other remotes.
    pub fn add_to(&self, flags: &mut config::Flags) {
        let switches = [
            ("copy_links", self.copy_links),
            ("links", self.links || self.local_links),
            ("skip_links", self.skip_links),
            ("skip_specials", self.skip_specials),
            ("one_file_system", self.one_file_system),
            ("case_sensitive", self.local_case_sensitive),
            ("case_insensitive", self.local_case_insensitive),
            ("no_check_updated", self.local_no_check_updated),
            ("no_set_modtime", self.local_no_set_modtime),
            ("unicode_normalization", self.local_unicode_normalization),
            ("fatal_if_no_space", self.local_fatal_if_no_space),
            (
                "metadata_restore_special_bits",
                self.local_metadata_restore_special_bits,
            ),
        ];
        for (option, on) in switches {
            if on {
                flags.set("local", option, "true".to_owned());
            }
        }
        for (option, value) in [
            ("time_type", &self.local_time_type),
            ("encoding", &self.local_encoding),
            ("description", &self.local_description),
        ] {
            if let Some(value) = value {
                flags.set("local", option, value.clone());
            }
        }
    }
}
