//! rclone's flags that megarc knows and does not honour.
//!
//! A script that relies on one of them must hear of it: such a flag is
//! refused, never swallowed, and why is said.

/// Those that have no meaning here, and why.
pub(super) const POINTLESS: &[(&str, &str)] = &[
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
];

/// Those of one command only, and why.
const OF_COMMANDS: &[(&str, &str, &str)] = &[
    (
        "listremotes",
        "exact",
        "write {{^NAME$}} for the whole of a name",
    ),
    ("lsjson", "encrypted", "there are no crypt remotes"),
    ("lsjson", "original", "there are no crypt remotes"),
    ("version", "check", "no version is looked up in the web"),
    ("version", "deps", "Cargo.lock lists them"),
];

/// The kinds of remotes that rclone has, by the beginnings of their flags.
const KINDS: &[&str] = &[
    "alias",
    "archive",
    "azureblob",
    "azurefiles",
    "b2",
    "box",
    "cache",
    "chunker",
    "cloudinary",
    "combine",
    "compress",
    "crypt",
    "doi",
    "drime",
    "drive",
    "dropbox",
    "fichier",
    "filefabric",
    "filelu",
    "filen",
    "filescom",
    "ftp",
    "gcs",
    "gofile",
    "gphotos",
    "hasher",
    "hdfs",
    "hidrive",
    "http",
    "huaweidrive",
    "iclouddrive",
    "imagekit",
    "internetarchive",
    "internxt",
    "jottacloud",
    "koofr",
    "linkbox",
    "local",
    "mailru",
    "mega",
    "memory",
    "netstorage",
    "onedrive",
    "oos",
    "opendrive",
    "pcloud",
    "pikpak",
    "pixeldrain",
    "premiumizeme",
    "protondrive",
    "putio",
    "qingstor",
    "quatrix",
    "s3",
    "seafile",
    "sftp",
    "shade",
    "sharefile",
    "sia",
    "smb",
    "storj",
    "sugarsync",
    "swift",
    "ulozto",
    "union",
    "webdav",
    "yandex",
    "zoho",
];

/// What to say about a long flag that `command` does not have.
#[must_use]
pub fn complaint(command: &str, name: &str) -> String {
    let flag = format!("--{name}");
    let of_command = OF_COMMANDS
        .iter()
        .find(|(of, long, _)| *of == command && *long == name);
    if let Some(why) = of_command.map(|(.., why)| *why).or_else(|| family(name)) {
        return pointless(&flag, why);
    }
    if let Some(why) = why_pointless(name) {
        return pointless(&flag, why);
    }
    format!("unknown flag: {flag}")
}

/// Why a whole family of flags is missing.
fn family(name: &str) -> Option<&'static str> {
    if why_pointless(name).is_some() {
        return None;
    }
    match name.split_once('-')? {
        ("rc", _) => Some("there is no remote control"),
        ("metrics", _) => Some("there is no metrics server"),
        ("alias" | "http" | "local" | "mega" | "memory", _) => {
            Some("its remotes have no such option here")
        }
        (kind, _) => KINDS
            .contains(&kind)
            .then_some("there are no remotes of that kind"),
    }
}

fn why_pointless(name: &str) -> Option<&'static str> {
    let found = POINTLESS.iter().find(|(flag, _)| *flag == name)?;
    Some(found.1)
}

fn pointless(flag: &str, why: &str) -> String {
    format!("{flag} is a flag of rclone that has no meaning here: {why}")
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
                why_pointless(flag).is_none(),
                "--{flag} works: take it out of the table"
            );
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(POINTLESS.is_sorted());
        assert!(OF_COMMANDS.is_sorted());
        assert!(KINDS.is_sorted());
    }

    #[test]
    fn families_end_where_words_end() {
        let known = |command, name| complaint(command, name).contains("no meaning here");
        for name in ["rc", "rc-addr", "metrics-addr", "s3-region", "http-nothing"] {
            assert!(known("copy", name), "{name}");
        }
        for name in ["rcx", "metrics", "s3", "s3x-region", "recursive"] {
            assert!(!known("copy", name), "{name}");
        }
        assert!(known("version", "check") && !known("copy", "check"));
    }
}
