//! `--metadata`: what a disk keeps of files and directories beside content.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::support::Home;
use crate::support::web::{Web, answer};

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(home: &Home, name: &str) -> u32 {
    fs::metadata(home.path(name)).unwrap().mode() & 0o7777
}

fn home() -> Home {
    let home = Home::new();
    home.write("src/a", "a");
    home.write("src/d/b", "bb");
    chmod(&home.path("src/a"), 0o640);
    chmod(&home.path("src/d/b"), 0o604);
    chmod(&home.path("src/d"), 0o750);
    home
}

#[test]
fn modes_and_times_come_along_where_they_are_asked_for() {
    let home = home();
    home.run(&["touch", "-t", "2001-02-03T04:05:06", "src:a"])
        .ok();
    let read = fs::metadata(home.path("src/a"))
        .unwrap()
        .accessed()
        .unwrap();
    home.run(&["copy", "-M", "src:", "dst:"]).ok();
    assert_eq!(mode(&home, "dst/a"), 0o640);
    assert_eq!(mode(&home, "dst/d"), 0o750);
    assert_eq!(mode(&home, "dst/d/b"), 0o604);
    let made = fs::metadata(home.path("dst/a")).unwrap();
    assert_eq!(made.mtime(), 981_173_106);
    assert!(made.accessed().unwrap() >= read);
    home.run(&["copy", "src:", "aux:plain"]).ok();
    assert_ne!(mode(&home, "aux/plain/a"), 0o640);
    home.run(&["copy", "-M", "--inplace", "src:", "aux:inplace"])
        .ok();
    assert_eq!(mode(&home, "aux/inplace/a"), 0o640);
}

#[test]
fn attributes_come_along_under_small_names() {
    let home = home();
    let set =
        |name: &str, value: &[u8]| setxattr(home.path("src/a"), name, value, XattrFlags::empty());
    match set("user.Color", b"\xffred") {
        // A file system without attributes has none to lose.
        Err(rustix::io::Errno::NOTSUP) => return,
        done => done.unwrap(),
    }
    set("user.mode", b"not what the disk means by it").unwrap();
    set("user.long", &[b'x'; 2000]).unwrap();
    home.run(&["copy", "-M", "src:", "dst:"]).ok();
    let mut value = [0; 16];
    let length = getxattr(home.path("dst/a"), "user.color", &mut value).unwrap();
    assert_eq!(value.get(..length), Some(&b"\xffred"[..]));
    let mut long = [0; 3000];
    let length = getxattr(home.path("dst/a"), "user.long", &mut long).unwrap();
    assert_eq!(length, 2000);
    assert_eq!(mode(&home, "dst/a"), 0o640);
    let listed = home.run(&["lsjson", "-M", "src:a"]).ok();
    assert!(listed.contains("\"color\":\"\u{fffd}red\""), "{listed}");
}

#[test]
fn a_directory_that_may_not_be_written_is_filled_first() {
    let home = home();
    chmod(&home.path("src/d"), 0o555);
    let flags = ["copy", "-M", "--create-empty-src-dirs", "src:", "dst:"];
    home.run(&flags).ok();
    assert_eq!(
        (mode(&home, "dst/d"), home.exists("dst/d/b")),
        (0o555, true)
    );
    for dir in ["src/d", "dst/d"] {
        chmod(&home.path(dir), 0o755);
    }
}

#[test]
fn the_user_sets_what_everything_gets() {
    let home = home();
    let flags = [
        "copy",
        "-M",
        "--metadata-set",
        "mode=100600",
        "--metadata-set=MTIME=2011-11-11T11:11:11Z",
        "--metadata-set=uid=nobody",
        "src:a",
        "dst:",
    ];
    home.run(&flags).ok();
    assert_eq!(mode(&home, "dst/a"), 0o600);
    assert_eq!(
        fs::metadata(home.path("dst/a")).unwrap().mtime(),
        1_321_009_871
    );
    // It belongs to --metadata.
    home.run(&["copyto", "--metadata-set", "mode=100600", "src:a", "aux:b"])
        .ok();
    assert_ne!(mode(&home, "aux/b"), 0o600);
    for none in ["nonsense", "=x"] {
        let outcome = home.run(&["copy", "-M", "--metadata-set", none, "src:", "dst:"]);
        assert_eq!(outcome.code, 1);
        assert_eq!(
            outcome.complaints(),
            [format!(
                "CRITICAL: Failed to parse '{none}' as metadata key=value."
            )]
        );
    }
}

#[test]
fn what_is_moved_or_comes_from_nowhere_gets_it_too() {
    let home = home();
    let set = "--metadata-set=mode=100640";
    home.run_with(&["rcat", "-M", set, "dst:pipe"], "x").ok();
    home.run(&["touch", "-M", set, "dst:new"]).ok();
    home.run(&[
        "moveto",
        "-M",
        "--metadata-set=mode=100611",
        "src:d/b",
        "dst:b",
    ])
    .ok();
    assert_eq!(mode(&home, "dst/pipe"), 0o640);
    assert_eq!(mode(&home, "dst/new"), 0o640);
    assert_eq!(mode(&home, "dst/b"), 0o611);
}

#[test]
fn special_bits_need_a_flag() {
    let home = home();
    chmod(&home.path("src/a"), 0o1640);
    home.run(&["copyto", "-M", "src:a", "dst:plain"]).ok();
    let special = "--local-metadata-restore-special-bits";
    home.run(&["copyto", "-M", special, "src:a", "dst:special"])
        .ok();
    assert_eq!(mode(&home, "dst/plain"), 0o640);
    assert_eq!(mode(&home, "dst/special"), 0o1640);
}

#[test]
fn filters_ask_for_metadata() {
    let home = home();
    let seen = |flags: &[&str]| {
        let mut words = vec!["lsf", "-R", "--files-only", "src:"];
        words.extend(flags);
        home.run(&words).ok()
    };
    assert_eq!(seen(&["--metadata-include", "mode=*640"]), "a\n");
    assert_eq!(seen(&["--metadata-exclude", "mode=*640"]), "d/b\n");
    assert_eq!(
        seen(&[
            "--metadata-filter",
            "+ mode=*604",
            "--metadata-filter",
            "- mode=*"
        ]),
        "d/b\n"
    );
    home.write("aux/rules", "mode=*604\n");
    let rules = home.path("aux/rules");
    let rules = rules.to_str().unwrap();
    assert_eq!(seen(&["--metadata-exclude-from", rules]), "a\n");
    home.run(&["copy", "--metadata-exclude", "mode=*604", "src:", "dst:"])
        .ok();
    assert!(home.exists("dst/a") && !home.exists("dst/d/b"));
    let dumped = home.run(&[
        "lsf",
        "--dump",
        "filters",
        "--metadata-include",
        "a=b",
        "aux:",
    ]);
    let rules = "--- Metadata filter rules ---\n+ (^|/)a=b$\n- ^.*$\n";
    assert!(dumped.stdout.contains(rules), "{}", dumped.stdout);
}

#[test]
fn mega_keeps_the_time_that_is_set_and_shows_that_of_the_upload() {
    let home = home();
    let flags = ["copy", "-M", "--metadata-set=mtime=2001-02-03T04:05:06Z"];
    let up = home.run(&[&flags[..], &["src:a", ":sandbox:"]].concat());
    up.ok();
    let time = |flags: &[&str]| {
        let words = [&["lsf", "-F", "t", "-t", "DateOnly", ":sandbox:"], flags].concat();
        home.run(&words).ok()
    };
    assert_eq!(time(&[]), "2001-02-03\n");
    let uploaded = time(&["--use-server-modtime"]);
    assert_ne!(uploaded, "2001-02-03\n");
    // What was uploaded later than it was changed is no older.
    let again = home.run(&[
        "copy",
        "-v",
        "--stats=0",
        "--update",
        "--use-server-modtime",
        "src:a",
        ":sandbox:",
    ]);
    assert!(!again.stderr.contains("Copied"), "{}", again.stderr);
}

#[test]
fn what_has_no_time_gets_the_one_that_is_set() {
    let index = "<html><body><a href=\"d/\">d/</a></body></html>";
    let web = Web::start(move |_| answer("200 OK", "Content-Type: text/html\r\n", index));
    let home = Home::new();
    let remote = format!(":http,url='{}/':", web.url());
    let list = |time: &str| home.run(&["lsf", "-F", "pt", "--default-time", time, &remote]);
    assert_eq!(
        list("2020-01-02T03:04:05Z").ok(),
        "d/;2020-01-02 03:04:05\n"
    );
    assert_eq!(list("off").ok(), "d/;0001-01-01 00:00:00\n");
    let refused = list("nope");
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.starts_with(
            "Error: invalid argument \"nope\" for \"--default-time\" flag: parsing \"nope\" \
             as fs.Time failed: strconv.ParseFloat: parsing \"nope\": invalid syntax\n"
        ),
        "{}",
        refused.stderr
    );
}

#[test]
fn mega_keeps_what_it_is_given() {
    let home = home();
    home.run(&["touch", "-t", "2001-02-03T04:05:06.789", "src:a"])
        .ok();
    let attribute = setxattr(
        home.path("src/a"),
        "user.color",
        b"\xffred",
        XattrFlags::empty(),
    )
    .is_ok();
    home.run(&["copy", "-M", "src:", ":sandbox:docs"]).ok();
    home.run(&["copy", "-M", ":sandbox:docs", "dst:"]).ok();
    let made = fs::metadata(home.path("dst/a")).unwrap();
    assert_eq!(
        (made.mtime(), made.mtime_nsec()),
        (981_173_106, 789_000_000)
    );
    assert_eq!(
        (
            mode(&home, "dst/a"),
            mode(&home, "dst/d"),
            mode(&home, "dst/d/b")
        ),
        (0o640, 0o750, 0o604)
    );
    let time = |name: &str| fs::metadata(home.path(name)).unwrap().modified().unwrap();
    assert_eq!(time("src/d"), time("dst/d"));
    if attribute {
        let mut value = [0; 16];
        let length = getxattr(home.path("dst/a"), "user.color", &mut value).unwrap();
        assert_eq!(value.get(..length), Some(&b"\xffred"[..]));
    }
    // Nothing is left to be done, in either direction.
    for (from, to) in [("src:", ":sandbox:docs"), (":sandbox:docs", "dst:")] {
        let again = home.run(&["copy", "-M", "-v", "--stats=0", from, to]);
        assert!(!again.stderr.contains("metadata"), "{}", again.stderr);
        assert!(!again.stderr.contains("Copied"), "{}", again.stderr);
    }
}

#[test]
fn what_is_copied_inside_mega_keeps_it_and_takes_what_is_set() {
    let home = home();
    home.run(&["copy", "-M", "src:", ":sandbox:one"]).ok();
    let set = "--metadata-set=mode=100600";
    home.run(&["copy", "-M", set, ":sandbox:one/a", ":sandbox:two"])
        .ok();
    home.run(&["copy", ":sandbox:one/d/b", ":sandbox:two"]).ok();
    home.run(&["copy", "-M", ":sandbox:two", "dst:"]).ok();
    assert_eq!((mode(&home, "dst/a"), mode(&home, "dst/b")), (0o600, 0o604));
    let seen = home.run(&["lsf", "-R", "--metadata-include=mode=*604", ":sandbox:one"]);
    assert_eq!(seen.ok(), "d/\nd/b\n");
}
