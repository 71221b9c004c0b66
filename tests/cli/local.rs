//! The disk: symbolic links as files, and the options of the local remote.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::support::Home;

/// Links of every kind in `src`.
fn with_links() -> Home {
    let home = Home::new();
    home.write("src/f", "hi\n");
    fs::create_dir(home.path("src/d")).unwrap();
    for (target, name) in [
        ("f", "file"),
        ("d", "dir"),
        ("nowhere", "dangling"),
        (".", "loop"),
        ("/etc/hostname", "away"),
        ("../f", "d/up"),
    ] {
        symlink(target, home.path(&format!("src/{name}"))).unwrap();
    }
    home
}

fn target(home: &Home, name: &str) -> PathBuf {
    fs::read_link(home.path(name)).unwrap()
}

const LISTED: &str = "away.rclonelink\n\
                      d/\n\
                      dangling.rclonelink\n\
                      dir.rclonelink\n\
                      f\n\
                      file.rclonelink\n\
                      loop.rclonelink\n\
                      d/up.rclonelink\n";

#[test]
fn links_are_files_that_hold_what_they_point_to() {
    let home = with_links();
    assert_eq!(home.run(&["lsf", "-lR", "src:"]).ok(), LISTED);
    assert_eq!(
        home.run(&["lsf", "--local-links", "-R", "src:"]).ok(),
        LISTED
    );
    let sizes = home.run(&["ls", "-l", "src:d"]).ok();
    assert_eq!(sizes, "        4 up.rclonelink\n");
    assert_eq!(home.run(&["cat", "-l", "src:d/up.rclonelink"]).ok(), "../f");
    let part = [
        "cat",
        "-l",
        "--offset=1",
        "--count=2",
        "src:d/up.rclonelink",
    ];
    assert_eq!(home.run(&part).ok(), "./");
}

#[test]
fn links_go_to_the_account_and_come_back() {
    let home = with_links();
    home.run(&["copy", "-l", "src:", ":sandbox:"]).ok();
    assert_eq!(home.run(&["lsf", "-R", ":sandbox:"]).ok(), LISTED);
    assert_eq!(
        home.run(&["cat", ":sandbox:away.rclonelink"]).ok(),
        "/etc/hostname"
    );
    home.run(&["copy", "-l", ":sandbox:", "dst:"]).ok();
    for (name, expected) in [
        ("file", "f"),
        ("dir", "d"),
        ("dangling", "nowhere"),
        ("loop", "."),
        ("away", "/etc/hostname"),
        ("d/up", "../f"),
    ] {
        assert_eq!(
            target(&home, &format!("dst/{name}")),
            PathBuf::from(expected)
        );
    }
    let time = |path: &str| {
        fs::symlink_metadata(home.path(path))
            .unwrap()
            .modified()
            .unwrap()
    };
    let (src, dst) = (time("src/dangling"), time("dst/dangling"));
    assert!(
        src.duration_since(dst).unwrap().as_secs() < 2,
        "{src:?} {dst:?}"
    );
    // Nothing is left to do, and without the flag they are files.
    for arguments in [
        ["sync", "-lv", "src:", ":sandbox:"],
        ["sync", "-lv", ":sandbox:", "dst:"],
    ] {
        let again = home.run(&arguments);
        assert!(
            again.stderr.contains("There was nothing to transfer"),
            "{}",
            again.stderr
        );
    }
    home.run(&["copy", ":sandbox:", "aux:"]).ok();
    assert_eq!(home.read("aux/loop.rclonelink"), ".");
}

#[test]
fn links_are_compared_replaced_moved_and_deleted_themselves() {
    let home = with_links();
    home.run(&["copy", "-l", "src:", "dst:"]).ok();
    home.run(&["check", "-l", "src:", "dst:"]);
    fs::remove_file(home.path("src/file")).unwrap();
    symlink("d/up", home.path("src/file")).unwrap();
    fs::remove_file(home.path("src/loop")).unwrap();
    home.run(&["sync", "-l", "src:", "dst:"]).ok();
    assert_eq!(target(&home, "dst/file"), PathBuf::from("d/up"));
    assert!(!home.path("dst/loop").is_symlink());
    home.run(&["moveto", "-l", "dst:away.rclonelink", "dst:off.rclonelink"])
        .ok();
    assert_eq!(target(&home, "dst/off"), PathBuf::from("/etc/hostname"));
    // Under another name it is a file.
    home.run(&["moveto", "-l", "dst:off.rclonelink", "dst:plain"])
        .ok();
    assert_eq!(home.read("dst/plain"), "/etc/hostname");
    assert!(!home.path("dst/off").is_symlink());
    home.run(&["deletefile", "-l", "dst:dir.rclonelink"]).ok();
    assert!(!home.path("dst/dir").is_symlink() && home.exists("dst/d"));
}

#[test]
fn a_link_has_to_be_named_as_a_file_and_is_not_followed_too() {
    let home = with_links();
    let bare = home.run(&["lsf", "-l", "src:dir"]);
    assert_eq!(bare.code, 1);
    assert!(
        bare.stderr
            .contains("need \".rclonelink\" suffix to refer to symlink when using -l/--links"),
        "{}",
        bare.stderr
    );
    let both = home.run(&["lsf", "-lL", "src:"]);
    assert_eq!(both.code, 1);
    assert!(
        both.stderr
            .contains("can't use -l/--links with -L/--copy-links"),
        "{}",
        both.stderr
    );
}

#[test]
fn nothing_is_written_through_a_link_that_a_store_has_made() {
    let home = Home::new();
    let outside = home.path("aux");
    home.write("src/out.rclonelink", outside.to_str().unwrap());
    home.write("src/out/stolen", "stolen");
    home.write("src/...rclonelink", "x");
    home.run(&["copy", "src:", ":sandbox:"]).ok();
    for _ in 0..2 {
        let outcome = home.run(&["copy", "-l", "--retries=1", ":sandbox:", "dst:"]);
        assert_ne!(outcome.code, 0);
        assert_eq!(
            fs::read_dir(&outside).unwrap().count(),
            0,
            "{}",
            outcome.stderr
        );
        // Whichever came first stands; the other one fails.
        if home.path("dst/out").is_symlink() {
            assert_eq!(target(&home, "dst/out"), outside);
        } else {
            assert_eq!(home.read("dst/out/stolen"), "stolen");
        }
    }
    fs::remove_dir_all(home.path("dst")).unwrap();
    fs::create_dir(home.path("dst")).unwrap();
    symlink(&outside, home.path("dst/out")).unwrap();
    home.write("aux/mine", "mine");
    let filter = ["--exclude=*.rclonelink", "--retries=1"];
    for command in ["copy", "sync"] {
        let outcome = home.run(&[command, "-l", filter[0], filter[1], ":sandbox:", "dst:"]);
        assert_ne!(outcome.code, 0, "{}", outcome.stderr);
        assert_eq!(home.read("aux/mine"), "mine");
        assert!(!home.exists("aux/stolen"));
    }
}

#[test]
fn a_content_that_is_no_path_makes_no_link() {
    let home = Home::new();
    home.write("src/empty.rclonelink", "");
    home.write("src/long.rclonelink", &"x".repeat(5000));
    let outcome = home.run(&[
        "copy",
        "-l",
        "--retries=1",
        ":local,links=false:@ROOT@/src",
        "dst:",
    ]);
    assert_ne!(outcome.code, 0);
    assert_eq!(
        outcome
            .stderr
            .matches("ERROR : empty.rclonelink: Failed to copy")
            .count(),
        1
    );
    assert_eq!(
        outcome
            .stderr
            .matches("ERROR : long.rclonelink: Failed to copy")
            .count(),
        1
    );
    let left = fs::read_dir(home.path("dst")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn pipes_are_left_out_with_or_without_a_word() {
    let home = Home::new();
    home.write("src/f", "x");
    let socket = std::os::unix::net::UnixListener::bind(home.path("src/socket")).unwrap();
    let told = home.run(&["lsf", "src:"]);
    assert_eq!(
        told.complaints(),
        ["NOTICE: socket: Can't transfer non file/directory"]
    );
    assert_eq!(home.run(&["lsf", "--skip-specials", "src:"]).ok(), "f\n");
    drop(socket);
}

#[cfg(target_os = "linux")]
#[test]
fn other_disks_are_left_out() {
    let home = Home::new();
    let all = home.run(&["lsf", "--dirs-only", "--skip-links", "/"]).ok();
    let one = home
        .run(&["lsf", "-x", "--dirs-only", "--skip-links", "/"])
        .ok();
    assert!(all.contains("proc/\n") && all.contains("etc/\n"), "{all}");
    assert!(!one.contains("proc/\n") && one.contains("etc/\n"), "{one}");
}

#[test]
fn the_time_that_counts_can_be_chosen() {
    let home = Home::new();
    home.write("src/f", "x");
    let date = |year: i64| {
        let seconds = u64::try_from((year - 1970) * 31_557_600).unwrap();
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds + 4_000_000)
    };
    let times = fs::FileTimes::new()
        .set_modified(date(2001))
        .set_accessed(date(2002));
    fs::File::options()
        .write(true)
        .open(home.path("src/f"))
        .unwrap()
        .set_times(times)
        .unwrap();
    let year = |flag: &str| home.run(&["lsf", "-F", "t", flag, "src:"]).ok()[..4].to_owned();
    assert_eq!(year("--local-time-type=mtime"), "2001");
    assert_eq!(year("--local-time-type=ATIME"), "2002");
    assert!(year("--local-time-type=ctime").parse::<u32>().unwrap() > 2020);
    let wrong = home.run(&["lsf", "--local-time-type=never", "src:"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong
            .stderr
            .contains("invalid choice \"never\" from: mtime, atime, btime, ctime"),
        "{}",
        wrong.stderr
    );
    home.run(&["move", "--local-time-type=atime", "src:", ":sandbox:"])
        .ok();
    assert!(!home.exists("src/f"));
}

#[test]
fn times_can_be_left_alone() {
    let home = Home::new();
    home.write("src/f", "x");
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let times = fs::FileTimes::new().set_modified(old);
    fs::File::options()
        .write(true)
        .open(home.path("src/f"))
        .unwrap()
        .set_times(times)
        .unwrap();
    home.run(&["copy", "--local-no-set-modtime", "src:", "dst:"])
        .ok();
    let time = fs::metadata(home.path("dst/f"))
        .unwrap()
        .modified()
        .unwrap();
    assert!(time > old + std::time::Duration::from_secs(500_000_000));
    let again = home.run(&["copy", "-v", "--local-no-set-modtime", "src:", "dst:"]);
    assert!(
        again.stderr.contains("There was nothing to transfer"),
        "{}",
        again.stderr
    );
}

#[test]
fn names_in_other_letters_are_the_same_where_the_user_says_so() {
    let home = Home::new();
    home.write("src/Dir/File", "1");
    home.write("src/B", "2");
    home.run(&["copy", "src:", "aux:"]).ok();
    fs::rename(home.path("aux/Dir"), home.path("aux/dir")).unwrap();
    fs::rename(home.path("aux/B"), home.path("aux/b")).unwrap();
    let same = home.run(&["sync", "-v", "--local-case-insensitive", "src:", "aux:"]);
    assert!(
        same.stderr.contains("There was nothing to transfer"),
        "{}",
        same.stderr
    );
    assert!(home.exists("aux/b") && home.exists("aux/dir/File"));
    let dry = home.run(&[
        "sync",
        "-n",
        "--ignore-case-sync",
        "--fix-case",
        "src:",
        "aux:",
    ]);
    assert!(
        dry.stderr
            .contains("b: Skipped move to B as --dry-run is set (size 1)"),
        "{}",
        dry.stderr
    );
    assert!(home.exists("aux/b"));
    let fixed = home.run(&[
        "sync",
        "-v",
        "--ignore-case-sync",
        "--fix-case",
        "src:",
        "aux:",
    ]);
    assert_eq!(fixed.code, 0, "{}", fixed.stderr);
    assert!(
        fixed.stderr.contains("b: Fixed case by renaming to: B"),
        "{}",
        fixed.stderr
    );
    assert!(
        fixed.stderr.contains("dir: Fixed case by renaming to: Dir"),
        "{}",
        fixed.stderr
    );
    assert!(!fixed.stderr.contains("Copied"), "{}", fixed.stderr);
    assert_eq!(home.run(&["lsf", "-R", "aux:"]).ok(), "B\nDir/\nDir/File\n");
}

#[test]
fn names_in_other_letters_are_mended_in_the_account() {
    let home = Home::new();
    home.write("src/Dir/File", "1");
    home.write("aux/dir/file", "1");
    home.run(&["copy", "aux:", ":sandbox:d"]).ok();
    let flags = ["--ignore-case-sync", "--fix-case", "--retries=1"];
    home.run(&["sync", flags[0], flags[1], flags[2], "src:", ":sandbox:d"])
        .ok();
    assert_eq!(
        home.run(&["lsf", "-R", ":sandbox:d"]).ok(),
        "Dir/\nDir/File\n"
    );
}

const DECOMPOSED: &str = "de\u{301}/u\u{308}.txt";
const COMPOSED: &str = "dé/ü.txt";

#[test]
fn names_are_composed_where_that_is_wanted() {
    let home = Home::new();
    home.write(&format!("src/{DECOMPOSED}"), "old");
    let flag = "--local-unicode-normalization";
    let files = ["lsf", "-R", "--files-only", "src:"];
    assert_eq!(home.run(&files).ok(), format!("{DECOMPOSED}\n"));
    let composed = home.run(&[&files[..], &[flag]].concat()).ok();
    assert_eq!(composed, format!("{COMPOSED}\n"));
    let named = format!("src:{COMPOSED}");
    assert_eq!(home.run(&["cat", &named, flag]).ok(), "old");
    assert_ne!(home.run(&["cat", &named]).code, 0);

    home.run(&["copy", "src:", ":sandbox:", flag]).ok();
    let there = home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok();
    assert_eq!(there, format!("{COMPOSED}\n"));
    // The file of the disk keeps its name when it gets other content.
    home.write("aux/dé/ü.txt", "newer");
    home.run(&["copy", "aux:", "src:", flag]).ok();
    assert_eq!(home.read(&format!("src/{DECOMPOSED}")), "newer");
    assert!(!home.exists(&format!("src/{COMPOSED}")));
    home.run(&["sync", ":sandbox:", "src:", flag]).ok();
    assert_eq!(home.read(&format!("src/{DECOMPOSED}")), "old");
    home.run(&["delete", "src:", flag, "--rmdirs"]).ok();
    assert_eq!(home.run(&["lsf", "-R", "src:"]).stdout, "");
}
