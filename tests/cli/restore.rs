//! `restore`.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/a.txt", "one\n");
    home.write("src/d/b.txt", "two\n");
    home.run(&["copy", "src:", ":sandbox:docs"]).ok();
    home
}

#[test]
fn what_was_removed_goes_back_to_where_it_was() {
    let home = home();
    home.run(&["deletefile", ":sandbox:docs/a.txt"]).ok();
    home.run(&["purge", ":sandbox:docs/d"]).ok();
    assert_eq!(
        home.run(&["lsf", "--mega-root", "rubbish", ":sandbox:"])
            .ok(),
        "a.txt\nd/\n"
    );
    let dry = home.run(&["restore", "-n", ":sandbox:a.txt"]);
    assert!(dry.stderr.contains("Skipped restore as --dry-run is set"));
    home.run(&["restore", ":sandbox:a.txt"]).ok();
    let said = home.run(&["restore", "-v", ":sandbox,root=rubbish:d"]);
    assert!(
        said.stderr.contains("d: Restored to docs/d"),
        "{}",
        said.stderr
    );
    assert_eq!(
        home.run(&["lsf", "-R", ":sandbox:docs"]).ok(),
        "a.txt\nd/\nd/b.txt\n"
    );
    assert_eq!(home.run(&["lsf", ":sandbox,root=rubbish:"]).ok(), "");
    let gone = home.run(&["restore", ":sandbox:a.txt"]);
    assert_eq!(gone.code, 4);
    assert!(
        gone.stderr.contains("no a.txt in the rubbish bin"),
        "{}",
        gone.stderr
    );
}

#[test]
fn where_the_place_is_gone_it_goes_to_the_root_or_to_one_named() {
    let home = home();
    home.run(&["deletefile", ":sandbox:docs/a.txt"]).ok();
    home.run(&["deletefile", ":sandbox:docs/d/b.txt"]).ok();
    home.run(&["purge", ":sandbox:docs"]).ok();
    home.run(&["restore", ":sandbox:a.txt"]).ok();
    home.run(&["restore", ":sandbox:b.txt", ":sandbox:new/place"])
        .ok();
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", ":sandbox:"]).ok(),
        "a.txt\nnew/place/b.txt\n"
    );
}

#[test]
fn nothing_is_replaced_and_of_several_one_is_chosen() {
    let home = home();
    home.run(&["deletefile", ":sandbox:docs/a.txt"]).ok();
    home.run(&["copy", "src:", ":sandbox:docs"]).ok();
    let taken = home.run(&["restore", ":sandbox:a.txt"]);
    assert_eq!(taken.code, 1);
    assert!(
        taken.stderr.contains("there is a 'docs/a.txt'"),
        "{}",
        taken.stderr
    );
    home.run(&["deletefile", ":sandbox:docs/a.txt"]).ok();
    let several = home.run(&["restore", ":sandbox:a.txt"]);
    assert_eq!(several.code, 1);
    assert!(
        several
            .stderr
            .contains("2 things in the rubbish bin are called a.txt"),
        "{}",
        several.stderr
    );
    let ids = home.run(&["lsf", "-F", "i", ":sandbox,root=rubbish:"]).ok();
    let id = ids.lines().next().unwrap();
    home.run(&["restore", "--id", id, ":sandbox:a.txt"]).ok();
    assert_eq!(home.run(&["lsf", ":sandbox:docs"]).ok(), "a.txt\nd/\n");
}

#[test]
fn a_remote_without_a_rubbish_bin_says_so() {
    let home = home();
    let outcome = home.run(&["restore", "src:a.txt"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("has no rubbish bin to restore from"),
        "{}",
        outcome.stderr
    );
}
