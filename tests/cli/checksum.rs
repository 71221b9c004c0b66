//! `checksum`: a directory against a list of sums.

use crate::support::Home;

const SUMS: &str = "b1946ac92492d2347c6235b4d2611184  a\nd41d8cd98f00b204e9800998ecf8427e *gone\n";

#[test]
fn says_what_is_not_as_the_list_says() {
    let home = Home::new();
    home.write("src/a", "hello\n");
    home.write("src/more", "");
    home.write("sums", SUMS);
    let outcome = home.run(&["checksum", "md5", "sums", "src:", "--combined", "-"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "= a\n- more\n+ gone\n");
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : more: sum not found",
            "ERROR : gone: file not in Local file system at @ROOT@/src",
            "NOTICE: Local file system at @ROOT@/src: 1 files missing",
            "NOTICE: 1 hashes missing",
            "NOTICE: Local file system at @ROOT@/src: 1 differences found",
            "NOTICE: Local file system at @ROOT@/src: 2 errors while checking",
            "NOTICE: Local file system at @ROOT@/src: 1 matching files",
            "NOTICE: Failed to checksum with 3 errors: last error was: \
             file not in Local file system at @ROOT@/src",
        ]
    );
    let outcome = home.run(&[
        "check",
        "-C",
        "md5",
        "--one-way",
        "sums",
        "src:",
        "--include",
        "a",
    ]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[test]
fn a_list_has_to_be_there() {
    let home = Home::new();
    home.write("src/a", "");
    let outcome = home.run(&["checksum", "md5", "none", "src:"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints(),
        ["NOTICE: Failed to checksum: not a sum file: Local file system at @ROOT@/none"]
    );
}

#[test]
fn files_on_mega_are_read_when_told_so() {
    let home = Home::new();
    home.write("src/a", "hello\n");
    home.write("sums", "B1946AC92492D2347C6235B4D2611184  a\n");
    home.run(&["copy", "src:", ":sandbox:h"]).ok();
    let outcome = home.run(&["checksum", "md5", "sums", ":sandbox:h"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("md5: hash type is not supported by file system"),
        "{}",
        outcome.stderr
    );
    let outcome = home.run(&["checksum", "md5", "sums", ":sandbox:h", "--download"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}
