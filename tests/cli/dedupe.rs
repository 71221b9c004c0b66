//! `dedupe` where names cannot be double, and of contents; with names that are
//! see the tests on the sandbox.

use crate::support::Home;

#[test]
fn an_unknown_mode_is_refused_before_anything_is_done() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["dedupe", "bogus", "src:"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: unknown mode for dedupe \"bogus\""]
    );
    let flag = home.run(&["dedupe", "--dedupe-mode", "bogus", "src:"]);
    assert_eq!(flag.code, 2);
}

#[test]
fn the_mode_may_stand_first() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["dedupe", "newest", "src:", "-v"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stderr.contains("using newest mode"),
        "{}",
        outcome.stderr
    );
}

/// Three files of one content and two empty ones, beside others.
fn with_twins() -> Home {
    let home = Home::new();
    let file = |content, time| serde_json::json!({ "content": content, "mtime": format!("{time}-01-01T00:00:00Z") });
    let spec = serde_json::json!({ "files": {
        "a/1": file("one", 2021), "b/2": file("one", 2023), "3": file("one", 2022),
        "4": file("two", 2020), "e1": file("", 2020), "e2": file("", 2021),
        "long": file("longer", 2020),
    } });
    crate::support::tree::make(&home.path("src"), &spec);
    home
}

#[test]
fn contents_on_a_disk_are_listed_as_rclone_does() {
    let home = with_twins();
    let listed = home.run(&["dedupe", "--by-hash", "list", "src:", "-v"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert_eq!(
        listed.stdout,
        "f97c5d29941bfb1b2fdab0874906ab82: 3 duplicates\n\
         \x20 1:            3 bytes, 2022-01-01 00:00:00.000000000, 3\n\
         \x20 2:            3 bytes, 2021-01-01 00:00:00.000000000, a/1\n\
         \x20 3:            3 bytes, 2023-01-01 00:00:00.000000000, b/2\n\
         d41d8cd98f00b204e9800998ecf8427e: 2 duplicates\n\
         \x20 1:            0 bytes, 2020-01-01 00:00:00.000000000, e1\n\
         \x20 2:            0 bytes, 2021-01-01 00:00:00.000000000, e2\n"
    );
    assert!(
        listed
            .stderr
            .contains("Looking for duplicate md5 hashes using list mode."),
        "{}",
        listed.stderr
    );
}

#[test]
fn of_one_content_one_file_stays() {
    for (mode, left) in [
        ("newest", "4\nb/2\ne2\nlong\n"),
        ("oldest", "4\na/1\ne1\nlong\n"),
        ("first", "3\n4\ne1\nlong\n"),
        ("skip", "3\n4\na/1\nb/2\ne1\ne2\nlong\n"),
    ] {
        let home = with_twins();
        let dry = home.run(&["dedupe", "-n", "--by-hash", mode, "src:"]);
        assert_eq!(dry.code, 0, "{}", dry.stderr);
        assert!(home.exists("src/a/1") && home.exists("src/b/2") && home.exists("src/3"));
        let done = home.run(&["dedupe", "--by-hash", mode, "src:"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let mut names: Vec<String> = home
            .run(&["lsf", "-R", "--files-only", "src:"])
            .ok()
            .lines()
            .map(str::to_owned)
            .collect();
        names.sort();
        assert_eq!(names.join("\n") + "\n", left, "{mode}");
    }
    let home = with_twins();
    let asked = home.run_with(&["dedupe", "--by-hash", "src:"], "k\n2\ns\n");
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert!(!asked.stdout.contains("r) Rename"), "{}", asked.stdout);
    assert!(home.exists("src/a/1") && !home.exists("src/3") && !home.exists("src/b/2"));
    let renamed = home.run(&["dedupe", "--by-hash", "rename", "src:"]);
    assert_eq!(renamed.code, 1);
    assert!(home.exists("src/e1") && home.exists("src/e2"));
}

#[test]
fn contents_on_mega_are_compared_exactly() {
    let home = with_twins();
    // Alike in all that a fingerprint looks at, and different.
    let mut large = vec![b'x'; 300_000];
    std::fs::write(home.path("src/large1"), &large).unwrap();
    large[100] ^= 1;
    std::fs::write(home.path("src/large2"), &large).unwrap();
    home.run(&["copy", "--no-dedupe-upload", "src:", ":sandbox:d"])
        .ok();
    // A copy on the server shares its key, the others have their own.
    home.run(&["copy", ":sandbox:d/a", ":sandbox:copy"]).ok();
    let listed = home.run(&["dedupe", "--by-hash", "list", ":sandbox:", "-v"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(
        listed
            .stderr
            .contains("Looking for duplicate contents using list mode."),
        "{}",
        listed.stderr
    );
    let paths: Vec<&str> = listed
        .stdout
        .lines()
        .map(|line| line.rsplit(", ").next().unwrap())
        .collect();
    assert_eq!(
        paths[1..5],
        ["copy/1", "d/3", "d/a/1", "d/b/2"],
        "{}",
        listed.stdout
    );
    assert_eq!(paths[6..], ["d/e1", "d/e2"], "{}", listed.stdout);
    let done = home.run(&["dedupe", "--by-hash", "newest", ":sandbox:"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok(),
        "d/4\nd/e2\nd/large1\nd/large2\nd/long\nd/b/2\n"
    );
}
