//! The kinds of remotes and their options: names, defaults, and what must not
//! be shown. The wizard asks by this table, and `--mega-…` flags come from it.

/// What an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A password, obscured wherever it is written down.
    Password,
    /// A list of encoding switches.
    Encoding,
    /// A whole number above 0.
    Count,
}

/// The option that holds a code of the second factor: good for one login, and
/// for half a minute.
pub const SECOND_FACTOR: &str = "2fa";

/// One option of a kind of remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionInfo {
    /// Its name in files and connection strings.
    pub name: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// What it holds.
    pub value: ValueKind,
    /// All values there are and what each means; empty where others are
    /// possible.
    pub choices: &'static [(&'static str, &'static str)],
    /// What counts when nothing is set.
    pub default: &'static str,
    /// Whether a remote is useless without it.
    pub required: bool,
    /// Whether it is asked for only on request.
    pub advanced: bool,
    /// Whether it tells who somebody is.
    pub sensitive: bool,
    /// Whether it is never asked for: the program sets it.
    pub hidden: bool,
}

/// One kind of remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name, as in `type = "mega"`.
    pub name: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// Its options in the order they are asked.
    pub options: &'static [OptionInfo],
}

impl Kind {
    /// An option by name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static OptionInfo> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

const fn text(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo {
        name,
        help,
        value: ValueKind::Text,
        choices: &[],
        default: "",
        required: false,
        advanced: false,
        sensitive: false,
        hidden: false,
    }
}

const fn flag(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo {
        value: ValueKind::Bool,
        default: "false",
        ..advanced(name, help)
    }
}

const fn advanced(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo {
        advanced: true,
        ..text(name, help)
    }
}

const DESCRIPTION: OptionInfo = advanced("description", "Description of the remote.");

/// All kinds, by name.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "alias",
        help: "Another name for an existing remote or a folder in it",
        options: &[
            OptionInfo {
                required: true,
                ..text("remote", "Remote or path that the name stands for.")
            },
            DESCRIPTION,
        ],
    },
    Kind {
        name: "http",
        help: "Index pages of a web server, for reading",
        options: &[
            OptionInfo {
                required: true,
                sensitive: true,
                ..text("url", "Address of the root, with http:// or https://.")
            },
            OptionInfo {
                sensitive: true,
                ..advanced(
                    "headers",
                    "Headers for all requests: name,value,name,value.",
                )
            },
            flag("no_slash", "The site's directories do not end in a slash."),
            flag(
                "no_head",
                "Ask for no details: sizes and times stay unknown.",
            ),
            // As in rclone, one of the ordinary questions.
            OptionInfo {
                advanced: false,
                ..flag("no_escape", "Send paths as they are.")
            },
            DESCRIPTION,
        ],
    },
    Kind {
        name: "local",
        help: "Local disk",
        options: &[
            OptionInfo {
                value: ValueKind::Encoding,
                default: "Slash,Dot",
                ..advanced("encoding", "What names cannot hold.")
            },
            flag("copy_links", "Follow symbolic links."),
            flag(
                "links",
                "Take symbolic links for files that hold what they point to, both ways.",
            ),
            flag(
                "skip_links",
                "Say nothing about symbolic links that are left out.",
            ),
            flag(
                "skip_specials",
                "Say nothing about pipes, sockets and devices.",
            ),
            flag(
                "one_file_system",
                "Stay on the disk of the directory that is named.",
            ),
            flag("case_sensitive", "Names that differ in case are different."),
            flag(
                "case_insensitive",
                "Names that differ in case are the same.",
            ),
            flag(
                "no_check_updated",
                "Copy a file even if it changes meanwhile.",
            ),
            flag(
                "no_set_modtime",
                "Neither set nor compare modification times.",
            ),
            flag(
                "unicode_normalization",
                "Take the names on the disk in their composed form (NFC).",
            ),
            flag("fatal_if_no_space", "A full disk ends the run."),
            flag(
                "metadata_restore_special_bits",
                "Modes that are copied keep setuid, setgid and sticky bits.",
            ),
            OptionInfo {
                choices: &[
                    ("mtime", "The last change of the content."),
                    ("atime", "The last reading."),
                    ("btime", "The making."),
                    ("ctime", "The last change of any kind."),
                ],
                default: "mtime",
                ..advanced("time_type", "Which time of a file counts.")
            },
            DESCRIPTION,
        ],
    },
    Kind {
        name: "mega",
        help: "MEGA",
        options: MEGA,
    },
    Kind {
        name: "memory",
        help: "Memory of this process, gone at its end",
        options: &[DESCRIPTION],
    },
    Kind {
        name: "sandbox",
        help: "MEGA server inside megarc, for trials and tests",
        options: &[
            OptionInfo {
                value: ValueKind::Encoding,
                default: "Slash,InvalidUtf8,Dot",
                ..advanced("encoding", "What names cannot hold.")
            },
            DEBUG,
            flag(
                "hard_delete",
                "Delete for good instead of moving to the rubbish bin.",
            ),
            NO_DEDUPE_UPLOAD,
            NO_TREE_CACHE,
            ROOT,
            VERSIONS,
            QUOTA,
            DESCRIPTION,
        ],
    },
];

const DEBUG: OptionInfo = flag(
    "debug",
    "Name the commands of every request in the log, with -vv.",
);

const NO_DEDUPE_UPLOAD: OptionInfo = flag(
    "no_dedupe_upload",
    "Upload content that stands in the account already once more, instead of copying it there.",
);

const ROOT: OptionInfo = OptionInfo {
    choices: &[
        ("cloud", "The cloud drive."),
        ("rubbish", "The rubbish bin."),
        ("incoming", "Folders that others share with the account."),
    ],
    default: "cloud",
    ..advanced("root", "Where paths begin: cloud, rubbish or incoming.")
};

const VERSIONS: OptionInfo = flag(
    "versions",
    "List old versions beside their files, with times in their names; nothing can be changed then.",
);

const NO_TREE_CACHE: OptionInfo = flag(
    "no_tree_cache",
    "Keep no list of the nodes between runs: each run fetches it whole.",
);

const QUOTA: OptionInfo = OptionInfo {
    choices: &[
        (
            "wait",
            "Wait until more transfer is allowed, and say how long.",
        ),
        ("fail", "Fail at once, and say when more is allowed."),
    ],
    default: "wait",
    ..advanced(
        "quota",
        "What to do when the transfer quota is used up: wait or fail.",
    )
};

const MEGA: &[OptionInfo] = &[
    OptionInfo {
        required: true,
        sensitive: true,
        ..text("user", "User name: the e-mail address of the account.")
    },
    OptionInfo {
        value: ValueKind::Password,
        required: true,
        ..text("pass", "Password.")
    },
    OptionInfo {
        sensitive: true,
        ..text(
            SECOND_FACTOR,
            "Code of the second factor, for accounts that have one.",
        )
    },
    OptionInfo {
        hidden: true,
        sensitive: true,
        ..text("session_key", "Key that seals the kept session.")
    },
    DEBUG,
    flag(
        "hard_delete",
        "Delete for good instead of moving to the rubbish bin.",
    ),
    NO_DEDUPE_UPLOAD,
    NO_TREE_CACHE,
    QUOTA,
    flag(
        "use_https",
        "Use TLS for content too, which is encrypted anyway.",
    ),
    OptionInfo {
        value: ValueKind::Encoding,
        default: "Slash,InvalidUtf8,Dot",
        ..advanced("encoding", "What names cannot hold.")
    },
    advanced("api_url", "Another server that speaks MEGA's protocol."),
    OptionInfo {
        sensitive: true,
        ..advanced(
            "link",
            "Public link to use instead of an account; it can only be read.",
        )
    },
    OptionInfo {
        value: ValueKind::Password,
        ..advanced("link_password", "Password of the link, if it has one.")
    },
    ROOT,
    VERSIONS,
    OptionInfo {
        sensitive: true,
        ..advanced(
            "otp_command",
            "Command that prints the code of the second factor.",
        )
    },
    OptionInfo {
        value: ValueKind::Count,
        ..advanced("upload_connections", "Connections of one upload.")
    },
    OptionInfo {
        value: ValueKind::Count,
        ..advanced("download_connections", "Connections of one download.")
    },
    DESCRIPTION,
];
