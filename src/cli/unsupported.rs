//! rclone's flags that megarc knows and does not honour.
//!
//! A script that relies on one of them must hear of it: such a flag is
//! refused, never swallowed. A flag leaves this table when it begins to work.

/// The long names of those that are missing, without `--`.
pub(super) const LONG: &[&str] = &[
    "client-pass",
    "default-time",
    "disable",
    "dscp",
    "dump",
    "hash",
    "hash-type",
    "header-download",
    "header-upload",
    "local-fatal-if-no-space",
    "local-metadata-restore-special-bits",
    "local-unicode-normalization",
    "max-buffer-memory",
    "max-connections",
    "metadata",
    "metadata-exclude",
    "metadata-exclude-from",
    "metadata-filter",
    "metadata-filter-from",
    "metadata-include",
    "metadata-include-from",
    "metadata-mapper",
    "metadata-set",
    "name-transform",
    "use-cookies",
    "use-server-modtime",
];

/// The short names among them.
const SHORT: &[(char, &str)] = &[('M', "metadata")];

/// Why some of them will never be: they have no meaning here.
const POINTLESS: &[(&str, &str)] = &[
    (
        "auto-confirm",
        "it answers what rclone asks when a browser logs in, and MEGA has passwords",
    ),
    ("cpuprofile", "it profiles Go programs"),
    (
        "fs-cache-expire-duration",
        "remotes stay open until the command ends",
    ),
    (
        "fs-cache-expire-interval",
        "remotes stay open until the command ends",
    ),
    (
        "ignore-checksum",
        "what arrives is always verified while it is transferred",
    ),
    ("kv-lock-time", "no such database is kept"),
    ("list-cutoff", "listings are not sorted on disk"),
    (
        "local-hashes",
        "sums of files on a disk are made when they are asked for, of every kind",
    ),
    (
        "max-stats-groups",
        "without remote control there is one group of statistics",
    ),
    ("memprofile", "it profiles Go programs"),
    (
        "multi-thread-chunk-size",
        "pieces have the sizes that MEGA's protocol gives them",
    ),
    (
        "multi-thread-write-buffer-size",
        "pieces are written as they arrive",
    ),
    ("no-console", "only Windows has a console window to hide"),
    ("rc", "there is no remote control"),
    (
        "server-side-across-configs",
        "what two remotes of one account hold is copied on the server without it",
    ),
    (
        "temp-dir",
        "no temporary files are made but those beside the files that they become",
    ),
];

/// What to say about a long flag of rclone that is not honoured.
#[must_use]
pub fn long(name: &str) -> Option<String> {
    let known = LONG.contains(&name) || why_pointless(name).is_some();
    known.then(|| refusal(&format!("--{name}"), name))
}

/// What to say about a short one.
#[must_use]
pub fn short(c: char, typed: &str) -> Option<String> {
    let (_, name) = SHORT.iter().find(|(short, _)| *short == c)?;
    Some(refusal(&format!("-{typed} (--{name})"), name))
}

fn why_pointless(name: &str) -> Option<&'static str> {
    let found = POINTLESS.iter().find(|(flag, _)| *flag == name)?;
    Some(found.1)
}

fn refusal(flag: &str, name: &str) -> String {
    match why_pointless(name) {
        Some(why) => format!("{flag} is a flag of rclone that has no meaning here: {why}"),
        None => format!("{flag} is a flag of rclone that megarc does not honour yet"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn no_flag_is_both_honoured_and_refused() {
        let root = super::super::Cli::command();
        let all = root
            .get_subcommands()
            .flat_map(clap::Command::get_arguments);
        for flag in root
            .get_arguments()
            .chain(all)
            .filter_map(clap::Arg::get_long)
        {
            assert!(
                !LONG.contains(&flag) && why_pointless(flag).is_none(),
                "--{flag} works: take it out of the table"
            );
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(LONG.is_sorted());
        assert!(POINTLESS.is_sorted());
    }
}
