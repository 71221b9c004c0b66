//! `hashsum`: sums in rclone's form, of files and of standard input.

use crate::support::Home;

#[test]
fn lists_its_kinds() {
    let home = Home::new();
    let list = home.run(&["hashsum"]).ok();
    assert!(list.starts_with("Supported hashes are:\n- md5\n- sha1\n"));
    let outcome = home.run(&["hashsum", "nope", "src:"]);
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.stdout, format!("{list}\n"));
}

#[test]
fn sums_come_in_the_order_of_the_walk() {
    let home = Home::new();
    home.write("src/b", "hello\n");
    home.write("src/a/c", "");
    assert_eq!(
        home.run(&["hashsum", "CRC-32", "src:"]).ok(),
        "363a3020  b\n00000000  a/c\n"
    );
    assert_eq!(
        home.run(&["hashsum", "md5", "src:b", "--base64"]).ok(),
        "sZRqySSS0jR8YjW00mERhA==  b\n"
    );
}

#[test]
fn standard_input_has_a_sum_too() {
    let home = Home::new();
    for arguments in [&["hashsum", "md5"][..], &["hashsum", "md5", "-"]] {
        assert_eq!(
            home.run_with(arguments, "hello\n").ok(),
            "b1946ac92492d2347c6235b4d2611184  -\n"
        );
    }
    let outcome = home.run(&["hashsum", "md5", "-C", "list"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
}

#[test]
fn a_file_of_sums_is_written_and_holds() {
    let home = Home::new();
    home.write("src/a", "a");
    home.write("src/d/b", "b");
    home.run(&["hashsum", "sha256", "src:", "--output-file", "sums"])
        .ok();
    let outcome = home.run(&["hashsum", "sha256", "src:", "-C", "sums"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "= a\n= d/b\n");
    home.write("src/a", "A");
    let outcome = home.run(&["hashsum", "sha256", "src:", "-C", "sums"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "* a\n= d/b\n");
}

/// MEGA keeps none of these sums; what is said is what rclone says.
#[test]
fn on_mega_files_are_read_for_their_sums() {
    let home = Home::new();
    home.write("src/a", "hello\n");
    home.run(&["copy", "src:", ":sandbox:h"]).ok();
    let outcome = home.run(&["hashsum", "md5", ":sandbox:h"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("ERROR : a: hash unsupported: hash type not supported"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("--download"), "{}", outcome.stderr);
    assert_eq!(
        home.run(&["hashsum", "md5", ":sandbox:h", "--download"])
            .ok(),
        "b1946ac92492d2347c6235b4d2611184  a\n"
    );
}
