//! `move`: what goes, what stays, and that nothing is lost on the way.

use std::os::unix::fs::symlink;

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.write("src/d/b.txt", "b");
    home
}

#[test]
fn a_directory_moves_as_a_whole_to_a_new_place() {
    let home = home();
    let outcome = home.run(&["move", "-v", "--stats", "0", "src:", "dst:new"]);
    let said = "INFO  : Local file system at @ROOT@/dst/new: Server side directory move succeeded";
    assert_eq!(outcome.complaints(), [said]);
    assert_eq!(home.read("dst/new/d/b.txt"), "b");
    assert!(!home.exists("src"));
}

#[test]
fn files_move_into_what_is_there_and_replace_it() {
    let home = home();
    home.write("dst/a.txt", "older and longer");
    home.write("dst/other.txt", "stays");
    home.run(&["move", "src:", "dst:"]).ok();
    assert_eq!(home.read("dst/a.txt"), "a");
    assert_eq!(home.read("dst/other.txt"), "stays");
    assert!(home.exists("src/d") && !home.exists("src/d/b.txt"));
    home.run(&["move", "--delete-empty-src-dirs", "src:", "dst:"])
        .ok();
    assert!(home.exists("src") && !home.exists("src/d"));
}

#[test]
fn what_a_filter_hides_stays() {
    let home = home();
    let args = [
        "move",
        "--exclude",
        "/a.txt",
        "--delete-empty-src-dirs",
        "src:",
        "dst:",
    ];
    home.run(&args).ok();
    assert_eq!(home.run(&["lsf", "-R", "src:"]).ok(), "a.txt\n");
    assert_eq!(home.run(&["lsf", "-R", "dst:"]).ok(), "d/\nd/b.txt\n");
}

#[test]
fn what_cannot_be_moved_stays() {
    let home = home();
    home.write("dst/a.txt/x", "a directory in the way");
    let outcome = home.run(&["move", "--retries", "1", "src:", "dst:"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(home.read("src/a.txt"), "a");
    assert_eq!(home.read("dst/d/b.txt"), "b");
}

#[test]
fn a_dry_run_moves_nothing() {
    let home = home();
    home.write("dst/x", "x");
    let outcome = home.run(&["move", "-n", "--stats", "0", "src:", "dst:"]);
    // As rclone: on one disk it is one step, whatever stands there.
    assert_eq!(
        outcome.complaints(),
        [
            "NOTICE: Local file system at @ROOT@/dst: Skipped server-side directory move as --dry-run is set"
        ]
    );
    assert!(home.exists("src/d/b.txt") && !home.exists("dst/a.txt"));
}

#[test]
fn one_inside_the_other_is_refused_on_every_way_to_it() {
    let home = home();
    for (from, to) in [("src:", "src:d"), ("src:", "src:new"), ("src:d", "src:")] {
        let outcome = home.run(&["move", from, to]);
        assert_eq!(outcome.code, 7, "{from} {to}");
    }
    let same = home.run(&["move", "src:", "src:"]);
    assert_eq!(same.code, 0);
    assert!(same.stderr.contains("source and destination are the same"));
    // Every file would seem to stand at the destination already.
    symlink(home.path("src"), home.path("dst")).unwrap();
    assert_eq!(home.run(&["move", "src:", "dst:"]).code, 7);
    assert_eq!(home.run(&["sync", "src:", "dst:d"]).code, 7);
    assert_eq!(home.read("src/a.txt"), "a");
    assert_eq!(home.read("src/d/b.txt"), "b");
}

#[test]
fn nothing_goes_where_the_destination_is_kept() {
    let home = home();
    home.write("dst/a.txt", "other");
    home.run(&["move", "--ignore-existing", "src:", "dst:"])
        .ok();
    assert_eq!(home.read("src/a.txt"), "a");
    assert_eq!(home.read("dst/a.txt"), "other");
}

#[test]
fn between_disk_and_account_the_source_goes_after_the_copy() {
    let home = home();
    home.run(&["move", "src:", ":sandbox:up"]).ok();
    assert!(!home.exists("src/a.txt") && !home.exists("src/d/b.txt"));
    home.run(&["mkdir", ":sandbox:there"]).ok();
    home.run(&["move", ":sandbox:up", ":sandbox:there"]).ok();
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok(),
        "there/a.txt\nthere/d/b.txt\n"
    );
    home.run(&["move", ":sandbox:there", "dst:"]).ok();
    assert_eq!(home.read("dst/d/b.txt"), "b");
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok(),
        ""
    );
}

#[test]
fn too_many_deletions_end_a_move() {
    let home = Home::new();
    for name in ["a", "b"] {
        home.write(&format!("src/{name}"), name);
    }
    home.run(&["copy", "src:", "dst:"]).ok();
    // What stands at the destination would only be deleted here.
    let outcome = home.run(&[
        "move",
        "--max-delete",
        "1",
        "--checkers",
        "1",
        "src:",
        "dst:",
    ]);
    assert_eq!(outcome.code, 7);
    assert_eq!(
        outcome.complaints()[..2],
        [
            "ERROR : Cancelling sync due to fatal error: --max-delete threshold reached",
            "ERROR : Fatal error received - not attempting retries",
        ]
    );
    assert!(
        outcome.stderr.ends_with("--max-delete threshold reached\n"),
        "{}",
        outcome.stderr
    );
    assert!(!home.exists("src/a") && home.exists("src/b"));
}

#[test]
fn what_a_filter_hides_at_the_destination_is_replaced() {
    let home = home();
    home.write("dst/a.txt", "");
    home.run(&["move", "src:", "dst:", "--min-size", "1B"]).ok();
    assert_eq!(home.read("dst/a.txt"), "a");
    assert!(!home.exists("src/a.txt"));
}

#[test]
fn nothing_is_moved_below_a_file() {
    let home = home();
    let outcome = home.run(&["moveto", "src:a.txt", "src:d/b.txt/x"]);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: Source doesn't exist or is a directory and destination is a file"]
    );
    assert_eq!(home.read("src/a.txt"), "a");
}
