//! `check`: what it finds, says and reports.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    for side in ["src", "dst"] {
        home.write(&format!("{side}/same"), "same");
        home.write(&format!("{side}/sub/deep"), "deep");
    }
    home
}

#[test]
fn equal_trees_are_said_to_be_equal() {
    let home = home();
    let outcome = home.run(&["check", "src:", "dst:"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.complaints(),
        [
            "NOTICE: Local file system at @ROOT@/dst: 0 differences found",
            "NOTICE: Local file system at @ROOT@/dst: 2 matching files",
        ]
    );
}

#[test]
fn every_difference_is_said_in_the_order_of_the_walk() {
    let home = home();
    home.write("src/differs", "one");
    home.write("dst/differs", "two");
    home.write("src/clash/file", "");
    home.write("dst/clash", "a file");
    home.write("src/longer", "longer");
    home.write("dst/longer", "long");
    home.write("dst/sub/surplus", "");
    let outcome = home.run(&["check", "src:", "dst:", "--combined", "-", "--differ", "d"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.stdout,
        "- clash\n* differs\n* longer\n= same\n+ clash/file\n= sub/deep\n- sub/surplus\n"
    );
    assert_eq!(home.read("d"), "differs\nlonger\n");
    assert_eq!(
        outcome.complaints(),
        [
            "ERROR : clash: file not in Local file system at @ROOT@/src",
            "ERROR : differs: md5 differ",
            "ERROR : longer: sizes differ",
            "ERROR : clash/file: file not in Local file system at @ROOT@/dst",
            "ERROR : sub/surplus: file not in Local file system at @ROOT@/src",
            "NOTICE: Local file system at @ROOT@/dst: 1 files missing",
            "NOTICE: Local file system at @ROOT@/src: 2 files missing",
            "NOTICE: Local file system at @ROOT@/dst: 5 differences found",
            "NOTICE: Local file system at @ROOT@/dst: 5 errors while checking",
            "NOTICE: Local file system at @ROOT@/dst: 2 matching files",
            "NOTICE: Failed to check with 5 errors: last error was: 5 differences found",
        ]
    );
}

#[test]
fn one_way_forgives_what_only_the_destination_has() {
    let home = home();
    home.write("dst/more/x", "x");
    assert_eq!(home.run(&["check", "src:", "dst:", "--one-way"]).code, 0);
    assert_eq!(home.run(&["check", "src:", "dst:"]).code, 1);
}

#[test]
fn a_dry_run_compares_nothing() {
    let home = home();
    home.write("dst/same", "SAME");
    let outcome = home.run(&["check", "-n", "--stats", "0", "src:same", "dst:"]);
    assert_eq!(
        outcome.complaints(),
        [
            "NOTICE: same: Skipped check as --dry-run is set (size 4)",
            "NOTICE: Local file system at @ROOT@/dst: 0 differences found",
        ]
    );
}

#[test]
fn without_sums_sizes_decide_and_contents_on_request() {
    let home = home();
    home.write("dst/same", "SAME");
    let memory = ":memory:";
    let outcome = home.run(&["check", "src:", memory]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains("ERROR : No common hash found - not using a hash for checks")
    );
    let outcome = home.run(&["check", "src:", "dst:", "--size-only"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let outcome = home.run(&["check", "src:", "dst:", "--download"]);
    assert!(outcome.stderr.contains("ERROR : same: contents differ"));
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let home = home();
    let outcome = home.run(&["check", "src:", "dst:", "--match", "no/where"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("no/where"), "{}", outcome.stderr);
}
