//! `sync`: what goes, when, and what keeps everything in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Home;

/// A source with one file of its own, a destination with more.
fn home() -> Home {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.write("src/d/b.txt", "b");
    home.write("dst/old/deep/x.txt", "x");
    home.write("dst/extra.txt", "extra");
    home
}

#[test]
fn the_destination_becomes_equal_whenever_it_deletes() {
    for when in ["--delete-before", "--delete-during", "--delete-after"] {
        let home = home();
        home.run(&["sync", when, "src:", "dst:"]).ok();
        assert_eq!(
            home.run(&["lsf", "-R", "dst:"]).ok(),
            "a.txt\nd/\nd/b.txt\n"
        );
        let again = home.run(&["sync", when, "-v", "--stats", "0", "src:", "dst:"]);
        let nothing = ["INFO  : There was nothing to transfer"];
        assert_eq!(again.complaints(), nothing, "{when}");
    }
}

#[test]
fn a_dry_run_names_what_would_go_and_keeps_it() {
    let home = home();
    let outcome = home.run(&["sync", "-n", "--stats", "0", "src:", "dst:"]);
    let mut said = outcome.complaints();
    said.sort();
    assert_eq!(
        said,
        [
            "NOTICE: a.txt: Skipped copy as --dry-run is set (size 1)",
            "NOTICE: d/b.txt: Skipped copy as --dry-run is set (size 1)",
            "NOTICE: d: Skipped set directory modification time as --dry-run is set",
            "NOTICE: extra.txt: Skipped delete as --dry-run is set (size 5)",
            "NOTICE: old/deep/x.txt: Skipped delete as --dry-run is set (size 1)",
            "NOTICE: old/deep: Skipped remove directory as --dry-run is set",
            "NOTICE: old: Skipped remove directory as --dry-run is set",
        ]
    );
    assert!(home.exists("dst/old/deep/x.txt") && !home.exists("dst/a.txt"));
}

#[test]
fn what_a_filter_hides_stays_unless_told_otherwise() {
    let home = home();
    home.run(&["sync", "--exclude", "/old/**", "src:", "dst:"])
        .ok();
    assert!(home.exists("dst/old/deep/x.txt") && !home.exists("dst/extra.txt"));
    let args = [
        "sync",
        "--exclude",
        "/old/**",
        "--delete-excluded",
        "src:",
        "dst:",
    ];
    home.run(&args).ok();
    assert!(!home.exists("dst/old"));
}

#[test]
fn nothing_is_deleted_after_an_error() {
    for when in ["--delete-during", "--delete-after"] {
        let home = home();
        // A file where the destination has a directory cannot be copied.
        home.write("src/c", "file");
        home.write("dst/c/in.txt", "directory");
        let args = ["sync", when, "--retries", "1", "src:", "dst:"];
        let outcome = home.run(&args);
        assert_eq!(outcome.code, 1);
        assert!(
            outcome.stderr.contains("not deleting"),
            "{}",
            outcome.stderr
        );
        assert!(home.exists("dst/extra.txt") && home.exists("dst/old/deep/x.txt"));
        assert_eq!(home.read("dst/a.txt"), "a", "the rest is copied");
        home.run(&[&args[..], &["--ignore-errors"]].concat());
        assert!(!home.exists("dst/extra.txt") && !home.exists("dst/old"));
        assert!(home.exists("dst/c/in.txt"));
    }
}

#[test]
fn a_directory_that_cannot_be_read_is_not_taken_for_empty() {
    let home = home();
    home.write("src/secret/s.txt", "s");
    home.write("dst/secret/s.txt", "s");
    fs::set_permissions(home.path("src/secret"), fs::Permissions::from_mode(0o000)).unwrap();
    let readable = fs::read_dir(home.path("src/secret")).is_ok();
    let outcome = home.run(&["sync", "--retries", "1", "src:", "dst:"]);
    fs::set_permissions(home.path("src/secret"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(home.exists("dst/secret/s.txt"));
    // The administrator reads everything.
    if !readable {
        assert_eq!(outcome.code, 1);
        assert!(home.exists("dst/extra.txt"), "{}", outcome.stderr);
    }
}

#[test]
fn what_is_in_the_way_goes_when_it_is_deleted_before() {
    let home = home();
    home.write("src/c", "file");
    home.write("dst/c/in.txt", "directory");
    home.run(&["sync", "--delete-before", "src:", "dst:"]).ok();
    assert_eq!(home.read("dst/c"), "file");
}

#[test]
fn a_limit_on_deletions_is_fatal() {
    let home = home();
    let outcome = home.run(&["sync", "--max-delete", "1", "src:", "dst:"]);
    assert_eq!(outcome.code, 7);
    let left = ["dst/extra.txt", "dst/old/deep/x.txt"];
    assert_eq!(left.iter().filter(|name| home.exists(name)).count(), 1);
    let outcome = home.run(&["sync", "--max-delete-size", "0", "src:", "dst:"]);
    assert_eq!(outcome.code, 7);
    assert_eq!(left.iter().filter(|name| home.exists(name)).count(), 1);
}

#[test]
fn one_inside_the_other_is_refused() {
    let home = home();
    for (from, to) in [("src:", "src:d"), ("src:d", "src:"), ("src:", "src:")] {
        let outcome = home.run(&["sync", from, to]);
        assert_eq!(outcome.code, 7, "{from} {to}");
        assert!(outcome.stderr.contains("overlapping remotes"));
    }
    home.run(&["sync", "--exclude", "/d/**", "src:", "src:d"])
        .ok();
    assert!(home.exists("src/d/a.txt") && !home.exists("src/d/b.txt"));
    // Without protection at the destination the source itself would go.
    let args = [
        "sync",
        "--exclude",
        "/d/**",
        "--delete-excluded",
        "src:d",
        "src:",
    ];
    assert_eq!(home.run(&args).code, 7);
    assert!(home.exists("src/d/a.txt"));
}

#[test]
fn what_would_go_is_kept_where_the_user_wants_it() {
    let home = home();
    home.write("dst/a.txt", "older and longer");
    home.run(&["sync", "--backup-dir", "aux:kept", "src:", "dst:"])
        .ok();
    assert_eq!(home.read("aux/kept/a.txt"), "older and longer");
    assert_eq!(home.read("aux/kept/old/deep/x.txt"), "x");
    assert_eq!(home.read("dst/a.txt"), "a");
    assert!(!home.exists("dst/old") && !home.exists("dst/extra.txt"));
    home.write("dst/a.txt", "changed by somebody");
    let args = [
        "copy",
        "--suffix",
        ".old",
        "--suffix-keep-extension",
        "src:",
        "dst:",
    ];
    home.run(&args).ok();
    assert_eq!(home.read("dst/a.old.txt"), "changed by somebody");
    let inside = home.run(&["sync", "--backup-dir", "dst:kept", "src:", "dst:"]);
    assert_eq!(inside.code, 7);
    let elsewhere = home.run(&["sync", "--backup-dir", ":memory:x", "src:", "dst:"]);
    assert_eq!(elsewhere.code, 7);
    assert!(
        elsewhere
            .stderr
            .contains("on the same remote as destination")
    );
}

#[test]
fn what_stands_in_another_place_is_not_copied() {
    let home = home();
    home.run(&["copy", "src:", "aux:full"]).ok();
    home.write("src/new.txt", "new");
    home.run(&["copy", "--compare-dest", "aux:full", "src:", "aux:more"])
        .ok();
    assert_eq!(home.run(&["lsf", "-R", "aux:more"]).ok(), "new.txt\n");
    home.run(&["copy", "src:", ":sandbox:full"]).ok();
    let args = [
        "copy",
        "-v",
        "--stats",
        "0",
        "--copy-dest",
        ":sandbox:full",
        "src:",
        ":sandbox:more",
    ];
    let outcome = home.run(&args);
    let copied = outcome.stderr.matches("Copied (server-side copy)").count();
    assert_eq!(copied, 3, "{}", outcome.stderr);
}

#[test]
fn renamed_files_are_renamed_in_the_account() {
    let home = home();
    home.run(&["sync", "src:", ":sandbox:d"]).ok();
    fs::create_dir(home.path("src/sub")).unwrap();
    fs::rename(home.path("src/a.txt"), home.path("src/sub/z.txt")).unwrap();
    let args = [
        "sync",
        "-v",
        "--stats",
        "0",
        "--track-renames",
        "src:",
        ":sandbox:d",
    ];
    let outcome = home.run(&args);
    assert!(
        outcome.stderr.contains("sub/z.txt: Renamed from \"a.txt\""),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("Copied"), "{}", outcome.stderr);
    let listed = home.run(&["lsf", "-R", "--files-only", ":sandbox:d"]).ok();
    assert_eq!(listed, "d/b.txt\nsub/z.txt\n");
    let again = home.run(&["sync", "-v", "--stats", "0", "src:", ":sandbox:d"]);
    assert_eq!(
        again.complaints(),
        ["INFO  : There was nothing to transfer"]
    );
}

/// Of a size that the source misses, whether it is the one or not.
#[test]
fn each_file_that_may_have_been_renamed_is_one_check() {
    let home = Home::new();
    for (name, content) in [
        ("src/keep", "k"),
        ("src/sub/one", "eighteen bytes ..."),
        ("src/two-new", "2"),
        ("dst/keep", "k"),
        ("dst/one", "eighteen bytes ..."),
        ("dst/two", "2"),
        ("dst/other", "o"),
        ("dst/longer", "of no size that is looked for"),
    ] {
        home.write(name, content);
    }
    let strategy = ["--track-renames-strategy", "leaf"];
    let args = ["sync", "src:", "dst:", "-v", "--dry-run", "--track-renames"];
    let outcome = home.run(&[&args[..], &strategy].concat());
    // One for the file that is kept, three that are looked at, one that is
    // moved, three that are deleted.
    let checks = "Checks:                 8 / 8, 100%";
    assert!(outcome.stderr.contains(checks), "{}", outcome.stderr);
}

#[test]
fn all_is_compared_before_anything_is_sent() {
    let home = home();
    let outcome = home.run(&[
        "sync",
        "-v",
        "--check-first",
        "--stats",
        "0",
        "src:",
        "dst:",
    ]);
    let lines = outcome.complaints();
    let at = |what: &str| lines.iter().position(|line| line.contains(what)).unwrap();
    assert!(at("Checks finished") < at("Copied"), "{lines:?}");
    assert_eq!(home.read("dst/d/b.txt"), "b");
}

#[test]
fn files_are_sent_in_the_order_that_is_asked_for() {
    let home = Home::new();
    for (name, size) in [("c", 3), ("a", 1), ("d/e", 5), ("b", 2), ("d/f", 4)] {
        home.write(&format!("src/{name}"), &"x".repeat(size));
    }
    for (order, expected) in [
        ("size", "a b c d/f d/e"),
        ("SIZE,DESC", "d/e d/f c b a"),
        ("name,descending", "d/f d/e c b a"),
        ("size,mixed,0", "d/e d/f c b a"),
    ] {
        for destination in ["dst:", ":sandbox:"] {
            let outcome = home.run(&[
                "copy",
                "-v",
                "--no-check-dest",
                "--check-first",
                "--transfers=1",
                "--order-by",
                order,
                "src:",
                destination,
            ]);
            assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            let copied = outcome
                .stderr
                .lines()
                .filter(|line| line.contains(": Copied"));
            let names: Vec<_> = copied.filter_map(|line| line.split(": ").nth(1)).collect();
            assert_eq!(names.join(" "), expected, "{order} to {destination}");
        }
    }
    let wrong = home.run(&["copy", "--order-by", "colour", "src:", "dst:"]);
    assert_eq!(wrong.code, 7);
    assert!(
        wrong
            .stderr
            .contains("Failed to copy: unknown --order-by comparison \"colour\""),
        "{}",
        wrong.stderr
    );
}
