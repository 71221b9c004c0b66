//! rclone's flags that megarc knows and does not honour.
//!
//! A script that relies on one of them must hear of it: such a flag is
//! refused, never swallowed. A flag leaves this table when it begins to work.

/// The long names, without `--`.
pub(super) const LONG: &[&str] = &[
    "auto-confirm",
    "client-pass",
    "default-time",
    "disable",
    "dscp",
    "dump",
    "fix-case",
    "hash",
    "hash-type",
    "header-download",
    "header-upload",
    "ignore-checksum",
    "kv-lock-time",
    "links",
    "list-cutoff",
    "max-buffer-memory",
    "max-connections",
    "max-stats-groups",
    "metadata",
    "metadata-exclude",
    "metadata-exclude-from",
    "metadata-filter",
    "metadata-filter-from",
    "metadata-include",
    "metadata-include-from",
    "metadata-mapper",
    "metadata-set",
    "multi-thread-chunk-size",
    "multi-thread-write-buffer-size",
    "name-transform",
    "no-console",
    "one-file-system",
    "rc",
    "refresh-times",
    "server-side-across-configs",
    "temp-dir",
    "use-cookies",
    "use-server-modtime",
];

/// The short names among them.
const SHORT: &[(char, &str)] = &[('l', "links"), ('M', "metadata"), ('x', "one-file-system")];

/// What to say about a long flag of rclone that is not honoured.
#[must_use]
pub fn long(name: &str) -> Option<String> {
    LONG.contains(&name).then(|| refusal(&format!("--{name}")))
}

/// What to say about a short one.
#[must_use]
pub fn short(c: char, typed: &str) -> Option<String> {
    let (_, name) = SHORT.iter().find(|(short, _)| *short == c)?;
    Some(refusal(&format!("-{typed} (--{name})")))
}

fn refusal(flag: &str) -> String {
    format!("{flag} is a flag of rclone that megarc does not honour yet")
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
                !LONG.contains(&flag),
                "--{flag} works: take it out of the table"
            );
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(LONG.is_sorted());
    }
}
